import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import widget from "../../src/dlsteps/stage/js/widget.js";
import { fakeDocument } from "./fake-dom.js";

const control = (kind, name, values, more = {}) => ({ kind, name, label: name, values, labels: values.map(String), default: values[0], when: {}, ...more });
const SPEC = {
  name: "trial", title: "Trial",
  controls: [
    control("choice", "norm", ["Batch", "Group"]),
    control("slider", "groups", [1, 2], { when: { norm: ["Group"] } }),
    control("steps", "step", ["cells", "mean"]),
  ],
};
const frameOf = (caption) => ({ panels: [], caption, formula: "\\mu" });

// A widget model: traits with change events, messages both ways, and a count of live listeners.
function fakeModel(traits) {
  const values = { norm: "Batch", groups: 1, step: "cells", _spec: SPEC, _bank: {}, ...traits };
  const listeners = [];
  const model = {
    sent: [], saves: 0, sets: 0,
    get live() { return listeners.length; },
    get: (name) => values[name],
    set(name, value) {
      model.sets++;
      if (values[name] === value) return;
      values[name] = value;
      model.emit(`change:${name}`);
    },
    on: (type, listener) => listeners.push({ type, listener }),
    off(type, listener) {
      const at = listeners.findIndex((l) => l.type === type && l.listener === listener);
      if (at >= 0) listeners.splice(at, 1);
    },
    emit: (type, ...args) => listeners.filter((l) => l.type === type).forEach((l) => l.listener(...args)),
    send: (message) => model.sent.push(message),
    save_changes: () => model.saves++,
    asks: () => model.sent.filter((m) => "ask" in m),
    reply: (message) => model.emit("msg:custom", message),
  };
  return model;
}

const settle = async () => { for (let i = 0; i < 9; i++) await Promise.resolve(); };

function start(traits) {
  const doc = fakeDocument();
  const el = doc.createElement("div");
  const model = fakeModel(traits);
  const cleanup = widget.render({ model, el });
  return {
    doc, el, model, cleanup,
    caption: () => el.querySelector(".dls-caption")?.textContent,
    alert: () => el.querySelector('[role="alert"]')?.textContent,
    click: (name) => el.querySelector(`[data-act="${name}"]`).dispatch("click"),
    formula: () => el.querySelector(".dls-formula"),
  };
}

const BANK = { nodes: [frameOf("zero"), frameOf("one")], frames: { "0.0.0": 0, "0.0.1": 1 }, math: { "\\mu": "<math>mu</math>" } };

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

test("a baked frame needs no kernel", () => {
  const at = start({ _bank: BANK });
  assert.equal(at.caption(), "zero");
  at.click("step 1");
  assert.equal(at.caption(), "one");
  assert.deepEqual(at.model.asks(), []);
});

test("it starts where the traits are", () => {
  assert.equal(start({ _bank: BANK, step: "mean" }).caption(), "one");
});

test("a frame that is not baked is asked of the kernel, once for each state", async () => {
  const at = start();
  assert.deepEqual(at.model.asks(), [{ ask: { norm: "Batch", groups: 1, step: "cells" }, key: "0.0.0" }]);
  at.model.reply({ key: "0.0.0", frame: frameOf("zero") });
  await settle();
  assert.equal(at.caption(), "zero");
  at.click("step 1");
  at.model.reply({ key: "0.0.1", frame: frameOf("one") });
  await settle();
  at.click("step -1");
  await settle();
  assert.equal(at.caption(), "zero");
  assert.deepEqual(at.model.asks().map((m) => m.key), ["0.0.0", "0.0.1"]);
});

test("an answer to a question that nobody asked is ignored", async () => {
  const at = start();
  at.model.reply({ key: "9.9.9", frame: frameOf("stray") });
  at.model.reply({});
  await settle();
  assert.equal(at.caption(), undefined);
  assert.equal(at.alert(), undefined);
});

test("an error from the kernel is shown in its words, and the next try asks again", async () => {
  const at = start();
  at.model.reply({ key: "0.0.0", error: "ValueError: groups=3" });
  await settle();
  assert.equal(at.alert(), "ValueError: groups=3");
  for (const key of ["ArrowRight", "ArrowLeft"]) at.el.querySelector("figure").dispatch("keydown", { key });
  assert.deepEqual(at.model.asks().map((m) => m.key), ["0.0.0", "0.0.1", "0.0.0"]);
  at.model.reply({ key: "0.0.0", frame: frameOf("zero") });
  await settle();
  assert.equal(at.caption(), "zero");
  assert.equal(at.alert(), undefined);
});

test("a kernel that does not answer is reported after a while, with a remedy", async () => {
  const at = start();
  mock.timers.tick(19000);
  await settle();
  assert.equal(at.alert(), undefined);
  mock.timers.tick(2000);
  await settle();
  assert.match(at.alert(), /does not answer. Run the cell again/);
});

test("a step tells Python the whole state, and saves once", () => {
  const at = start({ _bank: BANK });
  at.click("step 1");
  assert.equal(at.model.get("step"), "mean");
  assert.equal(at.model.saves, 1);
});

test("hiding a control puts its trait back to the default", async () => {
  const at = start({ norm: "Group", groups: 2 });
  at.model.reply({ key: "1.1.0", frame: frameOf("group") });
  await settle();
  at.click("set norm 0");
  assert.deepEqual([at.model.get("norm"), at.model.get("groups")], ["Batch", 1]);
});

test("a trait changed from Python redraws, and nothing is echoed back", () => {
  const at = start({ _bank: BANK });
  at.model.set("step", "mean");
  assert.equal(at.caption(), "one");
  assert.equal(at.model.sets, 1);
  assert.equal(at.model.saves, 0);
});

test("a formula comes with its frame, from the bank or from the kernel", async () => {
  const painted = () => { mock.timers.tick(1); mock.timers.tick(1); };
  const baked = start({ _bank: BANK });
  painted();
  assert.equal(baked.formula().innerHTML, "<math>mu</math>");
  const at = start();
  at.model.reply({ key: "0.0.0", frame: frameOf("zero"), math: { "\\mu": "<math>new</math>" } });
  await settle();
  painted();
  assert.equal(at.formula().innerHTML, "<math>new</math>");
});

test("a kernel that was shut down is told at once, and nothing stale stays", async () => {
  const at = start();
  at.model.reply({ key: "0.0.0", frame: frameOf("zero"), math: {} });
  await settle();
  at.model.send = () => { throw new Error("Canceled"); };
  at.click("step 1");
  await settle();
  assert.match(at.alert(), /does not answer. Run the cell again/);
  assert.equal(at.caption(), undefined);
  assert.equal(at.formula(), null);
  at.click("step -1");
  await settle();
  assert.equal(at.caption(), "zero");
  assert.equal(at.alert(), undefined);
});

test("after cleanup the model has no listener, the page no node, and silence is no error", async () => {
  const at = start();
  assert.ok(at.model.live > 0);
  at.cleanup();
  assert.equal(at.model.live, 0);
  assert.equal(at.doc.live, 0);
  assert.equal(at.el.childNodes.length, 0);
  mock.timers.tick(60000);
  at.model.reply({ key: "0.0.0", frame: frameOf("zero") });
  at.model.set("step", "mean");
  await settle();
  assert.equal(at.el.childNodes.length, 0);
});

test("two views of one model follow each other, and one can go without the other", () => {
  const at = start({ _bank: BANK });
  const other = at.doc.createElement("div");
  const close = widget.render({ model: at.model, el: other });
  at.click("step 1");
  assert.equal(other.querySelector(".dls-caption").textContent, "one");
  close();
  at.click("step -1");
  assert.equal(at.caption(), "zero");
});
