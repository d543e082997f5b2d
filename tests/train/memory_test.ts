/** @file What a session leaves behind in a process that goes on, as a sweep's does. */
import assert from "@std/assert";
import v8 from "node:v8";
import vm from "node:vm";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { engine } from "../helpers/engine.ts";

// What V8 has not collected yet is not left behind.
v8.setFlagsFromString("--expose-gc");
const collect = vm.runInNewContext("gc") as () => void;

/** Bytes of this process's own that are resident. */
async function ownBytes(): Promise<number> {
  collect();
  const status = await Deno.readTextFile("/proc/self/status");
  return 1024 * Number(status.match(/RssAnon:\s*(\d+) kB/)?.[1]);
}

Deno.test("sessions one after another do not add up in memory", async () => {
  const { pipeline, graph, baseDir } = await loadPipeline(
    "pipelines/simsiam.yaml",
    { set: ["data.batch=64"] },
  );
  const { source, options } = pipeline.data;
  const data = await source.load(options, { baseDir, cacheDir: cacheFolder() });
  const sizes: number[] = [];
  for (let i = 0; i < 8; i++) {
    const session = await TrainingSession.start(
      pipeline,
      graph,
      engine,
      data.train,
    );
    for (let step = 0; step < 3; step++) await session.step();
    await session.close();
    sizes.push(await ownBytes());
  }
  const [, , third = 0] = sizes;
  const growth = (sizes.at(-1) ?? Infinity) / third - 1;
  const shown = sizes.map((size) => Math.round(size / 2 ** 20));
  assert.ok(growth < 0.05, `${shown} MiB`);
});
