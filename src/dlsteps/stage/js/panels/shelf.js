// An (N, C, H, W) tensor: books are columns, pages are rows, a page is H lines of W characters.
import { h } from "../tree.js";
import { cell, drawing, outline, status } from "../cells.js";
import * as cube from "./cube.js";
import { words } from "./words.js";

const GAP = { book: 12, page: 7 };
const HEAD = 22;

// Where everything goes; pure. A statistic aligned to `pages` pages has its cells centered beside them.
export function plan(panel, neighbor) {
  const [N, C, H, W] = panel.shape;
  const single = H * W === 1;
  const pages = neighbor ? neighbor.pages : C;
  const room = neighbor ? (pages / C) * neighbor.pitch - 2 : Infinity; // beside low pages a statistic is low too
  const size = single ? { w: 58, h: Math.min(30, room) } : cellSize(W);
  const page = { w: W * size.w, h: H * size.h };
  const pitch = neighbor ? neighbor.pitch : page.h + GAP.page;
  const left = neighbor ? (N === 1 ? 26 : 8) : 52;
  const pageAt = (n, c) => ({
    x: left + n * (page.w + GAP.book),
    y: HEAD + 4 + ((c + 0.5) * (pages / C)) * pitch - GAP.page / 2 - page.h / 2,
  });
  return {
    size, page, pages, pitch, left, pageAt,
    width: left + N * (page.w + GAP.book) - GAP.book + 4,
    height: HEAD + 4 + pages * pitch + 2,
    cellAt: (n, c, y, x) => ({
      x: pageAt(n, c).x + x * size.w + 0.5,
      y: pageAt(n, c).y + y * size.h + 0.5,
      w: size.w - 1,
      h: size.h - 1,
    }),
  };
}

const cellSize = (W) => (W <= 4 ? { w: 25, h: 21 } : W <= 6 ? { w: 15, h: 15 } : { w: 10, h: 10 });

export const looks = (panel) => (panel.cube ? ["shelf", "cube"] : []);

export const layout = (panel, view) => (looks(panel)[view.look] === "cube" ? cube.layout(panel, view) : books(panel, view));

function books(panel, view) {
  const [N, C, H, W] = panel.shape;
  const p = plan(panel, view.neighbor);
  const index = (n, c, y, x) => ((n * C + c) * H + y) * W + x;
  const pageStatus = (n, c) => {
    const all = range(H * W).map((k) => status(panel, index(n, c, 0, 0) + k, view));
    return all.every((s) => s === "lit") ? "lit" : all.includes("lit") ? "part" : "dim";
  };
  const shelf = range(N).map((n) => {
    const statuses = range(C).map((c) => pageStatus(n, c));
    return h(
      "g",
      { class: `book ${statuses.some((s) => s !== "dim") ? "on" : ""}` },
      panel.column && h("text", { class: "label", x: p.pageAt(n, 0).x + p.page.w / 2, y: 12 }, `${panel.column} ${n}`),
      !view.neighbor &&
        h("rect", { class: "spine", x: p.pageAt(n, 0).x - 7, y: HEAD + 2, width: 3, height: p.pages * p.pitch - GAP.page + 4, rx: 1.5 }),
      range(C).map((c) => range(H).map((y) => range(W).map((x) => cell(panel, index(n, c, y, x), p.cellAt(n, c, y, x), view)))),
      view.lit && outlines(panel, p, n, statuses, index, view),
    );
  });
  const rows = !view.neighbor && range(C).map((c) => {
    const on = range(N).some((n) => pageStatus(n, c) !== "dim");
    return h("text", { class: `label row ${on ? "on" : ""}`, x: p.left - 12, y: p.pageAt(0, c).y + p.page.h / 2 }, panel.row && `${panel.row} ${c}`);
  });
  return drawing(panel, p.width, p.height, words(panel, view), [rows, shelf, view.neighbor && N === 1 && arrow(panel, p, view)]);
}

// One outline around each run of neighboring lit pages of a book; around single cells where only part of a page is lit.
function outlines(panel, p, n, statuses, index, view) {
  const [, C, H, W] = panel.shape;
  const found = [];
  for (let c = 0; c < C; c++) {
    if (statuses[c] === "lit") {
      const start = c;
      while (c + 1 < C && statuses[c + 1] === "lit") c++;
      const top = p.pageAt(n, start).y;
      found.push(outline(p.pageAt(n, start).x, top, p.page.w, p.pageAt(n, c).y + p.page.h - top));
    } else if (statuses[c] === "part") {
      for (const y of range(H)) for (const x of range(W)) {
        if (status(panel, index(n, c, y, x), view) !== "lit") continue;
        const b = p.cellAt(n, c, y, x);
        found.push(outline(b.x + 1, b.y + 1, b.w - 2, b.h - 2));
      }
    }
  }
  return found;
}

// From the tensor on the left to the selected statistic.
function arrow(panel, p, view) {
  const i = view.lit ? panel.keys?.indexOf(view.selected) ?? -1 : -1;
  if (i < 0) return null;
  const [, , H, W] = panel.shape;
  const y = p.pageAt(0, Math.floor(i / (H * W))).y + p.page.h / 2;
  return h("path", { class: "arrow", d: `M2 ${y}H${p.left - 10}m-5 -4l6 4l-6 4` });
}

const range = (n) => Array.from({ length: n }, (_, i) => i);
