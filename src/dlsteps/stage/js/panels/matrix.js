// A 2-D array of cells with labels for its rows and columns.
import { h } from "../tree.js";
import { cell, countLit, drawing, outline, status } from "../cells.js";

export function layout(panel, view) {
  const [R, K] = panel.shape;
  const size = K <= 8 ? { w: 52, h: 28 } : K <= 16 ? { w: 24, h: 20 } : { w: 12, h: 12 };
  const left = panel.rows ? 12 + 6.4 * Math.max(...panel.rows.map((r) => r.length)) : 4;
  const top = panel.columns ? 20 : 4;
  const box = (r, k) => ({ x: left + k * size.w + 1, y: top + r * size.h + 1, w: size.w - 2, h: size.h - 2 });
  const cells = panel.values.map((_, i) => cell(panel, i, box(Math.floor(i / K), i % K), view));
  const rings = view.everything || !panel.keys ? [] : panel.values.map((_, i) => {
    if (status(panel, i, view) !== "lit") return null;
    const b = box(Math.floor(i / K), i % K);
    return outline(b.x + 1, b.y + 1, b.w - 2, b.h - 2);
  });
  const rows = (panel.rows ?? []).map((name, r) => h("text", { class: "label row", x: left - 8, y: top + (r + 0.5) * size.h }, name));
  const columns = (panel.columns ?? []).map((name, k) => h("text", { class: "label", x: left + (k + 0.5) * size.w, y: 12 }, name));
  const words = `${panel.title}, ${R} rows by ${K} columns; ${countLit(panel, view)} of ${R * K} cells lit`;
  return drawing(panel, left + K * size.w + 4, top + R * size.h + 4, words, [rows, columns, cells, rings]);
}
