// Two rows of words joined by arcs; two columns where the screen is narrow. Pointing at a word shows its weights.
import { h } from "../tree.js";
import { drawing, status } from "../cells.js";
import { number, widthOf } from "../text.js";

export const noun = "word";
export const count = ({ above, below }) => above.length + below.length;
export const tell = ({ above, below }, k) => (k < above.length ? `“${above[k]}” above` : `“${below[k - above.length]}” below`);

const PAD = 8;
const HIGH = 28;
const APART = { words: 6, rows: 92, columns: 110 };

export function layout(panel, view) {
  const { above, below } = panel;
  const lit = [...above, ...below].map((_, k) => status(panel, k, view));
  const boxes = (view.narrow ? inColumns : inRows)(above, below);
  const heaviest = Math.max(...panel.weights, 0) || 1;
  const arcs = panel.weights.map((weight, i) => {
    const [from, to] = [i % above.length, above.length + Math.floor(i / above.length)];
    if (!(weight > 0)) return null;
    const tone = lit[from] === "lit" && lit[to] === "lit" ? "lit" : "dim";
    return h("path", { class: `arc ${tone}`, "stroke-width": 0.4 + 4.6 * (weight / heaviest), d: arc(boxes[from], boxes[to], view.narrow) });
  });
  const words = [...above, ...below].map((word, k) => {
    const { x, y, w } = boxes[k];
    const shown = weightBeside(panel, lit, k);
    return [
      h("g", { class: `word ${lit[k]}`, "data-cell": k },
        h("rect", { x, y, width: w, height: HIGH, rx: 6 }),
        h("text", { x: x + w / 2, y: y + HIGH / 2 }, word)),
      shown !== null && h("text", { class: "label weight", ...beside(boxes[k], k < above.length, view.narrow) }, number(shown, panel.digits ?? 2)),
    ];
  });
  const width = Math.max(...boxes.map((b) => b.x + b.w)) + (view.narrow ? 48 : PAD);
  const height = Math.max(...boxes.map((b) => b.y + HIGH)) + (view.narrow ? PAD : 22);
  const told = lit.filter((s) => s === "lit").length;
  return drawing(panel, width, height, `${panel.title}: ${above.join(" ")} above ${below.join(" ")}; ${told} of ${lit.length} words lit`, [arcs, words]);
}

const wide = (word) => Math.max(30, widthOf(word, 8) + 14);

// The shorter row is centered over the longer one. Above, below and beside is room for the weights.
function inRows(above, below) {
  const row = (words) => {
    let x = 0;
    return words.map((word) => { const w = wide(word); const box = { x, w }; x += w + APART.words; return box; });
  };
  const rows = [row(above), row(below)];
  const lengths = rows.map((boxes) => (boxes.length ? boxes.at(-1).x + boxes.at(-1).w : 0));
  return rows.flatMap((boxes, r) => boxes.map((b) => ({ ...b, x: PAD + b.x + (Math.max(...lengths) - lengths[r]) / 2, y: 22 + r * (HIGH + APART.rows) })));
}

function inColumns(above, below) {
  const width = Math.max(...[...above, ...below].map(wide));
  const column = (words, x) => words.map((_, k) => ({ x, y: PAD + k * (HIGH + APART.words), w: width }));
  return [...column(above, 48), ...column(below, 48 + width + APART.columns)];
}

function arc(from, to, narrow) {
  if (narrow) {
    const [x, y, u, v] = [from.x + from.w, from.y + HIGH / 2, to.x, to.y + HIGH / 2];
    return `M${x} ${y}C${(x + u) / 2} ${y} ${(x + u) / 2} ${v} ${u} ${v}`;
  }
  const [x, y, u, v] = [from.x + from.w / 2, from.y + HIGH, to.x + to.w / 2, to.y];
  return `M${x} ${y}C${x} ${(y + v) / 2} ${u} ${(y + v) / 2} ${u} ${v}`;
}

// Where one word of a row is lit, the words of the other row show their weight to it.
function weightBeside({ above, below, weights }, lit, k) {
  if (lit[k] !== "lit") return null;
  const A = above.length;
  const others = (k < A ? below.map((_, j) => A + j) : above.map((_, i) => i)).filter((other) => lit[other] === "lit");
  if (others.length !== 1) return null;
  const mine = k < A ? above.map((_, i) => i) : below.map((_, j) => A + j);
  const alone = mine.filter((other) => lit[other] === "lit").length === 1;
  if (alone && k >= A) return null; // one word each: the weight stands once
  return k < A ? weights[(others[0] - A) * A + k] : weights[(k - A) * A + others[0]];
}

function beside({ x, y, w }, isAbove, narrow) {
  if (narrow) return { x: isAbove ? x - 22 : x + w + 22, y: y + HIGH / 2 };
  return { x: x + w / 2, y: isAbove ? y - 10 : y + HIGH + 12 };
}
