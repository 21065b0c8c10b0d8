import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, mount, moved, readNumber } from "../../src/dlsteps/stage/js/question.js";
import { fakeDocument } from "./fake-dom.js";
import { shelf } from "./panels.js";

const answer = (text, right = false) => ({ text: [text], right, says: right ? [] : [`${text} is for another question.`], see: right ? "" : "#trial:" });
const question = (kind, more) => ({ kind, name: kind, asks: ["Which ", { code: "x" }, "?"], why: ["Because."], ...more });
const CHOOSE = question("choose", { answers: [answer("a"), answer("b", true)] });
const ALL = question("all", { answers: [answer("a", true), answer("b"), answer("c", true)] });
const ENTER = question("enter", { right: 0.25, within: 1e-6, mistakes: [{ given: 4, says: ["Upside down."], see: "" }], unit: "cells", solution: ["0.25 cells."] });
const PICK = question("pick", { panel: shelf([1, 2, 1, 3], () => 0), given: [0], right: [0, 1, 2], axes: ["book", "page", "line", "character"], mistakes: [{ given: [0, 3], says: ["That is a column."], see: "" }], solution: ["3 of 6 cells."] });

function mounted(...questions) {
  const doc = fakeDocument();
  const root = doc.createElement("section");
  doc.body = root;
  const quiz = mount(root, { title: "T", questions });
  const find = (name, selector) => root.querySelector(`[data-ask="${name}"]`).querySelector(selector);
  const check = (name) => (root.querySelector(`[data-ask="${name}"]`).dispatch("submit"), find(name, ".dls-verdict").textContent);
  return { doc, root, quiz, find, check };
}

test("numbers are read as people write them", () => {
  for (const [text, value] of [["0.25", 0.25], [" 1/4 ", 0.25], ["−3", -3], ["0,5", 0.5], ["1e-3", 0.001], [".5", 0.5], ["-1/-2", 0.5]]) assert.equal(readNumber(text), value, text);
  for (const text of ["", "x", "1/2/3", "1 2", "--1", "1/", "0x10", "NaN", "Infinity"]) assert.ok(Number.isNaN(readNumber(text)), text);
  assert.equal(readNumber("1/0"), Infinity); // no finite answer equals it
});

test("nothing is judged before there is an answer", () => {
  for (const [q, response] of [[CHOOSE, []], [ENTER, "  "]]) assert.equal(judge(q, response), null);
  const { check } = mounted(CHOOSE);
  assert.equal(check("choose"), "Not yet. Answer first. ");
});

test("a set of answers is right only when it is whole", () => {
  assert.equal(judge(ALL, [2, 0]).right, true);
  assert.match(judge(ALL, [0]).says.join(""), /1 more is right/);
  assert.match(judge(ALL, [0, 1, 2]).says.join(""), /“b” is not one of them/);
  assert.equal(judge(question("all", { answers: [answer("a"), answer("b")] }), []).right, true);
});

test("cells are counted, and a known thought is named", () => {
  assert.equal(judge(PICK, [2, 1, 0]).right, true);
  assert.equal(judge(PICK, [3, 0]).says.join(""), "That is a column.");
  assert.equal(judge(PICK, [0, 1, 4, 5]).says.join(""), "1 cell missing, 2 cells too many.");
});

test("a wrong answer is told why and keeps its form; a right one ends it", () => {
  const { find, check, root } = mounted(CHOOSE, ENTER);
  const radio = (k) => root.querySelectorAll("input").find((i) => i.getAttribute("type") === "radio" && i.getAttribute("value") === String(k));
  radio(0).value = "0";
  radio(0).dispatch("input");
  assert.match(check("choose"), /Not yet.*another question.*Look at it/);
  assert.equal(find("choose", "a").getAttribute("href"), "#trial:");
  radio(1).value = "1";
  radio(1).dispatch("input");
  assert.equal(find("choose", ".dls-verdict").textContent, ""); // what was said was about another answer
  assert.equal(check("choose"), "Right. Because.");
  assert.equal(find("choose", "button"), null);
  assert.match(root.textContent, /1 of 2 right/);
});

test("the answer can be seen after a try, and does not count as right", () => {
  const { find, check, root } = mounted(ENTER, CHOOSE);
  assert.equal(find("enter", '[data-act="show"]'), null);
  const field = find("enter", "input");
  field.value = "4";
  field.dispatch("input");
  assert.match(check("enter"), /Upside down/);
  find("enter", '[data-act="show"]').dispatch("click");
  assert.equal(find("enter", ".dls-verdict").textContent, "Answer. 0.25 cells. Because.");
  assert.match(root.textContent, /0 of 2 right/);
});

test("cells are picked by pointer and by keys; what is given stays", () => {
  const { find, check, quiz } = mounted(PICK);
  find("pick", '[data-cell="0"]').dispatch("pointerdown", { pointerType: "mouse" });
  assert.deepEqual(quiz.models[0].response, [0]);
  find("pick", '[data-cell="1"]').dispatch("pointerdown", { pointerType: "mouse" });
  find("pick", '[data-cell="2"]').dispatch("pointerover", { pointerType: "mouse" });
  assert.deepEqual(quiz.models[0].response, [0, 1, 2]);
  const box = find("pick", '[data-pick="2"]');
  box.checked = false;
  box.dispatch("input");
  assert.deepEqual(quiz.models[0].response, [0, 1]);
  assert.match(check("pick"), /1 cell missing/);
  assert.equal(moved(1, "ArrowDown", [1, 2, 1, 3]), 4);
  assert.equal(moved(0, "ArrowLeft", [1, 2, 1, 3]), 0);
  assert.equal(moved(5, "ArrowRight", [1, 2, 1, 3]), 5);
});

test("nothing is left behind", () => {
  const { doc, root, quiz } = mounted(CHOOSE);
  quiz.destroy();
  assert.equal(doc.live, 0);
  assert.equal(root.childNodes.length, 0);
});
