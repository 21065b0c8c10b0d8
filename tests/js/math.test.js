// Formulas on a page: when MathJax is started, what happens without it, and who can scroll a wide one.
import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { lateMathJax, pageMath } from "../../src/dlsteps/stage/js/math.js";
import { fakeDocument } from "./fake-dom.js";

const settle = async () => { for (let i = 0; i < 10; i++) await Promise.resolve(); };
const frames = () => { mock.timers.tick(1); mock.timers.tick(1); };

let doc;
beforeEach(() => {
  doc = fakeDocument();
  globalThis.document = doc;
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => {
  mock.timers.reset();
  delete globalThis.document;
  delete globalThis.MathJax;
});

const lateTag = () => {
  const tag = doc.createElement("script");
  tag.src = "mathjax.js";
  tag.replaceWith = (script) => { tag.made = script; };
  return tag;
};

const jax = () => {
  const made = [];
  const startup = { promise: Promise.resolve(), document: { clear() {}, updateDocument() {} } };
  return { made, startup, tex2chtml: (tex) => (made.push(tex), doc.createTextNode(`set ${tex}`)) };
};

test("MathJax is started after the first paint, and not before", () => {
  const tag = lateTag();
  lateMathJax(tag);
  assert.equal(tag.made, undefined);
  frames();
  assert.equal(tag.made.tagName, "SCRIPT");
  assert.equal(tag.made.src, "mathjax.js");
});

test("a formula waits for MathJax, and each is set once", async () => {
  const tag = lateTag();
  const setMath = pageMath({}, lateMathJax(tag));
  const box = doc.createElement("div");
  setMath(box, "\\mu");
  frames();
  await settle();
  assert.equal(box.childNodes.length, 0);
  globalThis.MathJax = jax();
  tag.made.onload();
  await settle();
  assert.equal(box.textContent, "set \\mu");
  for (const tex of ["\\sigma", "\\mu"]) {
    setMath(box, tex);
    frames();
    await settle();
    assert.equal(box.textContent, `set ${tex}`);
  }
  assert.deepEqual(globalThis.MathJax.made, ["\\mu", "\\sigma"]);
});

for (const [what, fail] of [
  ["does not load", (script) => script.onerror()],
  ["is another script", (script) => script.onload()],
  ["does not start", (script) => {
    globalThis.MathJax = { startup: { promise: Promise.reject(new Error("no")) } };
    script.onload();
  }],
]) {
  test(`where MathJax ${what}, a formula is shown as TeX`, async () => {
    const tag = lateTag();
    const setMath = pageMath({}, lateMathJax(tag));
    const box = doc.createElement("div");
    setMath(box, "\\mu");
    frames();
    fail(tag.made);
    await settle();
    assert.equal(box.textContent, "\\mu");
  });
}

test("without a tag there is no MathJax to wait for; MathML of the page's own comes first", async () => {
  const setMath = pageMath({ "\\mu": "<math>mu</math>" }, lateMathJax(null));
  const [ours, other] = [doc.createElement("div"), doc.createElement("div")];
  setMath(ours, "\\mu");
  setMath(other, "\\sigma");
  frames();
  await settle();
  assert.equal(ours.innerHTML, "<math>mu</math>");
  assert.equal(other.textContent, "\\sigma");
});

test("keys reach a formula that is wider than its box, and pass by one that is not", async () => {
  const setMath = pageMath({ a: "<math>a</math>", b: "<math>b</math>" }, lateMathJax(null));
  const box = doc.createElement("div");
  for (const [tex, width, tabindex] of [["a", 901, "0"], ["b", 900, null]]) {
    box.scrollWidth = width;
    setMath(box, tex);
    frames();
    await settle();
    assert.equal(box.getAttribute("tabindex"), tabindex);
  }
});
