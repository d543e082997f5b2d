/** @file What is on the device before the first step: first weights, and images. */
import { type Images, isInMemory } from "../data/source.ts";
import { followed, initializer } from "../graph/initialize.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import { STEP } from "../graph/step.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Variable } from "../layers/layer.ts";
import { planar } from "../ops/pixels.ts";
import type { VariableRef } from "../trace/execution.ts";
import type { Runtime } from "../compile/runtime.ts";

/** Larger sets in memory are fed batch by batch instead of living on the device. */
const MOST_RESIDENT_BYTES = 2 ** 30;

/** A value and the variable that holds it. */
interface Held {
  readonly value: TensorData;
  readonly ref: VariableRef;
}

/** Images that live on the device. */
export interface Resident {
  /** `[count, height, width, channels]`. */
  readonly pixels: TensorData;
  /** `[count, channels, height, width]`. */
  readonly ref: VariableRef;
  /** Class of each image, int32 `[count]`. */
  readonly labels?: Held;
}

/** Where images live on the device, if they do. */
export function residentImages(images: Images): Resident | undefined {
  if (!isInMemory(images)) return undefined;
  const { count, channels, height, width, pixels, labels } = images;
  if (pixels.byteLength > MOST_RESIDENT_BYTES) return undefined;
  return {
    pixels: {
      dtype: "uint8",
      shape: [count, height, width, channels],
      data: pixels,
    },
    ref: {
      path: "data/pixels",
      shape: [count, channels, height, width],
      dtype: "uint8",
    },
    ...(labels
      ? {
        labels: {
          value: {
            dtype: "int32",
            shape: [count],
            data: Int32Array.from(labels),
          },
          ref: { path: "data/labels", shape: [count], dtype: "int32" },
        },
      }
      : {}),
  };
}

/**
 * Draws first weights and uploads images. Most of it happens on the engine's
 * threads, beside what the caller does before it awaits this.
 */
export async function uploadFirstValues(
  runtime: Runtime,
  variables: readonly Variable[],
  seed: number,
  graph: StageGraph,
  resident: Resident | undefined,
): Promise<void> {
  const counter: Variable = {
    ...STEP,
    dtype: "int32",
    init: { kind: "constant", value: 0 },
    role: "buffer",
  };
  const init = initializer([...variables, counter], seed, followed(graph));
  const step = { dtype: "int32", shape: [], data: Int32Array.of(0) } as const;
  const runs = [runtime.load("initialize", init).run({ step })];
  if (resident) {
    const { ref, pixels, labels } = resident;
    const upload = runtime.load("upload", (execution) => {
      const fed = execution.feed("pixels", pixels.shape, pixels.dtype);
      execution.assign(ref, planar(fed));
      if (labels) {
        const { shape, dtype } = labels.value;
        execution.assign(labels.ref, execution.feed("labels", shape, dtype));
      }
      return {};
    });
    runs.push(
      upload.run({ pixels, ...(labels ? { labels: labels.value } : {}) }),
    );
  }
  await Promise.all(runs);
}
