// Formulas: set from the table, after the step is painted; and who can scroll a wide one.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { mathFrom } from "../../src/dlsteps/stage/js/math.js";
import { fakeDocument } from "./fake-dom.js";

const painted = () => { mock.timers.tick(1); mock.timers.tick(1); };

let doc;
beforeEach(() => {
  doc = fakeDocument();
  globalThis.document = doc;
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.document;
});

test("a formula is set after the step is painted; one that the table has not stays TeX", () => {
  const setMath = mathFrom({ "\\mu": "<math>mu</math>" });
  const box = doc.createElement("div");
  setMath(box, "\\mu");
  assert.equal(box.innerHTML, undefined);
  painted();
  assert.equal(box.innerHTML, "<math>mu</math>");
  setMath(box, "\\sigma");
  painted();
  assert.equal(box.textContent, "\\sigma");
});

test("a formula that comes after the reader has stepped on is not put in", () => {
  const setMath = mathFrom({ a: "<math>a</math>", b: "<math>b</math>" });
  const box = doc.createElement("div");
  setMath(box, "a");
  setMath(box, "b");
  painted();
  assert.equal(box.innerHTML, "<math>b</math>");
  setMath(box, "a");
  setMath(box, "");
  painted();
  assert.equal(box.childNodes.length, 0);
});

test("keys reach a formula that is wider than its box, and pass by one that is not", () => {
  const setMath = mathFrom({ a: "<math>a</math>", b: "<math>b</math>" });
  const box = doc.createElement("div");
  for (const [tex, width, tabindex] of [["a", 901, "0"], ["b", 900, null]]) {
    box.scrollWidth = width;
    setMath(box, tex);
    painted();
    assert.equal(box.getAttribute("tabindex"), tabindex);
  }
});
