// The whole explorer as a pure function of its model. Nothing here touches the DOM.
import { h } from "./tree.js";
import { fill, inTex, prose } from "./text.js";
import { lights, paths } from "./reads.js";
import { shown, stepsOf } from "./state.js";
import { countOf, layoutPanel, looksOf, neighborOf, nounOf, standsAside, tell } from "./panels/index.js";

const MENU = { values: 5, letters: 36 };

export function view(model) {
  const { spec, state, frame } = model;
  const steps = stepsOf(spec.controls);
  return [
    h("figcaption", { class: "dls-title", id: titleId(spec.name) }, spec.title),
    h("div", { class: "dls-controls" },
      spec.controls.filter((c) => c !== steps && shown(c, state)).map((c) => control(c, state, spec.name)),
      frame && selector(model),
      frame && looks(model)),
    model.error && h("p", { class: "dls-error", role: "alert" }, model.error),
    frame && h("div", { class: "dls-stage" },
      h("div", { class: "dls-panels" }, drawings(model, false)),
      h("div", { class: "dls-side" }, drawings(model, true), readout(frame))),
    frame && h("p", { class: "dls-cell" }, cellLine(model)),
    frame && h("div", { class: "dls-says" },
      caption(model, { "aria-live": "polite" }),
      h("div", { class: "dls-formula", opaque: true })),
    h("div", { class: "dls-foot" }, steps && beats(steps, model), more(model)),
  ];
}

export const titleId = (name) => `${name}-title`;

// One beat for paper: its drawings and its caption.
export const beat = (model) =>
  h("div", { class: "dls-beat" },
    h("div", { class: "dls-panels" }, drawings(model, false)), caption(model));

const caption = ({ frame, selected }, attributes = {}) =>
  h("p", { class: "dls-caption", ...attributes },
    frame.lead && h("strong", {}, frame.lead), frame.lead && " ", prose(fill(frame.caption, frame.select, selected)));

export const formula = (model) => (model.frame ? inTex(fill(model.frame.formula, model.frame.select, model.selected)) : "");

function control(c, state, prefix) {
  const at = c.values.indexOf(state[c.name]);
  const id = `${prefix}-${c.name}`;
  if (c.kind === "slider") {
    return h("label", { class: "dls-control" }, h("span", {}, c.label),
      h("input", { type: "range", min: 0, max: c.values.length - 1, value: String(at), "data-set": c.name, "aria-valuetext": c.labels[at] }),
      h("output", {}, c.labels[at]));
  }
  if (c.kind === "toggle") {
    return h("button", { type: "button", class: "dls-toggle", "aria-pressed": String(state[c.name]), "data-act": `set ${c.name} ${1 - at}` }, c.label);
  }
  if (c.values.length > MENU.values || c.labels.join("").length > MENU.letters) {
    return h("label", { class: "dls-control", for: id }, h("span", {}, c.label),
      h("select", { id, "data-set": c.name, value: String(at) },
        c.labels.map((text, k) => h("option", { value: String(k), selected: k === at }, text))));
  }
  return segmented(c.label, c.labels, at, `set ${c.name}`);
}

const segmented = (label, labels, at, act) =>
  h("div", { class: "dls-control", role: "group", "aria-label": label }, h("span", { "aria-hidden": "true" }, label),
    h("span", { class: "dls-segments" }, labels.map((text, k) =>
      h("button", { type: "button", "aria-pressed": String(k === at), "data-act": `${act} ${k}` }, text))));

// Which statistic is selected: it lives here, not among the controls, and costs no frame.
function selector({ frame, selected }) {
  const { select, everything } = frame;
  if (!select || everything || select.labels.length < 2) return null;
  const count = select.labels.length;
  return h("div", { class: "dls-control", role: "group", "aria-label": select.noun }, h("span", { "aria-hidden": "true" }, select.noun),
    h("span", { class: "dls-segments" },
      h("button", { type: "button", "aria-label": `previous ${select.noun}`, "data-act": "select -1", "aria-disabled": String(selected === 0) }, "◀"),
      h("output", {}, `${selected + 1} of ${count}`),
      h("button", { type: "button", "aria-label": `next ${select.noun}`, "data-act": "select 1", "aria-disabled": String(selected === count - 1) }, "▶")));
}

// The ways to draw the first panel that has several.
function looks({ frame, look }) {
  const names = frame.panels.map(looksOf).find((list) => list.length) ?? [];
  return names.length > 0 && segmented("view", names, look, "look");
}

// Drawings stand side by side; what has no cells of its own (the axes) stands apart, with the readout.
function drawings(model, aside) {
  const lit = lights(model.frame, model.selected, model.hover).panels;
  return model.frame.panels.map((panel, k) => standsAside(panel) === aside && drawn(model, panel, k, lit[k]));
}

function drawn(model, panel, k, lit) {
  const neighbor = model.look || model.narrow ? null : neighborOf(panel, model.frame.panels[k - 1]);
  return h("div", { class: `dls-panel ${panel.kind}`, "data-panel": k },
    h("p", { class: "dls-panel-title" }, h("strong", {}, panel.title), panel.note && h("small", {}, panel.note)),
    layoutPanel(panel, { selected: model.selected, lit, look: model.look, narrow: model.narrow, neighbor }));
}

const readout = (frame) =>
  frame.readout && h("dl", { class: "dls-readout" }, frame.readout.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));

// The cell under the pointer: where it stands, its value, what it belongs to, what it was computed from, what from it.
function cellLine({ frame, hover }) {
  const panel = frame.panels[hover?.panel];
  if (!panel || !(hover.cell < countOf(panel))) return "\u00a0";
  const { from, into } = paths(frame, hover);
  const parts = [tell(panel, hover.cell), belonging(panel, hover.cell, frame), counted("from", from, frame), counted("into", into, frame)];
  return parts.filter(Boolean).join(" · ");
}

function belonging(panel, cell, { select }) {
  const key = panel.keys?.[cell] ?? -1;
  if (key < 0 || !select) return "";
  const sharing = panel.keys.filter((k) => k === key).length;
  return `${select.labels[key]}, ${sharing} of ${countOf(panel)} ${plural(panel)}`;
}

function counted(word, counts, { panels, select }) {
  const each = counts.map(([k, count]) => (k < panels.length ? `${count} of ${countOf(panels[k])} ${plural(panels[k])} of ${panels[k].title}` : `${count} of ${select.labels.length} ${select.noun}s`));
  return each.length ? `${word} ${each.join(", ")}` : "";
}

const plural = (panel) => `${nounOf(panel)}s`;

function beats(steps, { state, playing }) {
  const at = steps.values.indexOf(state[steps.name]);
  const last = steps.values.length - 1;
  return [
    h("button", { type: "button", "data-act": "step -1", "aria-disabled": String(at === 0) }, h("span", { "aria-hidden": "true" }, "◀ "), "Back"),
    h("button", { type: "button", class: "primary", "data-act": "step 1", "aria-disabled": String(at === last) }, "Next", h("span", { "aria-hidden": "true" }, " ▶")),
    h("button", { type: "button", "data-act": "play", "aria-pressed": String(playing) }, playing ? "Pause" : "Play"),
    h("span", { class: "dls-dots", "aria-hidden": "true" }, steps.values.map((_, k) => h("i", { class: k === at ? "on" : "", "data-act": `go ${k}` }))),
    h("span", { class: "dls-beats" }, `${at + 1} of ${last + 1} · `,
      steps.labels.map((label, k) => [k > 0 && " → ", k === at ? h("strong", {}, label) : label])),
  ];
}

// A link needs a page that keeps its state in the address.
const more = ({ linked, large }) => [
  h("details", { class: "dls-more" }, h("summary", {}, "Share"),
    h("span", {}, h("button", { type: "button", "data-act": "svg" }, "Save picture"), linked && h("button", { type: "button", "data-act": "link" }, "Copy link"))),
  h("button", { type: "button", "data-act": "large", "aria-pressed": String(large) }, large ? "Small" : "Large"),
];
