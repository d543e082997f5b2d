/** @file CPU time of a method's step on one thread, and the memory it takes: `time_one.ts FILE`. */
import process from "node:process";
import { loadImages } from "../../lib/data/own_source.ts";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { openEngine } from "../../lib/engine/open.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { peakBytes } from "../peak_memory.ts";
import type { Timing } from "./results.ts";

/** TensorFlow plans its memory, and packs weights, in the first ones. */
const WARM_UP = 2;
const TIMED = 10;

const [file = ""] = Deno.args;
const { pipeline, graph, baseDir } = await loadPipeline(file);
const { source, options, batch } = pipeline.data;
const { train } = await loadImages(source, options, {
  baseDir,
  cacheDir: cacheFolder(),
});
const engine = await openEngine({ device: "cpu", threads: 1 });
const session = await TrainingSession.start(pipeline, graph, engine, train);
const seconds: number[] = [];
for (let i = 0; i < WARM_UP + TIMED; i++) {
  const before = process.cpuUsage();
  await session.step();
  const { user, system } = process.cpuUsage(before);
  if (i >= WARM_UP) seconds.push((user + system) / 1e6);
}
await session.close();
const megabytes = Math.round(await peakBytes() / 1e6);
const timing: Timing = { batch, seconds, megabytes };
console.log(JSON.stringify(timing));
