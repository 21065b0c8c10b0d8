import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutPanel, tell } from "../../src/dlsteps/stage/js/panels/index.js";
import { apart } from "../../src/dlsteps/stage/js/panels/curves.js";
import { widthOf } from "../../src/dlsteps/stage/js/text.js";
import { byClass, nodesOf, textOf } from "./fake-dom.js";
import { VIEW, assertDrawable, boxesOf, contains, overlap } from "./panels.js";

const GRAPH = {
  kind: "graph", title: "g", digits: 2,
  nodes: [{ label: "a", state: "", value: 2 }, { label: "b", state: "folded", value: { text: "[2, 3]" } }, { label: "a·b", state: "new", value: 6, adjoint: -1e-30 }, { label: "out", state: "next" }],
  places: [[0, 0], [0, 1], [1, 0.5], [2, 0]],
  edges: [{ from: 0, to: 2, weight: 0.5 }, { from: 1, to: 2 }, { from: 2, to: 3 }, { from: 0, to: 3, bends: [[1, -0.5]] }],
};

const TOKENS = { kind: "tokens", title: "t", digits: 2, above: ["the", "cat", "注意力"], below: ["le", "chat"], weights: [0.9, 0, 0.1, 0, 0.7, 0.3] };

function assertInside(tree) {
  const all = { x: 0, y: 0, w: tree.attrs.width, h: tree.attrs.height };
  const boxes = boxesOf(tree);
  boxes.forEach((box, k) => {
    assert.ok(contains(all, box), `${box.cell} is outside`);
    for (const other of boxes.slice(0, k)) assert.ok(!overlap(box, other), `${box.cell} overlaps ${other.cell}`);
  });
  assertDrawable(assert, tree);
}

for (const narrow of [false, true]) {
  test(`nodes stand inside and apart, ${narrow ? "top to bottom" : "left to right"}, and hold their texts`, () => {
    const tree = layoutPanel(GRAPH, { ...VIEW, narrow });
    assertInside(tree);
    const boxes = boxesOf(tree);
    const along = (cell) => boxes.find((b) => b.cell === cell)[narrow ? "y" : "x"];
    for (const { from, to } of GRAPH.edges) assert.ok(along(from) < along(to));
    for (const node of byClass(tree, "node")) {
      const [box] = nodesOf(node).filter((n) => n.tag === "rect");
      for (const text of nodesOf(node).filter((n) => n.tag === "text")) assert.ok(widthOf(textOf(text), 7.6) <= box.attrs.width, textOf(text));
    }
  });

  test(`words stand inside and apart in any script, ${narrow ? "in columns" : "in rows"}`, () => {
    const tree = layoutPanel(TOKENS, { ...VIEW, narrow });
    assertInside(tree);
    assert.equal(byClass(tree, "arc").length, 4, "a weight of 0 has no arc");
    for (const word of byClass(tree, "word")) {
      const [box] = nodesOf(word).filter((n) => n.tag === "rect");
      assert.ok(widthOf(textOf(word), 7.2) <= box.attrs.width);
    }
  });
}

test("a node shows its value, its gradient or its state; what is still to come shows neither, what is hidden nothing", () => {
  const texts = (nodes) => byClass(layoutPanel({ ...GRAPH, nodes }, VIEW), "node").map((n) => nodesOf(n).filter((c) => c.tag === "text").map(textOf));
  assert.deepEqual(texts(GRAPH.nodes), [["a", "2.00"], ["b", "[2, 3]", "folded"], ["a·b", "6.00", "∂ 0.00"], ["out"]]);
  const hidden = GRAPH.nodes.map((n, k) => (k === 0 ? { ...n, state: "hidden" } : n));
  assert.equal(texts(hidden).length, 3);
  assert.equal(byClass(layoutPanel({ ...GRAPH, nodes: hidden }, VIEW), "edge").length, 2);
  const was = boxesOf(layoutPanel(GRAPH, VIEW)).slice(1).map((b) => [b.x, b.y]);
  assert.deepEqual(boxesOf(layoutPanel({ ...GRAPH, nodes: hidden }, VIEW)).map((b) => [b.x, b.y]), was, "nothing moved");
});

test("an edge is lit where both its ends are, and a heavier one is thicker", () => {
  const tree = layoutPanel(GRAPH, { ...VIEW, lit: new Set([0, 2]) });
  assert.deepEqual(byClass(tree, "edge").map((e) => e.attrs.class), ["edge lit", "edge dim", "edge next", "edge next"]);
  const arcs = byClass(layoutPanel(TOKENS, VIEW), "arc").map((a) => a.attrs["stroke-width"]);
  assert.ok(arcs[0] > arcs[2] && arcs[2] > arcs[3] && arcs[3] > arcs[1]);
});

test("a word that is pointed at shows its weights beside the words it reads", () => {
  const weights = (lit) => byClass(layoutPanel(TOKENS, { ...VIEW, lit: new Set(lit) }), "weight").map(textOf);
  assert.deepEqual(weights([0, 2, 3]), ["0.90", "0.10"]);
  assert.deepEqual(weights([2, 3, 4]), ["0.10", "0.30"]);
  assert.deepEqual(weights([1, 4]), ["0.70"]);
  assert.deepEqual(weights([0, 1, 2, 3, 4]), []);
});

test("a node and a word are told in words", () => {
  assert.equal(tell(GRAPH, 0), "a = 2.00");
  assert.equal(tell(GRAPH, 1), "b = [2, 3] (folded)");
  assert.equal(tell(TOKENS, 2), "“注意力” above");
  assert.equal(tell(TOKENS, 4), "“chat” below");
});

test("a Chinese character is as wide as two letters", () => {
  assert.equal(widthOf("猫a", 5), 15);
});

const curves = (ends, more = {}) => ({ kind: "curves", title: "c", x: "x", lines: ends.map((end, k) => ({ label: `line ${k}`, x: [0, 1], y: [-1, end] })), ...more });

test("the names at the ends of lines do not collide, and stand beside the drawing, inside", () => {
  for (const ends of [[1, 1, 1, 1], [1, 0.99, -1, -0.99], [0, 5, 0.01, 4.99, 0.02]]) {
    const tree = layoutPanel(curves(ends), VIEW);
    const names = byClass(tree, "end").map((n) => ({ y: n.attrs.y, right: n.attrs.x + widthOf(textOf(n), 6.6) })).sort((a, b) => a.y - b.y);
    names.slice(1).forEach((n, k) => assert.ok(n.y - names[k].y >= 14 - 1e-9, `${names[k].y} and ${n.y}`));
    assert.ok(names.every((n) => n.right <= tree.attrs.width && n.y > 0 && n.y < tree.attrs.height));
    assertDrawable(assert, tree);
  }
});

test("names keep their order and move no farther than they must", () => {
  assert.deepEqual(apart([10, 12, 100], 14, 0, 200), [10, 24, 100]);
  assert.deepEqual(apart([195, 198], 14, 0, 200), [186, 200]);
  assert.deepEqual(apart([-5], 14, 0, 200), [0]);
});

test("ticks are round numbers, a zero line stands where zero is, and a log axis has powers of ten", () => {
  const labels = (panel) => byClass(layoutPanel(panel, VIEW), "row").map(textOf);
  assert.deepEqual(labels(curves([3])), ["−1", "0", "1", "2", "3"]);
  assert.equal(byClass(layoutPanel(curves([3]), VIEW), "zero").length, 1);
  assert.equal(byClass(layoutPanel({ ...curves([3]), lines: [{ label: "a", x: [1, 2], y: [1, 2] }] }, VIEW), "zero").length, 0);
  const log = (y) => labels({ kind: "curves", title: "c", x: "x", ylog: true, lines: [{ label: "a", x: y.map((_, k) => k), y }] });
  assert.deepEqual(log([1e-4, 1, 100]), ["1e−4", "0.01", "1", "100"]);
  assert.deepEqual(log([1.5, 6]), ["2", "5"]);
  assert.ok(log([1e-300, 1e300]).length <= 6);
});

test("lines can be selected: the others are dimmed, with their names", () => {
  const tree = layoutPanel(curves([1, 2, 3]), { ...VIEW, lit: new Set([1]) });
  assert.deepEqual(byClass(tree, "curve").map((n) => n.attrs.class), ["curve dim", "curve lit", "curve dim"]);
  assert.deepEqual(byClass(tree, "end").map((n) => n.attrs.class.split(" ").at(-1)).sort(), ["dim", "dim", "lit"]);
  assert.equal(tell(curves([1, 2]), 1), "line 1 from −1 to 2");
  assert.equal(tell(curves([1, 2], { marker: 0.9 }), 1), "line 1: 2 at x 1");
});

test("an edge that bends below the last node is inside the drawing", () => {
  for (const narrow of [false, true]) {
    const [length, side] = narrow ? ["width", "x"] : ["height", "y"];
    const bent = { ...GRAPH, edges: [{ from: 0, to: 3, bends: [[1, 3]] }] };
    const tree = layoutPanel(bent, { ...VIEW, narrow });
    const [path] = nodesOf(tree).filter((n) => n.tag === "path");
    const numbers = path.attrs.d.match(/-?[\d.]+/g).map(Number);
    const across = numbers.filter((_, k) => k % 2 === (side === "y" ? 1 : 0));
    assert.ok(Math.max(...across) <= tree.attrs[length], `${Math.max(...across)} lies outside ${tree.attrs[length]}`);
  }
});
