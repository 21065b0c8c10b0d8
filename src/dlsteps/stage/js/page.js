// Host for plain HTML: every <figure class="dls"> brings its frames as inline JSON. Classic script, no requests.
import { openBank } from "./bank.js";
import { mount } from "./explorer.js";
import { mount as mountQuiz } from "./question.js";
import { mathFrom } from "./math.js";

// Work that can wait for a moment when nothing else is to be done.
const idle = (work) => (globalThis.requestIdleCallback ?? setTimeout)(work, { timeout: 2000 });

function start() {
  const waiting = new Map([...explorers(), ...quizzes()]);
  const now = (root) => {
    const draw = waiting.get(root);
    waiting.delete(root);
    draw?.();
  };
  const all = () => [...waiting.keys()].forEach(now);
  // What is on the screen, or named by the address, is drawn at once; the rest when it comes near, or in idle moments.
  const named = () => [...waiting.keys()].filter((root) => location.hash.startsWith(`#${root.id}:`)).forEach(now);
  const near = globalThis.IntersectionObserver && new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) if (isIntersecting) now(target);
  }, { rootMargin: "100% 0px" });
  const rest = () => {
    const [root] = waiting.keys();
    if (root) return now(root), idle(rest);
    near?.disconnect();
    document.documentElement.dataset.dls = "ready";
  };
  named();
  for (const root of [...waiting.keys()]) {
    if (root.getBoundingClientRect().top < innerHeight) now(root);
    else near?.observe(root);
  }
  addEventListener("hashchange", named);
  addEventListener("beforeprint", all);
  if (document.readyState === "complete") idle(rest);
  else addEventListener("load", () => idle(rest));
}

// [element, what draws it] of each explorer. Explorers with the same frames share one bank: later ones name the first.
function explorers() {
  const roots = [...document.querySelectorAll("figure.dls:not(.on)")].filter(dataOf);
  const texts = new Map(roots.map((root) => [root.id, dataOf(root).textContent]));
  const read = once((id) => JSON.parse(texts.get(id)));
  const bank = once((id) => {
    const { bank } = read(id);
    return { frame: openBank(bank), setMath: mathFrom(bank.math) };
  });
  return roots.map((root) => [root, () => {
    const { bank: own, state, ...spec } = read(root.id);
    const { frame, setMath } = bank(typeof own === "string" ? own : root.id);
    root.explorer = mount(root, { spec: { ...spec, name: root.id }, state, frame }, { setMath, hash: true });
  }]);
}

function quizzes() {
  const roots = [...document.querySelectorAll(".dls-quiz:not(.on)")].filter(dataOf);
  return roots.map((root, k) => [root, () => {
    root.quiz = mountQuiz(root, JSON.parse(dataOf(root).textContent), `q${k + 1}-`);
  }]);
}

// Its data; none where a notebook was opened that removes scripts: there the tables stay.
const dataOf = (root) => root.querySelector('script[type="application/json"]');

function once(make) {
  const made = new Map();
  return (key) => (made.has(key) ? made : made.set(key, make(key))).get(key);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
