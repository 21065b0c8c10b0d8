// What is lit: cells that share a key, all that these were computed from, and all that was computed from them.
// `dlsteps.stage.reads` has the same rules. A frame's `reads` are links { to, from, shapes, at, of? } between panels;
// the panel after the last stands for the statistics themselves, a cell each.

const indexes = new WeakMap(); // a frame is looked through once

function indexOf(frame) {
  if (!indexes.has(frame)) indexes.set(frame, build(frame));
  return indexes.get(frame);
}

function build({ panels, reads = [], select }) {
  const keys = panels.map((panel) => panel.keys);
  if (reads.some((link) => link.to === panels.length)) keys.push(select.labels.map((_, k) => k));
  const members = new Map();
  keys.forEach((each, panel) => each?.forEach((key, cell) => key >= 0 && put(members, key, [panel, cell])));
  const shown = new Set(keys.flatMap((each, panel) => (each ? [panel] : [])));
  const read = new Map();
  const readers = new Map();
  for (const link of reads) {
    shown.add(link.to).add(link.from);
    unpacked(link).forEach((cells, reader) => cells.forEach((cell) => {
      put(read, id(link.to, reader), [link.from, cell]);
      put(readers, id(link.from, cell), [link.to, reader]);
    }));
  }
  return { keys, members, shown, read, readers };
}

const id = (panel, cell) => `${panel} ${cell}`;

function put(map, key, value) {
  if (!map.has(key)) map.set(key, []);
  map.get(key).push(value);
}

// A list for each reader; lists of one shape are written once, see Python's `packed`.
export function unpacked({ shapes, at, of }) {
  return at.map((start, reader) => {
    const shape = shapes[of?.[reader] ?? 0];
    const cells = [];
    for (let r = 0; r < shape.length; r += 2) for (let k = 0; k < shape[r + 1]; k++) cells.push(start + shape[r] + k);
    return cells;
  });
}

// What pointing at a cell begins with: the cells that share its key, else itself; nothing if it belongs to nothing.
function seedsAt({ keys, members, read, readers }, { panel, cell }) {
  const key = keys[panel]?.[cell] ?? -1;
  if (key >= 0) return members.get(key);
  const here = id(panel, cell);
  return read.has(here) || readers.has(here) ? [[panel, cell]] : [];
}

function reached(seeds, arrows) {
  const found = new Map(seeds.map((seed) => [id(...seed), seed]));
  for (const [panel, cell] of found.values()) { // grows while it is walked
    for (const next of arrows.get(id(panel, cell)) ?? []) if (!found.has(id(...next))) found.set(id(...next), next);
  }
  return [...found.values()];
}

// The lit cells of each panel as a set, null where all are lit; and from what, and into what, each pointed-at cell goes.
export function lights(frame, selected, hover) {
  const index = indexOf(frame);
  const pointed = hover ? seedsAt(index, hover) : [];
  const seeds = pointed.length ? pointed : frame.everything ? [] : index.members.get(selected) ?? [];
  const found = [...reached(seeds, index.read), ...reached(seeds, index.readers)];
  const panels = frame.panels.map((_, panel) => (seeds.length === 0 || !index.shown.has(panel) ? null : new Set(found.filter(([p]) => p === panel).map(([, cell]) => cell))));
  return { pointed: pointed.length > 0, panels };
}

// How many cells of each panel a cell was computed from, and how many were computed from it: [panel, count] each.
export function paths(frame, { panel, cell }) {
  const { read, readers } = indexOf(frame);
  const here = [[panel, cell]];
  const counts = (arrows) => {
    const found = reached(here, arrows).slice(1);
    return [...new Set(found.map(([p]) => p))].sort((a, b) => a - b).map((p) => [p, found.filter(([q]) => q === p).length]);
  };
  return { from: counts(read), into: counts(readers) };
}
