// A 2-D array of cells with labels for its rows and columns.
import { h } from "../tree.js";
import { cell, countLit, drawing, outline, status } from "../cells.js";

export function layout(panel, view) {
  const [R, K] = panel.shape;
  const size = cellSize(panel);
  const left = panel.rows ? 12 + 6.4 * longest(panel.rows) : 4;
  const top = panel.columns ? 22 : 4;
  const box = (r, k) => ({ x: left + k * size.w + 1, y: top + r * size.h + 1, w: size.w - 2, h: size.h - 2 });
  const cells = panel.values.map((_, i) => cell(panel, i, box(Math.floor(i / K), i % K), view));
  const rings = !view.lit ? [] : blocks(panel, view).map(({ from, to, first, last }) => {
    const a = box(first, from);
    const b = box(last, to);
    return outline(a.x, a.y, b.x + b.w - a.x, b.y + b.h - a.y);
  });
  const rows = (panel.rows ?? []).map((name, r) => h("text", { class: "label row", x: left - 8, y: top + (r + 0.5) * size.h }, name));
  const columns = (panel.columns ?? []).map((name, k) => h("text", { class: "label", x: left + (k + 0.5) * size.w, y: 10 }, name));
  const words = `${panel.title}, ${R} rows by ${K} columns; ${countLit(panel, view)} of ${R * K} cells lit`;
  return drawing(panel, left + K * size.w + 4, top + R * size.h + 4, words, [rows, columns, cells, rings]);
}

const longest = (names) => Math.max(0, ...names.map((name) => name.length));

function cellSize(panel) {
  const K = panel.shape[1];
  if (K > 16) return { w: 12, h: 12 };
  if (K > 8) return { w: 24, h: 20 };
  return { w: Math.max(52, 6.4 * longest(panel.columns ?? []) + 10, 9 * (panel.digits ?? 0) + 30), h: 28 };
}

// The lit cells as rectangles: runs within a row, joined with the same run in the next row.
function blocks(panel, view) {
  const [R, K] = panel.shape;
  const found = [];
  for (let r = 0; r < R; r++) {
    for (let k = 0; k < K; k++) {
      if (status(panel, r * K + k, view) !== "lit") continue;
      const from = k;
      while (k + 1 < K && status(panel, r * K + k + 1, view) === "lit") k++;
      const above = found.find((b) => b.last === r - 1 && b.from === from && b.to === k);
      if (above) above.last = r;
      else found.push({ from, to: k, first: r, last: r });
    }
  }
  return found;
}
