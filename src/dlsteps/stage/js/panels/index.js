// The closed set of panels. Each is a pure function (panel, view) -> tree.
import * as axes from "./axes.js";
import * as bars from "./bars.js";
import * as cube from "./cube.js";
import * as curves from "./curves.js";
import * as image from "./image.js";
import * as matrix from "./matrix.js";
import * as shelf from "./shelf.js";

const PANELS = { axes, bars, curves, image, matrix, shelf };

export function layoutPanel(panel, view) {
  if (!(panel.kind in PANELS)) throw new Error(`no panel is called "${panel.kind}"; there are ${Object.keys(PANELS).join(", ")}`);
  if (panel.cube && view.cube) return cube.layout(panel, view);
  return PANELS[panel.kind].layout(panel, view);
}

export { plan } from "./shelf.js";
