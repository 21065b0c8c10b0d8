// A grey or RGB image as pixels, with a grid and labeled boxes over it.
import { h } from "../tree.js";
import { drawing, status } from "../cells.js";
import { number } from "../text.js";

const SIDE = 224;

export const noun = "pixel";

export const count = ({ shape: [H, W] }) => H * W;

export function tell(panel, i) {
  const [, W, C] = panel.shape;
  const values = panel.values.slice(C * i, C * (i + 1)).map((v) => number(v, 3));
  return `${panel.title}[${Math.floor(i / W)}, ${i % W}] = ${values.join(", ")}`;
}

export function layout(panel, view) {
  const [H, W, C] = panel.shape;
  const s = SIDE / Math.max(H, W);
  const byte = (v) => Math.round(255 * Math.min(1, Math.max(0, typeof v === "number" ? v : 0)));
  const pixels = Array.from({ length: H * W }, (_, i) => {
    const rgb = C === 3 ? panel.values.slice(3 * i, 3 * i + 3) : Array(3).fill(panel.values[i]);
    const x = (i % W) * s;
    const y = Math.floor(i / W) * s;
    return h("rect", { class: `pixel ${status(panel, i, view)}`, x, y, width: s + 0.2, height: s + 0.2, fill: `rgb(${rgb.map(byte)})`, "data-cell": i });
  });
  const lines = Array.from({ length: Math.max(0, (panel.grid ?? 0) - 1) }, (_, k) => {
    const x = ((k + 1) * W * s) / panel.grid;
    const y = ((k + 1) * H * s) / panel.grid;
    return h("path", { class: "grid", d: `M${x} 0V${H * s}M0 ${y}H${W * s}` });
  });
  const boxes = (panel.boxes ?? []).map(([x, y, w, height, label]) => [
    h("rect", { class: "box", x: x * s, y: y * s, width: w * s, height: height * s }),
    h("text", { class: "label box", x: x * s + 4, y: y * s + 9 }, label),
  ]);
  return drawing(panel, W * s, H * s, `${panel.title}, ${H} by ${W} pixels`, [pixels, lines, boxes]);
}
