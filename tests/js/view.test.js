import assert from "node:assert/strict";
import { test } from "node:test";
import { formula, view } from "../../src/dlsteps/stage/js/view.js";
import { byClass, nodesOf, textOf } from "./fake-dom.js";
import { boxesOf, litOf, shelf } from "./panels.js";

const control = (kind, name, values, more = {}) => ({ kind, name, label: `the ${name}`, values, labels: values.map(String), default: values[0], when: {}, ...more });

const SELECT = { noun: "page", labels: ["page 0", "page 1", "page 2"], values: { mean: ["-1.50", "2.00", "3.00"] } };
const FRAME = {
  panels: [shelf([2, 3, 1, 2], (n, c) => c)],
  lead: "Step 1.",
  caption: "«label» has mean «mean», 2-D.",
  formula: "\\mu = «mean»",
  readout: [["statistics", "3"], ["cells", 4]],
  select: SELECT,
};

const model = (more = {}, controls = []) => ({
  spec: { name: "trial", title: "Which <cells>?", controls },
  state: Object.fromEntries(controls.map((c) => [c.name, c.default])),
  selected: 0, frame: FRAME, hover: null, look: 0, narrow: false, playing: false, large: false, error: "", ...more,
});

const litIn = (tree) => litOf(boxesOf(byClass(tree, "dls-panel")[0]));
const acts = (tree, start) => nodesOf(tree).filter((n) => String(n.attrs["data-act"] ?? "").startsWith(start));
const pressed = (nodes) => nodes.map((n) => n.attrs["aria-pressed"]);
const disabled = (nodes) => nodes.map((n) => n.attrs["aria-disabled"]);

test("a short choice is buttons, one of them pressed, each setting its value", () => {
  const tree = view(model({ state: { norm: "Layer" } }, [control("choice", "norm", ["Batch", "Layer", "Group"])]));
  const buttons = acts(tree, "set norm");
  assert.deepEqual(buttons.map((b) => [b.tag, textOf(b), b.attrs["data-act"]]), [
    ["button", "Batch", "set norm 0"], ["button", "Layer", "set norm 1"], ["button", "Group", "set norm 2"]]);
  assert.deepEqual(pressed(buttons), ["false", "true", "false"]);
  assert.ok(buttons.every((b) => b.attrs.type === "button"));
  assert.ok(nodesOf(tree).some((n) => n.attrs.role === "group" && n.attrs["aria-label"] === "the norm"));
});

for (const [why, values] of [["many values", ["a", "b", "c", "d", "e", "f"]], ["long labels", ["a very long label, too long", "another one of these"]]]) {
  test(`a choice of ${why} is a menu with its label`, () => {
    const tree = view(model({ state: { pick: values[1] } }, [control("choice", "pick", values)]));
    const [select] = nodesOf(tree).filter((n) => n.tag === "select");
    assert.equal(select.attrs["data-set"], "pick");
    assert.equal(select.attrs.value, "1");
    const options = nodesOf(select).filter((n) => n.tag === "option");
    assert.deepEqual(options.map(textOf), values);
    assert.deepEqual(options.map((o) => o.attrs.value), values.map((_, k) => String(k)));
    assert.deepEqual(options.map((o) => o.attrs.selected), values.map((_, k) => k === 1));
    const [label] = nodesOf(tree).filter((n) => n.tag === "label");
    assert.equal(label.attrs.for, select.attrs.id);
    assert.match(textOf(label), /the pick/);
  });
}

test("a slider runs over the positions of its values and says the value in words", () => {
  const tree = view(model({ state: { groups: 4 } }, [control("slider", "groups", [1, 2, 4], { labels: ["one", "two", "four"] })]));
  const [input] = nodesOf(tree).filter((n) => n.tag === "input");
  assert.deepEqual({ ...input.attrs }, { type: "range", min: 0, max: 2, value: "2", "data-set": "groups", "aria-valuetext": "four" });
  assert.equal(textOf(nodesOf(tree).find((n) => n.tag === "output" && textOf(n) !== "1 of 3")), "four");
});

test("a toggle is one button, and pressing it sets the other value", () => {
  for (const poke of [false, true]) {
    const [button] = acts(view(model({ state: { poke } }, [control("toggle", "poke", [false, true])])), "set poke");
    assert.equal(button.attrs["aria-pressed"], String(poke));
    assert.equal(button.attrs["data-act"], `set poke ${poke ? 0 : 1}`);
  }
});

test("a control is shown only while what it depends on says so", () => {
  const controls = [control("choice", "norm", ["Batch", "Group"]), control("slider", "groups", [1, 2], { when: { norm: ["Group"] } })];
  const sliders = (norm) => nodesOf(view(model({ state: { norm, groups: 1 } }, controls))).filter((n) => n.tag === "input");
  assert.equal(sliders("Batch").length, 0);
  assert.equal(sliders("Group").length, 1);
});

const STEPS = control("steps", "step", ["a", "b", "c"], { labels: ["cells", "mean", "all"] });

test("Back and Next are disabled at the ends, where they stay in reach of the keyboard", () => {
  const ends = { a: ["true", "false"], b: ["false", "false"], c: ["false", "true"] };
  for (const [step, expected] of Object.entries(ends)) {
    const buttons = acts(view(model({ state: { step } }, [STEPS])), "step");
    assert.deepEqual(buttons.map((b) => b.attrs["data-act"]), ["step -1", "step 1"]);
    assert.deepEqual(disabled(buttons), expected, step);
    assert.ok(buttons.every((b) => !("disabled" in b.attrs)));
  }
});

test("the beats are named, counted, and the present one is strong", () => {
  const tree = view(model({ state: { step: "b" } }, [STEPS]));
  const [beats] = byClass(tree, "dls-beats");
  assert.equal(textOf(beats), "2 of 3 · cells → mean → all");
  assert.deepEqual(nodesOf(beats).filter((n) => n.tag === "strong").map(textOf), ["mean"]);
  assert.deepEqual(acts(tree, "go").map((n) => n.attrs.class), ["", "on", ""]);
});

test("Play says Pause while it plays; without beats there is no Play", () => {
  const label = (playing) => textOf(acts(view(model({ state: { step: "a" }, playing }, [STEPS])), "play"));
  assert.equal(label(false), "Play");
  assert.equal(label(true), "Pause");
  assert.equal(acts(view(model()), "play").length, 0);
});

test("the selector counts the statistics and is disabled at its ends", () => {
  for (const [selected, expected] of [[0, ["true", "false"]], [1, ["false", "false"]], [2, ["false", "true"]]]) {
    const tree = view(model({ selected }));
    const buttons = acts(tree, "select");
    assert.deepEqual(disabled(buttons), expected);
    assert.deepEqual(buttons.map((b) => b.attrs["aria-label"]), ["previous page", "next page"]);
    assert.ok(nodesOf(tree).some((n) => n.tag === "output" && textOf(n) === `${selected + 1} of 3`));
  }
});

test("nothing can be selected where there is one statistic, or none, or all at once", () => {
  for (const frame of [{ ...FRAME, select: { ...SELECT, labels: ["only"] } }, { ...FRAME, select: undefined, caption: "", formula: "" }, { ...FRAME, everything: true }]) {
    assert.equal(acts(view(model({ frame })), "select").length, 0);
  }
});

test("caption and formula speak of the selection, with a minus sign in the sentence only", () => {
  const at = model({ selected: 0 });
  const [caption] = byClass(view(at), "dls-caption");
  assert.equal(textOf(caption), "Step 1. page 0 has mean −1.50, 2-D.");
  assert.equal(caption.attrs["aria-live"], "polite");
  assert.equal(formula(at), "\\mu = -1.50");
  assert.equal(textOf(byClass(view(model({ selected: 1 })), "dls-caption")), "Step 1. page 1 has mean 2.00, 2-D.");
});

test("an error is an alert, and without one there is none", () => {
  const alerts = (more) => nodesOf(view(model(more))).filter((n) => n.attrs.role === "alert");
  assert.equal(alerts({}).length, 0);
  assert.deepEqual(alerts({ error: "ValueError: <no>" }).map(textOf), ["ValueError: <no>"]);
  assert.equal(alerts({ error: "early", frame: null }).length, 1);
  assert.equal(formula(model({ frame: null })), "");
});

test("the readout pairs each name with its value, also a number", () => {
  const tree = view(model());
  assert.deepEqual(nodesOf(tree).filter((n) => n.tag === "dt").map(textOf), ["statistics", "cells"]);
  assert.deepEqual(nodesOf(tree).filter((n) => n.tag === "dd").map(textOf), ["3", "4"]);
});

test("the cube is offered only where a panel has one", () => {
  const cubed = { ...FRAME, panels: [{ ...FRAME.panels[0], cube: true }] };
  assert.equal(acts(view(model()), "look").length, 0);
  assert.deepEqual(pressed(acts(view(model({ frame: cubed, look: 1 })), "look")), ["false", "true"]);
  assert.ok(nodesOf(view(model({ frame: cubed, look: 1 }))).some((n) => n.tag === "polygon"));
});

test("the pointer's cell lights its own statistic and is spelled out with its index, value and count", () => {
  const at = model({ hover: { panel: 0, cell: 9 } }); // n=1, c=1, h=0, w=1
  assert.deepEqual(litIn(view(at)), [2, 3, 8, 9]);
  const value = FRAME.panels[0].values[9].toFixed(3).replace("-", "−");
  assert.equal(textOf(byClass(view(at), "dls-cell")), `x[1, 1, 0, 1] = ${value} · page 1, 4 of 12 cells`);
});

test("the pointer narrows a frame in which everything is lit to one statistic", () => {
  const frame = { ...FRAME, everything: true };
  assert.equal(litIn(view(model({ frame }))).length, 12);
  assert.deepEqual(litIn(view(model({ frame, hover: { panel: 0, cell: 4 } }))), [4, 5, 10, 11]);
});

test("what reads, and what is read, is lit and counted across panels", () => {
  const x = { kind: "matrix", title: "x", shape: [1, 4], values: [1, 2, 3, 4], scale: 4 };
  const y = { kind: "matrix", title: "y", shape: [1, 2], values: [6, 9], keys: [0, 1], scale: 9 };
  const reads = [{ to: 1, from: 0, shapes: [[0, 3]], at: [0, 1] }];
  const frame = { panels: [x, y], caption: "", select: { noun: "sum", labels: ["first", "second"], values: {} }, reads };
  const lines = (hover) => textOf(byClass(view(model({ frame, hover })), "dls-cell"));
  assert.deepEqual(litIn(view(model({ frame, selected: 1 }))), [1, 2, 3]);
  assert.equal(lines({ panel: 1, cell: 0 }), "y[0, 0] = 6.000 · first, 1 of 2 cells · from 3 of 4 cells of x");
  assert.equal(lines({ panel: 0, cell: 1 }), "x[0, 1] = 2.000 · into 2 of 2 cells of y");
  assert.equal(lines({ panel: 0, cell: 3 }), "x[0, 3] = 4.000 · into 1 of 2 cells of y");
  const labels = nodesOf(view(model({ frame, hover: { panel: 0, cell: 1 } }))).filter((n) => n.tag === "svg").map((n) => n.attrs["aria-label"]);
  assert.deepEqual(labels, ["x, 1 rows by 4 columns; 1 of 4 cells lit", "y, 1 rows by 2 columns; 2 of 2 cells lit"]);
});

test("statistics that no panel shows are counted by their noun", () => {
  const x = { kind: "matrix", title: "x", shape: [1, 4], values: [1, 2, 3, 4], scale: 4 };
  const reads = [{ to: 1, from: 0, shapes: [[0, 3]], at: [0, 1] }];
  const frame = { panels: [x], caption: "", select: { noun: "window", labels: ["first", "second"], values: {} }, reads };
  assert.equal(textOf(byClass(view(model({ frame, hover: { panel: 0, cell: 0 } })), "dls-cell")), "x[0, 0] = 1.000 · into 1 of 2 windows");
});

test("a pointer on what is no longer there says nothing", () => {
  for (const hover of [null, { panel: 7, cell: 0 }, { panel: 0, cell: 99 }]) {
    assert.equal(textOf(byClass(view(model({ hover })), "dls-cell")).trim(), "");
  }
});

test("statistics align with the tensor beside them, but not where they are stacked below it", () => {
  const stat = shelf([1, 3, 1, 1], (n, c) => c, { pages: 3, title: "μ" });
  const frame = { ...FRAME, panels: [FRAME.panels[0], stat] };
  const heights = (more) => nodesOf(view(model({ frame, ...more }))).filter((n) => n.tag === "svg").map((n) => n.attrs.height);
  const [tensor, beside] = heights({});
  assert.equal(tensor, beside);
  assert.notEqual(...heights({ narrow: true }));
});

test("every panel is drawn once, the axes apart from the drawings", () => {
  const frame = { ...FRAME, panels: [FRAME.panels[0], { kind: "axes", title: "axes", axes: [["N", "book", 1, ""]] }] };
  const tree = view(model({ frame }));
  const inside = (name) => byClass(byClass(tree, name), "dls-panel").map((n) => n.attrs["data-panel"]);
  assert.deepEqual(inside("dls-panels"), [0]);
  assert.deepEqual(inside("dls-side"), [1]);
});

test("the view changes nothing in its model", () => {
  const freeze = (v) => (v && typeof v === "object" && Object.values(v).forEach(freeze), Object.freeze(v));
  view(freeze(model({ hover: { panel: 0, cell: 1 }, state: { step: "a" } }, [STEPS])));
});
