// A picture as data: h() makes a node, patch() makes the DOM agree with it, changing only what differs.

export const h = (tag, attrs, ...children) => ({
  tag,
  attrs: attrs ?? {},
  children: children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false),
});

const SVG = "http://www.w3.org/2000/svg";

// Make the children of `parent` those of `nodes`. An element marked `opaque` is filled by someone else.
export function patch(parent, nodes, svg = parent.namespaceURI === SVG) {
  nodes.forEach((node, i) => {
    const old = parent.childNodes[i];
    if (node === null || typeof node !== "object") return patchText(parent, old, String(node ?? "")); // keeps its place
    const fresh = old?.tree?.tag === node.tag ? old : create(parent.ownerDocument, node, svg);
    if (fresh.tree === node) return;
    patchAttributes(fresh, fresh.tree?.attrs ?? {}, node.attrs);
    fresh.tree = node;
    if (!node.attrs.opaque) patch(fresh, node.children, svg || node.tag === "svg");
    if (fresh !== old) place(parent, old, fresh); // whole, so that the browser looks at it once
  });
  while (parent.childNodes.length > nodes.length) parent.removeChild(parent.lastChild);
}

const create = (doc, node, svg) =>
  svg || node.tag === "svg" ? doc.createElementNS(SVG, node.tag) : doc.createElement(node.tag);

function patchText(parent, old, text) {
  if (old && old.nodeType === 3) {
    if (old.data !== text) old.data = text;
  } else {
    place(parent, old, parent.ownerDocument.createTextNode(text));
  }
}

function place(parent, old, fresh) {
  if (old) parent.replaceChild(fresh, old);
  else parent.appendChild(fresh);
}

function patchAttributes(element, before, after) {
  for (const name in before) if (!(name in after)) element.removeAttribute(name);
  for (const name in after) {
    const value = after[name];
    if (name === "value" && element.value !== value) element.value = value; // also when the reader dragged it away
    if (before[name] === value) continue;
    if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : value);
  }
}
