// Lines over one axis, linear or logarithmic, with a marker where the scene puts it.
import { h } from "../tree.js";
import { drawing } from "../cells.js";
import { brief } from "../text.js";

const BOX = { left: 44, top: 12, width: 270, height: 170 };

export function layout(panel) {
  const sx = axis(panel.lines.flatMap((l) => l.x), panel.xlog, BOX.left, BOX.width);
  const sy = axis(panel.lines.flatMap((l) => l.y), panel.ylog, BOX.top + BOX.height, -BOX.height);
  const lines = panel.lines.map((line, i) => h("path", { class: `line s${i}`, d: trace(line, sx, sy) }));
  const ends = panel.lines.map((line, i) => {
    const at = line.y.findLastIndex((v, k) => sy(v) !== null && sx(line.x[k]) !== null);
    return at >= 0 && h("text", { class: `label end s${i}`, x: sx(line.x[at]) - 4, y: sy(line.y[at]) - 9 }, line.label);
  });
  const ticks = [
    sx.ticks.map((v) => h("text", { class: "label", x: sx(v), y: BOX.top + BOX.height + 16 }, short(v))),
    sy.ticks.map((v) => h("text", { class: "label row", x: BOX.left - 6, y: sy(v) }, short(v))),
    sy.ticks.map((v) => h("path", { class: "axis", d: `M${BOX.left} ${sy(v)}h${BOX.width}` })),
  ];
  const marker = sx(panel.marker) !== null && mark(panel, sx, sy);
  const names = [
    h("text", { class: "label", x: BOX.left + BOX.width / 2, y: BOX.top + BOX.height + 32 }, panel.x),
    panel.y && h("text", { class: "label row", x: BOX.left + 4 + 6 * panel.y.length, y: 6 }, panel.y),
  ];
  const words = `${panel.title}: ${panel.lines.map((l) => `${l.label} from ${short(l.y[0])} to ${short(l.y.at(-1))}`).join("; ")}`;
  return drawing(panel, BOX.left + BOX.width + 16, BOX.top + BOX.height + 42, words, [ticks, names, lines, ends, marker]);
}

// A scale from numbers to pixels; what it cannot place (NaN, or 0 on a log axis) is null.
function axis(values, log, start, length) {
  const place = (v) => (typeof v !== "number" || (log && v <= 0) ? null : log ? Math.log10(v) : v);
  const known = values.map(place).filter((v) => v !== null);
  const low = known.length ? Math.min(...known) : 0;
  const span = known.length ? Math.max(...known) - low || 1 : 1;
  const scale = (v) => (place(v) === null ? null : start + ((place(v) - low) / span) * length);
  scale.ticks = [0, 0.5, 1].map((f) => (log ? 10 ** (low + f * span) : low + f * span));
  return scale;
}

function trace(line, sx, sy) {
  let pen = "M";
  return line.x.map((x, i) => {
    const y = sy(line.y[i]);
    if (y === null || sx(x) === null) return (pen = "M"), "";
    const part = `${pen}${sx(x).toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
    return part;
  }).join("");
}

function mark(panel, sx, sy) {
  const dots = panel.lines.map((line, i) => {
    const at = line.x.reduce((best, x, k) => (Math.abs(x - panel.marker) < Math.abs(line.x[best] - panel.marker) ? k : best), 0);
    return sy(line.y[at]) !== null && h("circle", { class: `dot s${i}`, cx: sx(line.x[at]), cy: sy(line.y[at]), r: 4 });
  });
  return h("g", { class: "marker" }, h("path", { d: `M${sx(panel.marker)} ${BOX.top}v${BOX.height}` }), dots);
}

const short = (v) => brief(v, 2, { floor: 0 });
