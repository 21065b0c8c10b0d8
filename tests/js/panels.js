// What the tests of drawings share: panels of any shape, and the rectangles of a drawing.
import { lights } from "../../src/dlsteps/stage/js/reads.js";
import { nodesOf } from "./fake-dom.js";

export const VIEW = { selected: 0, lit: null, look: 0, neighbor: null };

// The view of a panel alone in its frame, with one key selected.
export const viewOf = (panel, selected = 0, more = {}) => ({ ...VIEW, selected, lit: lights({ panels: [panel] }, selected, null).panels[0], ...more });

export const count = (shape) => shape.reduce((a, b) => a * b, 1);

// Which statistic each cell of an (N, C, H, W) tensor belongs to, by a rule on its index.
export function keysOf(shape, rule) {
  const [, C, H, W] = shape;
  return Array.from({ length: count(shape) }, (_, i) =>
    rule(Math.floor(i / (C * H * W)), Math.floor(i / (H * W)) % C, Math.floor(i / W) % H, i % W));
}

export function panel(kind, shape, more = {}) {
  const values = Array.from({ length: count(shape) }, (_, i) => Math.round(1000 * Math.sin(7 * i)) / 500);
  return { kind, title: "x", shape, values, digits: 1, scale: 2, ...more };
}

export function shelf(shape, rule, more = {}) {
  return panel("shelf", shape, { row: "page", column: "book", ...(rule && { keys: keysOf(shape, rule) }), ...more });
}

// The rectangle of each cell, by its number.
export const boxesOf = (tree) =>
  nodesOf(tree).filter((n) => "data-cell" in n.attrs).map((n) => {
    const { x, y, width, height } = (n.tag === "rect" ? n : n.children.find((c) => c.tag === "rect")).attrs;
    return { cell: n.attrs["data-cell"], class: n.attrs.class, x, y, w: width, h: height };
  });

export const outlinesOf = (tree) =>
  nodesOf(tree).filter((n) => n.attrs.class === "outline")
    .map(({ attrs: { x, y, width, height } }) => ({ x, y, w: width, h: height }));

export const contains = (outer, inner, slack = 1e-9) =>
  inner.x >= outer.x - slack && inner.y >= outer.y - slack &&
  inner.x + inner.w <= outer.x + outer.w + slack && inner.y + inner.h <= outer.y + outer.h + slack;

export const overlap = (a, b, slack = 1e-9) =>
  a.x + a.w > b.x + slack && b.x + b.w > a.x + slack && a.y + a.h > b.y + slack && b.y + b.h > a.y + slack;

export const litOf = (boxes) => boxes.filter((b) => b.class.split(" ").includes("lit")).map((b) => b.cell);

// Attributes that a layout got wrong show as these words.
export function assertDrawable(assert, tree) {
  for (const node of nodesOf(tree)) {
    for (const [name, value] of Object.entries(node.attrs)) {
      assert.doesNotMatch(String(value), /NaN|undefined|null|Infinity/, `${node.tag} ${name}=${value}`);
      if (typeof value === "number") assert.ok(Number.isFinite(value), `${node.tag} ${name}=${value}`);
    }
    for (const child of node.children) if (typeof child !== "object") assert.doesNotMatch(String(child), /undefined|null/);
  }
}
