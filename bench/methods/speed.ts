/**
 * @file Images a second of CPU time of each method's step, on one thread, and
 * its memory.
 *
 *     deno run -A bench/methods/speed.ts --rounds 2
 *
 * Rounds go over all methods in turn, so that a busy hour falls on all of them.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { PIPELINES } from "../../tools/methods/names.ts";
import { readResults, writeResults } from "../results_file.ts";
import { childResult } from "../child.ts";
import { onPhotographs } from "./on_photographs.ts";
import type { Timed, Timing } from "./results.ts";

const { values: { rounds } } = parseArgs({
  options: { rounds: { type: "string", default: "2" } },
});
const FILE = fileURLToPath(new URL("speed.json", import.meta.url));
const results = await readResults<Timed>(FILE);
for (let round = 0; round < Number(rounds); round++) {
  for (const method of await onPhotographs()) {
    const timing = await childResult<Timing>(
      new URL("time_one.ts", import.meta.url),
      `${PIPELINES}${method}.yaml`,
    );
    const date = new Date().toISOString().slice(0, 10);
    results.push({ method, ...timing, date });
    await writeResults(FILE, results);
    console.log(method, JSON.stringify(timing));
  }
}
console.log("`run.ts --tables` and `deno task generate` put them into tables");
