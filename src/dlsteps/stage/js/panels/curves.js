// Lines over one axis, linear or logarithmic, with a marker where the scene puts it. The lines are its cells.
import { h } from "../tree.js";
import { drawing, status } from "../cells.js";
import { brief, widthOf } from "../text.js";

export const noun = "line";
export const count = (panel) => panel.lines.length;
export const tell = (panel, k) => {
  const line = panel.lines[k];
  const at = panel.marker === undefined ? -1 : nearest(line, panel.marker);
  return at < 0 ? said(line) : `${line.label}: ${short(line.y[at])} at ${panel.x} ${short(line.x[at])}`;
};

const BOX = { left: 48, top: 14, width: 270, height: 170 };
const LETTER = 6.6;
const APART = 14; // px between two names at the right

export function layout(panel, view) {
  const sx = axis(panel.lines.flatMap((l) => l.x), panel.xlog, BOX.left, BOX.width);
  const sy = axis(panel.lines.flatMap((l) => l.y), panel.ylog, BOX.top + BOX.height, -BOX.height);
  const right = BOX.left + BOX.width;
  const ticks = [
    sx.ticks.map((v) => [h("path", { class: "axis tick", d: `M${sx(v)} ${BOX.top + BOX.height}v4` }), h("text", { class: "label", x: sx(v), y: BOX.top + BOX.height + 14 }, short(v))]),
    sy.ticks.map((v) => [h("path", { class: "axis", d: `M${BOX.left} ${sy(v)}h${BOX.width}` }), h("text", { class: "label row", x: BOX.left - 6, y: sy(v) }, short(v))]),
    sy.holds(0) && h("path", { class: "axis zero", d: `M${BOX.left} ${sy(0)}h${BOX.width}` }),
    sx.holds(0) && h("path", { class: "axis zero", d: `M${sx(0)} ${BOX.top}v${BOX.height}` }),
  ];
  const lines = panel.lines.map((line, i) => {
    const d = trace(line, sx, sy);
    return h("g", { class: `curve ${status(panel, i, view)}`, "data-cell": i },
      h("path", { class: "reach", d }), h("path", { class: `line s${i % 4}`, d }));
  });
  const marker = panel.marker !== undefined && sx(panel.marker) !== null && mark(panel, sx, sy);
  const names = [
    h("text", { class: "label", x: BOX.left + BOX.width / 2, y: BOX.top + BOX.height + 32 }, panel.x),
    panel.y && h("text", { class: "label start", x: BOX.left, y: 4 }, panel.y),
  ];
  const wide = Math.max(0, ...panel.lines.map((l) => widthOf(l.label, LETTER)));
  const words = `${panel.title}: ${panel.lines.map(said).join("; ")}`;
  return drawing(panel, right + 22 + wide, BOX.top + BOX.height + 42, words, [ticks, names, lines, endings(panel, sx, sy, view), marker]);
}

const said = (line) => `${line.label} from ${short(line.y[0])} to ${short(line.y.at(-1))}`;
const short = (v) => brief(v, 2, { floor: 0 });

// The name of each line at the right, where the line ends; where two would touch they move apart, and a stroke leads to each.
function endings(panel, sx, sy, view) {
  const right = BOX.left + BOX.width;
  const ends = panel.lines.map((line, i) => {
    const at = line.y.findLastIndex((v, k) => sy(v) !== null && sx(line.x[k]) !== null);
    return at >= 0 && { i, x: sx(line.x[at]), y: sy(line.y[at]) };
  }).filter(Boolean).sort((a, b) => a.y - b.y);
  const places = apart(ends.map((e) => e.y), APART, BOX.top, BOX.top + BOX.height);
  return ends.map((e, k) => [
    h("path", { class: `lead s${e.i % 4}`, d: `M${e.x.toFixed(1)} ${e.y.toFixed(1)}L${right + 10} ${places[k].toFixed(1)}` }),
    h("text", { class: `label end s${e.i % 4} ${status(panel, e.i, view)}`, x: right + 14, y: places[k] }, panel.lines[e.i].label),
  ]);
}

// Places in the given order, `gap` apart, near the wished ones and between two bounds where they fit.
export function apart(wishes, gap, low, high) {
  const places = [];
  for (const wish of wishes) places.push(Math.max(wish, low, (places.at(-1) ?? -Infinity) + gap));
  for (let k = places.length - 1, limit = high; k >= 0; k--, limit -= gap) places[k] = Math.min(places[k], limit);
  const over = low - (places[0] ?? low);
  return places.map((y, k) => (over > 0 ? Math.max(y, low + k * gap) : y));
}

// A scale from numbers to pixels; what it cannot place (NaN, or 0 on a log axis) is null.
function axis(values, log, start, length) {
  const place = (v) => (typeof v !== "number" || (log && v <= 0) ? null : log ? Math.log10(v) : v);
  const known = values.map(place).filter((v) => v !== null);
  const low = known.length ? Math.min(...known) : 0;
  const span = (known.length ? Math.max(...known) - low : 0) || 1;
  const scale = (v) => (place(v) === null ? null : start + ((place(v) - low) / span) * length);
  scale.ticks = known.length === 0 ? [] : log ? powers(low, low + span) : steps(low, low + span);
  scale.holds = (v) => !log && known.length > 0 && low < v && v < low + span;
  return scale;
}

// Round numbers, four or five of them: 1, 2 or 5 times a power of ten apart.
function steps(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const from = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - from + 1;
  return Array.from({ length: Math.max(0, count) }, (_, k) => Number(((from + k) * step).toPrecision(12)));
}

// Powers of ten, as many as have room; 1, 2 and 5 times them where there is one power or none.
function powers(low, high) {
  const [first, last] = [Math.ceil(low - 1e-9), Math.floor(high + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first) / 4));
  const whole = Array.from({ length: Math.max(0, Math.floor((last - first) / every) + 1) }, (_, k) => Number(`1e${first + k * every}`));
  if (whole.length > 1) return whole;
  const fine = [1, 2, 5].flatMap((m) => [Math.floor(low), Math.floor(high)].map((p) => Number(`${m}e${p}`)));
  return [...new Set(fine)].filter((v) => Math.log10(v) >= low - 1e-9 && Math.log10(v) <= high + 1e-9).sort((a, b) => a - b);
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

const nearest = (line, x) => line.x.reduce((best, v, k) => (Math.abs(v - x) < Math.abs(line.x[best] - x) ? k : best), 0);

function mark(panel, sx, sy) {
  const dots = panel.lines.map((line, i) => {
    const at = nearest(line, panel.marker);
    return sy(line.y[at]) !== null && h("circle", { class: `dot s${i % 4}`, cx: sx(line.x[at]), cy: sy(line.y[at]), r: 4 });
  });
  return h("g", { class: "marker" }, h("path", { d: `M${sx(panel.marker)} ${BOX.top}v${BOX.height}` }), dots);
}
