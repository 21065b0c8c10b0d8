import assert from "node:assert/strict";
import { test } from "node:test";
import { canonical, fromHash, moved, shown, stateKey, stepsOf, toHash } from "../../src/dlsteps/stage/js/state.js";

const control = (kind, name, values, more = {}) => ({ kind, name, label: name, values, labels: values.map(String), default: values[0], when: {}, ...more });

const CONTROLS = [
  control("choice", "norm", ["Batch", "Group", "a b&c=d"]),
  control("slider", "groups", [1, 2.5, 4], { default: 2.5, when: { norm: ["Group"] } }),
  control("toggle", "poke", [false, true]),
  control("choice", "deep", ["x", "y"], { when: { groups: [1], norm: ["Group"] } }),
  control("steps", "step", ["cells", "mean", "scale & shift"]),
];
const SPEC = { name: "trial", controls: CONTROLS };

function* all(controls, state = {}) {
  const [first, ...rest] = controls;
  if (!first) return yield state;
  for (const value of first.values) yield* all(rest, { ...state, [first.name]: value });
}

test("an empty wish is the defaults", () => {
  assert.deepEqual(canonical(CONTROLS, {}), { norm: "Batch", groups: 2.5, poke: false, deep: "x", step: "cells" });
});

test("unknown names are dropped and unknown values fall back", () => {
  const state = canonical(CONTROLS, { norm: "Layer", step: 7, poke: 1, nobody: 1 });
  assert.deepEqual(state, canonical(CONTROLS, {}));
});

test("a hidden control is held at its default, also where one hidden control hides another", () => {
  assert.equal(canonical(CONTROLS, { norm: "Group", groups: 4 }).groups, 4);
  assert.equal(canonical(CONTROLS, { norm: "Batch", groups: 4 }).groups, 2.5);
  assert.equal(canonical(CONTROLS, { norm: "Group", groups: 1, deep: "y" }).deep, "y");
  assert.equal(canonical(CONTROLS, { norm: "Batch", groups: 1, deep: "y" }).deep, "x");
  assert.equal(shown(CONTROLS[1], { norm: "Group" }), true);
  assert.equal(shown(CONTROLS[1], { norm: "Batch" }), false);
});

test("canonical leaves a canonical state as it is, and does not change what it is given", () => {
  for (const wanted of all(CONTROLS)) {
    const copy = structuredClone(wanted);
    const state = canonical(CONTROLS, wanted);
    assert.deepEqual(canonical(CONTROLS, state), state);
    assert.deepEqual(wanted, copy);
  }
});

test("the key is the positions of the values, and two states never share one", () => {
  assert.equal(stateKey(CONTROLS, canonical(CONTROLS, { norm: "Group", groups: 4, poke: true, step: "mean" })), "1.2.1.0.1");
  const states = new Map([...all(CONTROLS)].map((s) => canonical(CONTROLS, s)).map((s) => [JSON.stringify(s), s]));
  assert.equal(new Set([...states.values()].map((s) => stateKey(CONTROLS, s))).size, states.size);
});

test("a move stops at both ends and leaves the other controls", () => {
  const start = canonical(CONTROLS, { poke: true });
  assert.equal(moved(CONTROLS, start, "step", -1).step, "cells");
  assert.equal(moved(CONTROLS, canonical(CONTROLS, { norm: "Group", groups: 1 }), "groups", -1).groups, 1, "not its default");
  assert.equal(moved(CONTROLS, start, "step", 1).step, "mean");
  assert.equal(moved(CONTROLS, start, "step", 99).step, "scale & shift");
  assert.equal(moved(CONTROLS, start, "step", 99).poke, true);
});

test("stepsOf finds the beats, or nothing", () => {
  assert.equal(stepsOf(CONTROLS).name, "step");
  assert.equal(stepsOf(CONTROLS.slice(0, 2)), undefined);
});

test("every state and selection survives the way through an address", () => {
  for (const wanted of all(CONTROLS)) {
    const state = canonical(CONTROLS, wanted);
    for (const selected of [0, 3]) {
      const hash = toHash(SPEC, state, selected);
      assert.deepEqual(fromHash(SPEC, hash), { state, selected }, hash);
      assert.doesNotMatch(hash, /\s/);
    }
  }
});

test("what is at its default is left out of the address", () => {
  assert.equal(toHash(SPEC, canonical(CONTROLS, {}), 0), "#trial:");
  assert.equal(toHash(SPEC, canonical(CONTROLS, { step: "mean" }), 2), "#trial:step=mean&at=2");
});

test("an address of something else is not ours, and a broken one falls back", () => {
  assert.equal(fromHash(SPEC, "#another:step=mean"), null);
  assert.equal(fromHash(SPEC, "#trial"), null);
  assert.equal(fromHash(SPEC, ""), null);
  const start = { state: canonical(CONTROLS, {}), selected: 0 };
  for (const hash of ["#trial:step=nowhere&norm=", "#trial:at=-3", "#trial:at=x", "#trial:%%%&&=", "#trial:groups=4"]) {
    assert.deepEqual(fromHash(SPEC, hash), start, hash);
  }
});

test("1.0 in an address is 1, and no text is no number", () => {
  const spec = { name: "e", controls: [{ name: "x", values: [0, 1, 2.5], default: 2.5, when: {} }] };
  assert.equal(fromHash(spec, "#e:x=1.0").state.x, 1);
  assert.equal(fromHash(spec, "#e:x=2.50").state.x, 2.5);
  assert.equal(fromHash(spec, "#e:x=").state.x, 2.5);
});
