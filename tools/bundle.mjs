// Bundle the explorers' JavaScript for its two hosts. The bundles are committed, so that a reader needs no Node;
// `--check` says whether they are what the sources give.

import { readFile, writeFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = join(dirname(fileURLToPath(import.meta.url)), "..", "src", "dlsteps", "stage", "js");

const bundles = [
  // The built page: a classic script, since a page opened as a file loads no modules.
  { source: "page.js", format: "iife" },
  // Jupyter: one module that anywidget imports, from which nothing may be imported in turn.
  { source: "widget.js", format: "esm" },
  { source: "quiz.js", format: "esm" },
];

async function bundle({ source, format }) {
  const result = await build({
    entryPoints: [join(folder, source)],
    absWorkingDir: folder, // so that no path of this machine is in the bundle
    bundle: true,
    write: false,
    format,
    charset: "utf8",
    target: "es2022",
    loader: { ".css": "text" },
    logLevel: "warning",
  });
  return result.outputFiles[0].text;
}

const check = process.argv.includes("--check");
let stale = 0;
for (const entry of bundles) {
  const target = join(folder, "dist", entry.source);
  const text = await bundle(entry);
  const committed = await readFile(target, "utf8").catch(() => null);
  if (committed === text) {
    console.log(`current   dist/${entry.source}`);
  } else if (check) {
    stale += 1;
    console.error(`stale     dist/${entry.source}: run \`make js\` and commit it`);
  } else {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
    console.log(`written   dist/${entry.source}`);
  }
}
process.exit(stale ? 1 : 0);
