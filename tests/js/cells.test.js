import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, countLit, level, status } from "../../src/dlsteps/stage/js/cells.js";
import { textOf } from "./fake-dom.js";

test("colors are symmetric about zero, grow with the value, and are full at the scale", () => {
  const steps = [0, 0.2, 0.5, 1, 1.7, 2].map((v) => level(v, 2));
  assert.deepEqual(steps, ["z", "p1", "p2", "p4", "p7", "p8"]);
  for (const v of [0.2, 0.5, 1, 1.7, 2, 9]) assert.equal(level(-v, 2), level(v, 2).replace("p", "n"));
});

test("beyond the scale nothing grows, and what JSON has no number for has its own class", () => {
  assert.equal(level(1e300, 2), "p8");
  assert.equal(level(0.3, 1e-9), "p8");
  assert.equal(level("NaN", 2), "nan");
  assert.equal(level("Infinity", 2), "p8 inf");
  assert.equal(level("-Infinity", 2), "n8 inf");
});

const PANEL = { values: [1, 2, 3, 4], keys: [0, 1, 2, -1] };
const statuses = (panel, view) => panel.values.map((_, i) => status(panel, i, view));

test("the lit cells are those of the set", () => {
  assert.deepEqual(statuses(PANEL, { selected: 1, lit: new Set([1]) }), ["dim", "lit", "dim", "dim"]);
  assert.deepEqual(statuses(PANEL, { selected: 1, lit: new Set([0, 3]) }), ["lit", "dim", "dim", "lit"]);
});

test("what is revealed one after another waits for its turn, also under the pointer", () => {
  const panel = { ...PANEL, reveal: true };
  assert.deepEqual(statuses(panel, { selected: 1, lit: new Set([1, 2]) }), ["dim", "lit", "next", "dim"]);
  assert.deepEqual(statuses(panel, { selected: 0, lit: new Set([2]) }), ["dim", "next", "next", "dim"]);
});

test("everything is lit when everything is done, or when there is nothing to select", () => {
  const lit = Array(4).fill("lit");
  assert.deepEqual(statuses({ ...PANEL, reveal: true }, { selected: 0, lit: null }), lit);
  assert.deepEqual(statuses({ values: PANEL.values }, { selected: 0, lit: null }), lit);
});

test("countLit counts them", () => {
  assert.equal(countLit({ values: [5, 5, 5], keys: [0, 1, 1] }, { selected: 1, lit: new Set([1, 2]) }), 2);
  assert.equal(countLit({ values: [5, 5, 5] }, { selected: 1, lit: null }), 3);
});

test("a cell that is still to come does not give its value away", () => {
  const panel = { values: [-7.25, -7.25], keys: [0, 1], reveal: true, digits: 2, scale: 9 };
  for (const w of [24, 60]) {
    const [known, coming] = [0, 1].map((i) => cell(panel, i, { x: 0, y: 0, w, h: 20 }, { selected: 0, lit: new Set([0]) }));
    assert.match(textOf(known[1]), /^−7/);
    assert.match(known[0].attrs.class, /\bn\d\b/);
    assert.doesNotMatch(textOf(coming[1]), /7/);
    assert.doesNotMatch(coming[0].attrs.class, /\b[np]\d\b/);
  }
});

test("a number that does not fit is left out; the cell is still there", () => {
  const small = cell({ values: [1] }, 0, { x: 0, y: 0, w: 10, h: 10 }, { selected: 0, lit: null });
  assert.deepEqual(small.map((node) => node.tag), ["rect"]);
  assert.equal(small[0].attrs["data-cell"], 0);
});

test("no number leaves its cell: what is too long for it is squeezed", () => {
  for (const w of [20, 24, 40, 58]) {
    for (const value of [0.5, -0.25, 111.284, -1234.5, 1e30, -1e30, -1e-30, -1e-300, "-Infinity", "NaN"]) {
      const panel = { values: [value], digits: 3, scale: Math.abs(value) || 1 };
      const [, text] = cell(panel, 0, { x: 0, y: 0, w, h: 20 }, { selected: 0, lit: null });
      const width = text.attrs.textLength ?? textOf(text).length * (w < 40 ? 5.5 : 8);
      assert.ok(width <= w, `${textOf(text)} in ${w}`);
      assert.ok(textOf(text).length <= 7);
    }
  }
});

test("a tensor of small numbers is readable, and what is small beside others is 0", () => {
  const texts = (values, scale) => values.map((_, i) => textOf(cell({ values, scale, digits: 1 }, i, { x: 0, y: 0, w: 60, h: 20 }, { selected: 0, lit: null })[1]));
  assert.deepEqual(texts([1e-30, -2.6e-30, 0], 2.6e-30), ["1e−30", "−3e−30", "0.0"]);
  assert.deepEqual(texts([2, 0.04, 1e-5], 2), ["2.0", "0.0", "0.0"]);
});
