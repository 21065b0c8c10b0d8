// Numbers as bars from a common zero; each series has its own pattern, not only its own color.
import { h } from "../tree.js";
import { drawing, status, written } from "../cells.js";

const HEIGHT = 150;

export function layout(panel, view) {
  const [S, K] = panel.shape;
  const finite = panel.values.filter((v) => typeof v === "number");
  const high = Math.max(0, ...finite);
  const low = Math.min(0, ...finite);
  const y = (v) => 16 + ((high - v) / (high - low || 1)) * HEIGHT;
  const w = Math.max(14, Math.min(36, 300 / (S * K)));
  const pitch = S * w + 12;
  const bars = panel.values.map((value, i) => {
    const v = typeof value === "number" ? value : 0;
    const x = 8 + (i % K) * pitch + Math.floor(i / K) * w;
    return h(
      "g",
      { class: `bar s${Math.floor(i / K)} ${status(panel, i, view)}`, "data-cell": i },
      h("rect", { x, y: Math.min(y(v), y(0)), width: w - 2, height: Math.abs(y(v) - y(0)) }),
      h("text", { class: "label", x: x + w / 2 - 1, y: v < 0 ? y(v) + 11 : y(v) - 6 }, written(panel, value)),
    );
  });
  const names = panel.labels.map((name, k) => h("text", { class: "label", x: 8 + k * pitch + (S * w) / 2, y: HEIGHT + 42 }, name));
  const width = 8 + K * pitch;
  const words = `${panel.title}: ${panel.labels.map((name, k) => `${name} ${column(panel, k).join(" and ")}`).join(", ")}`;
  return drawing(panel, width, HEIGHT + 54, words, [h("path", { class: "axis", d: `M4 ${y(0)}H${width - 4}` }), bars, names]);
}

const column = (panel, k) => {
  const [S, K] = panel.shape;
  return Array.from({ length: S }, (_, s) => written(panel, panel.values[s * K + k]));
};
