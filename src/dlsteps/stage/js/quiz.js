// Host for Jupyter: questions as an anywidget view. All they need is in the widget; no kernel is asked.
import { mount } from "./question.js";

let count = 0; // a question shown twice in a notebook has two names

function render({ model, el }) {
  const root = el.ownerDocument.createElement("div");
  root.className = "dls dls-quiz";
  root.setAttribute("role", "group");
  root.dataset.lmSuppressShortcuts = "true";
  el.appendChild(root);
  count += 1;
  const quiz = mount(root, model.get("_spec"), `q${count}-`);
  return () => {
    quiz.destroy();
    root.remove();
  };
}

export default { render };
