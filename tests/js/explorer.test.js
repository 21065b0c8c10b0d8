import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { mount } from "../../src/dlsteps/stage/js/explorer.js";
import { stateKey } from "../../src/dlsteps/stage/js/state.js";
import { fakeDocument, fakeTimers } from "./fake-dom.js";
import { shelf } from "./panels.js";

const control = (kind, name, values, more = {}) => ({ kind, name, label: name, values, labels: values.map(String), default: values[0], when: {}, ...more });
const STEPS = control("steps", "step", ["cells", "mean", "all"]);
const CONTROLS = [control("choice", "norm", ["Batch", "Group"]), control("slider", "groups", [1, 2, 4], { when: { norm: ["Group"] } }), STEPS];

const frameOf = (state) => ({
  panels: [shelf([2, 3, 1, 2], (n, c) => c)],
  caption: `${state.norm} ${state.groups} ${state.step} «label»`,
  formula: `\\mu_{${state.step}} = «mean»`,
  select: { noun: "page", labels: ["page 0", "page 1", "page 2"], values: { mean: ["1", "2", "3"] } },
});

// The parts of a page that an explorer reaches beyond its own element.
const GLOBALS = ["ResizeObserver", "addEventListener", "removeEventListener", "location", "history"];
let kept;
let page;

beforeEach(() => {
  kept = Object.fromEntries(GLOBALS.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  page = { listeners: new Map(), observed: new Set(), addresses: [] };
  const set = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  set("addEventListener", (type, listener) => page.listeners.set(listener, type));
  set("removeEventListener", (type, listener) => page.listeners.delete(listener));
  set("location", { hash: "", href: "file:///page.html" });
  set("history", { state: null, replaceState: (_, __, address) => page.addresses.push(address) });
  set("ResizeObserver", class {
    constructor(run) { page.resize = run; }
    observe(element) { page.observed.add(element); }
    disconnect() { page.observed.clear(); }
  });
});

afterEach(() => {
  for (const name of GLOBALS) {
    if (kept[name]) Object.defineProperty(globalThis, name, kept[name]);
    else delete globalThis[name];
  }
});

function start({ controls = CONTROLS, frame = (_, state) => frameOf(state), hash = false, changed, state } = {}) {
  const doc = fakeDocument();
  const root = doc.createElement("figure");
  const timers = fakeTimers();
  const formulas = [];
  const spec = { name: "trial", title: "Trial", controls };
  const env = { setMath: (element, tex) => formulas.push(tex), hash, timers };
  const explorer = mount(root, { spec, frame, changed, state }, env);
  const act = (name) => root.querySelector(`[data-act="${name}"]`);
  return {
    doc, root, timers, formulas, explorer, act,
    click: (name) => act(name).dispatch("click"),
    key: (key, target = root, more = {}) => target.dispatch("keydown", { key, ...more }),
    caption: () => root.querySelector(".dls-caption")?.textContent,
    alert: () => root.querySelector('[role="alert"]')?.textContent,
    cell: (i) => root.querySelector(`[data-cell="${i}"]`),
  };
}

test("it starts at the defaults, or at the state it is given", () => {
  assert.equal(start().caption(), "Batch 1 cells page 0");
  assert.equal(start({ state: { norm: "Group", groups: 4, step: "mean" } }).caption(), "Group 4 mean page 0");
});

test("buttons, slider and menu set their control", () => {
  const at = start();
  at.click("set norm 1");
  assert.equal(at.caption(), "Group 1 cells page 0");
  const slider = at.root.querySelector("input");
  slider.value = "2";
  slider.dispatch("input");
  assert.equal(at.caption(), "Group 4 cells page 0");
  at.click("step 1");
  assert.equal(at.caption(), "Group 4 mean page 0");
  at.click("go 2");
  assert.equal(at.explorer.state.step, "all");
});

test("a click on what a button holds is a click on the button; on a disabled one it is nothing", () => {
  const at = start();
  at.act("step 1").querySelector("span").dispatch("click");
  assert.equal(at.explorer.state.step, "mean");
  at.click("step 1");
  at.click("step 1");
  assert.equal(at.explorer.state.step, "all");
  assert.equal(at.act("step 1").getAttribute("aria-disabled"), "true");
});

test("a hidden control goes back to its default", () => {
  const at = start({ state: { norm: "Group", groups: 4 } });
  at.click("set norm 0");
  at.click("set norm 1");
  assert.equal(at.explorer.state.groups, 1);
});

test("the keyboard steps, jumps to both ends and plays, and keeps the page from scrolling", () => {
  const at = start();
  for (const [key, step] of [["ArrowRight", "mean"], ["ArrowLeft", "cells"], ["End", "all"], ["Home", "cells"]]) {
    assert.equal(at.key(key).defaultPrevented, true, key);
    assert.equal(at.explorer.state.step, step, key);
  }
  at.key(" ");
  assert.equal(at.explorer.model.playing, true);
});

test("keys that belong to someone else are left alone", () => {
  const at = start({ state: { norm: "Group" } });
  const slider = at.root.querySelector("input");
  for (const event of [at.key("ArrowRight", slider), at.key("ArrowRight", at.root, { altKey: true }), at.key("ArrowRight", at.root, { ctrlKey: true }),
    at.key("ArrowRight", at.root, { metaKey: true }), at.key(" ", at.act("play")), at.key("x")]) {
    assert.equal(event.defaultPrevented, false);
  }
  assert.equal(at.explorer.state.step, "cells");
  assert.equal(at.explorer.model.playing, false);
  assert.equal(at.key("ArrowRight", at.act("play")).defaultPrevented, true, "arrows step also from a button");
});

test("without beats the arrows move the selection, and there is nothing to play", () => {
  const at = start({ controls: CONTROLS.slice(0, 2) });
  at.key("ArrowRight");
  assert.match(at.caption(), /page 1/);
  for (const key of ["Home", "End", " "]) assert.equal(at.key(key).defaultPrevented, false);
  assert.equal(at.timers.live, 0);
});

test("on a formula the arrows scroll, and do not step", () => {
  const at = start();
  const event = at.key("ArrowRight", at.root.querySelector(".dls-formula"));
  assert.equal(event.defaultPrevented, false);
  assert.equal(at.explorer.state.step, "cells");
});

test("the selection stops at both ends and its formula follows", () => {
  const at = start();
  for (const expected of ["page 1", "page 2"]) {
    at.click("select 1");
    assert.match(at.caption(), new RegExp(expected));
  }
  at.click("select 1");
  assert.match(at.caption(), /page 2/);
  assert.equal(at.formulas.at(-1), "\\mu_{cells} = 3");
});

test("a click on a cell selects its statistic; a click beside the cells keeps the selection", () => {
  const at = start();
  at.cell(4).dispatch("click");
  assert.match(at.caption(), /page 2/);
  at.root.querySelector(".dls-caption").dispatch("click");
  at.root.dispatch("click");
  assert.match(at.caption(), /page 2/);
});

test("a frame with fewer statistics holds the selection at its last", () => {
  const few = (state) => ({ ...frameOf(state), select: { noun: "page", labels: ["page 0"], values: { mean: ["1"] } } });
  const at = start({ frame: (_, state) => (state.norm === "Group" ? few(state) : frameOf(state)) });
  at.click("select 1");
  at.click("set norm 1");
  assert.match(at.caption(), /page 0/);
});

test("the pointer lights the cell's statistic, and leaving puts it back", () => {
  const at = start();
  const lit = () => at.root.querySelectorAll(".cell").filter((c) => c.matches(".lit")).map((c) => Number(c.dataset.cell));
  assert.deepEqual(lit(), [0, 1, 6, 7]);
  at.cell(2).dispatch("pointerover");
  assert.deepEqual(lit(), [2, 3, 8, 9]);
  at.root.dispatch("pointerleave");
  assert.deepEqual(lit(), [0, 1, 6, 7]);
});

test("Play goes beat by beat and stops at the end", () => {
  const at = start();
  at.click("play");
  assert.equal(at.timers.live, 1);
  const seen = [];
  for (let i = 0; i < 6; i++) {
    at.timers.tick(2200);
    seen.push(at.explorer.state.step);
  }
  assert.deepEqual(seen, ["mean", "all", "all", "all", "all", "all"]);
  assert.equal(at.explorer.model.playing, false);
  assert.equal(at.timers.live, 0);
  assert.equal(at.act("play").textContent, "Play");
});

test("Play at the end starts again; Play while playing pauses; a step by hand stops it", () => {
  const at = start({ state: { step: "all" } });
  at.click("play");
  assert.equal(at.explorer.state.step, "cells");
  at.click("play");
  assert.equal(at.timers.live, 0);
  at.click("play");
  at.click("step -1");
  assert.equal(at.timers.live, 1, "Back is disabled at the first beat");
  at.click("step 1");
  assert.equal(at.timers.live, 0);
  assert.equal(at.explorer.state.step, "mean");
});

test("nothing plays by itself, and the pointer on a cell pauses", () => {
  const at = start();
  at.timers.tick(60000);
  assert.equal(at.explorer.state.step, "cells");
  at.click("play");
  at.cell(0).dispatch("pointerover");
  at.timers.tick(60000);
  assert.equal(at.explorer.state.step, "cells");
  at.root.dispatch("pointerleave");
  at.timers.tick(2200);
  assert.equal(at.explorer.state.step, "mean");
});

// Frames that a kernel computes: each question waits for the test to answer it.
function slow() {
  const open = new Map();
  const frame = (key, state) => new Promise((resolve, reject) => open.set(key, { answer: () => resolve(frameOf(state)), reject }));
  const settle = () => new Promise((done) => setImmediate(done));
  return { open, frame, settle };
}

test("a late answer is dropped", async () => {
  const { open, frame, settle } = slow();
  const at = start({ frame });
  const keys = () => [...open.keys()];
  at.explorer.setState({ norm: "Group" });
  assert.equal(at.root.getAttribute("aria-busy"), "true");
  const [first, second] = keys();
  open.get(second).answer();
  await settle();
  assert.equal(at.caption(), "Group 1 cells page 0");
  assert.equal(at.root.getAttribute("aria-busy"), null);
  open.get(first).answer();
  await settle();
  assert.equal(at.caption(), "Group 1 cells page 0");
});

test("a late error is dropped too, and so is an answer after the end", async () => {
  const { open, frame, settle } = slow();
  const at = start({ frame });
  at.explorer.setState({ norm: "Group" });
  const [first, second] = [...open.values()];
  second.answer();
  first.reject(new Error("too late"));
  await settle();
  assert.equal(at.alert(), undefined);
  at.explorer.setState({ norm: "Batch" });
  const third = [...open.values()][0];
  at.explorer.destroy();
  third.answer();
  await settle();
  assert.equal(at.root.childNodes.length, 0);
});

test("an error is shown as an alert, also before the first frame, and goes with the next frame", async () => {
  const { open, frame, settle } = slow();
  const at = start({ frame });
  [...open.values()][0].reject(new Error("ValueError: groups"));
  await settle();
  assert.equal(at.alert(), "ValueError: groups");
  assert.equal(at.root.getAttribute("aria-busy"), null);
  at.explorer.setState({ norm: "Group" });
  [...open.values()][1].answer();
  await settle();
  assert.equal(at.alert(), undefined);
  assert.equal(at.caption(), "Group 1 cells page 0");
});

test("a state without a frame, or a frame that raises, says so and leaves no other's picture standing", () => {
  const at = start({ frame: (key, state) => { if (state.step === "all") throw new Error("broken"); return state.step === "mean" ? undefined : frameOf(state); } });
  at.click("step 1");
  assert.match(at.alert(), new RegExp(`no frame ${stateKey(CONTROLS, at.explorer.state).replaceAll(".", "\\.")}`));
  assert.equal(at.caption(), undefined);
  at.click("step 1");
  assert.equal(at.alert(), "broken");
  at.click("go 0");
  assert.equal(at.caption(), "Batch 1 cells page 0");
});

test("a page that has the first beats alone says where the others are", () => {
  const doc = fakeDocument();
  const root = doc.createElement("figure");
  const spec = { name: "trial", title: "Trial", controls: CONTROLS, partial: true };
  mount(root, { spec, frame: (_, state) => (state.norm === "Group" ? undefined : frameOf(state)) }, { setMath() {}, hash: false, timers: fakeTimers() });
  root.querySelector('[data-act="set norm 1"]').dispatch("click");
  assert.match(root.querySelector('[role="alert"]').textContent, /first beats alone. Run the notebook/);
});

test("who is told of a change, and who is not", () => {
  const told = [];
  const at = start({ changed: (state) => told.push(state) });
  at.click("step 1");
  assert.deepEqual(told, [{ norm: "Batch", groups: 1, step: "mean" }]);
  at.explorer.setState({ norm: "Batch", step: "all" }, { told: true });
  at.explorer.setState({ norm: "Batch", step: "all" });
  assert.equal(told.length, 1);
  assert.equal(at.caption(), "Batch 1 all page 0");
});

test("the address names the frame a moment after the last step, once", () => {
  const at = start({ hash: true });
  at.click("step 1");
  at.click("select 1");
  assert.deepEqual(page.addresses, []);
  at.timers.tick(1000);
  assert.deepEqual(page.addresses, ["#trial:step=mean&at=1"]);
  const without = start();
  without.click("step 1");
  without.timers.tick(1000);
  assert.equal(page.addresses.length, 1);
});

test("an address that names a frame is followed, at the start and later; another is not", () => {
  location.hash = "#trial:norm=Group&groups=4&at=2";
  const at = start({ hash: true });
  assert.equal(at.caption(), "Group 4 cells page 2");
  const [[follow]] = page.listeners;
  location.hash = "#another:norm=Batch";
  follow();
  assert.equal(at.caption(), "Group 4 cells page 2");
  location.hash = "#trial:step=all&at=9";
  follow();
  assert.equal(at.caption(), "Batch 1 all page 2");
});

test("a narrow element is noticed, at the start and when it changes", () => {
  const at = start();
  assert.equal(at.explorer.model.narrow, false);
  at.root.clientWidth = 375;
  page.resize();
  assert.equal(at.explorer.model.narrow, true);
  at.root.clientWidth = 0; // hidden: not narrow
  page.resize();
  assert.equal(at.explorer.model.narrow, false);
});

test("after destroy nothing is left: no listener, no timer, no observer, no node, and no more painting", () => {
  const at = start({ hash: true });
  at.click("step 1");
  at.click("play");
  assert.ok(at.doc.live > 0 && at.timers.live === 2 && page.listeners.size === 3 && page.observed.size === 1);
  at.explorer.destroy();
  assert.deepEqual([at.doc.live, at.timers.live, page.listeners.size, page.observed.size, at.root.childNodes.length], [0, 0, 0, 0, 0]);
  at.explorer.setState({ norm: "Group" });
  assert.equal(at.root.childNodes.length, 0);
});

test("a reader who goes elsewhere is not called back: neither by a step just made nor by Play", () => {
  const at = start({ hash: true });
  const go = (hash) => {
    location.hash = hash;
    for (const [listener, type] of page.listeners) if (type === "hashchange") listener({ oldURL: "file:///page.html" });
  };
  at.click("step 1");
  go("#a-section");
  at.timers.tick(1000);
  assert.deepEqual(page.addresses, []);
  at.click("play");
  at.timers.tick(2300);
  assert.equal(at.explorer.state.step, "all");
  at.timers.tick(1000);
  assert.deepEqual(page.addresses, [], "Play wrote over the section's address");
  at.click("step -1");
  at.timers.tick(1000);
  assert.deepEqual(page.addresses, ["#trial:step=mean"], "what the reader does after that is kept");
});

test("two explorers of one name have ids and addresses of their own", () => {
  const doc = fakeDocument();
  doc.body = doc.createElement("body");
  const spec = { name: "trial", title: "Trial", controls: CONTROLS };
  const roots = [1, 2].map(() => doc.body.appendChild(doc.createElement("figure")));
  const timers = fakeTimers();
  const mounted = roots.map((root) => mount(root, { spec, frame: (_, state) => frameOf(state) }, { setMath() {}, hash: true, timers }));
  const labels = roots.map((root) => root.getAttribute("aria-labelledby"));
  assert.deepEqual(labels, ["trial-title", "trial-2-title"]);
  const ids = roots.flatMap((root) => root.querySelectorAll("[id]").map((element) => element.getAttribute("id")));
  assert.equal(new Set(ids).size, ids.length);
  roots[1].querySelector('[data-act="step 1"]').dispatch("click");
  timers.tick(1000);
  assert.deepEqual(page.addresses, ["#trial-2:step=mean"]);
  mounted.forEach((one) => one.destroy());
});

test("on paper the beats stand one after the other, and afterwards all is as before", () => {
  const at = start();
  const fire = (type) => { for (const [listener, of] of page.listeners) if (of === type) listener(); };
  const before = at.root.childNodes.length;
  fire("beforeprint");
  const beats = at.root.querySelectorAll(".dls-beat");
  assert.deepEqual(beats.map((beat) => beat.querySelector(".dls-caption").textContent), ["cells", "mean", "all"].map((step) => `Batch 1 ${step} page 0`));
  assert.ok(beats.every((beat) => beat.querySelector("svg")));
  fire("afterprint");
  assert.equal(at.root.childNodes.length, before);
});

test("it fills the window, and Escape brings it back", () => {
  const at = start();
  const shown = () => [at.root.getAttribute("popover"), at.act("large").getAttribute("aria-pressed"), /large/.test(at.root.getAttribute("class"))];
  assert.deepEqual(shown(), [null, "false", false]);
  at.click("large");
  assert.deepEqual(shown(), ["manual", "true", true]);
  at.key("Escape");
  assert.deepEqual(shown(), [null, "false", false]);
});

test("where a finger lifts, the line about its cell stays; where a mouse leaves, it goes", () => {
  const at = start();
  const line = () => at.root.querySelector(".dls-cell").textContent.trim();
  for (const [pointerType, left] of [["touch", true], ["mouse", false]]) {
    at.cell(1).dispatch("pointerover", { pointerType });
    at.root.dispatch("pointerleave", { pointerType });
    assert.equal(line() !== "", left, pointerType);
  }
});

test("a second explorer on the same element starts afresh", () => {
  const at = start();
  at.explorer.destroy();
  const spec = { name: "trial", title: "Trial", controls: CONTROLS };
  const again = mount(at.root, { spec, frame: (_, state) => frameOf(state) }, { setMath() {}, hash: false, timers: at.timers });
  at.click("step 1");
  assert.equal(again.state.step, "mean");
  again.destroy();
  assert.equal(at.doc.live, 0);
});
