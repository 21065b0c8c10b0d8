// Just enough of a document for the stage: elements, text, events that bubble, and a count of live listeners.
const HTML = "http://www.w3.org/1999/xhtml";

class Node {
  constructor(ownerDocument) {
    this.ownerDocument = ownerDocument;
    this.parentNode = null;
    this.childNodes = [];
  }

  get lastChild() {
    return this.childNodes.at(-1) ?? null;
  }

  appendChild(node) {
    node.remove();
    node.parentNode = this;
    this.childNodes.push(node);
    return node;
  }

  removeChild(node) {
    const at = this.childNodes.indexOf(node);
    if (at < 0) throw new Error("removeChild: not a child");
    this.childNodes.splice(at, 1);
    node.parentNode = null;
    return node;
  }

  replaceChild(fresh, old) {
    fresh.remove();
    const at = this.childNodes.indexOf(old);
    if (at < 0) throw new Error("replaceChild: not a child");
    this.childNodes[at] = fresh;
    fresh.parentNode = this;
    old.parentNode = null;
    return old;
  }

  replaceChildren(...nodes) {
    while (this.lastChild) this.removeChild(this.lastChild);
    for (const node of nodes) this.appendChild(node);
  }

  remove() {
    this.parentNode?.removeChild(this);
  }

  get textContent() {
    return this.nodeType === 3 ? this.data : this.childNodes.map((c) => c.textContent).join("");
  }

  set textContent(text) {
    this.replaceChildren(this.ownerDocument.createTextNode(text));
  }
}

class Text extends Node {
  constructor(ownerDocument, data) {
    super(ownerDocument);
    this.nodeType = 3;
    this.data = data;
  }
}

class Element extends Node {
  constructor(ownerDocument, namespaceURI, tag) {
    super(ownerDocument);
    this.nodeType = 1;
    this.namespaceURI = namespaceURI;
    this.tagName = namespaceURI === HTML ? tag.toUpperCase() : tag;
    this.attributes = new Map();
    this.listeners = [];
    this.clientWidth = 900;
    this.dataset = datasetOf(this);
    this.classList = {
      add: (...names) => this.setAttribute("class", [...new Set([...classes(this), ...names])].join(" ")),
      toggle: (name, on) => this.setAttribute("class", [...classes(this).filter((c) => c !== name), ...(on ? [name] : [])].join(" ")),
    };
  }

  setAttribute(name, value) {
    this.ownerDocument.writes++;
    this.attributes.set(name, String(value));
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  hasAttribute(name) {
    return this.attributes.has(name);
  }

  removeAttribute(name) {
    this.attributes.delete(name);
  }

  addEventListener(type, listener) {
    this.listeners.push({ type, listener });
    this.ownerDocument.live++;
  }

  removeEventListener(type, listener) {
    const at = this.listeners.findIndex((l) => l.type === type && l.listener === listener);
    if (at < 0) return;
    this.listeners.splice(at, 1);
    this.ownerDocument.live--;
  }

  // An event that starts here and bubbles; returns it, so that a test can see whether it was prevented.
  dispatch(type, more = {}) {
    const event = { type, target: this, defaultPrevented: false, preventDefault() { this.defaultPrevented = true; }, ...more };
    for (let at = this; at; at = at.parentNode) {
      for (const { listener } of at.listeners.filter((l) => l.type === type)) listener(event);
    }
    return event;
  }

  matches(selector) {
    return matches(this, selector);
  }

  closest(selector) {
    for (let at = this; at; at = at.parentNode) if (matches(at, selector)) return at;
    return null;
  }

  querySelectorAll(selector) {
    return this.childNodes.filter((c) => c.nodeType === 1)
      .flatMap((c) => [...(matches(c, selector) ? [c] : []), ...c.querySelectorAll(selector)]);
  }

  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  scrollIntoView() {}
}

const classes = (element) => (element.getAttribute("class") ?? "").split(/\s+/).filter(Boolean);

const dashed = (name) => `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const datasetOf = (element) => new Proxy({}, {
  get: (_, name) => element.getAttribute(dashed(String(name))) ?? undefined,
  set: (_, name, value) => (element.setAttribute(dashed(String(name)), value), true),
});

// A compound selector: tag, .class, [attr], [attr="value"]. No combinators.
function matches(element, selector) {
  if (element.nodeType !== 1) return false;
  const parts = selector.match(/[.]?[\w-]+|\[[^\]]+\]/g);
  if (parts.join("") !== selector) throw new Error(`the fake document cannot read the selector ${selector}`);
  return parts.every((part) => {
    if (part.startsWith(".")) return classes(element).includes(part.slice(1));
    if (!part.startsWith("[")) return element.tagName.toLowerCase() === part;
    const [name, value] = part.slice(1, -1).split("=");
    return value === undefined ? element.hasAttribute(name) : element.getAttribute(name) === JSON.parse(value);
  });
}

export function fakeDocument() {
  const doc = { live: 0, writes: 0, body: null };
  doc.getElementById = (id) => doc.body?.querySelectorAll("[id]").find((element) => element.getAttribute("id") === id) ?? null;
  doc.createElement = (tag) => new Element(doc, HTML, tag);
  doc.createElementNS = (namespace, tag) => new Element(doc, namespace, tag);
  doc.createTextNode = (data) => new Text(doc, String(data));
  return doc;
}

// A clock that a test turns. `live` counts the timers that are still set.
export function fakeTimers() {
  const set = new Map();
  let now = 0;
  let id = 0;
  const start = (every) => (run, ms) => (set.set(++id, { run, ms, every, due: now + ms }), id);
  return {
    setTimeout: start(false),
    setInterval: start(true),
    clearTimeout: (k) => set.delete(k),
    clearInterval: (k) => set.delete(k),
    get live() { return set.size; },
    tick(ms) {
      const end = now + ms;
      for (;;) {
        const [k, next] = [...set].sort((a, b) => a[1].due - b[1].due)[0] ?? [];
        if (!next || next.due > end) break;
        now = next.due;
        if (next.every) next.due += next.ms;
        else set.delete(k);
        next.run();
      }
      now = end;
    },
  };
}

// Every node of a tree made by h(), depth first.
export const nodesOf = (tree) =>
  Array.isArray(tree) ? tree.flatMap(nodesOf)
  : tree !== null && typeof tree === "object" ? [tree, ...tree.children.flatMap(nodesOf)] : [];

export const hasClass = (node, name) => String(node.attrs.class ?? "").split(/\s+/).includes(name);

export const byClass = (tree, name) => nodesOf(tree).filter((n) => hasClass(n, name));

export const textOf = (node) =>
  node === null || node === undefined || node === false ? ""
  : Array.isArray(node) ? node.map(textOf).join("") : typeof node === "object" ? textOf(node.children) : String(node);
