// Sets a formula after the step is painted, so that no step waits for it. Each formula is set once.

// `table` has the formula as MathML; else MathJax sets it, so that it looks like the text; else it stays TeX.
export function pageMath(table, mathjax) {
  const done = new Map();
  return later((element, tex) => {
    if (table[tex]) return put(element, tex, table[tex]);
    return mathjax.then((jax) => {
      if (!jax) return put(element, tex, null);
      if (!done.has(tex)) {
        done.set(tex, jax.tex2chtml(tex, { display: true }));
        jax.startup.document.clear();
        jax.startup.document.updateDocument();
      }
      put(element, tex, done.get(tex));
    });
  });
}

// MathJax takes longer to start than all explorers to draw. So its tag waits (see sphinx_ext.py), and is
// made a script once they are painted. Promises MathJax, or null where the page has none.
export function lateMathJax(tag) {
  if (!tag) return Promise.resolve(null);
  return new Promise((done) => {
    const script = document.createElement("script");
    const started = () => globalThis.MathJax?.startup?.promise.then(() => done(globalThis.MathJax), () => done(null)) ?? done(null);
    Object.assign(script, { src: tag.src, onload: started, onerror: () => done(null) });
    afterPaint(() => tag.replaceWith(script));
  });
}

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
  afterPaint(() => element.dataset.tex === tex && set(element, tex));
};

// A page in the background is not painted, and asks for no frames.
function afterPaint(work) {
  const frame = globalThis.document?.hidden ? setTimeout : (globalThis.requestAnimationFrame ?? setTimeout);
  frame(() => setTimeout(work));
}

function put(element, tex, math) {
  if (element.dataset.tex !== tex) return; // the reader has stepped on
  if (math === null) element.textContent = tex;
  else if (typeof math === "string") element.innerHTML = math;
  else element.replaceChildren(math);
  // Where a formula is wider than its box it scrolls, so keys must reach it.
  if (element.scrollWidth > element.clientWidth) element.setAttribute("tabindex", "0");
  else element.removeAttribute("tabindex");
}
