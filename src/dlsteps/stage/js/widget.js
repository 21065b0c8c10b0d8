// Host for Jupyter: an anywidget view. Control values are the widget's traits; frames come from the bank or the kernel.
import { openBank } from "./bank.js";
import { mount } from "./explorer.js";
import { mathFrom } from "./math.js";

const PATIENCE = 20000; // ms until a kernel that does not answer is reported

function render({ model, el }) {
  const spec = model.get("_spec");
  const stored = model.get("_bank");
  const banked = stored.frames ? openBank(stored) : () => undefined;
  const math = { ...stored.math };
  const kernel = conversation(model);
  const names = spec.controls.map((c) => c.name);
  const traits = () => Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const root = el.ownerDocument.createElement("figure");
  root.dataset.lmSuppressShortcuts = "true"; // in here "d d" must not delete the notebook's cell, nor an arrow leave it
  el.appendChild(root);

  const explorer = mount(root, {
    spec,
    state: traits(),
    frame: (key, state) => banked(key) ?? kernel.ask({ ask: state, key }).then((answer) => {
      Object.assign(math, answer.math);
      return answer.frame;
    }),
    changed(state) {
      for (const name of names) model.set(name, state[name]);
      model.save_changes();
    },
  }, { setMath: mathFrom(math), hash: false });

  const onChange = () => explorer.setState(traits(), { told: true });
  for (const name of names) model.on(`change:${name}`, onChange);

  return () => {
    for (const name of names) model.off(`change:${name}`, onChange);
    kernel.close();
    explorer.destroy();
    root.remove();
  };
}

// Questions to the kernel, each answered once, by key. Answers are kept: the scene is pure.
function conversation(model) {
  const asked = new Map();
  const receive = (message) => {
    const open = asked.get(message.key);
    if (!open) return;
    if (message.error) {
      asked.delete(message.key);
      open.reject(new Error(message.error));
    } else open.resolve(message);
    clearTimeout(open.timer);
  };
  model.on("msg:custom", receive);
  return {
    ask(question) {
      if (asked.has(question.key)) return asked.get(question.key).promise;
      const open = {};
      open.promise = new Promise((resolve, reject) => Object.assign(open, { resolve, reject }));
      const give = () => {
        clearTimeout(open.timer);
        asked.delete(question.key);
        open.reject(new Error("The kernel does not answer. Run the cell again."));
      };
      open.timer = setTimeout(give, PATIENCE);
      asked.set(question.key, open);
      try {
        model.send(question);
      } catch { // it was shut down
        give();
      }
      return open.promise;
    },
    close() {
      model.off("msg:custom", receive);
      for (const { timer } of asked.values()) clearTimeout(timer);
    },
  };
}

export default { render };
