// What the panels of cells share: the color of a value, and whether a cell belongs to the selection.
import { h } from "./tree.js";
import { number } from "./text.js";

const LEVELS = 8;

// "n8" … "n1", "z", "p1" … "p8": the style sheet gives each a color for light and for dark.
export function level(value, scale) {
  if (value === "NaN") return "nan";
  if (typeof value === "string") return value === "Infinity" ? "p8 inf" : "n8 inf";
  const step = Math.round((Math.min(Math.abs(value), scale) / scale) * LEVELS);
  return step === 0 ? "z" : `${value < 0 ? "n" : "p"}${step}`;
}

// Is cell i lit, dimmed, or still to come? Where nothing is selected, view.lit is null and all are lit.
export function status(panel, i, view) {
  if (panel.pending) return "next";
  if (!view.lit) return "lit";
  if (panel.reveal && panel.keys?.[i] > view.selected) return "next";
  return view.lit.has(i) ? "lit" : "dim";
}

export const countLit = (panel, view) =>
  panel.values.reduce((sum, _, i) => sum + (status(panel, i, view) === "lit" ? 1 : 0), 0);

// One cell: a rectangle, and after it its number where it fits. No group: it would cost a node in three.
export function cell(panel, i, box, view) {
  const state = status(panel, i, view);
  const value = panel.values[i];
  const pending = state === "next";
  const size = box.w < 20 ? "tiny" : box.w < 40 ? "small" : "big";
  const rect = h("rect", {
    class: `cell ${size} ${state} ${pending ? "" : level(value, panel.scale ?? 1)}`, "data-cell": i,
    x: box.x, y: box.y, width: box.w, height: box.h,
  });
  if (size === "tiny") return [rect];
  const room = Math.floor((box.w - 2) / WIDTHS[size]);
  const text = pending ? (size === "big" ? "next" : "·") : written(panel, value, Math.min(6, room - (value < 0 ? 1 : 0)));
  const squeezed = text.length > room && { textLength: box.w - 3, lengthAdjust: "spacingAndGlyphs" }; // such as −1e−30
  return [rect, h("text", { x: box.x + box.w / 2, y: box.y + box.h / 2, ...squeezed }, text)];
}

const WIDTHS = { small: 5.5, big: 8 }; // px of a digit, at most

// The number in a cell. One without color beside the others, and without a digit to show, is 0.
export const written = (panel, value, room = 6) => number(value, panel.digits ?? 0, { room, floor: (panel.scale ?? 1) / 20 });

// An outline around cells that belong together.
export const outline = (x, y, w, height) =>
  h("rect", { class: "outline", x: x - 2, y: y - 2, width: w + 4, height: height + 4, rx: 5 });

// A drawing with its words for a screen reader.
export function drawing(panel, width, height, words, nodes) {
  return h(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": words, class: `panel-${panel.kind}` },
    nodes,
  );
}
