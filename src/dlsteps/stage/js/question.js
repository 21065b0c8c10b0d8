// Questions: what counts as right, what is said to an answer, and the picture, as pure functions; then the thin
// host that listens. `dlsteps.stage.question` writes the data.
import { h, patch } from "./tree.js";
import { layoutPanel } from "./panels/index.js";

// A number as people write it: a true minus sign, a comma, a fraction. NaN if it is none.
export function readNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/^([+-]?\d+),(\d+)$/, "$1.$2");
  const [top, bottom, more] = plain.split("/").map((part) => (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(part) ? Number(part) : NaN));
  return more !== undefined ? NaN : bottom === undefined ? top : top / bottom;
}

const same = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);
const cells = (n) => `${n} ${n === 1 ? "cell" : "cells"}`;

// What is said to a response: { right, says, see }; null while there is nothing to judge.
const JUDGES = {
  choose({ answers }, [at]) {
    return at === undefined ? null : answers[at];
  },
  all({ answers }, chosen) {
    const wrong = chosen.find((k) => !answers[k].right);
    if (wrong !== undefined) return { right: false, says: ["“", ...answers[wrong].text, "” is not one of them. ", ...answers[wrong].says], see: answers[wrong].see };
    const missing = answers.filter((a, k) => a.right && !chosen.includes(k)).length;
    return missing ? { right: false, says: [`What you chose is right. ${missing} more ${missing === 1 ? "is" : "are"} right too.`] } : { right: true, says: [] };
  },
  enter({ right, within, mistakes }, text) {
    if (!text.trim()) return null;
    const value = readNumber(text);
    if (Number.isNaN(value)) return { right: false, says: ["That cannot be read as a number; write it as 0.25, −3 or 1/4."] };
    if (Math.abs(value - right) <= within) return { right: true, says: [] };
    const known = mistakes.find((m) => Math.abs(value - m.given) <= Math.abs(m.given) * 1e-2 + 1e-9);
    return { right: false, says: known?.says ?? ["No."], see: known?.see };
  },
  pick({ right, mistakes }, picked) {
    const sorted = [...picked].sort((a, b) => a - b);
    if (same(sorted, right)) return { right: true, says: [] };
    const known = mistakes.find((m) => same(m.given, sorted));
    if (known) return { right: false, ...known };
    const extra = sorted.filter((c) => !right.includes(c)).length;
    const missing = right.filter((c) => !sorted.includes(c)).length;
    const said = [missing && `${cells(missing)} missing`, extra && `${cells(extra)} too many`].filter(Boolean);
    return { right: false, says: [`${said.join(", ")}.`] };
  },
};

export const judge = (question, response) => JUDGES[question.kind](question, response);

export const blank = (question) => ({ choose: [], all: [], enter: "", pick: question.given ?? [] })[question.kind];

export const solved = (question) => ({
  choose: () => question.answers.flatMap((a, k) => (a.right ? [k] : [])),
  all: () => question.answers.flatMap((a, k) => (a.right ? [k] : [])),
  enter: () => String(question.right),
  pick: () => question.right,
})[question.kind]();

const words = (runs) => runs.map((run) => (typeof run === "string" ? run : Object.entries(run).map(([tag, text]) => h(tag, {}, text))));

// One question: model = { question, id, response, verdict, shown, cursor }.
export function view(model) {
  const { question, id, verdict } = model;
  const done = Boolean(verdict?.right) || model.shown;
  return h("form", { class: `dls-ask ${question.kind}`, "data-ask": id, novalidate: true },
    h("fieldset", {},
      h("legend", { id: `${id}-asks` }, words(question.asks)),
      FIELDS[question.kind](model, done)),
    h("div", { class: "dls-verdict", role: "status" }, said(model)),
    !done && h("div", { class: "dls-tools" },
      h("button", { type: "submit", class: "primary" }, "Check"),
      verdict && h("button", { type: "button", "data-act": "show" }, "Show the answer")));
}

function said({ question, verdict, shown }) {
  if (shown) return h("p", {}, h("strong", {}, "Answer. "), question.solution && [words(question.solution), " "], words(question.why));
  if (!verdict) return null;
  return h("p", { class: verdict.right ? "yes" : "no" },
    h("strong", {}, verdict.right ? "Right. " : "Not yet. "), words(verdict.says ?? []), verdict.says?.length ? " " : null,
    verdict.right && words(question.why),
    !verdict.right && verdict.see && h("a", { href: verdict.see }, "Look at it"));
}

const listed = (type) => ({ question, id, response, shown }, done) =>
  question.answers.map((answer, k) => {
    const chosen = response.includes(k);
    const mark = done && answer.right ? "is-right" : "";
    return h("label", { class: `dls-answer ${mark}` },
      h("input", { type, name: id, value: String(k), checked: chosen, disabled: done, "aria-describedby": `${id}-asks` }),
      h("span", {}, words(answer.text), mark && shown ? h("span", { class: "dls-hidden" }, " (right)") : null));
  });

const FIELDS = {
  choose: listed("radio"),
  all: listed("checkbox"),
  enter: ({ question, id, response }, done) =>
    h("label", { class: "dls-answer" },
      h("input", { type: "text", inputmode: "text", autocomplete: "off", name: id, value: response, readonly: done, "aria-labelledby": `${id}-asks` }),
      question.unit && h("span", {}, question.unit)),
  pick: picking,
};

// The panel with what is picked lit; and for keys and screen readers a checkbox a cell, one of them in the tab order.
function picking({ question, id, response, cursor, focused }, done) {
  const { panel } = question;
  const drawn = layoutPanel(panel, { selected: 0, lit: response.length ? new Set(response) : null });
  return [
    h("div", { class: "dls-panel" }, h("p", { class: "dls-panel-title" }, h("strong", {}, panel.title), panel.note && h("small", {}, panel.note)), drawn),
    h("div", { class: "dls-hidden dls-cells", role: "group", "aria-label": "cells" }, panel.values.map((value, k) =>
      h("input", {
        type: "checkbox", name: `${id}-${k}`, "data-pick": String(k), checked: response.includes(k), disabled: done || question.given.includes(k),
        tabindex: k === cursor ? "0" : "-1", "aria-label": `${where(k, panel.shape, question.axes)}: ${value}`,
      }))),
    h("p", { class: "dls-cell" }, focused ? where(cursor, panel.shape, question.axes) : `${cells(response.length)} picked. Click or draw; with keys: arrows and Space.`),
  ];
}

const unravel = (k, shape) => shape.reduceRight(([index, rest], n) => [[rest % n, ...index], Math.floor(rest / n)], [[], k])[0];
const where = (k, shape, axes) => unravel(k, shape).map((i, d) => [axes[d], i]).map((pair) => pair.join(" ")).join(", ");

// Where an arrow leads: left and right along the last axis, up and down along the one before it, on into the next page or book.
export function moved(k, key, shape) {
  const width = shape.at(-1);
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[key];
  const last = shape.reduce((a, b) => a * b, 1) - 1;
  return Math.min(last, Math.max(0, k + by));
}

// Several questions in one place. env.prefix makes ids unique on the page.
export function mount(root, spec, prefix = "") {
  const models = spec.questions.map((question) => ({
    question, id: `${prefix}${question.name}`, response: blank(question), verdict: null, shown: false,
    cursor: question.kind === "pick" ? question.panel.values.findIndex((_, k) => !question.given.includes(k)) : 0, focused: false,
  }));
  let drawing = null; // while the pointer is down: whether cells become picked

  const score = () => {
    if (models.length < 2) return null;
    const right = models.filter((m) => m.verdict?.right).length;
    return h("p", { class: "dls-score", role: "status" }, `${right} of ${models.length} right`);
  };
  const paint = () => {
    patch(root, [spec.title && h("p", { class: "dls-title" }, spec.title), models.map(view), score()].flat().filter(Boolean));
    // What a reader has clicked is a property, not an attribute.
    for (const box of root.querySelectorAll("input")) box.checked = box.hasAttribute("checked");
    ring(root, models);
  };
  const formOf = (model) => root.querySelector(`[data-ask="${model.id}"]`);
  const modelOf = (target) => models.find((m) => m.id === target.closest("[data-ask]")?.dataset.ask);
  const finished = (m) => m.shown || m.verdict?.right;

  function answer(model, response) {
    Object.assign(model, { response, verdict: null });
    paint();
  }
  function pick(model, cell, on) {
    if (finished(model) || model.question.given.includes(cell) || model.response.includes(cell) === on) return;
    answer(model, on ? [...model.response, cell] : model.response.filter((c) => c !== cell));
  }
  const cellAt = (target) => (target?.closest?.("[data-cell]") ? Number(target.closest("[data-cell]").dataset.cell) : null);

  const listeners = {
    submit(event) {
      event.preventDefault();
      const model = modelOf(event.target);
      const verdict = judge(model.question, model.response);
      model.verdict = verdict ?? { right: false, says: ["Answer first."] };
      paint();
    },
    click(event) {
      const act = event.target.closest?.("[data-act]");
      if (act?.dataset.act !== "show") return;
      const model = modelOf(act);
      Object.assign(model, { shown: true, response: solved(model.question) });
      paint();
      formOf(model).querySelector(".dls-verdict").scrollIntoView({ block: "nearest" });
    },
    input(event) {
      const model = modelOf(event.target);
      if (!model) return;
      const { kind } = model.question;
      if (kind === "choose") answer(model, [Number(event.target.value)]);
      if (kind === "all") {
        const k = Number(event.target.value);
        answer(model, event.target.checked ? [...model.response, k] : model.response.filter((c) => c !== k));
      }
      if (kind === "enter") answer(model, event.target.value);
      if (kind === "pick") pick(model, Number(event.target.dataset.pick), event.target.checked);
    },
    keydown(event) {
      const k = event.target.dataset?.pick;
      if (k === undefined || !/^Arrow/.test(event.key)) return;
      event.preventDefault();
      const model = modelOf(event.target);
      model.cursor = moved(Number(k), event.key, model.question.panel.shape);
      paint();
      formOf(model).querySelector(`[data-pick="${model.cursor}"]`).focus();
    },
    focusin(event) {
      const k = event.target.dataset?.pick;
      if (k === undefined) return;
      Object.assign(modelOf(event.target), { cursor: Number(k), focused: true });
      paint();
    },
    focusout(event) {
      if (event.target.dataset?.pick === undefined) return;
      for (const m of models) m.focused = false;
      paint();
    },
    pointerdown(event) {
      const cell = cellAt(event.target);
      if (cell === null) return;
      const model = modelOf(event.target);
      drawing = { model, on: !model.response.includes(cell) };
      if (event.pointerType !== "touch") event.preventDefault(); // a mouse that draws selects no text
      pick(model, cell, drawing.on);
    },
    pointerover(event) {
      const cell = drawing && cellAt(event.target);
      if (cell !== null && drawing && modelOf(event.target) === drawing.model && event.pointerType === "mouse") pick(drawing.model, cell, drawing.on);
    },
  };
  const lifted = () => (drawing = null);

  root.replaceChildren();
  root.classList.add("on");
  for (const [type, listener] of Object.entries(listeners)) root.addEventListener(type, listener);
  globalThis.addEventListener?.("pointerup", lifted);
  paint();
  return {
    models,
    destroy() {
      for (const [type, listener] of Object.entries(listeners)) root.removeEventListener(type, listener);
      globalThis.removeEventListener?.("pointerup", lifted);
      root.replaceChildren();
    },
  };
}

// The focused cell gets a ring in the drawing, as its checkbox cannot be seen.
function ring(root, models) {
  for (const old of root.querySelectorAll(".focus")) old.classList.toggle("focus", false);
  for (const m of models.filter((m) => m.focused)) {
    const form = root.querySelector(`[data-ask="${m.id}"]`);
    form.querySelector(`[data-cell="${m.cursor}"]`).classList.toggle("focus", true);
  }
}
