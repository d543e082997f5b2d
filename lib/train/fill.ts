/** @file What is on the device before the first step: first weights, and images. */
import { type Images, isInMemory } from "../data/source.ts";
import { initializer } from "../graph/initialize.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import { STEP } from "../graph/step.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Variable } from "../layers/layer.ts";
import { planar } from "../ops/pixels.ts";
import type { VariableRef } from "../trace/execution.ts";
import type { Runtime } from "./runtime.ts";

/** Larger sets in memory are fed batch by batch instead of living on the device. */
const MOST_RESIDENT_BYTES = 2 ** 30;

/** Images that live on the device. */
export interface Resident {
  /** `[count, height, width, channels]`. */
  readonly pixels: TensorData;
  /** `[count, channels, height, width]`. */
  readonly ref: VariableRef;
}

/** Where images live on the device, if they do. */
export function residentImages(images: Images): Resident | undefined {
  if (!isInMemory(images)) return undefined;
  const { count, channels, height, width, pixels } = images;
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
  };
}

/** Twins start as copies of their sources. */
function twinSources(graph: StageGraph): Map<Variable, Variable> {
  const sources = new Map<Variable, Variable>();
  for (const { stage, variables } of graph.order) {
    if (stage.kind !== "ema") continue;
    const source = graph.byName.get(stage.source);
    variables.forEach((variable, i) => {
      sources.set(variable, source?.variables[i] as Variable);
    });
  }
  return sources;
}

/**
 * Draws first weights and uploads images. Most of it happens on the engine's
 * threads, beside what the caller does before it awaits this.
 */
export async function fill(
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
  const init = initializer([...variables, counter], seed, twinSources(graph));
  const step = { dtype: "int32", shape: [], data: Int32Array.of(0) } as const;
  const runs = [runtime.load("initialize", init).run({ step })];
  if (resident) {
    const { ref, pixels } = resident;
    const upload = runtime.load("upload", (execution) => {
      const fed = execution.feed("pixels", pixels.shape, pixels.dtype);
      execution.assign(ref, planar(fed));
      return {};
    });
    runs.push(upload.run({ pixels }));
  }
  await Promise.all(runs);
}
