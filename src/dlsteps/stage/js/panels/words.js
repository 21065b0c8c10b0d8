// A tensor in words, the same for each way to draw it.
import { countLit } from "../cells.js";

export function words(panel, view) {
  const shape = panel.shape.join(" × ");
  const lit = countLit(panel, view);
  const total = panel.values.length;
  return `${panel.title}, shape ${shape}; ${lit === total ? "all" : `${lit} of`} ${total} cells lit`;
}
