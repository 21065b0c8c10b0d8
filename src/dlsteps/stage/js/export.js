// The panels as one SVG file, with the colors of the page written into it.
const STYLES = ["rx", "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "fill-opacity", "stroke-opacity", "font-size", "font-weight", "font-family", "text-anchor", "dominant-baseline"];
const GAP = 24;

export function toSvg(root) {
  const doc = root.ownerDocument;
  const panels = [...root.querySelectorAll(".dls-panel svg")];
  const all = doc.createElementNS("http://www.w3.org/2000/svg", "svg");
  let x = GAP;
  let height = 0;
  for (const panel of panels) {
    const copy = inlined(panel);
    const { width, height: h } = panel.viewBox.baseVal;
    copy.setAttribute("x", x);
    copy.setAttribute("y", GAP);
    copy.setAttribute("width", width);
    copy.setAttribute("height", h);
    all.append(copy);
    x += width + GAP;
    height = Math.max(height, h);
  }
  all.setAttribute("viewBox", `0 0 ${x} ${height + 2 * GAP}`);
  all.setAttribute("style", `background:${getComputedStyle(root).backgroundColor}`);
  return new XMLSerializer().serializeToString(all);
}

function inlined(original) {
  const copy = original.cloneNode(true);
  const from = original.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, i) => {
    const style = getComputedStyle(from[i]);
    element.setAttribute("style", STYLES.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
    element.removeAttribute("class");
  });
  return copy;
}

export function saveSvg(root, name) {
  const link = root.ownerDocument.createElement("a");
  link.href = URL.createObjectURL(new Blob([toSvg(root)], { type: "image/svg+xml" }));
  link.download = `${name}.svg`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
