import assert from "node:assert/strict";
import { test } from "node:test";
import { openBank } from "../../src/dlsteps/stage/js/bank.js";

const BANK = {
  nodes: [
    [1.5, "NaN", -3],
    { values: { $: 0 }, title: "x" },
    { panels: [{ $: 1 }], caption: "one" },
    { panels: [{ $: 1 }, { values: { $: 0 } }], rows: ["a", { $: 4 }, 3, null, [1, { $: 4 }]] },
    "a long sentence, stored once",
  ],
  frames: { "0.0": 2, "0.1": 3 },
};

test("references are read out, wherever they stand", () => {
  const frame = openBank(BANK);
  assert.deepEqual(frame("0.0"), { panels: [{ values: [1.5, "NaN", -3], title: "x" }], caption: "one" });
  const text = "a long sentence, stored once";
  assert.deepEqual(frame("0.1").rows, ["a", text, 3, null, [1, text]]);
});

test("equal values become the same object, within a frame and between frames", () => {
  const frame = openBank(BANK);
  const [one, two] = [frame("0.0"), frame("0.1")];
  assert.equal(one.panels[0], two.panels[0]);
  assert.equal(two.panels[0].values, two.panels[1].values);
});

test("a state without a frame has none, whatever it is called", () => {
  const frame = openBank({ nodes: [], frames: {} });
  assert.equal(frame("0.2"), undefined);
});

test("reading leaves the bank as it was", () => {
  const copy = structuredClone(BANK);
  openBank(BANK)("0.1");
  assert.deepEqual(BANK, copy);
});
