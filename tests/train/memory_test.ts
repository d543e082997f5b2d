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

const libc = Deno.dlopen("libc.so.6", {
  mallinfo2: { parameters: [], result: { struct: Array(10).fill("usize") } },
});

/**
 * Bytes in use: what libtensorflow and others have from `malloc`, and V8's heap.
 * What is resident says less: it changes by a fifth with how free memory lies.
 */
function bytesInUse(): number {
  collect();
  const info = libc.symbols.mallinfo2();
  const fields = new BigUint64Array(info.buffer, info.byteOffset, 10);
  const [, , , , mapped = 0n, , , inArenas = 0n] = fields;
  return Number(mapped + inArenas) + Deno.memoryUsage().heapUsed;
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
    sizes.push(bytesInUse());
  }
  const [, , third = 0] = sizes;
  const growth = (sizes.at(-1) ?? Infinity) / third - 1;
  const shown = sizes.map((size) => Math.round(size / 2 ** 20));
  assert.ok(growth < 0.01, `${shown} MiB`);
});
