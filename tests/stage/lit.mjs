// What the script lights in each of the frames on stdin: for every selection, and for every cell that is pointed at.
import { readFileSync } from "node:fs";

const { lights } = await import(`${process.argv[2]}/reads.js`);
const sorted = (panels) => panels.map((set) => set && [...set].sort((a, b) => a - b));

const answer = (frame) => ({
  selected: frame.select.labels.map((_, k) => sorted(lights(frame, k, null).panels)),
  pointed: frame.panels.map((panel, p) => panel.values.map((_, cell) => {
    const found = lights(frame, 0, { panel: p, cell });
    return found.pointed ? sorted(found.panels) : null;
  })),
});
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(answer)));
