// Answers for tests/stage/test_hosts_agree.py: what the script makes of a bank, as JSON.
import { readFileSync } from "node:fs";

const [js, input] = process.argv.slice(2);
const { openBank } = await import(`${js}/bank.js`);
const { canonical, fromHash, moved, stateKey, toHash } = await import(`${js}/state.js`);
const { fill, inTex, prose } = await import(`${js}/text.js`);
const { written } = await import(`${js}/cells.js`);
const { view } = await import(`${js}/view.js`);

const { spec, bank, wishes } = JSON.parse(readFileSync(input, "utf8"));
const frameOf = openBank(bank);
const drawn = new Set();

const nodesOf = (tree) => (Array.isArray(tree) ? tree.flatMap(nodesOf) : tree && typeof tree === "object" ? [tree, ...tree.children.flatMap(nodesOf)] : []);
const textOf = (node) => (Array.isArray(node) ? node.map(textOf).join("") : node && typeof node === "object" ? textOf(node.children) : String(node ?? ""));

// Words that only a slip puts into a drawing. A label of the scene's own may say NaN.
function slips(tree) {
  const found = [];
  for (const { tag, attrs, children } of nodesOf(tree)) {
    for (const [name, value] of Object.entries(attrs)) {
      if (name !== "aria-label" && /NaN|undefined|null|Infinity/.test(String(value))) found.push(`${tag} ${name}=${value}`);
    }
    for (const child of children) if (/undefined|null|«/.test(typeof child === "object" ? "" : String(child))) found.push(`${tag}: ${child}`);
  }
  return found;
}

function answer(wish) {
  const state = canonical(spec.controls, wish);
  const key = stateKey(spec.controls, state);
  const frame = frameOf(key);
  const keys = frame.select?.labels.length ?? 1;
  const texts = Array.from({ length: keys }, (_, k) => [prose(fill(frame.caption, frame.select, k)), inTex(fill(frame.formula, frame.select, k))]);
  const found = [];
  for (const selected of drawn.has(key) ? [] : new Set([0, keys - 1])) {
    for (const more of [{}, { look: 1 }, { narrow: true, hover: { panel: 0, cell: 0 } }]) {
      found.push(...slips(view({ spec, state, frame, selected, hover: null, look: 0, narrow: false, playing: false, large: false, error: "", ...more })));
    }
  }
  drawn.add(key);
  return { state, key, frame, texts, slips: found, back: fromHash(spec, toHash(spec, state, 1)) };
}

const cells = frameOf(stateKey(spec.controls, canonical(spec.controls, {}))).panels
  .filter((p) => "digits" in p && p.values).map((p) => p.values.map((v) => written(p, v)));
process.stdout.write(JSON.stringify({ answers: wishes.map(answer), cells }));
