// Host for plain HTML: every <figure class="dls"> brings its frames as inline JSON. Classic script, no requests.
import { openBank } from "./bank.js";
import { mount } from "./explorer.js";
import { mount as mountQuiz } from "./question.js";
import { lateMathJax, pageMath } from "./math.js";

function start() {
  const table = JSON.parse(document.getElementById("dls-math")?.textContent ?? "{}");
  const setMath = pageMath(table, lateMathJax(document.querySelector('script[type="text/dls-late"]')));
  const banks = {};
  for (const root of document.querySelectorAll("figure.dls:not(.on)")) {
    const script = root.querySelector('script[type="application/json"]');
    if (!script) continue; // the notebook was opened where scripts are removed; the tables stay
    const { bank, state, ...spec } = JSON.parse(script.textContent);
    // Explorers with the same frames share one bank: the later ones name the first.
    banks[root.id] = typeof bank === "string" ? banks[bank] : openBank(bank);
    root.explorer = mount(root, { spec, state, frame: banks[root.id] }, { setMath, hash: true });
  }
  document.querySelectorAll("section.dls-quiz:not(.on)").forEach((root, k) => {
    const script = root.querySelector('script[type="application/json"]');
    if (script) root.quiz = mountQuiz(root, JSON.parse(script.textContent), `q${k + 1}-`);
  });
  document.documentElement.dataset.dls = "ready";
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
