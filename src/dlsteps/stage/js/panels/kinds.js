// The closed set of panels, by the names that frames give them.
export * as axes from "./axes.js";
export * as bars from "./bars.js";
export * as curves from "./curves.js";
export * as graph from "./graph.js";
export * as image from "./image.js";
export * as matrix from "./matrix.js";
export * as shelf from "./shelf.js";
export * as tokens from "./tokens.js";
