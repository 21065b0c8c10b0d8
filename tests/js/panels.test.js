import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutPanel } from "../../src/dlsteps/stage/js/panels/index.js";
import { plan } from "../../src/dlsteps/stage/js/panels/shelf.js";
import { byClass, nodesOf, textOf } from "./fake-dom.js";
import { VIEW, viewOf, assertDrawable, boxesOf, contains, count, litOf, outlinesOf, overlap, panel, shelf } from "./panels.js";

const SHAPES = [[3, 4, 3, 3], [1, 1, 1, 1], [2, 3, 1, 5], [2, 6, 1, 1], [4, 2, 5, 2], [1, 4, 8, 8], [2, 3, 1, 9]];
const RULES = {
  batch: () => (n, c) => c,
  layer: () => (n) => n,
  instance: ([, C]) => (n, c) => n * C + c,
  token: ([, , H, W]) => (n, c, y, x) => (n * H + y) * W + x,
  pairs: ([, C]) => (n, c) => n * Math.ceil(C / 2) + Math.floor(c / 2),
};

function assertGrid(tree, cells) {
  const boxes = boxesOf(tree);
  const all = { x: 0, y: 0, w: tree.attrs.width, h: tree.attrs.height };
  assert.deepEqual(boxes.map((b) => b.cell).sort((a, b) => a - b), cells);
  for (const box of boxes) assert.ok(box.w > 0 && box.h > 0 && contains(all, box), `cell ${box.cell} is outside`);
  assertApart(boxes);
  assertDrawable(assert, tree);
}

function assertApart(boxes) {
  boxes.forEach((a, i) => {
    for (let k = 0; k < i; k++) if (overlap(a, boxes[k])) assert.fail(`${a.cell} overlaps ${boxes[k].cell}`);
  });
}

// Outlines hold every lit cell, and no other.
function assertOutlines(tree) {
  const boxes = boxesOf(tree);
  const lit = new Set(litOf(boxes));
  const rings = outlinesOf(tree);
  for (const box of boxes) {
    const held = rings.filter((r) => contains(r, box, 3)).length;
    assert.equal(held, lit.has(box.cell) ? 1 : 0, `cell ${box.cell} is in ${held} outlines`);
  }
}

const range = (n) => Array.from({ length: n }, (_, i) => i);
const matching = (keys, key) => range(keys.length).filter((i) => keys[i] === key);

for (const shape of SHAPES) {
  for (const [name, make] of Object.entries(RULES)) {
    test(`shelf ${shape.join("×")} by ${name}: cells in place, lit by key, outlined, counted`, () => {
      const x = shelf(shape, make(shape));
      for (const lit of new Set(x.keys)) {
        const tree = layoutPanel(x, viewOf(x, lit));
        if (lit === 0) assertGrid(tree, range(count(shape)));
        const expected = matching(x.keys, lit);
        assert.deepEqual(litOf(boxesOf(tree)), expected);
        assertOutlines(tree);
        const some = expected.length === x.keys.length ? "all" : `${expected.length} of`;
        assert.match(tree.attrs["aria-label"], new RegExp(`x, shape ${shape.join(" × ")}; ${some} ${x.keys.length} cells`));
      }
    });
  }
}

test("books stand side by side and pages below each other", () => {
  const boxes = boxesOf(layoutPanel(shelf([2, 3, 2, 2]), VIEW));
  const at = (n, c, y, x) => boxes.find((b) => b.cell === ((n * 3 + c) * 2 + y) * 2 + x);
  assert.ok(at(1, 0, 0, 0).x > at(0, 0, 0, 1).x && at(1, 0, 0, 0).y === at(0, 0, 0, 0).y);
  assert.ok(at(0, 1, 0, 0).y > at(0, 0, 1, 0).y && at(0, 1, 0, 0).x === at(0, 0, 0, 0).x);
  assert.ok(at(0, 0, 0, 1).x > at(0, 0, 0, 0).x && at(0, 0, 1, 0).y > at(0, 0, 0, 0).y);
});

test("without keys, or with everything lit, all cells are lit and none is outlined", () => {
  for (const [x, view] of [[shelf([2, 2, 2, 2]), VIEW], [shelf([2, 2, 2, 2], (n) => n), VIEW]]) {
    const tree = layoutPanel(x, view);
    assert.equal(litOf(boxesOf(tree)).length, 16);
    assert.equal(outlinesOf(tree).length, 0);
    assert.match(tree.attrs["aria-label"], /all 16 cells lit/);
  }
});

// The statistics beside a tensor: their shapes, and the pages each belongs to.
const BESIDE = {
  batch: ([, C]) => [1, C, 1, 1],
  layer: ([N]) => [N, 1, 1, 1],
  instance: ([N, C]) => [N, C, 1, 1],
  token: ([N, , H, W]) => [N, 1, H, W],
  halves: ([N, C]) => [N, C / 2, 1, 1],
};

for (const shape of SHAPES) {
  for (const [name, make] of Object.entries(BESIDE)) {
    const small = make(shape);
    if (small[1] % 1) continue;
    test(`the statistics of ${shape.join("×")} by ${name} stand apart, level with their pages`, () => {
      const x = shelf(shape);
      const neighbor = plan(x);
      const stat = shelf(small, (n, c, y, z) => ((n * small[1] + c) * small[2] + y) * small[3] + z, { pages: shape[1] });
      const tree = layoutPanel(stat, { ...VIEW, neighbor });
      assertGrid(tree, range(count(small)));
      assert.ok(Math.abs(tree.attrs.height - layoutPanel(x, VIEW).attrs.height) < 1e-9);
      const each = shape[1] / small[1];
      for (const c of range(small[1])) {
        const first = neighbor.pageAt(0, c * each);
        const last = neighbor.pageAt(0, (c + 1) * each - 1);
        const own = plan(stat, neighbor);
        const middle = own.pageAt(0, c).y + own.page.h / 2;
        assert.ok(Math.abs(middle - (first.y + last.y + neighbor.page.h) / 2) < 1e-9, `booklet ${c}`);
      }
    });
  }
}

test("an arrow leads to the selected statistic, and there is none when all are done", () => {
  const neighbor = plan(shelf([3, 4, 3, 3]));
  const stat = shelf([1, 4, 1, 1], (n, c) => c, { pages: 4 });
  const arrow = (view) => byClass(layoutPanel(stat, view), "arrow");
  for (const selected of range(4)) {
    const [y] = arrow(viewOf(stat, selected, { neighbor }))[0].attrs.d.match(/(?<=M\S+ )[\d.]+/);
    const box = boxesOf(layoutPanel(stat, { ...VIEW, neighbor })).find((b) => b.cell === selected);
    assert.ok(Number(y) > box.y && Number(y) < box.y + box.h);
  }
  assert.equal(arrow({ ...VIEW, neighbor }).length, 0);
  assert.equal(arrow(viewOf(stat)).length, 0);
});

test("statistics still to come show no number and are not counted as lit", () => {
  const stat = shelf([1, 3, 1, 1], (n, c) => c, { reveal: true });
  const tree = layoutPanel(stat, viewOf(stat, 1));
  assert.deepEqual(boxesOf(tree).map((b) => b.class.split(" ")[2]), ["dim", "lit", "next"]);
  assert.match(tree.attrs["aria-label"], /1 of 3 cells lit/);
});

test("NaN and infinities are drawn as their own glyphs", () => {
  for (const kind of ["shelf", "matrix"]) {
    const shape = kind === "shelf" ? [1, 1, 1, 3] : [1, 3];
    const tree = layoutPanel(panel(kind, shape, { values: ["NaN", "Infinity", "-Infinity"] }), VIEW);
    const numbers = nodesOf(tree).filter((n) => n.tag === "text" && !n.attrs.class);
    assert.deepEqual(numbers.map((n) => textOf(n)), ["NaN", "∞", "−∞"]);
    assert.ok(byClass(tree, "nan").length === 1 && byClass(tree, "inf").length === 2);
  }
});

test("the cube has the same words and the lit faces of the same cells", () => {
  for (const [name, make] of Object.entries(RULES)) {
    const shape = [3, 4, 3, 3];
    const x = shelf(shape, make(shape), { cube: true });
    for (const lit of new Set(x.keys)) {
      const view = viewOf(x, lit);
      const cube = layoutPanel(x, { ...view, look: 1 });
      const faces = nodesOf(cube).filter((n) => "data-cell" in n.attrs);
      const near = range(108).flatMap((i) => {
        const [n, c, l] = [Math.floor(i / 36), Math.floor(i / 9) % 4, i % 9];
        return Array((n === 0) + (l === 0) + (c === 3)).fill(i); // front, top and side
      });
      assert.deepEqual(faces.map((f) => f.attrs["data-cell"]).sort((a, b) => a - b), near);
      for (const face of faces) {
        assert.equal(face.attrs.class.split(" ").includes("lit"), x.keys[face.attrs["data-cell"]] === lit, name);
      }
      assert.equal(cube.attrs["aria-label"], layoutPanel(x, view).attrs["aria-label"]);
      assertDrawable(assert, cube);
    }
  }
});

test("the faces of a cube lie in the drawing, and its sides are named, one or many", () => {
  for (const [shape, names] of [[[3, 4, 3, 3], ["4 pages", "9 cells", "3 books"]], [[1, 1, 1, 1], ["1 page", "1 cell", "1 book"]]]) {
    const cube = layoutPanel(shelf(shape, null, { cube: true, row: undefined, column: undefined }), { ...VIEW, look: 1 });
    const all = { x: 0, y: 0, w: cube.attrs.width, h: cube.attrs.height };
    for (const { attrs } of nodesOf(cube).filter((n) => n.tag === "polygon")) {
      for (const point of attrs.points.split(" ")) {
        const [x, y] = point.split(",").map(Number);
        assert.ok(contains(all, { x, y, w: 0, h: 0 }), point);
      }
    }
    const labels = byClass(cube, "label").map(textOf);
    for (const name of names) assert.ok(labels.includes(name), `${name} in ${labels}`);
  }
});

for (const [R, K] of [[3, 3], [1, 1], [4, 9], [6, 1], [2, 20], [36, 9]]) {
  test(`matrix ${R}×${K}: cells in place, lit by key, outlined, counted`, () => {
    for (const [rule, keys] of [["rows", (i) => Math.floor(i / K)], ["columns", (i) => i % K], ["checkered", (i) => (Math.floor(i / K) + (i % K)) % 2]]) {
      const x = panel("matrix", [R, K], { rows: range(R).map((r) => `row ${r}`), columns: range(K).map((k) => `c${k}`) });
      x.keys = range(R * K).map(keys);
      const tree = layoutPanel(x, viewOf(x));
      assertGrid(tree, range(R * K));
      const expected = matching(x.keys, 0);
      assert.deepEqual(litOf(boxesOf(tree)), expected, rule);
      assertOutlines(tree);
      assert.match(tree.attrs["aria-label"], new RegExp(`${R} rows by ${K} columns; ${expected.length} of ${R * K} cells lit`));
      for (const name of [...x.rows, ...x.columns]) assert.ok(byClass(tree, "label").some((n) => textOf(n) === name), name);
    }
  });
}

test("a matrix needs no labels and no keys", () => {
  const tree = layoutPanel(panel("matrix", [2, 2]), VIEW);
  assertGrid(tree, range(4));
  assert.equal(outlinesOf(tree).length, 0);
});

test("bars start at zero, reach up for more and down for less, in proportion", () => {
  const x = panel("bars", [1, 4], { values: [2, 1, -1, 0], labels: ["a", "b", "c", "d"] });
  const tree = layoutPanel(x, VIEW);
  const [a, b, c, d] = boxesOf(tree);
  const near = (p, q, what) => assert.ok(Math.abs(p - q) < 1e-9, `${what}: ${p} and ${q}`);
  near(a.h, 2 * b.h, "twice the value, twice the height");
  near(b.h, c.h, "the same size");
  near(d.h, 0, "nothing");
  near(a.y + a.h, b.y + b.h, "one floor");
  near(c.y, a.y + a.h, "a negative bar hangs from it");
  assertDrawable(assert, tree);
});

test("bars of several series stand beside each other, each once, and are read out together", () => {
  const x = panel("bars", [2, 3], { values: [1, 2, 3, 0.5, "NaN", "Infinity"], labels: ["a", "b", "c"], keys: [0, 1, 2, 0, 1, 2], digits: 0 });
  const tree = layoutPanel(x, viewOf(x, 1));
  const boxes = boxesOf(tree);
  assert.deepEqual(boxes.map((b) => b.cell), range(6));
  assert.deepEqual(litOf(boxes), [1, 4]);
  const wide = boxes.map((b) => ({ ...b, y: 0, h: 1 }));
  assertApart(wide);
  assert.equal(tree.attrs["aria-label"], "x: a 1 and 1, b 2 and NaN, c 3 and ∞");
  assertDrawable(assert, { ...tree, attrs: { ...tree.attrs, "aria-label": "" } });
});

test("bars of nothing but NaN are still a drawing", () => {
  const tree = layoutPanel(panel("bars", [1, 2], { values: ["NaN", "NaN"], labels: ["a", "b"] }), VIEW);
  for (const box of boxesOf(tree)) assert.equal(box.h, 0);
});

const curves = (lines, more = {}) => ({ kind: "curves", title: "loss", x: "step", lines, ...more });
const path = (tree, k) => byClass(tree, "line")[k].attrs.d;
const points = (d) => [...d.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)].map((m) => [Number(m[1]), Number(m[2])]);

test("a line goes through its points in order, higher values higher", () => {
  const tree = layoutPanel(curves([{ label: "a", x: [0, 1, 2], y: [1, 3, 2] }]), VIEW);
  const [p, q, r] = points(path(tree, 0));
  assert.ok(p[0] < q[0] && q[0] < r[0]);
  assert.ok(Math.abs(2 * q[0] - p[0] - r[0]) < 0.2, "equal steps");
  assert.ok(q[1] < r[1] && r[1] < p[1]);
  assertDrawable(assert, tree);
});

test("on a logarithmic axis equal ratios are equal steps, and small numbers are written in full", () => {
  const tree = layoutPanel(curves([{ label: "a", x: [1, 2, 3], y: [1e-10, 1, 1e10] }], { ylog: true }), VIEW);
  const [p, q, r] = points(path(tree, 0));
  assert.ok(Math.abs(2 * q[1] - p[1] - r[1]) < 0.2);
  const labels = byClass(tree, "label").map(textOf);
  for (const text of ["1e−10", "1", "1e10"]) assert.ok(labels.includes(text), `${text} in ${labels}`);
  assert.equal(tree.attrs["aria-label"], "loss: a from 1e−10 to 1e10");
});

test("a line breaks where it has no value, and says so when it ends there", () => {
  const tree = layoutPanel(curves([{ label: "a", x: [0, 1, 2, 3, 4], y: [1, 2, "NaN", 4, "Infinity"] }]), VIEW);
  assert.equal((path(tree, 0).match(/M/g) ?? []).length, 2);
  assert.equal(points(path(tree, 0)).length, 3);
  assert.equal(tree.attrs["aria-label"], "loss: a from 1 to ∞");
});

test("curves without a point that can be placed are still a drawing", () => {
  for (const [y, more] of [[["NaN", "NaN"], {}], [[0, -1], { ylog: true }], [["Infinity", "-Infinity"], { marker: 1 }]]) {
    const tree = layoutPanel(curves([{ label: "a", x: [1, 2], y }], more), VIEW);
    assert.equal(path(tree, 0), "");
    assertDrawable(assert, { ...tree, attrs: { ...tree.attrs, "aria-label": "" } });
  }
});

test("the marker stands at its place, also at 0, with a dot on each line", () => {
  const lines = [{ label: "a", x: [-1, 0, 1], y: [0, 5, 0] }, { label: "b", x: [-1, 0, 1], y: [1, "NaN", 1] }];
  const tree = layoutPanel(curves(lines, { marker: 0 }), VIEW);
  const dots = byClass(tree, "dot");
  assert.equal(dots.length, 1, "no dot where the line has no value");
  const [, peak] = points(path(tree, 0));
  assert.ok(Math.abs(dots[0].attrs.cx - peak[0]) < 0.1 && Math.abs(dots[0].attrs.cy - peak[1]) < 0.1);
  assert.equal(byClass(layoutPanel(curves(lines), VIEW), "marker").length, 0);
  const off = layoutPanel(curves([{ label: "a", x: [1, 10], y: [1, 2] }], { xlog: true, marker: 0 }), VIEW);
  assertDrawable(assert, off);
});

test("an image has every pixel once, gray or in color, and clamps what is beyond", () => {
  const gray = layoutPanel(panel("image", [2, 3, 1], { values: [0, 0.5, 1, -4, 7, "NaN"] }), VIEW);
  const fills = nodesOf(gray).filter((n) => "data-cell" in n.attrs).map((n) => n.attrs.fill);
  assert.deepEqual(fills, [0, 128, 255, 0, 255, 0].map((v) => `rgb(${v},${v},${v})`));
  assert.deepEqual(boxesOf(gray).map((b) => b.cell), range(6));
  const two = panel("image", [1, 2, 3], { values: [1, 0, 0, 0, 0, 1], keys: [0, 1] });
  const color = layoutPanel(two, viewOf(two, 1));
  const pixels = nodesOf(color).filter((n) => "data-cell" in n.attrs);
  assert.deepEqual(pixels.map((n) => n.attrs.fill), ["rgb(255,0,0)", "rgb(0,0,255)"]);
  assert.deepEqual(pixels.map((n) => n.attrs["data-cell"]), [0, 1]);
  assert.deepEqual(litOf(boxesOf(color)), [1]);
  assert.match(gray.attrs["aria-label"], /2 by 3 pixels/);
});

test("a grid of g parts has g − 1 lines, and boxes lie where they say, in pixels of the image", () => {
  const boxes = [[1, 1, 2, 1, "seven <b>"]];
  const tree = layoutPanel(panel("image", [4, 4, 1], { grid: 4, boxes }), VIEW);
  assert.equal(byClass(tree, "grid").length, 3);
  assert.equal(byClass(layoutPanel(panel("image", [4, 4, 1]), VIEW), "grid").length, 0);
  const [rect] = byClass(tree, "box").filter((n) => n.tag === "rect");
  const pixel = boxesOf(tree).find((b) => b.cell === 5);
  assert.ok(Math.abs(rect.attrs.x - pixel.x) < 1e-9 && Math.abs(rect.attrs.y - pixel.y) < 1e-9);
  assert.ok(Math.abs(rect.attrs.width - 2 * rect.attrs.height) < 1e-9);
  assert.ok(byClass(tree, "box").some((n) => textOf(n) === "seven <b>"));
});

test("axes say what became of each: a word, not only a color", () => {
  const tree = layoutPanel({ kind: "axes", title: "axes", axes: [["N", "books", 3, "averaged"], ["C", "page", 1, ""]] }, VIEW);
  const items = nodesOf(tree).filter((n) => n.tag === "li");
  assert.deepEqual(items.map((n) => n.attrs.class), ["removed", "kept"]);
  assert.deepEqual(items.map(textOf), ["N3 booksaveraged", "C1 pagekept"]);
});

test("an unknown panel is refused with the names of those there are", () => {
  assert.throws(() => layoutPanel({ kind: "pie" }, VIEW), /"pie"; there are axes, bars, curves, graph, image, matrix, shelf, tokens/);
});

test("a layout changes neither its panel nor its view", () => {
  const freeze = (v) => (v && typeof v === "object" && Object.values(v).forEach(freeze), Object.freeze(v));
  const shape = [2, 2, 2, 2];
  const panels = [
    shelf(shape, (n) => n, { cube: true }), panel("matrix", [2, 2], { keys: [0, 0, 1, 1] }),
    panel("bars", [1, 2], { labels: ["a", "b"] }), panel("image", [2, 2, 1]),
    curves([{ label: "a", x: [0, 1], y: [0, 1] }], { marker: 1 }), { kind: "axes", title: "", axes: [["N", "book", 1, ""]] },
  ];
  for (const each of panels) for (const look of [0, 1]) layoutPanel(freeze(each), freeze({ ...VIEW, look }));
});
