// What the controls say: pure functions over their description. `dlsteps.stage.controls` has the same rules.

export const shown = (control, state) =>
  Object.entries(control.when).every(([name, allowed]) => allowed.includes(state[name]));

// Unknown names are dropped, unknown values and hidden controls fall back to their defaults.
export function canonical(controls, wanted) {
  const state = {};
  for (const c of controls) {
    const value = c.values.includes(wanted[c.name]) ? wanted[c.name] : c.default;
    state[c.name] = shown(c, state) ? value : c.default;
  }
  return state;
}

export const stateKey = (controls, state) => controls.map((c) => c.values.indexOf(state[c.name])).join(".");

export const stepsOf = (controls) => controls.find((c) => c.kind === "steps");

// The state `by` positions along a control, held at both ends.
export function moved(controls, state, name, by) {
  const { values } = controls.find((c) => c.name === name);
  const at = Math.min(values.length - 1, Math.max(0, values.indexOf(state[name]) + by));
  return canonical(controls, { ...state, [name]: values[at] });
}

// "#normalization:norm=Layer&step=mean&at=2" names a frame. Controls at their defaults are left out.
export function toHash(spec, state, selected) {
  const parts = spec.controls
    .filter((c) => shown(c, state) && state[c.name] !== c.default)
    .map((c) => `${c.name}=${encodeURIComponent(state[c.name])}`);
  if (selected > 0) parts.push(`at=${selected}`);
  return `#${spec.name}:${parts.join("&")}`;
}

// The state and selection that an address names, or null if it is not about this explorer.
export function fromHash(spec, hash) {
  const start = `#${spec.name}:`;
  if (!hash.startsWith(start)) return null;
  const given = new URLSearchParams(hash.slice(start.length));
  const wanted = {};
  for (const c of spec.controls) {
    if (given.has(c.name)) wanted[c.name] = c.values.find((v) => isMeant(v, given.get(c.name)));
  }
  const at = Number.parseInt(given.get("at") ?? "0", 10);
  return { state: canonical(spec.controls, wanted), selected: Number.isFinite(at) && at > 0 ? at : 0 };
}

// 1.0 in an address is 1.
const isMeant = (value, text) => String(value) === text || (typeof value === "number" && text !== "" && Number(text) === value);
