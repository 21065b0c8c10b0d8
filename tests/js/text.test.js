import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, inTex, number, prose } from "../../src/dlsteps/stage/js/text.js";

test("fixed decimals and a true minus sign, but never minus zero", () => {
  assert.equal(number(1.25, 2), "1.25");
  assert.equal(number(3, 3), "3.000");
  assert.equal(number(-0.5, 1), "−0.5");
  assert.equal(number(-0.04, 1), "−0.04");
  assert.equal(number(-0.04, 1, { floor: 0.1 }), "0.0");
  assert.equal(number(-0, 2), "0.00");
});

test("the three words that JSON has no number for", () => {
  assert.deepEqual(["NaN", "Infinity", "-Infinity"].map((v) => number(v, 2)), ["NaN", "∞", "−∞"]);
});

test("with less room there are fewer decimals, and at last an exponent", () => {
  assert.equal(number(-12.345, 3), "−12.345");
  assert.equal(number(-112.346, 3), "−112.35");
  assert.equal(number(-12.345, 3, { room: 3 }), "−12");
  assert.equal(number(1234.5, 1, { room: 4 }), "1235");
  assert.equal(number(123456, 1, { room: 4 }), "1e5");
  assert.equal(number(-123456, 1, { room: 4 }), "−1e5");
});

test("room never costs the integer part: what is shown is the rounded number or its power of ten", () => {
  for (const value of [9.96, -9.96, 99.6, 0.05, -1000.4]) {
    for (let room = 3; room < 9; room++) {
      const shown = number(value, 3, { room }).replace("−", "-");
      const error = Math.abs(Number(shown) - value);
      assert.ok(error <= 0.5 || shown.includes("e"), `${value} in ${room}: ${shown}`);
    }
  }
});

test("fill puts in what a name stands for at the key, and leaves other text", () => {
  const select = { labels: ["page 0", "page 1"], values: { mean: ["1.0", "-2.0"] } };
  assert.equal(fill("«label» has «mean», again «mean»", select, 1), "page 1 has -2.0, again -2.0");
  assert.equal(fill("as it is", select, 0), "as it is");
  assert.equal(fill("«mean»", undefined, 0), "«mean»");
  assert.equal(fill(undefined, select, 0), "");
  assert.equal(fill("$& «mean»", { labels: [], values: { mean: ["$&"] } }, 0), "$& $&");
});

test("a minus before a number is set as a minus sign, a hyphen in a word is not", () => {
  assert.equal(prose("from -2.5 to -0.1"), "from −2.5 to −0.1");
  assert.equal(prose("2-D, well-known, x-1"), "2-D, well-known, x-1");
});

test("a formula sets a power of ten as one", () => {
  assert.equal(inTex("\\mu = -1.2e-30"), "\\mu = -1.2 \\cdot 10^{-30}");
});
