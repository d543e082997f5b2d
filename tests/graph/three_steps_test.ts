import assert from "@std/assert";
import type { Tensors } from "../../lib/compile/machine.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { Pipeline } from "../../lib/pipeline/pipeline.ts";
import { compiledRuntime, eagerRuntime } from "../../lib/train/runtime.ts";
import { type StepMetrics, TrainingSession } from "../../lib/train/session.ts";
import { engine } from "../helpers/engine.ts";
import { magnitude, relativeError } from "../trace/close.ts";
import { IMAGES, METHOD_NAMES, smallPipeline } from "./methods.ts";

const STEPS = 3;
const TOLERANCE = 1e-5;

/** A further slot of the optimizer, in which it leaves the gradient as it came. */
const GRADIENT = "gradient";

/** The same pipeline with an optimizer that also stores each gradient. */
function keepingGradients(pipeline: Pipeline): Pipeline {
  const { definition, options } = pipeline.train.optimizer;
  return {
    ...pipeline,
    train: {
      ...pipeline.train,
      optimizer: {
        options,
        definition: {
          ...definition,
          slots: [...definition.slots, GRADIENT],
          update(step, options) {
            const own = definition.slots.length;
            const slots = step.slots.slice(0, own);
            const result = definition.update({ ...step, slots }, options);
            return { ...result, slots: [...result.slots, step.gradient] };
          },
        },
      },
    },
  };
}

interface Course {
  readonly metrics: StepMetrics[];
  /** Every variable after each step, gradients among them. */
  readonly states: Tensors[];
}

async function course(
  session: TrainingSession,
  steps = STEPS,
): Promise<Course> {
  const [metrics, states]: [StepMetrics[], Course["states"]] = [[], []];
  for (let i = 0; i < steps; i++) {
    metrics.push(await session.step());
    states.push(await session.save());
  }
  session.close();
  return { metrics, states };
}

/** Tensors that are alike: `mean` of every batch norm, one slot of every parameter. */
function kindOf(path: string): string {
  const slot = /^optimizer\/[^/]+/.exec(path)?.[0];
  return slot ?? path.slice(path.lastIndexOf("/") + 1);
}

/**
 * What differs between two states. A difference is measured by the largest
 * magnitude of its tensor. What cancels to nothing, such as the gradient of a
 * bias ahead of a batch norm, is rounding noise of its siblings, so a
 * hundredth of the largest of its kind is the least that it is measured by.
 */
function differences(ours: Tensors, theirs: Tensors): string[] {
  const largest = new Map<string, number>();
  for (const [path, tensor] of Object.entries(theirs)) {
    const kind = kindOf(path);
    const size = Math.max(largest.get(kind) ?? 0, magnitude(tensor));
    largest.set(kind, size);
  }
  assert.deepEqual(Object.keys(ours), Object.keys(theirs));
  return Object.keys(ours).flatMap((path) => {
    const error = relativeError(
      ours[path] as TensorData,
      theirs[path] as TensorData,
      (largest.get(kindOf(path)) as number) / 100,
    );
    return error > TOLERANCE ? [`${path}: ${error}`] : [];
  });
}

/** What a step reports, as tensors. */
const asTensors = (metrics: StepMetrics): Tensors =>
  Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [
      `metric/${name}`,
      { dtype: "float32", shape: [], data: Float32Array.of(value) },
    ]),
  );

for (const method of METHOD_NAMES) {
  Deno.test(`${method}: losses, gradients and variables of three compiled steps are those of eager ones`, async () => {
    const { pipeline, graph } = await smallPipeline(method);
    const kept = keepingGradients(pipeline);
    const start = (runtime: typeof compiledRuntime) =>
      TrainingSession.start(kept, graph, engine, IMAGES, runtime(engine));
    const compiled = await course(await start(compiledRuntime));
    const eager = await course(await start(eagerRuntime));

    const gradients = Object.keys(eager.states[0] as Tensors).filter((path) =>
      path.startsWith(`optimizer/${GRADIENT}/`)
    );
    const trained = graph.order.filter(({ trainable }) => trainable)
      .flatMap(({ variables }) => variables)
      .filter(({ role }) => role !== "buffer");
    assert.equal(gradients.length, trained.length);
    for (let i = 0; i < STEPS; i++) {
      const report = [
        ...differences(
          asTensors(compiled.metrics[i] as StepMetrics),
          asTensors(eager.metrics[i] as StepMetrics),
        ),
        ...differences(
          compiled.states[i] as Tensors,
          eager.states[i] as Tensors,
        ),
      ];
      assert.deepEqual(report, [], `step ${i + 1}`);
    }
  });
}

Deno.test("the comparison finds a gradient that is off by two in a hundred thousand", async () => {
  const { pipeline, graph } = await smallPipeline("simsiam");
  const session = await TrainingSession.start(
    keepingGradients(pipeline),
    graph,
    engine,
    IMAGES,
  );
  const { states: [state] } = await course(session, 1);
  const path = `optimizer/${GRADIENT}/y/block1.0/conv1/kernel`;
  const right = (state as Tensors)[path] as TensorData;
  const data = Float32Array.from(
    right.data as Float32Array,
    (value) => value * (1 + 2e-5),
  );
  const wrong = { ...state as Tensors, [path]: { ...right, data } };
  const found = differences(wrong, state as Tensors);
  assert.equal(found.length, 1);
  assert.match(found[0] as string, /block1\.0\/conv1\/kernel/);
});
