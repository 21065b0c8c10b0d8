// In the page: read what an explorer shows and compare it with what Python says it must show; and a fuzzer.
// Reads the screen, not the script's model, except for where the pointer is.
(() => {
  const text = (root, css) => root.querySelector(css)?.textContent;

  // The value that a control on the screen has; undefined if it is not on the screen.
  function valueOf(root, c) {
    if (c.kind === "steps") return c.values[Number.parseInt(text(root, ".dls-beats"), 10) - 1];
    const field = root.querySelector(`[data-set="${c.name}"]`);
    if (field) return c.values[Number(field.value)];
    const buttons = [...root.querySelectorAll(`button[data-act^="set ${c.name} "]`)];
    if (!buttons.length) return undefined;
    const pressed = buttons.map((b) => b.getAttribute("aria-pressed") === "true");
    if (c.kind === "toggle") return c.values[pressed[0] ? 1 : 0];
    return pressed.filter(Boolean).length === 1 ? c.values[pressed.indexOf(true)] : `${pressed.filter(Boolean).length} buttons pressed`;
  }

  function named(root, controls) {
    const state = {};
    for (const c of controls) {
      const visible = Object.entries(c.when).every(([name, allowed]) => allowed.includes(state[name]));
      const value = valueOf(root, c);
      if (visible !== (value !== undefined)) throw new Error(`${c.name} is ${visible ? "missing" : "shown though it does not apply"}`);
      state[c.name] = visible ? value : c.default;
    }
    return state;
  }

  const keyOf = (controls, state) => controls.map((c) => c.values.indexOf(state[c.name])).join(".");

  function selectedOn(root, model) {
    const output = [...root.querySelectorAll(".dls-segments output")].find((o) => / of /.test(o.textContent));
    return output ? Number.parseInt(output.textContent, 10) - 1 : model.selected;
  }

  function wantedStatus(panel, cell, selected, lit) {
    if (panel.coming.includes(cell)) return "next";
    if (!lit) return "lit";
    if (panel.reveal && panel.keys?.[cell] > selected) return "next";
    return lit.includes(cell) ? "lit" : "dim";
  }

  function wrongCells(root, frame, selected, lit, look) {
    for (const box of root.querySelectorAll("[data-panel]")) {
      const panel = frame.panels[Number(box.dataset.panel)];
      const seen = new Set();
      for (const element of box.querySelectorAll("[data-cell]")) {
        const cell = Number(element.dataset.cell);
        seen.add(cell);
        if (panel.hidden.includes(cell)) return `cell ${cell} of ${panel.title} is drawn, and must be hidden`;
        const status = ["lit", "dim", "next"].filter((s) => element.classList.contains(s)).join();
        const wanted = wantedStatus(panel, cell, selected, lit[box.dataset.panel]);
        if (status !== wanted) return `cell ${cell} of ${panel.title} is ${status}, not ${wanted}`;
      }
      const drawn = panel.cells - panel.hidden.length;
      if (!look && seen.size !== drawn) return `${panel.title} shows ${seen.size} of ${drawn} cells`;
    }
    return null;
  }

  // The first thing on the screen that is not as it must be, or null.
  function check(root, expected) {
    const model = root.explorer?.model ?? { hover: null, selected: 0, look: 0 }; // a widget has no handle
    if (root.querySelector('[role="alert"]')) return `alert: ${text(root, '[role="alert"]')}`;
    let state;
    try {
      state = named(root, expected.controls);
    } catch (error) {
      return error.message;
    }
    const key = keyOf(expected.controls, state);
    const frame = expected.frames[key];
    if (!frame) return `the controls name no frame: ${JSON.stringify(state)}`;
    const selected = selectedOn(root, model);
    const pointed = (model.hover && frame.pointed[model.hover.panel]?.[model.hover.cell]) ?? -1;
    const lit = frame.lights[pointed >= 0 ? pointed : frame.selected[selected]];
    const differs = (what, is, must) => (is === must ? null : `${what} is “${is}”, must be “${must}”, at ${key} selected ${selected}`);
    const panels = [...root.querySelectorAll("[data-panel]")].sort((a, b) => a.dataset.panel - b.dataset.panel);
    check.visited.add(`${key} ${selected}`);
    return (
      differs("caption", text(root, ".dls-caption"), frame.captions[selected]) ??
      differs("formula", root.querySelector(".dls-formula").dataset.tex, frame.formulas[selected]) ??
      differs("readout", [...root.querySelectorAll(".dls-readout dt, .dls-readout dd")].map((e) => e.textContent).join("|"), frame.readout.flat().join("|")) ??
      differs("panels", panels.map((p) => p.querySelector("strong").textContent).join("|"), frame.panels.map((p) => p.title).join("|")) ??
      differs("notes", panels.map((p) => p.querySelector("small:not(li small)")?.textContent ?? "").join("|"), frame.panels.map((p) => p.note).join("|")) ??
      wrongCells(root, frame, selected, lit, model.look)
    );
  }
  check.visited = new Set();

  // A small generator of repeatable random numbers (mulberry32).
  function generator(seed) {
    return () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  const KEYS = ["ArrowRight", "ArrowLeft", "ArrowRight", "ArrowLeft", "Home", "End", " ", "Enter", "Escape", "Tab", "x", "ArrowUp", "PageDown"];
  const frames = (n) => new Promise((done) => requestAnimationFrame(() => setTimeout(n > 1 ? () => frames(n - 1).then(done) : done)));

  class Fuzz {
    constructor(root, expected, seed) {
      Object.assign(this, { root, expected, random: generator(seed), events: 0 });
    }

    pick(list) { return list[Math.floor(this.random() * list.length)]; }
    all(css) { return [...this.root.querySelectorAll(css)]; }

    // One event on something that is really there. Returns what it was, in words.
    async event() {
      const r = this.random();
      if (r < 0.34) return this.press();
      if (r < 0.44) return this.drag();
      if (r < 0.62) return this.key();
      if (r < 0.85) return this.point();
      if (r < 0.97) return this.clickCell();
      return this.change();
    }

    press() {
      const rare = this.random() < 0.03;
      const button = this.pick(this.all("button, summary, .dls-dots i").filter((b) => rare || !/^(svg|link)$/.test(b.dataset.act)));
      const { act } = button.dataset;
      button.click();
      return `click ${act}`;
    }

    drag() {
      const field = this.pick(this.all("[data-set]"));
      if (!field) return this.press();
      field.value = field.tagName === "SELECT" ? Math.floor(this.random() * field.options.length) : Math.floor(this.random() * (Number(field.max) + 1));
      const value = field.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return `set ${field.dataset.set} to ${value}`;
    }

    key() {
      const target = this.pick([this.root, this.root, ...this.all("button, select, input, summary")]);
      const key = this.pick(KEYS);
      const modifier = this.random() < 0.1 ? { [this.pick(["ctrlKey", "altKey", "metaKey", "shiftKey"])]: true } : {};
      target.focus();
      target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...modifier }));
      return `key ${key} on ${target.tagName} ${JSON.stringify(modifier)}`;
    }

    point() {
      if (this.random() < 0.15) {
        this.root.dispatchEvent(new PointerEvent("pointerleave", { bubbles: false }));
        return "pointer leaves";
      }
      const targets = this.random() < 0.1 ? this.all("*") : this.all("[data-cell] > *, rect[data-cell]");
      const target = this.pick(targets) ?? this.root;
      target.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, pointerType: this.pick(["mouse", "touch", "pen"]) }));
      return `pointer over ${target.tagName}`;
    }

    clickCell() {
      const target = this.pick(this.all("[data-cell]"));
      if (!target) return this.point();
      const cell = target.dataset.cell;
      target.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return `click cell ${cell}`;
    }

    async change() {
      const what = this.pick(["width", "theme", "frame", "frame"]);
      if (what === "width") this.root.style.width = this.pick(["", "340px", "610px", "800px"]);
      if (what === "theme") document.documentElement.dataset.theme = this.pick(["light", "dark"]);
      await frames(2);
      return what;
    }

    // `count` events, each followed by a check. Returns the first thing that was wrong, or null.
    async run(count) {
      for (let i = 0; i < count; i++) {
        const what = await this.event();
        this.events++;
        const wrong = check(this.root, this.expected);
        if (wrong) return `after event ${this.events} (${what}): ${wrong}`;
      }
      return null;
    }
  }

  // Everything a reader can reach with Tab.
  const reachable = () => {
    const root = document.querySelector("figure.dls");
    return [root, ...root.querySelectorAll("button, select, input, summary")].filter((e) => e.checkVisibility());
  };

  // Go to the frame with this key, without the controls.
  function go(root, expected, key) {
    const at = key.split(".");
    root.explorer.setState(Object.fromEntries(expected.controls.map((c, i) => [c.name, c.values[at[i]]])));
  }

  // Go through every state and every selection; the first thing that is wrong, or null.
  function checkAll(root, expected) {
    const live = (by) => root.querySelector(`[data-act="select ${by}"]:not([aria-disabled="true"])`);
    for (const [key, frame] of Object.entries(expected.frames)) {
      go(root, expected, key);
      while (live(-1)) live(-1).click();
      for (let k = 0; k < frame.captions.length; k++) {
        const wrong = check(root, expected);
        if (wrong) return wrong;
        live(1)?.click();
      }
    }
    return null;
  }

  // The lowest contrast of a number with the lit cell that it stands on.
  function lowestContrast(root) {
    const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    const light = (color) => {
      pen.fillStyle = color;
      pen.fillRect(0, 0, 1, 1);
      const linear = [...pen.getImageData(0, 0, 1, 1).data].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    let worst = null;
    for (const cell of root.querySelectorAll(".cell.lit")) {
      const [text, ground] = [cell.querySelector("text"), cell.querySelector("rect")];
      if (!text || !ground) continue;
      const [dark, bright] = [light(getComputedStyle(text).fill), light(getComputedStyle(ground).fill)].sort((a, b) => a - b);
      const ratio = (bright + 0.05) / (dark + 0.05);
      if (!worst || ratio < worst.ratio) worst = { ratio, cell: cell.getAttribute("class"), number: text.textContent };
    }
    return worst;
  }

  globalThis.probe = { reachable, go, checkAll, lowestContrast, check, named, Fuzz, frames };
})();
