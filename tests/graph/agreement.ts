/** @file Two courses of the same steps, and what differs between them. */
import assert from "@std/assert";
import type { Tensors } from "../../lib/compile/machine.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { Optimizer, Pipeline } from "../../lib/model/pipeline.ts";
import type { StepMetrics, TrainingSession } from "../../lib/train/session.ts";
import { magnitude, relativeError } from "../trace/close.ts";

/** A further slot of the optimizer, in which it leaves the gradient as it came. */
export const GRADIENT = "gradient";

function keeping({ definition, options }: Optimizer): Optimizer {
  const own = definition.slots.length;
  return {
    options,
    definition: {
      ...definition,
      slots: [...definition.slots, GRADIENT],
      update(step, options) {
        const slots = step.slots.slice(0, own);
        const result = definition.update({ ...step, slots }, options);
        return { ...result, slots: [...result.slots, step.gradient] };
      },
    },
  };
}

/** The same pipeline with optimizers that also store each gradient. */
export function keepingGradients(pipeline: Pipeline): Pipeline {
  const { train } = pipeline;
  return {
    ...pipeline,
    train: {
      ...train,
      optimizer: keeping(train.optimizer),
      perStage: new Map(
        [...train.perStage].map(([stage, { optimizer, ...settings }]) => [
          stage,
          {
            ...settings,
            ...(optimizer ? { optimizer: keeping(optimizer) } : {}),
          },
        ]),
      ),
    },
  };
}

/** What some steps reported, and left behind. */
export interface Course {
  readonly metrics: StepMetrics[];
  /** Every variable after each step, gradients among them. */
  readonly states: Tensors[];
}

/** Runs steps, and ends the session. */
export async function course(
  session: TrainingSession,
  steps: number,
): Promise<Course> {
  const [metrics, states]: [StepMetrics[], Course["states"]] = [[], []];
  for (let i = 0; i < steps; i++) {
    metrics.push(await session.step());
    states.push(await session.save());
  }
  await session.close();
  return { metrics, states };
}

/** Tensors that are alike: `mean` of every batch norm, one slot of every parameter. */
function kindOf(path: string): string {
  const slot = /^optimizer\/[^/]+/.exec(path)?.[0];
  return slot ?? path.slice(path.lastIndexOf("/") + 1);
}

/** What is reported, and what is no slot, is made of numbers near 1, whose rounding is seen below this. */
const LEAST = 1e-3;

/** A tensor, and how far it is from another. */
type Apart = readonly [path: string, error: number];

/**
 * How far each tensor of a state is from that of another, by its path. A
 * difference is measured by the largest magnitude of its tensor. What cancels
 * to nothing, such as the gradient of a bias ahead of a batch norm, is rounding
 * noise of its siblings, so a share (`floor`) of the largest of its kind is the
 * least that it is measured by.
 */
function errors(
  ours: Tensors,
  theirs: Tensors,
  floor = 0.01,
): Apart[] {
  const largest = new Map<string, number>();
  for (const [path, tensor] of Object.entries(theirs)) {
    const kind = kindOf(path);
    const size = Math.max(largest.get(kind) ?? 0, magnitude(tensor));
    largest.set(kind, size);
  }
  assert.deepEqual(Object.keys(ours), Object.keys(theirs));
  return Object.keys(ours).map((path) => {
    const isSlot = path.startsWith("optimizer/");
    const least = Math.max(
      (largest.get(kindOf(path)) as number) * floor,
      isSlot ? 0 : LEAST,
    );
    return [
      path,
      relativeError(
        ours[path] as TensorData,
        theirs[path] as TensorData,
        least,
      ),
    ];
  });
}

const beyond = (tolerance: number, errors: readonly Apart[]): string[] =>
  errors.flatMap(([path, error]) =>
    error > tolerance ? [`${path}: ${error}`] : []
  );

/** What differs between two states, measured as {@linkcode errors} does. */
export const differences = (
  ours: Tensors,
  theirs: Tensors,
  tolerance: number,
  floor?: number,
): string[] => beyond(tolerance, errors(ours, theirs, floor));

/** What a step reports, as tensors. */
const asTensors = (metrics: StepMetrics): Tensors =>
  Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      `metric/${name}`,
      { dtype: "float32", shape: [], data: Float32Array.of(value) },
    ]),
  );

/** How far two courses are apart at a step, counted from 0: in what it reported, and in what it left behind. */
const errorsAt = (
  step: number,
  ours: Course,
  theirs: Course,
  floor?: number,
): Apart[] => {
  const metrics = ({ metrics }: Course) =>
    asTensors(metrics[step] as StepMetrics);
  const state = ({ states }: Course) => states[step] as Tensors;
  return [metrics, state].flatMap((of) => errors(of(ours), of(theirs), floor));
};

/** What differs between two courses at a step. */
export const differencesAt = (
  step: number,
  ours: Course,
  theirs: Course,
  tolerance: number,
  floor?: number,
): string[] => beyond(tolerance, errorsAt(step, ours, theirs, floor));

/** The largest of these differences. */
export const furthestAt = (
  step: number,
  ours: Course,
  theirs: Course,
  floor?: number,
): number =>
  Math.max(...errorsAt(step, ours, theirs, floor).map(([, error]) => error));

/** Length of the difference of some variables, as one vector, over that of theirs. */
export function apart(
  ours: Tensors,
  theirs: Tensors,
  which: (path: string) => boolean,
): number {
  let [difference, length] = [0, 0];
  for (const [path, { data }] of Object.entries(theirs)) {
    if (!which(path)) continue;
    const own = ours[path]?.data ?? [];
    data.forEach((value, i) => {
      difference += (Number(own[i]) - Number(value)) ** 2;
      length += Number(value) ** 2;
    });
  }
  return Math.sqrt(difference / length);
}
