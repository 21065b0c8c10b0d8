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
function patchText(parent, old, text) {
  if (old && old.nodeType === 3) {
    if (old.data !== text) old.data = text;
  } else {
    place(parent, old, parent.ownerDocument.createTextNode(text));
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
  image: () => image_exports,
  matrix: () => matrix_exports,
  shelf: () => shelf_exports
});

// panels/axes.js
var axes_exports = {};
__export(axes_exports, {
  aside: () => aside,
  layout: () => layout
});
var aside = true;
var layout = (panel) => h("ul", { class: "axes", "aria-label": panel.title }, panel.axes.map(([letter, noun2, size, fate]) => h(
  "li",
  { class: fate ? "removed" : "kept" },
  h("span", { class: "badge" }, letter),
  h("span", {}, h("span", {}, `${size} ${noun2}`), h("small", {}, fate || "kept"))
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
var isZero = (text) => !/[1-9]/.test(text);
var fixed = (size, digits) => size < LARGE ? size.toFixed(digits) : "1";
function shortest(size, digits, room) {
  if (size && !(size >= SMALL && size < LARGE)) return power(size, room);
  let decimals = digits;
  while (size && decimals < 3 && isZero(fixed(size, decimals))) decimals++;
  while (decimals > 0 && fixed(size, decimals).length > room) decimals--;
  const text = fixed(size, decimals);
  const lost = size && isZero(text);
  return lost || text.length > Math.max(room, 1) || Number(text) >= LARGE ? power(size, room) : text;
}
function power(size, room) {
  const texts = [1, 0].map((decimals) => size.toExponential(decimals).replace(".0e", "e").replace("e+", "e").replace("-", "−"));
  return texts.find((text) => text.length <= room) ?? texts[1];
}

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
function cell(panel, i, box, view2) {
  const state = status(panel, i, view2);
  const value = panel.values[i];
  const pending = state === "next";
  const size = box.w < 20 ? "tiny" : box.w < 40 ? "small" : "big";
  const rect = h("rect", {
    class: `cell ${size} ${state} ${pending ? "" : level(value, panel.scale ?? 1)}`,
    "data-cell": i,
    x: box.x,
    y: box.y,
    width: box.w,
    height: box.h
  });
  if (size === "tiny") return [rect];
  const room = Math.floor((box.w - 2) / WIDTHS[size]);
  const text = pending ? size === "big" ? "next" : "·" : written(panel, value, Math.min(6, room - (value < 0 ? 1 : 0)));
  const squeezed = text.length > room && { textLength: box.w - 3, lengthAdjust: "spacingAndGlyphs" };
  return [rect, h("text", { x: box.x + box.w / 2, y: box.y + box.h / 2, ...squeezed }, text)];
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
  layout: () => layout3
});
var BOX = { left: 44, top: 12, width: 270, height: 170 };
function layout3(panel) {
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
    sy.ticks.map((v) => h("path", { class: "axis", d: `M${BOX.left} ${sy(v)}h${BOX.width}` }))
  ];
  const marker = sx(panel.marker) !== null && mark(panel, sx, sy);
  const names = [
    h("text", { class: "label", x: BOX.left + BOX.width / 2, y: BOX.top + BOX.height + 32 }, panel.x),
    panel.y && h("text", { class: "label row", x: BOX.left + 4 + 6 * panel.y.length, y: 6 }, panel.y)
  ];
  const words3 = `${panel.title}: ${panel.lines.map((l) => `${l.label} from ${short(l.y[0])} to ${short(l.y.at(-1))}`).join("; ")}`;
  return drawing(panel, BOX.left + BOX.width + 16, BOX.top + BOX.height + 42, words3, [ticks, names, lines, ends, marker]);
}
function axis(values, log, start, length) {
  const place2 = (v) => typeof v !== "number" || log && v <= 0 ? null : log ? Math.log10(v) : v;
  const known = values.map(place2).filter((v) => v !== null);
  const low = known.length ? Math.min(...known) : 0;
  const span = known.length ? Math.max(...known) - low || 1 : 1;
  const scale = (v) => place2(v) === null ? null : start + (place2(v) - low) / span * length;
  scale.ticks = [0, 0.5, 1].map((f) => log ? 10 ** (low + f * span) : low + f * span);
  return scale;
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
function mark(panel, sx, sy) {
  const dots = panel.lines.map((line, i) => {
    const at = line.x.reduce((best, x, k) => Math.abs(x - panel.marker) < Math.abs(line.x[best] - panel.marker) ? k : best, 0);
    return sy(line.y[at]) !== null && h("circle", { class: `dot s${i}`, cx: sx(line.x[at]), cy: sy(line.y[at]), r: 4 });
  });
  return h("g", { class: "marker" }, h("path", { d: `M${sx(panel.marker)} ${BOX.top}v${BOX.height}` }), dots);
}
var short = (v) => brief(v, 2, { floor: 0 });

// panels/image.js
var image_exports = {};
__export(image_exports, {
  count: () => count,
  layout: () => layout4,
  noun: () => noun,
  tell: () => tell
});
var SIDE = 224;
var noun = "pixel";
var count = ({ shape: [H, W] }) => H * W;
function tell(panel, i) {
  const [, W, C] = panel.shape;
  const values = panel.values.slice(C * i, C * (i + 1)).map((v) => number(v, 3));
  return `${panel.title}[${Math.floor(i / W)}, ${i % W}] = ${values.join(", ")}`;
}
function layout4(panel, view2) {
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
  layout: () => layout5
});
function layout5(panel, view2) {
  const [R, K] = panel.shape;
  const size = cellSize(panel);
  const left = panel.rows ? 12 + 6.4 * longest(panel.rows) : 4;
  const top = panel.columns ? 22 : 4;
  const box = (r, k) => ({ x: left + k * size.w + 1, y: top + r * size.h + 1, w: size.w - 2, h: size.h - 2 });
  const cells2 = panel.values.map((_, i) => cell(panel, i, box(Math.floor(i / K), i % K), view2));
  const rings = !view2.lit ? [] : blocks(panel, view2).map(({ from, to, first, last }) => {
    const a = box(first, from);
    const b = box(last, to);
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
  layout: () => layout7,
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
function layout6(panel, view2) {
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
var plural = (count3, noun2) => `${count3} ${noun2}${count3 === 1 ? "" : "s"}`;
var each = (a, b, make) => Array.from({ length: a * b }, (_, k) => make(Math.floor(k / b), k % b));

// panels/shelf.js
var GAP = { book: 12, page: 7 };
var HEAD = 22;
function plan(panel, neighbor) {
  const [N, C, H, W] = panel.shape;
  const single = H * W === 1;
  const pages = neighbor ? neighbor.pages : C;
  const room = neighbor ? pages / C * neighbor.pitch - 2 : Infinity;
  const size = single ? { w: 58, h: Math.min(30, room) } : cellSize2(W);
  const page = { w: W * size.w, h: H * size.h };
  const pitch = neighbor ? neighbor.pitch : page.h + GAP.page;
  const left = neighbor ? N === 1 ? 26 : 8 : 52;
  const pageAt = (n, c) => ({
    x: left + n * (page.w + GAP.book),
    y: HEAD + 4 + (c + 0.5) * (pages / C) * pitch - GAP.page / 2 - page.h / 2
  });
  return {
    size,
    page,
    pages,
    pitch,
    left,
    pageAt,
    width: left + N * (page.w + GAP.book) - GAP.book + 4,
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
var layout7 = (panel, view2) => looks(panel)[view2.look] === "cube" ? layout6(panel, view2) : books(panel, view2);
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
      !view2.neighbor && h("rect", { class: "spine", x: p.pageAt(n, 0).x - 7, y: HEAD + 2, width: 3, height: p.pages * p.pitch - GAP.page + 4, rx: 1.5 }),
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

// panels/index.js
function kindOf({ kind }) {
  if (!(kind in kinds_exports)) throw new Error(`no panel is called "${kind}"; there are ${Object.keys(kinds_exports).join(", ")}`);
  return kinds_exports[kind];
}
var layoutPanel = (panel, view2) => kindOf(panel).layout(panel, view2);

// question.js
function readNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/^([+-]?\d+),(\d+)$/, "$1.$2");
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
  enter({ right, within, mistakes }, text) {
    if (!text.trim()) return null;
    const value = readNumber(text);
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
    const said2 = [missing && `${cells(missing)} missing`, extra && `${cells(extra)} too many`].filter(Boolean);
    return { right: false, says: [`${said2.join(", ")}.`] };
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
var words2 = (runs) => runs.map((run) => typeof run === "string" ? run : Object.entries(run).map(([tag, text]) => h(tag, {}, text)));
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
    h("div", { class: "dls-verdict", role: "status" }, said(model)),
    !done && h(
      "div",
      { class: "dls-tools" },
      h("button", { type: "submit", class: "primary" }, "Check"),
      verdict && h("button", { type: "button", "data-act": "show" }, "Show the answer")
    )
  );
}
function said({ question, verdict, shown }) {
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
    for (const box of root.querySelectorAll("input")) box.checked = box.hasAttribute("checked");
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
var count2 = 0;
function render({ model, el }) {
  const root = el.ownerDocument.createElement("section");
  root.className = "dls dls-quiz";
  root.dataset.lmSuppressShortcuts = "true";
  el.appendChild(root);
  count2 += 1;
  const quiz = mount(root, model.get("_spec"), `q${count2}-`);
  return () => {
    quiz.destroy();
    root.remove();
  };
}
var quiz_default = { render };
export {
  quiz_default as default
};
