/**
 * @file A process that does one job as often as it is asked:
 * `deno run -A worker.ts JOB`, with JSON.
 *
 * Answers with a line of JSON when it is ready, then with one for each line of
 * standard input, which says how often; the seconds are its own.
 */
import { createInterface } from "node:readline";
import process from "node:process";
import type { OurJob } from "../jobs.ts";
import { augment } from "./augment.ts";
import { convolution, product } from "./limit.ts";
import type { Ready, Surroundings } from "./ready.ts";
import { compile, memory, step } from "./step.ts";

type Here = Exclude<OurJob, { job: "first-step" }>;

const JOBS: {
  readonly [K in Here["job"]]: (
    job: Extract<Here, { job: K }>,
    surroundings: Surroundings,
  ) => Promise<Ready>;
} = { step, memory, compile, augment, convolution, product };

async function main(text: string): Promise<void> {
  const job: Here & Surroundings = JSON.parse(text);
  const { facts, engine, run } = await JOBS[job.job](job as never, job);
  const versions = [
    `Deno ${Deno.version.deno}`,
    `TensorFlow ${engine.api.version}`,
  ];
  console.log(JSON.stringify({ ...facts, versions }));
  for await (const line of createInterface({ input: process.stdin })) {
    const start = performance.now();
    await run?.(Number(line));
    console.log(
      JSON.stringify({ seconds: (performance.now() - start) / 1000 }),
    );
  }
}

await main(Deno.args[0] ?? "");
