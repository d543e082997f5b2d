/** @file Our training step: its speed, its memory, how long it takes to be ready. */
import { fileURLToPath } from "node:url";
import { openEngine } from "../../../lib/engine/open.ts";
import { loadPipeline } from "../../../lib/pipeline/load.ts";
import { planRun } from "../../../lib/train/plan.ts";
import { TrainingSession } from "../../../lib/train/session.ts";
import { peakBytes } from "../../peak_memory.ts";
import type { OurStep } from "../jobs.ts";
import { readImages, registryOf } from "./images.ts";
import type { Ready, Surroundings } from "./ready.ts";

/** The shipped file that a step is of. */
export const pipelineFile = ({ pipeline }: Pick<OurStep, "pipeline">): string =>
  fileURLToPath(
    new URL(`../../../pipelines/cifar10/${pipeline}.yaml`, import.meta.url),
  );

/** A pipeline of the shipped ones, on an opened engine. */
async function open(
  job: OurStep,
  { device, threads, pixels }: Surroundings,
) {
  const { set, images, xla } = job;
  const data = await readImages(images, pixels);
  const loaded = await loadPipeline(pipelineFile(job), {
    // No schedule ends before the bench does.
    set: [...set, "train.epochs=100000"],
    registry: registryOf(data),
  });
  const engine = await openEngine({
    device,
    threads,
    ...(xla ? { xla } : {}),
  });
  const start = (): Promise<TrainingSession> =>
    TrainingSession.start(loaded.pipeline, loaded.graph, engine, data);
  return { loaded, engine, data, start };
}

const stepper = (session: TrainingSession) => async (count: number) => {
  for (let i = 0; i < count; i++) await session.step();
};

/** Steps of a session that has done a few. */
export async function step(
  job: OurStep & { readonly warmup: number },
  surroundings: Surroundings,
): Promise<Ready> {
  const { loaded, engine, data, start } = await open(job, surroundings);
  const { batch } = loaded.pipeline.data;
  const flops = planRun(loaded, engine, { images: data.count }).flops / batch;
  const run = stepper(await start());
  await run(job.warmup);
  return { facts: { units: batch, flops }, run, engine };
}

/** Most bytes that this process ever had resident, after some steps. */
export async function memory(
  job: OurStep & { readonly steps: number },
  surroundings: Surroundings,
): Promise<Ready> {
  const { engine, start } = await open(job, surroundings);
  await stepper(await start())(job.steps);
  return { facts: { value: await peakBytes() }, engine };
}

/**
 * What it takes to trace, compile, draw first weights and upload the images,
 * and what the first step takes beyond a later one.
 */
export async function compile(
  job: OurStep,
  surroundings: Surroundings,
): Promise<Ready> {
  const { engine, start } = await open(job, surroundings);
  const before = performance.now();
  const session = await start();
  const times = [performance.now() - before];
  for (let i = 0; i < 3; i++) {
    const before = performance.now();
    await session.step();
    times.push(performance.now() - before);
  }
  const [ready = 0, first = 0, ...later] = times;
  const seconds = (ready + first - Math.min(...later)) / 1000;
  return { facts: { value: seconds }, engine };
}
