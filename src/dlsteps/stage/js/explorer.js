// One explorer on a page: holds the model, listens, and repaints. mount() returns what undoes it.
import { patch } from "./tree.js";
import { beat, formula, titleId, view } from "./view.js";
import { canonical, fromHash, moved, stateKey, stepsOf, toHash } from "./state.js";
import { saveSvg } from "./export.js";

const NARROW = 620; // px: below this, drawings stack and need not line up
const BEAT = 2200; // ms between beats while playing

// source: { spec, frame(key, state) -> frame, or a promise of one, changed?(state) }
// env: { setMath(element, tex), hash: keep the state in the address, timers }
export function mount(root, source, env) {
  const spec = { ...source.spec, name: ownName(root.ownerDocument, source.spec.name) };
  const model = { spec, state: canonical(spec.controls, source.state ?? {}), selected: 0, frame: null, hover: null, look: 0, narrow: false, playing: false, large: false, error: "", linked: Boolean(env.hash) };
  const steps = stepsOf(spec.controls);
  const timers = env.timers ?? globalThis;
  let playTimer = null;
  let hashTimer = null;
  let alive = true;

  const paint = () => {
    if (!alive) return;
    patch(root, view(model));
    const box = root.querySelector(".dls-formula");
    if (box) env.setMath(box, formula(model));
  };

  const show = (frame) => {
    const keys = frame.select?.labels.length ?? 1;
    Object.assign(model, { frame, error: "", hover: null, selected: Math.min(model.selected, keys - 1) });
    root.removeAttribute("aria-busy");
    paint();
  };

  const fail = (error) => {
    root.removeAttribute("aria-busy");
    // What cannot be got is said; the last frame would stand there as if it were this one.
    Object.assign(model, { error: String(error.message ?? error), frame: null, hover: null });
    paint();
  };

  // Ask for the frame of the current state; an answer that comes after the next question is dropped.
  function refresh() {
    const key = stateKey(spec.controls, model.state);
    const current = () => alive && key === stateKey(spec.controls, model.state);
    let answer;
    try {
      answer = source.frame(key, model.state);
      if (answer === undefined) throw new Error(spec.partial ? "This page has the first beats alone. Run the notebook for the others." : `This explorer has no frame ${key}; build the page again.`);
    } catch (error) {
      return fail(error);
    }
    if (typeof answer.then !== "function") return show(answer);
    root.setAttribute("aria-busy", "true");
    answer.then((frame) => current() && show(frame), (error) => current() && fail(error));
  }

  function setState(wanted, { told = false } = {}) {
    const state = canonical(spec.controls, wanted);
    if (stateKey(spec.controls, state) === stateKey(spec.controls, model.state)) return;
    model.state = state;
    if (!told) source.changed?.(state);
    refresh();
    remember();
  }

  // What plays by itself leaves an address alone that a reader has gone to since.
  function remember() {
    if (!env.hash || (model.playing && location.hash && !fromHash(spec, location.hash))) return;
    timers.clearTimeout(hashTimer);
    hashTimer = timers.setTimeout(() => history.replaceState(history.state, "", toHash(spec, model.state, model.selected)), 250);
  }

  function select(at) {
    const count = model.frame?.select?.labels.length ?? 1;
    const next = Math.min(count - 1, Math.max(0, at));
    if (next === model.selected) return;
    model.selected = next;
    paint();
    remember();
  }

  function play(on) {
    model.playing = on && Boolean(steps);
    if (model.playing) model.hover = null; // a finger leaves its cell pointed at
    timers.clearInterval(playTimer);
    if (model.playing) {
      if (model.state[steps.name] === steps.values.at(-1)) go(0);
      playTimer = timers.setInterval(() => model.hover || advance(), BEAT);
    }
    paint();
  }

  function advance() {
    const before = model.state;
    step(1);
    if (model.state === before || model.state[steps.name] === steps.values.at(-1)) play(false);
  }

  // In the browser's top layer nothing of the host's page lies above it or moves it.
  function enlarge(on) {
    if (on === model.large) return;
    model.large = on;
    root.classList.toggle("large", on);
    if (on) {
      root.setAttribute("popover", "manual");
      root.showPopover?.();
    } else {
      root.removeAttribute("popover");
      root.scrollIntoView({ block: "nearest" });
    }
    paint();
  }

  const step = (by) => (steps ? setState(moved(spec.controls, model.state, steps.name, by)) : select(model.selected + by));
  const go = (k) => steps && setState({ ...model.state, [steps.name]: steps.values.at(k) });
  const setAt = (name, k) => setState({ ...model.state, [name]: spec.controls.find((c) => c.name === name).values[Number(k)] });

  const acts = {
    set: setAt,
    step: (by) => (play(false), step(Number(by))),
    go: (k) => (play(false), go(Number(k))),
    play: () => play(!model.playing),
    select: (by) => select(model.selected + Number(by)),
    large: () => enlarge(!model.large),
    look: (k) => { model.look = Number(k); paint(); },
    svg: () => saveSvg(root, spec.name),
    link: () => {
      const address = location.href.split("#")[0] + toHash(spec, model.state, model.selected);
      navigator.clipboard?.writeText(address).catch(() => {}); // where the browser refuses, the address bar has it too
    },
  };

  const cellOf = (target) => {
    const cell = target.closest?.("[data-cell]");
    return cell && { panel: Number(cell.closest("[data-panel]").dataset.panel), cell: Number(cell.dataset.cell) };
  };

  const listeners = {
    click(event) {
      const act = event.target.closest?.("[data-act]");
      if (act) {
        const [name, ...rest] = act.dataset.act.split(" ");
        if (act.getAttribute("aria-disabled") !== "true") acts[name](...rest);
        return;
      }
      const at = cellOf(event.target);
      const key = at && model.frame.panels[at.panel].keys?.[at.cell];
      if ((key ?? -1) >= 0) select(key);
    },
    input(event) {
      const name = event.target.dataset?.set;
      if (name) setAt(name, event.target.value);
    },
    keydown(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      if (event.key === "Escape" && model.large) return enlarge(false);
      if (event.target.matches?.(".dls-formula")) return; // there the arrows scroll
      const keys = { ArrowRight: () => acts.step(1), ArrowLeft: () => acts.step(-1), Home: () => acts.go(0), End: () => acts.go(-1), " ": acts.play };
      const onButton = /^(BUTTON|SUMMARY)$/.test(event.target.tagName);
      if (!(event.key in keys) || (event.key === " " && onButton) || (!steps && /Home|End| /.test(event.key))) return;
      event.preventDefault();
      keys[event.key]();
    },
    pointerover(event) {
      const at = model.frame && cellOf(event.target);
      if (!at === !model.hover && at?.panel === model.hover?.panel && at?.cell === model.hover?.cell) return;
      model.hover = at || null;
      paint();
    },
    pointerleave(event) {
      if (!model.hover || event.pointerType === "touch") return; // a finger that lifts has not pointed elsewhere
      model.hover = null;
      paint();
    },
  };

  // The beats one below the other, as small pictures: paper has no Next.
  const printed = root.ownerDocument.createElement("div");
  printed.className = "dls-print";
  function beforePrint() {
    const states = steps ? steps.values.map((value) => ({ ...model.state, [steps.name]: value })) : [model.state];
    const frames = states.map((state) => source.frame(stateKey(spec.controls, state), state));
    const known = frames.every((frame) => frame?.panels) ? frames : [model.frame];
    root.appendChild(printed);
    patch(printed, known.filter(Boolean).map((frame) => beat({ ...model, frame, hover: null, look: 0, narrow: false })));
  }
  const afterPrint = () => printed.remove();

  function follow(event) {
    if (event) timers.clearTimeout(hashTimer); // the reader has gone elsewhere: do not take the address back
    // Back from a frame to the address without one is back to the start: a step would have been written into it.
    const left = event && location.hash === "" && fromHash(spec, new URL(event.oldURL).hash);
    const start = left && { state: canonical(spec.controls, source.state ?? {}), selected: 0 };
    const named = fromHash(spec, location.hash) ?? start;
    if (!named) return;
    model.selected = named.selected;
    model.state = named.state;
    source.changed?.(named.state);
    refresh();
    root.scrollIntoView({ block: "nearest" });
  }

  const resized = globalThis.ResizeObserver && new ResizeObserver(() => {
    const narrow = root.clientWidth > 0 && root.clientWidth < NARROW;
    if (narrow === model.narrow) return;
    model.narrow = narrow;
    paint();
  });

  root.replaceChildren();
  root.classList.add("dls", "on");
  root.setAttribute("tabindex", "0");
  root.setAttribute("aria-labelledby", titleId(spec.name));
  for (const [type, listener] of Object.entries(listeners)) root.addEventListener(type, listener);
  resized?.observe(root);
  model.narrow = root.clientWidth > 0 && root.clientWidth < NARROW;
  refresh();
  if (env.hash) {
    addEventListener("hashchange", follow);
    follow();
  }
  globalThis.addEventListener?.("beforeprint", beforePrint);
  globalThis.addEventListener?.("afterprint", afterPrint);

  return {
    get state() { return { ...model.state }; },
    get model() { return model; },
    setState,
    destroy() {
      alive = false;
      resized?.disconnect();
      timers.clearInterval(playTimer);
      timers.clearTimeout(hashTimer);
      for (const [type, listener] of Object.entries(listeners)) root.removeEventListener(type, listener);
      if (env.hash) removeEventListener("hashchange", follow);
      globalThis.removeEventListener?.("beforeprint", beforePrint);
      globalThis.removeEventListener?.("afterprint", afterPrint);
      root.replaceChildren();
    },
  };
}

// Explorers of one name are told apart by a number, in the order in which they come onto the page.
function ownName(doc, name) {
  for (let n = 1; ; n++) {
    const own = n === 1 ? name : `${name}-${n}`;
    if (!doc.getElementById(titleId(own))) return own;
  }
}
