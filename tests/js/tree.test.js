import assert from "node:assert/strict";
import { test } from "node:test";
import { h, patch } from "../../src/dlsteps/stage/js/tree.js";
import { fakeDocument } from "./fake-dom.js";

const SVG = "http://www.w3.org/2000/svg";
const root = () => fakeDocument().createElement("figure");
const tags = (parent) => parent.childNodes.map((c) => c.tagName ?? c.data);

test("h drops what is not there and flattens lists", () => {
  const node = h("p", null, "a", [null, ["b", undefined]], false, 0);
  assert.deepEqual(node, { tag: "p", attrs: {}, children: ["a", "b", 0] });
});

test("patch builds elements, attributes and text, and writes 0 and what looks like markup as text", () => {
  const at = root();
  patch(at, [h("p", { id: "x" }, "one ", h("b", {}, 0), "<i>two</i>")]);
  assert.equal(at.childNodes[0].getAttribute("id"), "x");
  assert.equal(at.textContent, "one 0<i>two</i>");
  assert.equal(at.childNodes[0].childNodes.length, 3);
});

test("patch keeps the elements that stay and changes only the text that differs", () => {
  const at = root();
  patch(at, [h("p", {}, "one"), h("p", {}, "two")]);
  const [first, second] = at.childNodes;
  const words = second.childNodes[0];
  patch(at, [h("p", {}, "one"), h("p", {}, "three")]);
  assert.equal(at.childNodes[0], first);
  assert.equal(at.childNodes[1], second);
  assert.equal(second.childNodes[0], words);
  assert.equal(second.textContent, "three");
});

test("patch writes no attribute that is the same, and none for the same node", () => {
  const at = root();
  const node = h("p", { id: "x" }, h("b", { id: "y" }));
  patch(at, [node]);
  const before = at.ownerDocument.writes;
  patch(at, [node]);
  patch(at, [h("p", { id: "x" }, h("b", { id: "y" }))]);
  assert.equal(at.ownerDocument.writes, before);
});

test("attributes change, go, and are empty when true", () => {
  const at = root();
  patch(at, [h("button", { id: "a", disabled: true, title: "t", hidden: true })]);
  assert.equal(at.childNodes[0].getAttribute("disabled"), "");
  patch(at, [h("button", { id: "b", disabled: false, hidden: null })]);
  assert.equal(at.childNodes[0].getAttribute("id"), "b");
  for (const name of ["disabled", "title", "hidden"]) assert.equal(at.childNodes[0].hasAttribute(name), false, name);
});

test("a slider the reader dragged away comes back to what the state says", () => {
  const at = root();
  const slider = () => [h("input", { type: "range", value: "1" })];
  patch(at, slider());
  assert.equal(at.childNodes[0].value, "1");
  at.childNodes[0].value = "3";
  patch(at, slider());
  assert.equal(at.childNodes[0].value, "1");
});

test("another order and another length leave exactly the nodes asked for", () => {
  const at = root();
  patch(at, [h("p"), h("b"), "text", h("i")]);
  patch(at, [h("b"), "words", h("p")]);
  assert.deepEqual(tags(at), ["B", "words", "P"]);
  patch(at, []);
  assert.deepEqual(tags(at), []);
});

test("what is missing at the top keeps its place, so that the nodes after it stay", () => {
  const at = root();
  patch(at, [null, h("p", {}, "stays")]);
  const stays = at.childNodes[1];
  patch(at, [h("b", {}, "error"), h("p", {}, "stays")]);
  assert.equal(at.childNodes[1], stays);
  patch(at, ["", h("p", {}, "stays")]);
  assert.deepEqual(tags(at), ["", "P"]);
});

test("an opaque element keeps what someone else put into it", () => {
  const at = root();
  const view = (id) => [h("div", { opaque: true, id }, "not drawn")];
  patch(at, view("a"));
  assert.equal(at.textContent, "");
  at.childNodes[0].textContent = "formula";
  patch(at, view("b"));
  assert.equal(at.textContent, "formula");
  assert.equal(at.childNodes[0].getAttribute("id"), "b");
});

test("an svg and all below it have the SVG namespace, what stands beside it has not", () => {
  const at = root();
  patch(at, [h("svg", {}, h("g", {}, h("rect"))), h("p")]);
  const [svg, p] = at.childNodes;
  for (const node of [svg, svg.childNodes[0], svg.childNodes[0].childNodes[0]]) assert.equal(node.namespaceURI, SVG);
  assert.notEqual(p.namespaceURI, SVG);
  patch(svg, [h("path")]);
  assert.equal(svg.childNodes[0].namespaceURI, SVG);
});
