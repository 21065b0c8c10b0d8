// Puts a formula in its box after the step is painted, so that no step waits for it. `table` has it as MathML.

export function mathFrom(table) {
  return (element, tex) => {
    if (element.dataset.tex === tex) return;
    element.dataset.tex = tex;
    if (!tex) return element.replaceChildren();
    afterPaint(() => element.dataset.tex === tex && put(element, table[tex] ?? null, tex)); // else the reader has stepped on
  };
}

// A page in the background is not painted, and asks for no frames.
function afterPaint(work) {
  const frame = globalThis.document?.hidden ? setTimeout : (globalThis.requestAnimationFrame ?? setTimeout);
  frame(() => setTimeout(work));
}

function put(element, math, tex) {
  if (math === null) element.textContent = tex;
  else element.innerHTML = math;
  // Where a formula is wider than its box it scrolls, so keys must reach it.
  if (element.scrollWidth > element.clientWidth) element.setAttribute("tabindex", "0");
  else element.removeAttribute("tabindex");
}
