/** @file Pipelines by chance: they pass the check, compile, and train alike eagerly. */
import assert from "@std/assert";
import { stringify } from "yaml";
import { keysOf } from "../../lib/diagnostics/validate.ts";
import {
  perStage,
  SCHEDULES,
  train,
} from "../../lib/pipeline/parse/sections.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { Optimizer, Pipeline } from "../../lib/model/pipeline.ts";
import { checkText, type LoadedPipeline } from "../../lib/pipeline/load.ts";
import { BUILT_IN, kindsOf, register } from "../../lib/model/registry.ts";
import { compiledRuntime, eagerRuntime } from "../../lib/compile/runtime.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { tiny, tinyImages } from "../evaluate/tiny.ts";
import { engine } from "../helpers/engine.ts";
import { Dice } from "../helpers/numeric.ts";
import {
  type Course,
  course,
  differencesAt,
  furthestAt,
  keepingGradients,
} from "./agreement.ts";
import { FAMILIES, randomFamily } from "./random_family.ts";
import { randomPipeline } from "./random_pipeline.ts";

/** Seeds, ten to a test. */
const SEEDS = 40;
const EACH = 10;
const STEPS = 2;
/** Of each tensor's largest magnitude; what is wrong is off by about 1. */
const TOLERANCE = 1e-3;
/** Some ten units in the last place of a weight. */
const NUDGE = 1e-6;
/** So many times what a nudge moves may rounding in every op move, and no more than {@linkcode MOST}. */
const TIMES = 10;
const MOST = 0.05;
/** Here much cancels to nothing but rounding, such as an offset ahead of a norm. */
const FLOOR = 0.1;

const REGISTRY = register(BUILT_IN, tiny);

/** What is wrong with a pipeline; nothing where all is well. */
async function fault(text: string): Promise<string | undefined> {
  const { loaded, text: report } = checkText("random.yaml", text, {
    registry: REGISTRY,
  });
  if (!loaded) return report;
  try {
    return await disagreement(loaded);
  } catch (error) {
    return error instanceof Error ? error.stack : String(error);
  }
}

/** Adam divides by the size of each gradient, and so makes a step of one that is nothing but rounding. */
function coarse({ definition, options }: Optimizer): Optimizer {
  const epsilon = "epsilon" in options ? { epsilon: 10 } : {};
  return { definition, options: { ...options, ...epsilon } };
}

/** The same with optimizers that do not. */
function withoutChance(pipeline: Pipeline): Pipeline {
  const { train } = pipeline;
  const perStage = [...train.perStage].map(([stage, settings]) =>
    [
      stage,
      settings.optimizer
        ? { ...settings, optimizer: coarse(settings.optimizer) }
        : settings,
    ] as const
  );
  return {
    ...pipeline,
    train: {
      ...train,
      optimizer: coarse(train.optimizer),
      perStage: new Map(perStage),
    },
  };
}

/** Weights next to those that a session starts with. */
async function nudge(session: TrainingSession): Promise<TrainingSession> {
  const dice = new Dice(1);
  const next = ({ data, ...tensor }: TensorData): TensorData => ({
    ...tensor,
    data: data instanceof Float32Array
      ? data.map((value) => value * (1 + NUDGE * (2 * dice.unit() - 1)))
      : data,
  });
  await session.restore(
    Object.fromEntries(
      Object.entries(await session.save()).map(([path, tensor]) => [
        path,
        next(tensor),
      ]),
    ),
  );
  return session;
}

async function disagreement(
  { pipeline, graph }: LoadedPipeline,
): Promise<string | undefined> {
  const kept = keepingGradients(withoutChance(pipeline));
  const start = (runtime: typeof compiledRuntime) =>
    TrainingSession.start(
      kept,
      graph,
      engine,
      tinyImages(12),
      {
        runtime: runtime({
          ...engine,
          config: { ...engine.config, intraThreads: 1 },
        }),
      },
    );
  const compiled = await course(await start(compiledRuntime), STEPS);
  const infinite = compiled.metrics.some((metrics) =>
    Object.values(metrics).some((value) => !Number.isFinite(value))
  );
  if (infinite) return `not finite: ${JSON.stringify(compiled.metrics)}`;
  // Op by op there is no bfloat16 to compare with.
  if (pipeline.train.precision === "bfloat16") return undefined;
  const eager = await course(await start(eagerRuntime), STEPS);
  // What rounding decides, such as the whitening of two rows, a nudge moves too.
  let nudged: Course | undefined;
  for (let i = 0; i < STEPS; i++) {
    if (differencesAt(i, compiled, eager, TOLERANCE, FLOOR).length === 0) {
      continue;
    }
    nudged ??= await course(await nudge(await start(eagerRuntime)), STEPS);
    const moved = furthestAt(i, nudged, eager, FLOOR);
    const allowed = Math.max(TOLERANCE, Math.min(MOST, TIMES * moved));
    const found = differencesAt(i, compiled, eager, allowed, FLOOR);
    if (found.length > 0) {
      return `step ${i + 1}, where a nudge moves ${moved}:\n${
        found.join("\n")
      }`;
    }
  }
  return undefined;
}

type Map = Record<string, unknown>;

/** The value with each of its keys and entries taken away in turn. */
function* smaller(value: unknown): Generator<unknown> {
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    if (Array.isArray(value)) yield value.toSpliced(Number(key), 1);
    else {
      const { [key]: inner, ...rest } = value as Map;
      yield rest;
      for (const less of smaller(inner)) yield { ...value, [key]: less };
    }
  }
}

/** Tries of {@linkcode shrink}. */
const MOST_TRIES = 6;

/** A smaller pipeline that passes the check and has a fault. */
async function shrink(
  pipeline: unknown,
  left = { tries: MOST_TRIES },
): Promise<unknown> {
  for (const less of smaller(pipeline)) {
    const text = stringify(less);
    const { loaded } = checkText("random.yaml", text, { registry: REGISTRY });
    if (!loaded) continue;
    if (left.tries-- <= 0) break;
    if (await fault(text)) return await shrink(less, left);
  }
  return pipeline;
}

/** Asserts that nothing is wrong with a pipeline. */
async function sound(pipeline: unknown, what: string): Promise<void> {
  const text = stringify(pipeline);
  const found = await fault(text);
  if (found === undefined) return;
  const passes = checkText("random.yaml", text, { registry: REGISTRY });
  const least = passes.loaded ? stringify(await shrink(pipeline)) : text;
  assert.fail(`${what}: ${found}\na smaller one with a fault:\n${least}`);
}

for (let first = 1; first <= SEEDS; first += EACH) {
  const last = first + EACH - 1;
  Deno.test(`Pipelines by chance, seeds ${first} to ${last}, pass the check, compile, and agree with eager steps`, async () => {
    for (let seed = first; seed <= last; seed++) {
      await sound(randomPipeline(new Dice(seed)), `seed ${seed}`);
    }
  });
}

/** Pipelines of each family. */
const OF_FAMILY = 4;

const NAMES = Object.keys(FAMILIES) as (keyof typeof FAMILIES)[];

for (const name of NAMES) {
  Deno.test(`Pipelines by chance of ${name} pass the check, compile, and agree with eager steps`, async () => {
    for (let seed = 1; seed <= OF_FAMILY; seed++) {
      await sound(randomFamily(name, new Dice(seed)), `${name} ${seed}`);
    }
  });
}

Deno.test("Pipelines by chance have every kind of stage, loss, optimizer and schedule", () => {
  const all = [
    ...Array.from(
      { length: SEEDS },
      (_, i) => randomPipeline(new Dice(i + 1)),
    ),
    ...NAMES.flatMap((name) =>
      Array.from(
        { length: OF_FAMILY },
        (_, i) => randomFamily(name, new Dice(i + 1)),
      )
    ),
  ].map((pipeline) => stringify(pipeline)).join("\n");
  // Those of a fixed size are large.
  const named = BUILT_IN.stages.filter(({ kinds, name }) =>
    kinds.some(({ value = "name" }) => value === "name") &&
    !/^(wide_)?resnet\d+(_2)?$|^(vit|convnext)_(tiny|small|base)$/.test(name)
  );
  const names = [
    ...kindsOf(BUILT_IN).map(({ key }) => key),
    ...named.map(({ name }) => name),
    ...BUILT_IN.optimizers.map(({ name }) => name),
    ...BUILT_IN.transforms.map(({ name }) => name),
    ...keysOf(train),
    ...keysOf(perStage),
    ...Object.keys(SCHEDULES),
    ..."bfloat16 each warmup relative".split(" "),
  ];
  const missing = names.filter((name) => !all.includes(name));
  assert.deepEqual(missing, []);
});
