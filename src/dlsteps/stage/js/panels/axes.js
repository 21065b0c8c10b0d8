// Which axes of a tensor a reduction removes: a badge each, filled if the axis is gone.
import { h } from "../tree.js";

export const aside = true;

export const layout = (panel) =>
  h("ul", { class: "axes", "aria-label": panel.title }, panel.axes.map(([letter, noun, size, fate]) =>
    h("li", { class: fate ? "removed" : "kept" },
      h("span", { class: "badge" }, letter),
      h("span", {}, h("span", {}, `${size} ${noun}`), h("small", {}, fate || "kept")))));
