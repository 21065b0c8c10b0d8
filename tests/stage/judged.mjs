// What the script says to each of the responses on stdin.
import { readFileSync } from "node:fs";
import { judge } from "../../src/dlsteps/stage/js/question.js";

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(({ question, response }) => judge(question, response))));
