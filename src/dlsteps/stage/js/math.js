// Sets a formula after the step is painted, so that no step waits for it. Each formula is set once.

// With MathJax on the page, the formula looks like the text; else `table` has it as MathML; else it stays TeX.
export function pageMath(table) {
  const done = new Map();
  return later((element, tex) => {
    if (table[tex]) return put(element, tex, table[tex]);
    return loaded().then(() => {
      const jax = globalThis.MathJax;
      if (!jax?.startup?.promise) return put(element, tex, null);
      return jax.startup.promise.then(() => {
        if (!done.has(tex)) {
          done.set(tex, jax.tex2chtml(tex, { display: true }));
          jax.startup.document.clear();
          jax.startup.document.updateDocument();
        }
        put(element, tex, done.get(tex));
      });
    });
  });
}

// MathJax may come after this script; until the page is loaded there is no telling whether it will.
const loaded = () =>
  new Promise((done) => (document.readyState === "complete" ? done() : addEventListener("load", done, { once: true })));

// In Jupyter the kernel turns TeX into MathML: ask(tex) promises it.
export function askedMath(ask) {
  const done = new Map();
  return later(async (element, tex) => {
    if (!done.has(tex)) done.set(tex, ask(tex).catch(() => null));
    put(element, tex, await done.get(tex));
  });
}

const later = (set) => (element, tex) => {
  if (element.dataset.tex === tex) return;
  element.dataset.tex = tex;
  if (!tex) return element.replaceChildren();
  const frame = globalThis.requestAnimationFrame ?? setTimeout;
  frame(() => setTimeout(() => element.dataset.tex === tex && set(element, tex)));
};

function put(element, tex, math) {
  if (element.dataset.tex !== tex) return; // the reader has stepped on
  if (math === null) element.textContent = tex;
  else if (typeof math === "string") element.innerHTML = math;
  else element.replaceChildren(math);
}
