/** @file Pipelines of a few lines, trained for a few steps. */
import type { Tensors } from "../../lib/compile/machine.ts";
import type { ImageSet } from "../../lib/data/source.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import {
  BUILT_IN,
  register,
  type Registrable,
} from "../../lib/model/registry.ts";
import {
  type CheckResult,
  checkText,
  type LoadedPipeline,
} from "../../lib/pipeline/load.ts";
import { compiledRuntime, eagerRuntime } from "../../lib/compile/runtime.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { tiny, tinyImages } from "../evaluate/tiny.ts";
import { type Course, course } from "../graph/agreement.ts";
import { engine } from "./engine.ts";
import { numbers } from "./numeric.ts";

/** A pipeline on images of 4x4 pixels. */
export interface Sketch {
  /** Lines of the stages, indented. */
  readonly stages: string;
  /** `steps: 4` by default. */
  readonly length?: string;
  /** `sgd: { lr: 0.1 }` by default. */
  readonly optimizer?: string;
  /** Further settings of training, without braces. */
  readonly train?: string;
  readonly batch?: number;
  /** Sections after the others. */
  readonly more?: string;
  /** Definitions beside the built-in ones. */
  readonly own?: readonly Registrable[];
}

/** Its text. */
export const sketchText = (
  {
    stages,
    length = "steps: 4",
    optimizer = "sgd: { lr: 0.1 }",
    train,
    batch = 4,
    more = "",
  }: Sketch,
): string =>
  `data: { source: tiny, batch: ${batch} }
stages:
${stages}
train: { ${length}, optimizer: { ${optimizer} }${train ? `, ${train}` : ""} }
${more}
`;

/** Checks it. */
export const check = (sketch: Sketch): CheckResult =>
  checkText("sketch.yaml", sketchText(sketch), {
    registry: register(BUILT_IN, tiny, ...sketch.own ?? []),
  });

/** Loads it. */
export function load(sketch: Sketch): LoadedPipeline {
  const { loaded, text } = check(sketch);
  if (!loaded) throw new Error(`${text}\n${sketchText(sketch)}`);
  return loaded;
}

/** How it is trained. */
export interface Training {
  readonly images?: ImageSet;
  /** Op by op. */
  readonly eager?: boolean;
  /** Devices that share each batch. */
  readonly replicas?: number;
}

/** A session of a pipeline, on one thread so that sums have one order. */
export function start(
  { pipeline, graph }: LoadedPipeline,
  { images = tinyImages(12), eager = false, replicas = 1 }: Training = {},
): Promise<TrainingSession> {
  const config = { ...engine.config, intraThreads: 1, replicas };
  const one = { ...engine, replicas, config };
  const runtime = eager ? eagerRuntime : compiledRuntime;
  return TrainingSession.start(pipeline, graph, one, images, {
    runtime: runtime(one),
  });
}

/** Variables before each of some steps and after the last, and what they reported. */
export async function train(
  sketch: Sketch | LoadedPipeline,
  steps: number,
  training: Training = {},
): Promise<Course> {
  const loaded = "graph" in sketch ? sketch : load(sketch);
  const session = await start(loaded, training);
  const first = await session.save();
  const { metrics, states } = await course(session, steps);
  return { metrics, states: [first, ...states] };
}

/** Values of a variable after so many steps. */
export function at({ states }: Course, step: number, path: string): number[] {
  const tensor = states[step]?.[path];
  if (!tensor) {
    throw new Error(`no ${path} in ${Object.keys(states[step] ?? {})}`);
  }
  return numbers(tensor);
}

/** Bits of some variables. */
export const bits = (
  state: Tensors | undefined,
  which: (path: string) => boolean = () => true,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(state ?? {}).filter(([path]) => which(path))
      .map(([path, { data }]: [string, TensorData]) => [
        path,
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength).toHex(),
      ]),
  );

/** Paths whose values differ between two states. */
export function moved(
  before: Tensors | undefined,
  after: Tensors | undefined,
): string[] {
  const [a, b] = [bits(before), bits(after)];
  return Object.keys(a).filter((path) => a[path] !== b[path]);
}
