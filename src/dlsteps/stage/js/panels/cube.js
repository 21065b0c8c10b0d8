// The same tensor as a block: pages run across, characters down, books into the depth. Only the near faces show.
import { h } from "../tree.js";
import { drawing, level, status } from "../cells.js";
import { words } from "./words.js";

const SLANT = { x: 0.62, y: 0.42 };

export function layout(panel, view) {
  const [N, C, H, W] = panel.shape;
  const L = H * W;
  const u = { c: 34, l: Math.max(10, Math.min(22, 200 / L)), n: 34 };
  const depth = { x: N * u.n * SLANT.x, y: N * u.n * SLANT.y };
  const origin = { x: 60, y: 22 + depth.y };
  const at = (n, c, l) => [origin.x + c * u.c + n * u.n * SLANT.x, origin.y + l * u.l - n * u.n * SLANT.y];
  const face = (n, c, l, corners) => {
    const i = (n * C + c) * L + l;
    const points = corners.map(([dn, dc, dl]) => at(n + dn, c + dc, l + dl).join(",")).join(" ");
    return h("polygon", { class: `cell ${status(panel, i, view)} ${level(panel.values[i], panel.scale)}`, "data-cell": i, points });
  };
  const front = each(C, L, (c, l) => face(0, c, l, [[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]]));
  const top = each(N, C, (n, c) => face(n, c, 0, [[0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]]));
  const side = each(N, L, (n, l) => face(n, C - 1, l, [[0, 1, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1]]));
  const [bx, by] = at(0, 0, L);
  const labels = [
    h("text", { class: "label", x: bx + (C * u.c) / 2, y: by + 14 }, plural(C, panel.row ?? "page")),
    h("text", { class: "label row", x: origin.x - 8, y: origin.y + (L * u.l) / 2 }, plural(L, "cell")),
    h("text", { class: "label row", x: origin.x + depth.x / 2 - 8, y: origin.y - depth.y / 2 - 6 }, plural(N, panel.column ?? "book")),
  ];
  return drawing(panel, origin.x + C * u.c + depth.x + 6, by + 24, words(panel, view), [front, top, side, labels]);
}

const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

const each = (a, b, make) => Array.from({ length: a * b }, (_, k) => make(Math.floor(k / b), k % b));
