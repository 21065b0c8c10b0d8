// What may be asked of a panel, whatever its kind. A kind is a module with
//   layout(panel, view) -> tree, pure;
// and where the rules below do not fit it,
//   aside: true                      it stands apart from the drawings, with the readout;
//   looks(panel) -> [names]          the ways it can be drawn; view.look says which;
//   plan(panel)                      where its rows are, for a panel that aligns to it;
//   count(panel), tell(panel, cell)  how many cells can be pointed at, and a cell in words;
//   noun                             what a cell is called.
import * as KINDS from "./kinds.js";
import { number } from "../text.js";

function kindOf({ kind }) {
  if (!(kind in KINDS)) throw new Error(`no panel is called "${kind}"; there are ${Object.keys(KINDS).join(", ")}`);
  return KINDS[kind];
}

export const layoutPanel = (panel, view) => kindOf(panel).layout(panel, view);

export const standsAside = (panel) => Boolean(kindOf(panel).aside);

export const looksOf = (panel) => kindOf(panel).looks?.(panel) ?? [];

// The plan that a panel aligns to: that of the panel before it, if it wants one.
export const neighborOf = (panel, before) => (panel.pages && before && kindOf(before).plan?.(before)) || null;

export const countOf = (panel) => kindOf(panel).count?.(panel) ?? panel.values?.length ?? 0;

export const nounOf = (panel) => kindOf(panel).noun ?? "cell";

export const tell = (panel, cell) => (kindOf(panel).tell ?? cellOfTensor)(panel, cell);

const cellOfTensor = (panel, i) => `${panel.title}[${unravel(i, panel.shape).join(", ")}] = ${number(panel.values[i], 3, { floor: (panel.scale ?? 1) * 1e-6 })}`;

export function unravel(i, shape) {
  return shape.reduceRight((out, size) => {
    out.unshift(i % size);
    i = Math.floor(i / size);
    return out;
  }, []);
}
