// Nodes in layers, left to right; where the screen is narrow, top to bottom. Python has placed them.
import { h } from "../tree.js";
import { drawing, status } from "../cells.js";
import { brief, number, widthOf } from "../text.js";

export const noun = "node";
export const count = (panel) => panel.nodes.length;
export const tell = (panel, k) => {
  const { label, value, adjoint, state } = panel.nodes[k];
  return [label, value !== undefined && `= ${text(panel, value)}`, adjoint !== undefined && `gradient ${text(panel, adjoint)}`, SAID[state]].filter(Boolean).join(" ");
};

const SAID = { new: "(new)", folded: "(folded)", merged: "(merged)", dead: "(dead)" };
const PAD = 6;
const GAP = { along: 44, across: 14 };
const LINE = 16;

const text = (panel, v) => (typeof v === "object" ? v.text : number(v, panel.digits ?? 2));

export function layout(panel, view) {
  const { nodes, edges = [], places } = panel;
  const size = sizeOf(panel);
  const pitch = view.narrow ? { along: size.h + 30, across: size.w + GAP.across } : { along: size.w + GAP.along, across: size.h + GAP.across };
  const at = ([layer, across]) => {
    const [a, b] = [layer * pitch.along, across * pitch.across];
    return view.narrow ? { x: PAD + b, y: PAD + a } : { x: PAD + a, y: PAD + b };
  };
  const lit = nodes.map((node, k) => (node.state === "hidden" ? "hidden" : node.state === "next" ? "next" : status(panel, k, view)));
  const heaviest = Math.max(...edges.map((e) => Math.abs(e.weight ?? 0)), 0) || 1;
  const shown = edges.filter((e) => lit[e.from] !== "hidden" && lit[e.to] !== "hidden");
  const arcs = shown.map((e) => {
    const tone = [lit[e.from], lit[e.to]].includes("next") ? "next" : lit[e.from] === "lit" && lit[e.to] === "lit" ? "lit" : "dim";
    const points = [at(places[e.from]), ...(e.bends ?? []).map(at), at(places[e.to])];
    const width = e.weight === undefined ? 1.6 : 1 + 3 * (Math.abs(e.weight) / heaviest);
    return [
      h("path", { class: `edge ${tone}`, "stroke-width": width, d: route(points, size, view.narrow) }),
      h("path", { class: `head ${tone}`, d: head(points, size, view.narrow) }),
      e.weight !== undefined && weight(points, size, e.weight, tone),
    ];
  });
  const boxes = nodes.map((node, k) => lit[k] !== "hidden" && box(panel, node, k, at(places[k]), size, lit[k]));
  const far = [...places, ...edges.flatMap((e) => e.bends ?? [])].map(at);
  const width = Math.max(...far.map((p) => p.x), 0) + size.w + PAD;
  const height = Math.max(...far.map((p) => p.y), 0) + size.h + PAD;
  const told = nodes.filter((_, k) => lit[k] === "lit").length;
  return drawing(panel, width, height, `${panel.title}: ${nodes.length} nodes, ${told} of them lit`, [arcs, boxes]);
}

// One size for all nodes, so that none moves when a value comes: by the longest label and six characters of a number.
function sizeOf({ nodes }) {
  const words = nodes.flatMap((n) => [n.label, ...[n.value, n.adjoint].filter((v) => typeof v === "object").map((v) => v.text)]);
  return { w: Math.max(76, ...words.map((word) => widthOf(word, 7.6) + 16)), h: 3 * LINE + 8 };
}

function box(panel, node, k, { x, y }, size, tone) {
  const middle = x + size.w / 2;
  const line = (n, words, name) => h("text", { class: name, x: middle, y: y + 4 + (n + 0.5) * LINE }, words);
  const coming = tone === "next";
  return h("g", { class: `node ${tone} ${node.state}`, "data-cell": k },
    h("rect", { x, y, width: size.w, height: size.h, rx: 8 }),
    line(0, node.label, "name"),
    !coming && node.value !== undefined && line(1, text(panel, node.value), "value"),
    !coming && (node.adjoint !== undefined ? line(2, `∂ ${text(panel, node.adjoint)}`, "adjoint") : SAID[node.state] && line(2, node.state, "state")));
}

// From the side of one node to the side of the next, bending softly where it passes a layer.
function ends(points, size, down) {
  const [first, last] = [points[0], points.at(-1)];
  const half = { x: size.w / 2, y: size.h / 2 };
  const middle = (p) => (down ? { x: p.x + half.x, y: p.y } : { x: p.x, y: p.y + half.y });
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

const round = ({ x, y }) => `${Math.round(10 * x) / 10},${Math.round(10 * y) / 10}`;

function head(points, size, down) {
  const tip = ends(points, size, down).at(-1);
  return down ? `M${round(tip)}l-4,-7h8z` : `M${round(tip)}l-7,-4v8z`;
}

function weight(points, size, value, tone) {
  const way = ends(points, size, false);
  const [a, b] = [way[0], way[1]];
  return h("text", { class: `label weight ${tone}`, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 - 8 }, brief(value, 2));
}
