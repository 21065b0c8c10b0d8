// Host for plain HTML: every <figure class="dls"> brings its frames as inline JSON. Classic script, no requests.
import { openBank } from "./bank.js";
import { mount } from "./explorer.js";
import { mount as mountQuiz } from "./question.js";
import { mathFrom } from "./math.js";

function start() {
  const banks = {};
  for (const root of document.querySelectorAll("figure.dls:not(.on)")) {
    const script = root.querySelector('script[type="application/json"]');
    if (!script) continue; // the notebook was opened where scripts are removed; the tables stay
    const { bank, state, ...spec } = JSON.parse(script.textContent);
    // Explorers with the same frames share one bank: the later ones name the first.
    banks[root.id] = typeof bank === "string" ? banks[bank] : { frame: openBank(bank), setMath: mathFrom(bank.math) };
    const { frame, setMath } = banks[root.id];
    root.explorer = mount(root, { spec, state, frame }, { setMath, hash: true });
  }
  document.querySelectorAll("section.dls-quiz:not(.on)").forEach((root, k) => {
    const script = root.querySelector('script[type="application/json"]');
    if (script) root.quiz = mountQuiz(root, JSON.parse(script.textContent), `q${k + 1}-`);
  });
  document.documentElement.dataset.dls = "ready";
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
