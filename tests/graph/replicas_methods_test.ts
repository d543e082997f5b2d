/** @file Every shipped method by one, two and three replicas. */
import assert from "@std/assert";
import type { Tensors } from "../../lib/compile/machine.ts";
import type { Pipeline } from "../../lib/model/pipeline.ts";
import { close } from "../helpers/numeric.ts";
import { start } from "../helpers/training.ts";
import { IMAGES, METHOD_NAMES, smallPipeline } from "./methods.ts";

const STEPS = 5;
const TOLERANCE = 1e-4;

/** What a method needs beside what `smallPipeline` gives it. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  w_mse: ["stages.w.size=6"],
};

/**
 * The rate is a hundredth: rounding decides about a ReLU now and then, and full
 * steps of such small networks magnify that (bench/replicas has them).
 */
function gently(pipeline: Pipeline): Pipeline {
  const { optimizer } = pipeline.train;
  const options = { ...optimizer.options, lr: optimizer.options.lr / 100 };
  return {
    ...pipeline,
    train: { ...pipeline.train, optimizer: { ...optimizer, options } },
  };
}

/** Length of the difference of all variables, as one vector, over theirs. */
function apart(ours: Tensors, theirs: Tensors): number {
  let [difference, whole] = [0, 0];
  for (const [path, { data }] of Object.entries(theirs)) {
    const own = ours[path]?.data ?? [];
    data.forEach((value, i) => {
      difference += (Number(own[i]) - Number(value)) ** 2;
      whole += Number(value) ** 2;
    });
  }
  return Math.sqrt(difference / whole);
}

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
    const moved = apart(one.first, one.last);
    assert.ok(moved > 0);
    for (const replicas of [2, 3]) {
      const { losses, last } = await course(method, replicas);
      one.losses.forEach((loss, step) =>
        close([losses[step] as number], [loss], TOLERANCE * Math.abs(loss))
      );
      const distance = apart(last, one.last);
      assert.ok(distance < TOLERANCE, `${distance}, moved by ${moved}`);
    }
  });
}
