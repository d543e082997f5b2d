import assert from "@std/assert";
import type { Bench } from "../../bench/speed/bench.ts";
import { BENCHES as ALL } from "../../bench/speed/benches.ts";
import { readOptions } from "../../bench/speed/options.ts";
import {
  growthPanels,
  type Measured,
  report,
} from "../../bench/speed/report.ts";
import type { SideSamples } from "../../bench/speed/measure.ts";
import { Results } from "../../bench/speed/results.ts";
import { ratios, spreadOf } from "../../bench/speed/statistics.ts";
import { registryOf } from "../../bench/speed/ours/images.ts";
import { pipelineFile } from "../../bench/speed/ours/step.ts";
import { UserError } from "../../lib/errors.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";

const BENCHES = ALL.cpu;

/** A result of a bench, with samples by side. */
function measured(
  id: string,
  sides: readonly (readonly [string, readonly number[]])[],
  flops?: number,
  machine = "a machine",
): Measured {
  const bench = BENCHES.find((one) => one.id === id) as Bench;
  return {
    bench,
    result: {
      id,
      date: "2026-01-31",
      machine,
      threads: 2,
      seconds: 1,
      commit: "abc",
      sides: sides.map(([name, samples]): SideSamples => ({
        name,
        samples,
        ...(flops ? { flops } : {}),
        versions: [],
      })),
    },
  };
}

/** Cells of the first row whose first cell is `title`. */
function row(text: string, title: string): string[] {
  const line = text.split("\n").find((one) => one.startsWith(`| ${title} `));
  if (!line) throw new Error(`no row "${title}" in\n${text}`);
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

Deno.test("the median of an even number of samples is between the middle two", () => {
  assert.deepEqual(spreadOf([4, 1, 3, 2]), {
    median: 2.5,
    least: 1,
    most: 4,
    count: 4,
  });
});

Deno.test("a ratio is to the best other side of the same round", () => {
  const others = [[1, 4], [2, 2]];
  assert.deepEqual(ratios([4, 4], others, true), [2, 1]);
  assert.deepEqual(ratios([4, 4], others, false), [4, 2]);
});

Deno.test("every bench of a device has a name of its own", () => {
  for (const benches of Object.values(ALL)) {
    const ids = benches.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  }
});

Deno.test("benches on a GPU have pipelines that are valid, and the same batch on every side", async () => {
  const { settings, benches } = readOptions(["--device", "gpu"], ALL);
  assert.equal(settings.device, "gpu");
  const steps = benches.filter(({ id }) => id.startsWith("step-"));
  assert.ok(steps.length > 5);
  for (const { id, sides: [ours, ...others] } of steps) {
    const job = Object.values(ours?.ways ?? {})[0]?.job;
    if (job?.job !== "step" || !("pipeline" in job)) throw new Error(id);
    if (job.images.kind !== "made") throw new Error(id);
    const { count, side } = job.images;
    const images = { count, height: side, width: side, channels: 3 };
    const { pipeline } = await loadPipeline(pipelineFile(job), {
      set: job.set,
      registry: registryOf({ ...images, pixels: new Uint8Array(0) }),
    });
    assert.equal(pipeline.train.precision, "bfloat16");
    for (const other of others) {
      const theirs = Object.values(other.ways)[0]?.job;
      assert.equal(
        (theirs as { batch: number }).batch,
        pipeline.data.batch,
        id,
      );
    }
  }
});

Deno.test("--device with another name is refused", () => {
  assert.throws(
    () => readOptions(["--device", "tpu"], ALL),
    (error: unknown) =>
      error instanceof UserError &&
      error.message === "Cannot use --device tpu: expected cpu or gpu.",
  );
});

Deno.test("--only takes all benches with the text in their name", () => {
  const { benches } = readOptions(
    ["--only", "step-byol", "--only", "augment"],
    ALL,
  );
  assert.deepEqual(benches.map(({ id }) => id), [
    "step-byol-small-float32",
    "step-byol-small-bfloat16",
    "step-byol-resnet18-float32",
    "step-byol-resnet18-bfloat16",
    "augment",
  ]);
});

Deno.test("--only with a name that no bench has is refused with all names", () => {
  assert.throws(
    () => readOptions(["--only", "speeed"], ALL),
    (error: unknown) =>
      error instanceof UserError && error.message.includes("step-byol-small"),
  );
});

Deno.test("a speed reaches its target from above, a memory from below", () => {
  const text = report([
    measured("step-simsiam-small-float32", [
      ["Stopgrad", [2000, 2200]],
      ["eager", [1000, 1000]],
      ["compiled", [1500, 1500]],
    ]),
    measured("memory-simsiam-small-float32", [
      ["Stopgrad", [2e9]],
      ["eager", [1e9]],
      ["compiled", [3e9]],
    ]),
  ]);
  const step = row(text, "step, SimSiam, small ResNet, float32, batch 128");
  assert.deepEqual(step.slice(1), [
    "2,100 (2,000–2,200) images/s",
    "compiled: 1,500 (1,500–1,500) images/s; eager: 1,000 images/s",
    "1.40 (1.33–1.47)",
    "≥ 1.5",
    "no",
    "2",
  ]);
  const memory = row(
    text,
    "peak memory, SimSiam, small ResNet, float32, batch 128",
  );
  assert.deepEqual(memory.slice(1), [
    "2.00 GB",
    "eager: 1.00 GB; compiled: 3.00 GB",
    "2.00",
    "≤ 0.9",
    "no",
    "1",
  ]);
});

Deno.test("a step's share of the limit is its operations over the best convolution", () => {
  const text = report([
    measured("step-simsiam-resnet18-float32", [
      ["Stopgrad", [50]],
      ["eager", [50]],
      ["compiled", [50]],
    ], 6e9),
    measured("limit-convolution-float32", [
      ["TensorFlow", [400e9]],
      ["PyTorch", [500e9]],
    ]),
  ]);
  assert.deepEqual(row(text, "SimSiam, ResNet-18, float32").slice(1), [
    "6.00",
    "300",
    "60 %",
    "≥ 85 %",
    "no",
  ]);
});

Deno.test("machines are told apart: each has its own tables, and its own limit", () => {
  const sides = [["Stopgrad", [50]], ["eager", [25]]] as const;
  const text = report([
    measured("step-simsiam-resnet18-float32", sides, 6e9, "one"),
    measured("limit-convolution-float32", [["PyTorch", [400e9]]], 1, "one"),
    measured("step-simsiam-resnet18-float32", sides, 6e9, "another"),
    measured("limit-convolution-float32", [["PyTorch", [300e9]]], 1, "another"),
  ]);
  const [before, one = "", another = ""] = text.split(/^### On /m);
  assert.equal(before, "");
  for (
    const [machine, part, share] of [
      ["one", one, "75 %"],
      ["another", another, "100 %"],
    ] as const
  ) {
    assert.ok(part.startsWith(`${machine}\n\n#### Side by side`));
    assert.equal(row(part, "SimSiam, ResNet-18, float32")[3], share);
    assert.ok(part.includes(`- Machine: ${machine}\n`));
  }
});

Deno.test("results of a bench on another machine stay", async () => {
  const path = await Deno.makeTempFile();
  const made = (machine: string, seconds: number) => ({
    ...measured("augment", [], 1, machine).result,
    seconds,
  });
  try {
    await Deno.writeTextFile(path, JSON.stringify([made("one", 1)]));
    const results = await Results.open(path);
    results.put(made("another", 2));
    results.put(made("one", 3));
    await results.save(["augment"]);
    const kept = (await Results.open(path)).list(["augment"]);
    assert.deepEqual(kept.map(({ machine, seconds }) => [machine, seconds]), [
      ["one", 3],
      ["another", 2],
    ]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("a chart has the points of one thing that grows", () => {
  const [panel, ...others] = growthPanels([
    measured("growth-batch-16", [["Stopgrad", [100]]], 2e9),
    measured("growth-batch-32", [["Stopgrad", [150]]], 2e9),
    measured("growth-views-2", [["Stopgrad", [80]]], 2e9),
  ]);
  assert.deepEqual(panel, {
    title: "batch",
    points: [[16, 100, 200e9], [32, 150, 300e9]],
  });
  assert.deepEqual(others, []);
});
