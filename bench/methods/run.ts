/**
 * @file Every shipped method after a short run, beside its own network
 * untrained.
 *
 *     deno run -A bench/methods/run.ts --on photos --seeds 3 --only mae,ijepa
 *     deno run -A bench/methods/run.ts --on cifar10 --cifar cifar10.tar.gz
 *     deno run -A bench/methods/run.ts --init torch --only simsiam
 *
 * A training that is in `results.json` is not repeated; `--tables` trains
 * nothing.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  FIRST_WEIGHTS,
  type FirstWeights,
} from "../../lib/layers/first_weights.ts";
import { PIPELINES } from "../../tools/methods/names.ts";
import { writeResult } from "../markdown.ts";
import { readResults, writeResults } from "../results_file.ts";
import { childResult } from "../child.ts";
import { onPhotographs } from "./on_photographs.ts";
import { isProtocol } from "./protocols.ts";
import type { Order, Outcome, Result, Timed } from "./results.ts";
import { tables } from "./tables.ts";

const { values } = parseArgs({
  options: {
    on: { type: "string", default: "photos" },
    cifar: { type: "string" },
    init: { type: "string" },
    seeds: { type: "string", default: "3" },
    only: { type: "string" },
    tables: { type: "boolean", default: false },
  },
});
const { on: protocol, init } = values;
const isInit = (name: string): name is FirstWeights => name in FIRST_WEIGHTS;
if (!isProtocol(protocol)) throw new Error(`--on ${protocol}`);
if (init !== undefined && !isInit(init)) throw new Error(`--init ${init}`);

const WORKER = new URL("train_one.ts", import.meta.url);
const RESULTS = fileURLToPath(new URL("results.json", import.meta.url));

const results = await readResults<Result>(RESULTS);
const timed = await readResults<Timed>(new URL("speed.json", import.meta.url));
const only = values.only?.split(",");
const wanted = (await onPhotographs()).filter((name) =>
  only?.includes(name) ?? true
);
for (let seed = 0; seed < Number(values.seeds); seed++) {
  for (const method of values.tables ? [] : wanted) {
    const known = results.some((one) =>
      one.method === method && one.protocol === protocol &&
      one.seed === seed && one.init === init
    );
    if (known) continue;
    const order: Order = {
      file: `${PIPELINES}${method}.yaml`,
      protocol,
      cifar: values.cifar,
      set: [`seed=${seed}`, ...(init ? [`stages.y.init=${init}`] : [])],
    };
    const outcome = await childResult<Outcome>(WORKER, JSON.stringify(order));
    const date = new Date().toISOString().slice(0, 10);
    results.push({
      method,
      protocol,
      seed,
      ...(init ? { init } : {}),
      ...outcome,
      date,
    });
    await writeResults(RESULTS, results);
    console.log(method, protocol, seed, init ?? "", JSON.stringify(outcome));
  }
}
const dates = results.map(({ date }) => date).sort();
await writeResult(
  new URL("README.md", import.meta.url),
  `${await tables(results, timed)}\n\nUntil ${
    dates.at(-1)
  }, Deno ${Deno.version.deno}, ${Deno.build.arch} ${Deno.build.os}, ${navigator.hardwareConcurrency} cores.`,
);
console.log("`deno task generate` puts the figures into docs/methods");
