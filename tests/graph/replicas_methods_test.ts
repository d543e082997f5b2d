/** @file Every shipped method by one, two and three replicas. */
import assert from "@std/assert";
import type { Pipeline } from "../../lib/model/pipeline.ts";
import { close } from "../helpers/numeric.ts";
import { apart } from "./agreement.ts";
import { start } from "../helpers/training.ts";
import { IMAGES, METHOD_NAMES, smallPipeline } from "./methods.ts";

const STEPS = 5;
/** Of weights, statistics, twins and queues. */
const TOLERANCE = 1e-4;
/** Of momenta, which are sums of gradients. */
const OF_SLOTS = 1e-2;

/** What a method needs beside what `smallPipeline` gives it. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  w_mse: ["stages.w.size=6"],
};

const RATE = 1e-4;

/**
 * With a small part of its rate: rounding decides about a ReLU now and then,
 * which a gradient shows as some 1e-4, and full steps of such small networks
 * magnify (bench/replicas has them).
 */
function gently(pipeline: Pipeline): Pipeline {
  const { optimizer } = pipeline.train;
  const options = { ...optimizer.options, lr: optimizer.options.lr * RATE };
  return {
    ...pipeline,
    train: { ...pipeline.train, optimizer: { ...optimizer, options } },
  };
}

const isSlot = (path: string): boolean => path.startsWith("optimizer/");

const isOther = (path: string): boolean => !isSlot(path);

async function course(method: string, replicas: number) {
  const { pipeline, ...small } = await smallPipeline(
    method,
    "data.batch=12",
    ...MORE[method] ?? [],
  );
  const session = await start(
    { ...small, pipeline: gently(pipeline) },
    { images: IMAGES, replicas },
  );
  const first = await session.save();
  const losses: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    losses.push((await session.step())["loss"] as number);
  }
  const last = await session.save();
  await session.close();
  return { losses, first, last };
}

for (const method of METHOD_NAMES) {
  Deno.test(`${method}: two and three replicas train as one device does`, async () => {
    const one = await course(method, 1);
    assert.ok(apart(one.first, one.last, isOther) > 0);
    for (const replicas of [2, 3]) {
      const { losses, last } = await course(method, replicas);
      one.losses.forEach((loss, step) =>
        close(
          [losses[step] as number],
          [loss],
          TOLERANCE * Math.max(Math.abs(loss), 0.1),
        )
      );
      const variables = apart(last, one.last, isOther);
      assert.ok(variables < TOLERANCE, `${replicas} replicas: ${variables}`);
      const slots = apart(last, one.last, isSlot);
      assert.ok(slots < OF_SLOTS, `${replicas} replicas, momenta: ${slots}`);
    }
  });
}
