var __defProp = Object.defineProperty;
var __export = (target, all) => {
  for (var name in all)
    __defProp(target, name, { get: all[name], enumerable: true });
};

// tree.js
var h = (tag, attrs, ...children) => ({
  tag,
  attrs: attrs ?? {},
  children: children.flat(Infinity).filter((c) => c !== null && c !== void 0 && c !== false)
});
var SVG = "http://www.w3.org/2000/svg";
function patch(parent, nodes, svg = parent.namespaceURI === SVG) {
  nodes.forEach((node, i) => {
    const old = parent.childNodes[i];
    if (node === null || typeof node !== "object") return patchText(parent, old, String(node ?? ""));
    const fresh = old?.tree?.tag === node.tag ? old : create(parent.ownerDocument, node, svg);
    if (fresh.tree === node) return;
    patchAttributes(fresh, fresh.tree?.attrs ?? {}, node.attrs);
    fresh.tree = node;
    if (!node.attrs.opaque) patch(fresh, node.children, svg || node.tag === "svg");
    if (fresh !== old) place(parent, old, fresh);
  });
  while (parent.childNodes.length > nodes.length) parent.removeChild(parent.lastChild);
}
var create = (doc, node, svg) => svg || node.tag === "svg" ? doc.createElementNS(SVG, node.tag) : doc.createElement(node.tag);
function patchText(parent, old, text2) {
  if (old && old.nodeType === 3) {
    if (old.data !== text2) old.data = text2;
  } else {
    place(parent, old, parent.ownerDocument.createTextNode(text2));
  }
}
function place(parent, old, fresh) {
  if (old) parent.replaceChild(fresh, old);
  else parent.appendChild(fresh);
}
function patchAttributes(element, before, after) {
  for (const name in before) if (!(name in after)) element.removeAttribute(name);
  for (const name in after) {
    const value = after[name];
    if (name === "value" && element.value !== value) element.value = value;
    if (before[name] === value) continue;
    if (value === false || value === null || value === void 0) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

// panels/kinds.js
var kinds_exports = {};
__export(kinds_exports, {
  axes: () => axes_exports,
  bars: () => bars_exports,
  curves: () => curves_exports,
  graph: () => graph_exports,
  image: () => image_exports,
  matrix: () => matrix_exports,
  shelf: () => shelf_exports,
  tokens: () => tokens_exports
});

// panels/axes.js
var axes_exports = {};
__export(axes_exports, {
  aside: () => aside,
  layout: () => layout
});
var aside = true;
var layout = (panel) => h("ul", { class: "axes", "aria-label": panel.title }, panel.axes.map(([letter, noun5, size, fate]) => h(
  "li",
  { class: fate ? "removed" : "kept" },
  h("span", { class: "badge" }, letter),
  h("span", {}, h("span", {}, `${size} ${noun5}`), h("small", {}, fate || "kept"))
)));

// panels/bars.js
var bars_exports = {};
__export(bars_exports, {
  layout: () => layout2
});

// text.js
var WORDS = { NaN: "NaN", Infinity: "∞", "-Infinity": "−∞" };
var LARGE = 1e4;
var SMALL = 1e-3;
function number(value, digits = 3, { room = 6, floor = 1e-8 } = {}) {
  const word = WORDS[String(value)];
  if (word) return word;
  let size = Math.abs(value);
  if (size < floor && isZero(fixed(size, digits))) size = 0;
  const sign = size > 0 && value < 0 ? "−" : "";
  return sign + shortest(size, digits, room);
}
var brief = (value, digits, options) => number(value, digits, options).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
var isZero = (text2) => !/[1-9]/.test(text2);
var fixed = (size, digits) => size < LARGE ? size.toFixed(digits) : "1";
function shortest(size, digits, room) {
  if (size && !(size >= SMALL && size < LARGE)) return power(size, room);
  let decimals = digits;
  while (size && decimals < 3 && isZero(fixed(size, decimals))) decimals++;
  while (decimals > 0 && fixed(size, decimals).length > room) decimals--;
  const text2 = fixed(size, decimals);
  const lost = size && isZero(text2);
  return lost || text2.length > Math.max(room, 1) || Number(text2) >= LARGE ? power(size, room) : text2;
}
function power(size, room) {
  const texts = [1, 0].map((decimals) => size.toExponential(decimals).replace(".0e", "e").replace("e+", "e").replace("-", "−"));
  return texts.find((text2) => text2.length <= room) ?? texts[1];
}
var widthOf = (text2, letter) => [...text2].reduce((sum, c) => sum + (/[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]|[\u{20000}-\u{3ffff}]/u.test(c) ? 2 : 1), 0) * letter;

// cells.js
var LEVELS = 8;
function level(value, scale) {
  if (value === "NaN") return "nan";
  if (typeof value === "string") return value === "Infinity" ? "p8 inf" : "n8 inf";
  const step = Math.round(Math.min(Math.abs(value), scale) / scale * LEVELS);
  return step === 0 ? "z" : `${value < 0 ? "n" : "p"}${step}`;
}
function status(panel, i, view2) {
  if (panel.pending) return "next";
  if (!view2.lit) return "lit";
  if (panel.reveal && panel.keys?.[i] > view2.selected) return "next";
  return view2.lit.has(i) ? "lit" : "dim";
}
var countLit = (panel, view2) => panel.values.reduce((sum, _, i) => sum + (status(panel, i, view2) === "lit" ? 1 : 0), 0);
function cell(panel, i, box2, view2) {
  const state = status(panel, i, view2);
  const value = panel.values[i];
  const pending = state === "next";
  const size = box2.w < 20 ? "tiny" : box2.w < 40 ? "small" : "big";
  const rect = h("rect", {
    class: `cell ${size} ${state} ${pending ? "" : level(value, panel.scale ?? 1)}`,
    "data-cell": i,
    x: box2.x,
    y: box2.y,
    width: box2.w,
    height: box2.h
  });
  if (size === "tiny") return [rect];
  const room = Math.floor((box2.w - 2) / WIDTHS[size]);
  const text2 = pending ? size === "big" ? "next" : "·" : written(panel, value, Math.min(6, room - (value < 0 ? 1 : 0)));
  const squeezed = text2.length > room && { textLength: box2.w - 3, lengthAdjust: "spacingAndGlyphs" };
  return [rect, h("text", { x: box2.x + box2.w / 2, y: box2.y + box2.h / 2, ...squeezed }, text2)];
}
var WIDTHS = { small: 5.5, big: 8 };
var written = (panel, value, room = 6) => number(value, panel.digits ?? 0, { room, floor: (panel.scale ?? 1) / 20 });
var outline = (x, y, w, height) => h("rect", { class: "outline", x: x - 2, y: y - 2, width: w + 4, height: height + 4, rx: 5 });
function drawing(panel, width, height, words3, nodes) {
  return h(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": words3, class: `panel-${panel.kind}` },
    nodes
  );
}

// panels/bars.js
var HEIGHT = 150;
function layout2(panel, view2) {
  const [S, K] = panel.shape;
  const finite = panel.values.filter((v) => typeof v === "number");
  const high = Math.max(0, ...finite);
  const low = Math.min(0, ...finite);
  const y = (v) => 16 + (high - v) / (high - low || 1) * HEIGHT;
  const w = Math.max(14, Math.min(36, 300 / (S * K)));
  const pitch = S * w + 12;
  const bars = panel.values.map((value, i) => {
    const v = typeof value === "number" ? value : 0;
    const x = 8 + i % K * pitch + Math.floor(i / K) * w;
    return h(
      "g",
      { class: `bar s${Math.floor(i / K)} ${status(panel, i, view2)}`, "data-cell": i },
      h("rect", { x, y: Math.min(y(v), y(0)), width: w - 2, height: Math.abs(y(v) - y(0)) }),
      h("text", { class: "label", x: x + w / 2 - 1, y: v < 0 ? y(v) + 11 : y(v) - 6 }, written(panel, value))
    );
  });
  const names = panel.labels.map((name, k) => h("text", { class: "label", x: 8 + k * pitch + S * w / 2, y: HEIGHT + 42 }, name));
  const width = 8 + K * pitch;
  const words3 = `${panel.title}: ${panel.labels.map((name, k) => `${name} ${column(panel, k).join(" and ")}`).join(", ")}`;
  return drawing(panel, width, HEIGHT + 54, words3, [h("path", { class: "axis", d: `M4 ${y(0)}H${width - 4}` }), bars, names]);
}
var column = (panel, k) => {
  const [S, K] = panel.shape;
  return Array.from({ length: S }, (_, s) => written(panel, panel.values[s * K + k]));
};

// panels/curves.js
var curves_exports = {};
__export(curves_exports, {
  apart: () => apart,
  count: () => count,
  layout: () => layout3,
  noun: () => noun,
  tell: () => tell
});
var noun = "line";
var count = (panel) => panel.lines.length;
var tell = (panel, k) => {
  const line = panel.lines[k];
  const at = panel.marker === void 0 ? -1 : nearest(line, panel.marker);
  return at < 0 ? said(line) : `${line.label}: ${short(line.y[at])} at ${panel.x} ${short(line.x[at])}`;
};
var BOX = { left: 48, top: 14, width: 270, height: 170 };
var LETTER = 6.6;
var APART = 14;
function layout3(panel, view2) {
  const sx = axis(panel.lines.flatMap((l) => l.x), panel.xlog, BOX.left, BOX.width);
  const sy = axis(panel.lines.flatMap((l) => l.y), panel.ylog, BOX.top + BOX.height, -BOX.height);
  const right = BOX.left + BOX.width;
  const ticks = [
    sx.ticks.map((v) => [h("path", { class: "axis tick", d: `M${sx(v)} ${BOX.top + BOX.height}v4` }), h("text", { class: "label", x: sx(v), y: BOX.top + BOX.height + 14 }, short(v))]),
    sy.ticks.map((v) => [h("path", { class: "axis", d: `M${BOX.left} ${sy(v)}h${BOX.width}` }), h("text", { class: "label row", x: BOX.left - 6, y: sy(v) }, short(v))]),
    sy.holds(0) && h("path", { class: "axis zero", d: `M${BOX.left} ${sy(0)}h${BOX.width}` }),
    sx.holds(0) && h("path", { class: "axis zero", d: `M${sx(0)} ${BOX.top}v${BOX.height}` })
  ];
  const lines = panel.lines.map((line, i) => {
    const d = trace(line, sx, sy);
    return h(
      "g",
      { class: `curve ${status(panel, i, view2)}`, "data-cell": i },
      h("path", { class: "reach", d }),
      h("path", { class: `line s${i % 4}`, d })
    );
  });
  const marker = panel.marker !== void 0 && sx(panel.marker) !== null && mark(panel, sx, sy);
  const names = [
    h("text", { class: "label", x: BOX.left + BOX.width / 2, y: BOX.top + BOX.height + 32 }, panel.x),
    panel.y && h("text", { class: "label start", x: BOX.left, y: 4 }, panel.y)
  ];
  const wide2 = Math.max(0, ...panel.lines.map((l) => widthOf(l.label, LETTER)));
  const words3 = `${panel.title}: ${panel.lines.map(said).join("; ")}`;
  return drawing(panel, right + 22 + wide2, BOX.top + BOX.height + 42, words3, [ticks, names, lines, endings(panel, sx, sy, view2), marker]);
}
var said = (line) => `${line.label} from ${short(line.y[0])} to ${short(line.y.at(-1))}`;
var short = (v) => brief(v, 2, { floor: 0 });
function endings(panel, sx, sy, view2) {
  const right = BOX.left + BOX.width;
  const ends2 = panel.lines.map((line, i) => {
    const at = line.y.findLastIndex((v, k) => sy(v) !== null && sx(line.x[k]) !== null);
    return at >= 0 && { i, x: sx(line.x[at]), y: sy(line.y[at]) };
  }).filter(Boolean).sort((a, b) => a.y - b.y);
  const places = apart(ends2.map((e) => e.y), APART, BOX.top, BOX.top + BOX.height);
  return ends2.map((e, k) => [
    h("path", { class: `lead s${e.i % 4}`, d: `M${e.x.toFixed(1)} ${e.y.toFixed(1)}L${right + 10} ${places[k].toFixed(1)}` }),
    h("text", { class: `label end s${e.i % 4} ${status(panel, e.i, view2)}`, x: right + 14, y: places[k] }, panel.lines[e.i].label)
  ]);
}
function apart(wishes, gap, low, high) {
  const places = [];
  for (const wish of wishes) places.push(Math.max(wish, low, (places.at(-1) ?? -Infinity) + gap));
  for (let k = places.length - 1, limit = high; k >= 0; k--, limit -= gap) places[k] = Math.min(places[k], limit);
  const over = low - (places[0] ?? low);
  return places.map((y, k) => over > 0 ? Math.max(y, low + k * gap) : y);
}
function axis(values, log, start, length) {
  const place2 = (v) => typeof v !== "number" || log && v <= 0 ? null : log ? Math.log10(v) : v;
  const known = values.map(place2).filter((v) => v !== null);
  const low = known.length ? Math.min(...known) : 0;
  const span = (known.length ? Math.max(...known) - low : 0) || 1;
  const scale = (v) => place2(v) === null ? null : start + (place2(v) - low) / span * length;
  scale.ticks = known.length === 0 ? [] : log ? powers(low, low + span) : steps(low, low + span);
  scale.holds = (v) => !log && known.length > 0 && low < v && v < low + span;
  return scale;
}
function steps(low, high) {
  const rough = (high - low) / 4;
  const power2 = 10 ** Math.floor(Math.log10(rough));
  const step = power2 * [1, 2, 5, 10].find((m) => m * power2 >= rough * 0.999);
  const from = Math.ceil(low / step - 1e-9);
  const count6 = Math.floor(high / step + 1e-9) - from + 1;
  return Array.from({ length: Math.max(0, count6) }, (_, k) => Number(((from + k) * step).toPrecision(12)));
}
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
    if (y === null || sx(x) === null) return pen = "M", "";
    const part = `${pen}${sx(x).toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
    return part;
  }).join("");
}
var nearest = (line, x) => line.x.reduce((best, v, k) => Math.abs(v - x) < Math.abs(line.x[best] - x) ? k : best, 0);
function mark(panel, sx, sy) {
  const dots = panel.lines.map((line, i) => {
    const at = nearest(line, panel.marker);
    return sy(line.y[at]) !== null && h("circle", { class: `dot s${i % 4}`, cx: sx(line.x[at]), cy: sy(line.y[at]), r: 4 });
  });
  return h("g", { class: "marker" }, h("path", { d: `M${sx(panel.marker)} ${BOX.top}v${BOX.height}` }), dots);
}

// panels/graph.js
var graph_exports = {};
__export(graph_exports, {
  count: () => count2,
  layout: () => layout4,
  noun: () => noun2,
  tell: () => tell2
});
var noun2 = "node";
var count2 = (panel) => panel.nodes.length;
var tell2 = (panel, k) => {
  const { label, value, adjoint, state } = panel.nodes[k];
  return [label, value !== void 0 && `= ${text(panel, value)}`, adjoint !== void 0 && `gradient ${text(panel, adjoint)}`, SAID[state]].filter(Boolean).join(" ");
};
var SAID = { new: "(new)", folded: "(folded)", merged: "(merged)", dead: "(dead)" };
var PAD = 6;
var GAP = { along: 44, across: 14 };
var LINE = 16;
var text = (panel, v) => typeof v === "object" ? v.text : number(v, panel.digits ?? 2);
function layout4(panel, view2) {
  const { nodes, edges = [], places } = panel;
  const size = sizeOf(panel);
  const pitch = view2.narrow ? { along: size.h + 30, across: size.w + GAP.across } : { along: size.w + GAP.along, across: size.h + GAP.across };
  const at = ([layer, across]) => {
    const [a, b] = [layer * pitch.along, across * pitch.across];
    return view2.narrow ? { x: PAD + b, y: PAD + a } : { x: PAD + a, y: PAD + b };
  };
  const lit = nodes.map((node, k) => node.state === "hidden" ? "hidden" : node.state === "next" ? "next" : status(panel, k, view2));
  const heaviest = Math.max(...edges.map((e) => Math.abs(e.weight ?? 0)), 0) || 1;
  const shown = edges.filter((e) => lit[e.from] !== "hidden" && lit[e.to] !== "hidden");
  const arcs = shown.map((e) => {
    const tone = [lit[e.from], lit[e.to]].includes("next") ? "next" : lit[e.from] === "lit" && lit[e.to] === "lit" ? "lit" : "dim";
    const points = [at(places[e.from]), ...(e.bends ?? []).map(at), at(places[e.to])];
    const width2 = e.weight === void 0 ? 1.6 : 1 + 3 * (Math.abs(e.weight) / heaviest);
    return [
      h("path", { class: `edge ${tone}`, "stroke-width": width2, d: route(points, size, view2.narrow) }),
      h("path", { class: `head ${tone}`, d: head(points, size, view2.narrow) }),
      e.weight !== void 0 && weight(points, size, e.weight, tone)
    ];
  });
  const boxes = nodes.map((node, k) => lit[k] !== "hidden" && box(panel, node, k, at(places[k]), size, lit[k]));
  const far = [...places, ...edges.flatMap((e) => e.bends ?? [])].map(at);
  const width = Math.max(...far.map((p) => p.x), 0) + size.w + PAD;
  const height = Math.max(...far.map((p) => p.y), 0) + size.h + PAD;
  const told = nodes.filter((_, k) => lit[k] === "lit").length;
  return drawing(panel, width, height, `${panel.title}: ${nodes.length} nodes, ${told} of them lit`, [arcs, boxes]);
}
function sizeOf({ nodes }) {
  const words3 = nodes.flatMap((n) => [n.label, ...[n.value, n.adjoint].filter((v) => typeof v === "object").map((v) => v.text)]);
  return { w: Math.max(76, ...words3.map((word) => widthOf(word, 7.6) + 16)), h: 3 * LINE + 8 };
}
function box(panel, node, k, { x, y }, size, tone) {
  const middle = x + size.w / 2;
  const line = (n, words3, name) => h("text", { class: name, x: middle, y: y + 4 + (n + 0.5) * LINE }, words3);
  const coming = tone === "next";
  return h(
    "g",
    { class: `node ${tone} ${node.state}`, "data-cell": k },
    h("rect", { x, y, width: size.w, height: size.h, rx: 8 }),
    line(0, node.label, "name"),
    !coming && node.value !== void 0 && line(1, text(panel, node.value), "value"),
    !coming && (node.adjoint !== void 0 ? line(2, `∂ ${text(panel, node.adjoint)}`, "adjoint") : SAID[node.state] && line(2, node.state, "state"))
  );
}
function ends(points, size, down) {
  const [first, last] = [points[0], points.at(-1)];
  const half = { x: size.w / 2, y: size.h / 2 };
  const middle = (p) => down ? { x: p.x + half.x, y: p.y } : { x: p.x, y: p.y + half.y };
  const start = down ? { x: first.x + half.x, y: first.y + size.h } : { x: first.x + size.w, y: first.y + half.y };
  return [start, ...points.slice(1, -1).map((p) => ({ x: p.x + half.x, y: p.y + half.y })), middle(last)];
}
function route(points, size, down) {
  const way = ends(points, size, down);
  return way.slice(1).reduce((d, to, k) => {
    const from = way[k];
    const [p, q] = down ? [{ x: from.x, y: (from.y + to.y) / 2 }, { x: to.x, y: (from.y + to.y) / 2 }] : [{ x: (from.x + to.x) / 2, y: from.y }, { x: (from.x + to.x) / 2, y: to.y }];
    return `${d}C${round(p)} ${round(q)} ${round(to)}`;
  }, `M${round(way[0])}`);
}
var round = ({ x, y }) => `${Math.round(10 * x) / 10},${Math.round(10 * y) / 10}`;
function head(points, size, down) {
  const tip = ends(points, size, down).at(-1);
  return down ? `M${round(tip)}l-4,-7h8z` : `M${round(tip)}l-7,-4v8z`;
}
function weight(points, size, value, tone) {
  const way = ends(points, size, false);
  const [a, b] = [way[0], way[1]];
  return h("text", { class: `label weight ${tone}`, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 - 8 }, brief(value, 2));
}

// panels/image.js
var image_exports = {};
__export(image_exports, {
  count: () => count3,
  layout: () => layout5,
  noun: () => noun3,
  tell: () => tell3
});
var SIDE = 224;
var noun3 = "pixel";
var count3 = ({ shape: [H, W] }) => H * W;
function tell3(panel, i) {
  const [, W, C] = panel.shape;
  const values = panel.values.slice(C * i, C * (i + 1)).map((v) => number(v, 3));
  return `${panel.title}[${Math.floor(i / W)}, ${i % W}] = ${values.join(", ")}`;
}
function layout5(panel, view2) {
  const [H, W, C] = panel.shape;
  const s = SIDE / Math.max(H, W);
  const byte = (v) => Math.round(255 * Math.min(1, Math.max(0, typeof v === "number" ? v : 0)));
  const pixels = Array.from({ length: H * W }, (_, i) => {
    const rgb = C === 3 ? panel.values.slice(3 * i, 3 * i + 3) : Array(3).fill(panel.values[i]);
    const x = i % W * s;
    const y = Math.floor(i / W) * s;
    return h("rect", { class: `pixel ${status(panel, i, view2)}`, x, y, width: s + 0.2, height: s + 0.2, fill: `rgb(${rgb.map(byte)})`, "data-cell": i });
  });
  const lines = Array.from({ length: Math.max(0, (panel.grid ?? 0) - 1) }, (_, k) => {
    const x = (k + 1) * W * s / panel.grid;
    const y = (k + 1) * H * s / panel.grid;
    return h("path", { class: "grid", d: `M${x} 0V${H * s}M0 ${y}H${W * s}` });
  });
  const boxes = (panel.boxes ?? []).map(([x, y, w, height, label]) => [
    h("rect", { class: "box", x: x * s, y: y * s, width: w * s, height: height * s }),
    h("text", { class: "label box", x: x * s + 4, y: y * s + 9 }, label)
  ]);
  return drawing(panel, W * s, H * s, `${panel.title}, ${H} by ${W} pixels`, [pixels, lines, boxes]);
}

// panels/matrix.js
var matrix_exports = {};
__export(matrix_exports, {
  layout: () => layout6
});
function layout6(panel, view2) {
  const [R, K] = panel.shape;
  const size = cellSize(panel);
  const left = panel.rows ? 12 + 6.4 * longest(panel.rows) : 4;
  const top = panel.columns ? 22 : 4;
  const box2 = (r, k) => ({ x: left + k * size.w + 1, y: top + r * size.h + 1, w: size.w - 2, h: size.h - 2 });
  const cells2 = panel.values.map((_, i) => cell(panel, i, box2(Math.floor(i / K), i % K), view2));
  const rings = !view2.lit ? [] : blocks(panel, view2).map(({ from, to, first, last }) => {
    const a = box2(first, from);
    const b = box2(last, to);
    return outline(a.x, a.y, b.x + b.w - a.x, b.y + b.h - a.y);
  });
  const rows = (panel.rows ?? []).map((name, r) => h("text", { class: "label row", x: left - 8, y: top + (r + 0.5) * size.h }, name));
  const columns = (panel.columns ?? []).map((name, k) => h("text", { class: "label", x: left + (k + 0.5) * size.w, y: 10 }, name));
  const words3 = `${panel.title}, ${R} rows by ${K} columns; ${countLit(panel, view2)} of ${R * K} cells lit`;
  return drawing(panel, left + K * size.w + 4, top + R * size.h + 4, words3, [rows, columns, cells2, rings]);
}
var longest = (names) => Math.max(0, ...names.map((name) => name.length));
function cellSize(panel) {
  const K = panel.shape[1];
  if (K > 16) return { w: 12, h: 12 };
  if (K > 8) return { w: 24, h: 20 };
  return { w: Math.max(52, 6.4 * longest(panel.columns ?? []) + 10, 9 * (panel.digits ?? 0) + 30), h: 28 };
}
function blocks(panel, view2) {
  const [R, K] = panel.shape;
  const found = [];
  for (let r = 0; r < R; r++) {
    for (let k = 0; k < K; k++) {
      if (status(panel, r * K + k, view2) !== "lit") continue;
      const from = k;
      while (k + 1 < K && status(panel, r * K + k + 1, view2) === "lit") k++;
      const above = found.find((b) => b.last === r - 1 && b.from === from && b.to === k);
      if (above) above.last = r;
      else found.push({ from, to: k, first: r, last: r });
    }
  }
  return found;
}

// panels/shelf.js
var shelf_exports = {};
__export(shelf_exports, {
  layout: () => layout8,
  looks: () => looks,
  plan: () => plan
});

// panels/words.js
function words(panel, view2) {
  const shape = panel.shape.join(" × ");
  const lit = countLit(panel, view2);
  const total = panel.values.length;
  return `${panel.title}, shape ${shape}; ${lit === total ? "all" : `${lit} of`} ${total} cells lit`;
}

// panels/cube.js
var SLANT = { x: 0.62, y: 0.42 };
function layout7(panel, view2) {
  const [N, C, H, W] = panel.shape;
  const L = H * W;
  const u = { c: 34, l: Math.max(10, Math.min(22, 200 / L)), n: 34 };
  const depth = { x: N * u.n * SLANT.x, y: N * u.n * SLANT.y };
  const origin = { x: 60, y: 22 + depth.y };
  const at = (n, c, l) => [origin.x + c * u.c + n * u.n * SLANT.x, origin.y + l * u.l - n * u.n * SLANT.y];
  const face = (n, c, l, corners) => {
    const i = (n * C + c) * L + l;
    const points = corners.map(([dn, dc, dl]) => at(n + dn, c + dc, l + dl).join(",")).join(" ");
    return h("polygon", { class: `cell ${status(panel, i, view2)} ${level(panel.values[i], panel.scale)}`, "data-cell": i, points });
  };
  const front = each(C, L, (c, l) => face(0, c, l, [[0, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]]));
  const top = each(N, C, (n, c) => face(n, c, 0, [[0, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]]));
  const side = each(N, L, (n, l) => face(n, C - 1, l, [[0, 1, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1]]));
  const [bx, by] = at(0, 0, L);
  const labels = [
    h("text", { class: "label", x: bx + C * u.c / 2, y: by + 14 }, plural(C, panel.row ?? "page")),
    h("text", { class: "label row", x: origin.x - 8, y: origin.y + L * u.l / 2 }, plural(L, "cell")),
    h("text", { class: "label row", x: origin.x + depth.x / 2 - 8, y: origin.y - depth.y / 2 - 6 }, plural(N, panel.column ?? "book"))
  ];
  return drawing(panel, origin.x + C * u.c + depth.x + 6, by + 24, words(panel, view2), [front, top, side, labels]);
}
var plural = (count6, noun5) => `${count6} ${noun5}${count6 === 1 ? "" : "s"}`;
var each = (a, b, make) => Array.from({ length: a * b }, (_, k) => make(Math.floor(k / b), k % b));

// panels/shelf.js
var GAP2 = { book: 12, page: 7 };
var HEAD = 22;
function plan(panel, neighbor) {
  const [N, C, H, W] = panel.shape;
  const single = H * W === 1;
  const pages = neighbor ? neighbor.pages : C;
  const room = neighbor ? pages / C * neighbor.pitch - 2 : Infinity;
  const size = single ? { w: 58, h: Math.min(30, room) } : cellSize2(W);
  const page = { w: W * size.w, h: H * size.h };
  const pitch = neighbor ? neighbor.pitch : page.h + GAP2.page;
  const left = neighbor ? N === 1 ? 26 : 8 : 52;
  const pageAt = (n, c) => ({
    x: left + n * (page.w + GAP2.book),
    y: HEAD + 4 + (c + 0.5) * (pages / C) * pitch - GAP2.page / 2 - page.h / 2
  });
  return {
    size,
    page,
    pages,
    pitch,
    left,
    pageAt,
    width: left + N * (page.w + GAP2.book) - GAP2.book + 4,
    height: HEAD + 4 + pages * pitch + 2,
    cellAt: (n, c, y, x) => ({
      x: pageAt(n, c).x + x * size.w + 0.5,
      y: pageAt(n, c).y + y * size.h + 0.5,
      w: size.w - 1,
      h: size.h - 1
    })
  };
}
var cellSize2 = (W) => W <= 4 ? { w: 25, h: 21 } : W <= 6 ? { w: 15, h: 15 } : { w: 10, h: 10 };
var looks = (panel) => panel.cube ? ["shelf", "cube"] : [];
var layout8 = (panel, view2) => looks(panel)[view2.look] === "cube" ? layout7(panel, view2) : books(panel, view2);
function books(panel, view2) {
  const [N, C, H, W] = panel.shape;
  const p = plan(panel, view2.neighbor);
  const index = (n, c, y, x) => ((n * C + c) * H + y) * W + x;
  const pageStatus = (n, c) => {
    const all = range(H * W).map((k) => status(panel, index(n, c, 0, 0) + k, view2));
    return all.every((s) => s === "lit") ? "lit" : all.includes("lit") ? "part" : "dim";
  };
  const shelf = range(N).map((n) => {
    const statuses = range(C).map((c) => pageStatus(n, c));
    return h(
      "g",
      { class: `book ${statuses.some((s) => s !== "dim") ? "on" : ""}` },
      panel.column && h("text", { class: "label", x: p.pageAt(n, 0).x + p.page.w / 2, y: 12 }, `${panel.column} ${n}`),
      !view2.neighbor && h("rect", { class: "spine", x: p.pageAt(n, 0).x - 7, y: HEAD + 2, width: 3, height: p.pages * p.pitch - GAP2.page + 4, rx: 1.5 }),
      range(C).map((c) => range(H).map((y) => range(W).map((x) => cell(panel, index(n, c, y, x), p.cellAt(n, c, y, x), view2)))),
      view2.lit && outlines(panel, p, n, statuses, index, view2)
    );
  });
  const rows = !view2.neighbor && range(C).map((c) => {
    const on = range(N).some((n) => pageStatus(n, c) !== "dim");
    return h("text", { class: `label row ${on ? "on" : ""}`, x: p.left - 12, y: p.pageAt(0, c).y + p.page.h / 2 }, panel.row && `${panel.row} ${c}`);
  });
  return drawing(panel, p.width, p.height, words(panel, view2), [rows, shelf, view2.neighbor && N === 1 && arrow(panel, p, view2)]);
}
function outlines(panel, p, n, statuses, index, view2) {
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
        if (status(panel, index(n, c, y, x), view2) !== "lit") continue;
        const b = p.cellAt(n, c, y, x);
        found.push(outline(b.x + 1, b.y + 1, b.w - 2, b.h - 2));
      }
    }
  }
  return found;
}
function arrow(panel, p, view2) {
  const i = view2.lit ? panel.keys?.indexOf(view2.selected) ?? -1 : -1;
  if (i < 0) return null;
  const [, , H, W] = panel.shape;
  const y = p.pageAt(0, Math.floor(i / (H * W))).y + p.page.h / 2;
  return h("path", { class: "arrow", d: `M2 ${y}H${p.left - 10}m-5 -4l6 4l-6 4` });
}
var range = (n) => Array.from({ length: n }, (_, i) => i);

// panels/tokens.js
var tokens_exports = {};
__export(tokens_exports, {
  count: () => count4,
  layout: () => layout9,
  noun: () => noun4,
  tell: () => tell4
});
var noun4 = "word";
var count4 = ({ above, below }) => above.length + below.length;
var tell4 = ({ above, below }, k) => k < above.length ? `“${above[k]}” above` : `“${below[k - above.length]}” below`;
var PAD2 = 8;
var HIGH = 28;
var APART2 = { words: 6, rows: 92, columns: 110 };
function layout9(panel, view2) {
  const { above, below } = panel;
  const lit = [...above, ...below].map((_, k) => status(panel, k, view2));
  const boxes = (view2.narrow ? inColumns : inRows)(above, below);
  const heaviest = Math.max(...panel.weights, 0) || 1;
  const arcs = panel.weights.map((weight2, i) => {
    const [from, to] = [i % above.length, above.length + Math.floor(i / above.length)];
    if (!(weight2 > 0)) return null;
    const tone = lit[from] === "lit" && lit[to] === "lit" ? "lit" : "dim";
    return h("path", { class: `arc ${tone}`, "stroke-width": 0.4 + 4.6 * (weight2 / heaviest), d: arc(boxes[from], boxes[to], view2.narrow) });
  });
  const words3 = [...above, ...below].map((word, k) => {
    const { x, y, w } = boxes[k];
    const shown = weightBeside(panel, lit, k);
    return [
      h(
        "g",
        { class: `word ${lit[k]}`, "data-cell": k },
        h("rect", { x, y, width: w, height: HIGH, rx: 6 }),
        h("text", { x: x + w / 2, y: y + HIGH / 2 }, word)
      ),
      shown !== null && h("text", { class: "label weight", ...beside(boxes[k], k < above.length, view2.narrow) }, number(shown, panel.digits ?? 2))
    ];
  });
  const width = Math.max(...boxes.map((b) => b.x + b.w)) + (view2.narrow ? 48 : PAD2);
  const height = Math.max(...boxes.map((b) => b.y + HIGH)) + (view2.narrow ? PAD2 : 22);
  const told = lit.filter((s) => s === "lit").length;
  return drawing(panel, width, height, `${panel.title}: ${above.join(" ")} above ${below.join(" ")}; ${told} of ${lit.length} words lit`, [arcs, words3]);
}
var wide = (word) => Math.max(30, widthOf(word, 8) + 14);
function inRows(above, below) {
  const row = (words3) => {
    let x = 0;
    return words3.map((word) => {
      const w = wide(word);
      const box2 = { x, w };
      x += w + APART2.words;
      return box2;
    });
  };
  const rows = [row(above), row(below)];
  const lengths = rows.map((boxes) => boxes.length ? boxes.at(-1).x + boxes.at(-1).w : 0);
  return rows.flatMap((boxes, r) => boxes.map((b) => ({ ...b, x: PAD2 + b.x + (Math.max(...lengths) - lengths[r]) / 2, y: 22 + r * (HIGH + APART2.rows) })));
}
function inColumns(above, below) {
  const width = Math.max(...[...above, ...below].map(wide));
  const column2 = (words3, x) => words3.map((_, k) => ({ x, y: PAD2 + k * (HIGH + APART2.words), w: width }));
  return [...column2(above, 48), ...column2(below, 48 + width + APART2.columns)];
}
function arc(from, to, narrow) {
  if (narrow) {
    const [x2, y2, u2, v2] = [from.x + from.w, from.y + HIGH / 2, to.x, to.y + HIGH / 2];
    return `M${x2} ${y2}C${(x2 + u2) / 2} ${y2} ${(x2 + u2) / 2} ${v2} ${u2} ${v2}`;
  }
  const [x, y, u, v] = [from.x + from.w / 2, from.y + HIGH, to.x + to.w / 2, to.y];
  return `M${x} ${y}C${x} ${(y + v) / 2} ${u} ${(y + v) / 2} ${u} ${v}`;
}
function weightBeside({ above, below, weights }, lit, k) {
  if (lit[k] !== "lit") return null;
  const A = above.length;
  const others = (k < A ? below.map((_, j) => A + j) : above.map((_, i) => i)).filter((other) => lit[other] === "lit");
  if (others.length !== 1) return null;
  const mine = k < A ? above.map((_, i) => i) : below.map((_, j) => A + j);
  const alone = mine.filter((other) => lit[other] === "lit").length === 1;
  if (alone && k >= A) return null;
  return k < A ? weights[(others[0] - A) * A + k] : weights[(k - A) * A + others[0]];
}
function beside({ x, y, w }, isAbove, narrow) {
  if (narrow) return { x: isAbove ? x - 22 : x + w + 22, y: y + HIGH / 2 };
  return { x: x + w / 2, y: isAbove ? y - 10 : y + HIGH + 12 };
}

// panels/index.js
function kindOf({ kind }) {
  if (!(kind in kinds_exports)) throw new Error(`no panel is called "${kind}"; there are ${Object.keys(kinds_exports).join(", ")}`);
  return kinds_exports[kind];
}
var layoutPanel = (panel, view2) => kindOf(panel).layout(panel, view2);

// question.js
function readNumber(text2) {
  const plain = text2.trim().replace(/[−–]/g, "-").replace(/^([+-]?\d+),(\d+)$/, "$1.$2");
  const [top, bottom, more] = plain.split("/").map((part) => /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(part) ? Number(part) : NaN);
  return more !== void 0 ? NaN : bottom === void 0 ? top : top / bottom;
}
var same = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);
var cells = (n) => `${n} ${n === 1 ? "cell" : "cells"}`;
var JUDGES = {
  choose({ answers }, [at]) {
    return at === void 0 ? null : answers[at];
  },
  all({ answers }, chosen) {
    const wrong = chosen.find((k) => !answers[k].right);
    if (wrong !== void 0) return { right: false, says: ["“", ...answers[wrong].text, "” is not one of them. ", ...answers[wrong].says], see: answers[wrong].see };
    const missing = answers.filter((a, k) => a.right && !chosen.includes(k)).length;
    return missing ? { right: false, says: [`What you chose is right. ${missing} more ${missing === 1 ? "is" : "are"} right too.`] } : { right: true, says: [] };
  },
  enter({ right, within, mistakes }, text2) {
    if (!text2.trim()) return null;
    const value = readNumber(text2);
    if (Number.isNaN(value)) return { right: false, says: ["That cannot be read as a number; write it as 0.25, −3 or 1/4."] };
    if (Math.abs(value - right) <= within) return { right: true, says: [] };
    const known = mistakes.find((m) => Math.abs(value - m.given) <= Math.abs(m.given) * 0.01 + 1e-9);
    return { right: false, says: known?.says ?? ["No."], see: known?.see };
  },
  pick({ right, mistakes }, picked) {
    const sorted = [...picked].sort((a, b) => a - b);
    if (same(sorted, right)) return { right: true, says: [] };
    const known = mistakes.find((m) => same(m.given, sorted));
    if (known) return { right: false, ...known };
    const extra = sorted.filter((c) => !right.includes(c)).length;
    const missing = right.filter((c) => !sorted.includes(c)).length;
    const said3 = [missing && `${cells(missing)} missing`, extra && `${cells(extra)} too many`].filter(Boolean);
    return { right: false, says: [`${said3.join(", ")}.`] };
  }
};
var judge = (question, response) => JUDGES[question.kind](question, response);
var blank = (question) => ({ choose: [], all: [], enter: "", pick: question.given ?? [] })[question.kind];
var solved = (question) => ({
  choose: () => question.answers.flatMap((a, k) => a.right ? [k] : []),
  all: () => question.answers.flatMap((a, k) => a.right ? [k] : []),
  enter: () => String(question.right),
  pick: () => question.right
})[question.kind]();
var words2 = (runs) => runs.map((run) => typeof run === "string" ? run : Object.entries(run).map(([tag, text2]) => h(tag, {}, text2)));
function view(model) {
  const { question, id, verdict } = model;
  const done = Boolean(verdict?.right) || model.shown;
  return h(
    "form",
    { class: `dls-ask ${question.kind}`, "data-ask": id, novalidate: true },
    h(
      "fieldset",
      {},
      h("legend", { id: `${id}-asks` }, words2(question.asks)),
      FIELDS[question.kind](model, done)
    ),
    h("div", { class: "dls-verdict", role: "status" }, said2(model)),
    !done && h(
      "div",
      { class: "dls-tools" },
      h("button", { type: "submit", class: "primary" }, "Check"),
      verdict && h("button", { type: "button", "data-act": "show" }, "Show the answer")
    )
  );
}
function said2({ question, verdict, shown }) {
  if (shown) return h("p", {}, h("strong", {}, "Answer. "), question.solution && [words2(question.solution), " "], words2(question.why));
  if (!verdict) return null;
  return h(
    "p",
    { class: verdict.right ? "yes" : "no" },
    h("strong", {}, verdict.right ? "Right. " : "Not yet. "),
    words2(verdict.says ?? []),
    verdict.says?.length ? " " : null,
    verdict.right && words2(question.why),
    !verdict.right && verdict.see && h("a", { href: verdict.see }, "Look at it")
  );
}
var listed = (type) => ({ question, id, response, shown }, done) => question.answers.map((answer, k) => {
  const chosen = response.includes(k);
  const mark2 = done && answer.right ? "is-right" : "";
  return h(
    "label",
    { class: `dls-answer ${mark2}` },
    h("input", { type, name: id, value: String(k), checked: chosen, disabled: done, "aria-describedby": `${id}-asks` }),
    h("span", {}, words2(answer.text), mark2 && shown ? h("span", { class: "dls-hidden" }, " (right)") : null)
  );
});
var FIELDS = {
  choose: listed("radio"),
  all: listed("checkbox"),
  enter: ({ question, id, response }, done) => h(
    "label",
    { class: "dls-answer" },
    h("input", { type: "text", inputmode: "text", autocomplete: "off", name: id, value: response, readonly: done, "aria-labelledby": `${id}-asks` }),
    question.unit && h("span", {}, question.unit)
  ),
  pick: picking
};
function picking({ question, id, response, cursor, focused }, done) {
  const { panel } = question;
  const drawn = layoutPanel(panel, { selected: 0, lit: response.length ? new Set(response) : null });
  return [
    h("div", { class: "dls-panel" }, h("p", { class: "dls-panel-title" }, h("strong", {}, panel.title), panel.note && h("small", {}, panel.note)), drawn),
    h("div", { class: "dls-hidden dls-cells", role: "group", "aria-label": "cells" }, panel.values.map((value, k) => h("input", {
      type: "checkbox",
      name: `${id}-${k}`,
      "data-pick": String(k),
      checked: response.includes(k),
      disabled: done || question.given.includes(k),
      tabindex: k === cursor ? "0" : "-1",
      "aria-label": `${where(k, panel.shape, question.axes)}: ${value}`
    }))),
    h("p", { class: "dls-cell" }, focused ? where(cursor, panel.shape, question.axes) : `${cells(response.length)} picked. Click or draw; with keys: arrows and Space.`)
  ];
}
var unravel = (k, shape) => shape.reduceRight(([index, rest], n) => [[rest % n, ...index], Math.floor(rest / n)], [[], k])[0];
var where = (k, shape, axes) => unravel(k, shape).map((i, d) => [axes[d], i]).map((pair) => pair.join(" ")).join(", ");
function moved(k, key, shape) {
  const width = shape.at(-1);
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[key];
  const last = shape.reduce((a, b) => a * b, 1) - 1;
  return Math.min(last, Math.max(0, k + by));
}
function mount(root, spec, prefix = "") {
  const models = spec.questions.map((question) => ({
    question,
    id: `${prefix}${question.name}`,
    response: blank(question),
    verdict: null,
    shown: false,
    cursor: question.kind === "pick" ? question.panel.values.findIndex((_, k) => !question.given.includes(k)) : 0,
    focused: false
  }));
  let drawing2 = null;
  const score = () => {
    if (models.length < 2) return null;
    const right = models.filter((m) => m.verdict?.right).length;
    return h("p", { class: "dls-score", role: "status" }, `${right} of ${models.length} right`);
  };
  const paint = () => {
    patch(root, [spec.title && h("p", { class: "dls-title" }, spec.title), models.map(view), score()].flat().filter(Boolean));
    for (const box2 of root.querySelectorAll("input")) box2.checked = box2.hasAttribute("checked");
    ring(root, models);
  };
  const formOf = (model) => root.querySelector(`[data-ask="${model.id}"]`);
  const modelOf = (target) => models.find((m) => m.id === target.closest("[data-ask]")?.dataset.ask);
  const finished = (m) => m.shown || m.verdict?.right;
  function answer(model, response) {
    Object.assign(model, { response, verdict: null });
    paint();
  }
  function pick(model, cell2, on) {
    if (finished(model) || model.question.given.includes(cell2) || model.response.includes(cell2) === on) return;
    answer(model, on ? [...model.response, cell2] : model.response.filter((c) => c !== cell2));
  }
  const cellAt = (target) => target?.closest?.("[data-cell]") ? Number(target.closest("[data-cell]").dataset.cell) : null;
  const listeners = {
    submit(event) {
      event.preventDefault();
      const model = modelOf(event.target);
      const verdict = judge(model.question, model.response);
      model.verdict = verdict ?? { right: false, says: ["Answer first."] };
      paint();
    },
    click(event) {
      const act = event.target.closest?.("[data-act]");
      if (act?.dataset.act !== "show") return;
      const model = modelOf(act);
      Object.assign(model, { shown: true, response: solved(model.question) });
      paint();
      formOf(model).querySelector(".dls-verdict").scrollIntoView({ block: "nearest" });
    },
    input(event) {
      const model = modelOf(event.target);
      if (!model) return;
      const { kind } = model.question;
      if (kind === "choose") answer(model, [Number(event.target.value)]);
      if (kind === "all") {
        const k = Number(event.target.value);
        answer(model, event.target.checked ? [...model.response, k] : model.response.filter((c) => c !== k));
      }
      if (kind === "enter") answer(model, event.target.value);
      if (kind === "pick") pick(model, Number(event.target.dataset.pick), event.target.checked);
    },
    keydown(event) {
      const k = event.target.dataset?.pick;
      if (k === void 0 || !/^Arrow/.test(event.key)) return;
      event.preventDefault();
      const model = modelOf(event.target);
      model.cursor = moved(Number(k), event.key, model.question.panel.shape);
      paint();
      formOf(model).querySelector(`[data-pick="${model.cursor}"]`).focus();
    },
    focusin(event) {
      const k = event.target.dataset?.pick;
      if (k === void 0) return;
      Object.assign(modelOf(event.target), { cursor: Number(k), focused: true });
      paint();
    },
    focusout(event) {
      if (event.target.dataset?.pick === void 0) return;
      for (const m of models) m.focused = false;
      paint();
    },
    pointerdown(event) {
      const cell2 = cellAt(event.target);
      if (cell2 === null) return;
      const model = modelOf(event.target);
      drawing2 = { model, on: !model.response.includes(cell2) };
      if (event.pointerType !== "touch") event.preventDefault();
      pick(model, cell2, drawing2.on);
    },
    pointerover(event) {
      const cell2 = drawing2 && cellAt(event.target);
      if (cell2 !== null && drawing2 && modelOf(event.target) === drawing2.model && event.pointerType === "mouse") pick(drawing2.model, cell2, drawing2.on);
    }
  };
  const lifted = () => drawing2 = null;
  root.replaceChildren();
  root.classList.add("on");
  for (const [type, listener] of Object.entries(listeners)) root.addEventListener(type, listener);
  globalThis.addEventListener?.("pointerup", lifted);
  paint();
  return {
    models,
    destroy() {
      for (const [type, listener] of Object.entries(listeners)) root.removeEventListener(type, listener);
      globalThis.removeEventListener?.("pointerup", lifted);
      root.replaceChildren();
    }
  };
}
function ring(root, models) {
  for (const old of root.querySelectorAll(".focus")) old.classList.toggle("focus", false);
  for (const m of models.filter((m2) => m2.focused)) {
    const form = root.querySelector(`[data-ask="${m.id}"]`);
    form.querySelector(`[data-cell="${m.cursor}"]`).classList.toggle("focus", true);
  }
}

// quiz.js
var count5 = 0;
function render({ model, el }) {
  const root = el.ownerDocument.createElement("div");
  root.className = "dls dls-quiz";
  root.setAttribute("role", "group");
  root.dataset.lmSuppressShortcuts = "true";
  el.appendChild(root);
  count5 += 1;
  const quiz = mount(root, model.get("_spec"), `q${count5}-`);
  return () => {
    quiz.destroy();
    root.remove();
  };
}
var quiz_default = { render };
export {
  quiz_default as default
};
