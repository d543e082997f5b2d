/** @file What a run will cost: sizes, operations, memory, schedules. */
import { DEFINING, optimize, passesFor } from "../compile/compile.ts";
import type { Engine } from "../engine/open.ts";
import { type Length, type ScalarSlot, scalarValues } from "../graph/slots.ts";
import type { WiredStage } from "../graph/stage_graph.ts";
import { BYTES, sizeOf } from "../ir/dtype.ts";
import { flopsOf, uncounted } from "../ir/flops.ts";
import type { Program, Value } from "../ir/program.ts";
import {
  bufferOf,
  bytesOf,
  bytesOfVariables,
  peakBytes,
} from "../ir/memory.ts";
import { type Rounding, ROUNDINGS } from "../ir/rounding.ts";
import { type Owner, ownerOf } from "../ir/scope.ts";
import type { Variable } from "../layers/layer.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import type { Pipeline } from "../model/pipeline.ts";
import type { Target } from "../trace/target.ts";
import { machineMemory } from "./machine_memory.ts";
import { tooMuch } from "./memory_check.ts";
import { checkReplicas } from "./replicas.ts";
import { recordStep } from "./record.ts";
import { type RunDisk, runDisk } from "./run_disk.ts";
import { type RunLength, runLength } from "./run_length.ts";

/** One stage. */
export interface StagePlan {
  readonly wired: WiredStage;
  /** Trained, or averaged for an EMA twin. */
  readonly parameters: number;
  /** Forward, of all views of a batch. */
  readonly flops: number;
  /** Bytes of its values that the backward pass reads. */
  readonly activations: number;
}

/** A learning rate, an EMA momentum or another option over the run. */
export interface Series {
  readonly option: string;
  /** Stages that have it. */
  readonly stages: readonly string[];
  /** Epoch or step, and the value there. */
  readonly points: readonly (readonly [number, number])[];
}

/** What a run will cost. */
export interface Plan {
  readonly stages: readonly StagePlan[];
  /** Operations of a step beside the stages' forward passes, by part. */
  readonly rest: Readonly<Record<string, number>>;
  /** Trained ones. */
  readonly parameters: number;
  readonly flops: number;
  /** The step's, by stage or part, forwards and backwards; `""` is autodiff's own. */
  readonly flopsByPart: ReadonlyMap<string, number>;
  /** Ops whose operations no rule counts. */
  readonly uncounted: readonly string[];
  readonly memory: {
    /** Parameters, statistics, optimizer slots, twins and queues. */
    readonly variables: number;
    /** Most bytes of a step's values at once. */
    readonly temporary: number;
    /** Most bytes at once on each device, where several share a batch. */
    readonly replicas?: readonly number[];
    /** The training images, where their number is known. */
    readonly images?: number;
    /** Why the step does not fit into this machine, where it does not. */
    readonly tooMuch?: string;
  };
  /** What the run takes of a disk. */
  readonly disk: RunDisk;
  readonly images?: number;
  readonly length?: RunLength;
  /** Absent where the number of images decides about them and is not known. */
  readonly schedules?: readonly Series[];
  /** What counts in epochs, where that is why there are no schedules. */
  readonly inEpochs?: readonly string[];
}

/** Parts of a step that are no stage's; `""` is the backward pass of all. */
const PARTS: Readonly<Record<string, string>> = {
  "": "backward pass",
  images: "reading the images",
  optimizer: "optimizer",
  state: "EMA and queue updates",
  accumulate: "gradient sums",
  clip: "gradient clipping",
  monitor: "monitors",
};

/** Points of a schedule's drawing. */
const POINTS = 60;
/** Fine enough for a drawing over epochs when no real number is known. */
const NOMINAL_STEPS = 1000;

/** Values of each owner that the backward pass reads, without aliases. */
function activations({ nodes }: Program): Map<string, number> {
  const seen = new Set<Value>();
  const bytes = new Map<string, number>();
  for (const { scope, inputs } of nodes) {
    if (!ownerOf(scope).backward) continue;
    for (const input of inputs) {
      const buffer = bufferOf(input);
      if (seen.has(buffer)) continue;
      seen.add(buffer);
      const { part, backward } = ownerOf(buffer.node.scope);
      if (backward) continue;
      bytes.set(part, (bytes.get(part) ?? 0) + bytesOf(buffer));
    }
  }
  return bytes;
}

/** A program, and how often a step runs it. */
type Times = readonly [program: Program, times: number];

function flopsBy(
  programs: readonly Times[],
  key: (owner: Owner) => string,
): Map<string, number> {
  const flops = new Map<string, number>();
  for (const [{ nodes }, times] of programs) {
    for (const node of nodes) {
      const owner = key(ownerOf(node.scope));
      const count = times * (flopsOf(node) ?? 0);
      flops.set(owner, (flops.get(owner) ?? 0) + count);
    }
  }
  return flops;
}

const sum = (values: Iterable<number>): number =>
  [...values].reduce((total, value) => total + value, 0);

const parameterCount = (variables: readonly Variable[]): number =>
  sum(
    variables.filter(({ role }) => role !== "buffer").map(({ shape }) =>
      sizeOf(shape)
    ),
  );

/** What counts in epochs, each once. */
const inEpochs = (slots: readonly ScalarSlot[]): readonly string[] => [
  ...new Set(slots.flatMap(({ epochs }) => epochs ?? [])),
];

/** Steps to draw schedules over, and what one unit of the axis is. */
function drawnLength(
  { train: { length } }: Pipeline,
  slots: readonly ScalarSlot[],
  known: Length | undefined,
): Length | undefined {
  if (known) return known;
  if (length.unit === "epochs") {
    const steps = Math.max(1, Math.round(length.count * NOMINAL_STEPS));
    return { steps, stepsPerEpoch: NOMINAL_STEPS };
  }
  return inEpochs(slots).length > 0
    ? undefined
    : { steps: length.count, stepsPerEpoch: 1 };
}

function schedulesOf(
  pipeline: Pipeline,
  slots: readonly ScalarSlot[],
  length: Length,
): readonly Series[] {
  const { steps, stepsPerEpoch } = length;
  const unit = pipeline.train.length.unit === "epochs" ? stepsPerEpoch : 1;
  const last = steps - 1;
  const at = [
    ...new Set(
      Array.from(
        { length: POINTS },
        (_, i) => Math.round(last * i / (POINTS - 1)),
      ),
    ),
  ];
  const values = at.map((step) => scalarValues(slots, step, length));
  const series = new Map<string, Series>();
  slots.forEach(({ option, stage }, slot) => {
    const points = at.map((step, i) =>
      [step / unit, values[i]?.[slot] ?? Number.NaN] as const
    );
    const key = `${option} ${points}`;
    const stages = [...series.get(key)?.stages ?? [], stage];
    series.set(key, { option, stages, points });
  });
  return [...series.values()];
}

/** Bytes of what another device than the first is sent of variables. */
const copiesOn = ({ nodes }: Program, replica: number): number =>
  sum(
    nodes.filter(({ op, inputs: [of], ...node }) =>
      op === "Identity" && node.replica === replica &&
      of?.node.replica !== replica
    ).map(({ outputs: [copy] }) =>
      copy ? sizeOf(copy.shape) * BYTES[copy.dtype] : 0
    ),
  );

/**
 * Plans a run from its recorded step. Runs nothing and loads no data.
 *
 * @throws {UserError} When a batch is larger than the data.
 */
export function planRun(
  loaded: LoadedPipeline,
  { api }: Pick<Engine, "api">,
  { images, rounding = ROUNDINGS[loaded.pipeline.train.precision], replicas }: {
    /** Number of training images, where the source does not tell. */
    readonly images?: number | undefined;
    /** By default the pipeline's precision, products included. */
    readonly rounding?: Rounding;
    /** Devices that share each batch. */
    readonly replicas?: number | undefined;
  } = {},
): Plan {
  const { pipeline, graph } = loaded;
  if (replicas !== undefined) checkReplicas(pipeline, graph, replicas);
  const record = (device: Target["device"], replicas?: number) =>
    recordStep(api, loaded, { device, rounding, images, replicas });
  // Counted as defined, so that the number is the network's and no machine's.
  const defined = record("any");
  const counted: Times[] = [[optimize(defined.program, DEFINING), 1]];
  if (defined.part) {
    const before = pipeline.train.accumulate - 1;
    counted.push([optimize(defined.part, DEFINING), before]);
  }
  const recorded = record("cpu", replicas);
  const program = optimize(recorded.program, passesFor(rounding));
  const flops = flopsBy(counted, ({ part, backward }) => backward ? "" : part);
  const kept = activations(program);
  const stages = graph.order.map((wired): StagePlan => ({
    wired,
    parameters: parameterCount(wired.variables),
    flops: flops.get(wired.name) ?? 0,
    activations: kept.get(wired.name) ?? 0,
  }));
  // A stage may have the name of a part; its row has those operations then.
  const rest = [...flops].filter(([owner, count]) =>
    !graph.byName.has(owner) && count > 0
  ).map(([owner, count]) => [PARTS[owner] ?? owner, count]);
  const count = recorded.images;
  const length = count === undefined ? undefined : runLength(pipeline, count);
  const { scalars, variables, scratch } = recorded.training;
  const drawn = drawnLength(pipeline, scalars, length);
  const saved = bytesOfVariables(variables);
  const needed = {
    variables: saved + bytesOfVariables(scratch),
    temporary: peakBytes(program),
  };
  const { batch } = pipeline.data;
  const reason = tooMuch(needed, program, batch, machineMemory());
  return {
    stages,
    rest: Object.fromEntries(rest),
    parameters: sum(
      stages.map(({ wired, parameters }) => wired.trainable ? parameters : 0),
    ),
    flops: sum(flops.values()),
    flopsByPart: flopsBy(counted, ({ part }) => part),
    uncounted: [
      ...new Set(counted.flatMap(([program]) => uncounted(program))),
    ],
    memory: {
      ...needed,
      ...(replicas !== undefined && replicas > 1
        ? {
          replicas: Array.from(
            { length: replicas },
            (_, i) =>
              peakBytes(program, ({ node }) => (node.replica ?? 0) === i) +
              copiesOn(program, i),
          ),
        }
        : {}),
      ...(reason === undefined ? {} : { tooMuch: reason }),
      ...(count === undefined ? {} : { images: count * sizeOf(graph.image) }),
    },
    disk: runDisk(pipeline, saved, length?.steps),
    ...(count === undefined ? {} : { images: count }),
    ...(length ? { length } : {}),
    ...(drawn
      ? { schedules: schedulesOf(pipeline, scalars, drawn) }
      : { inEpochs: inEpochs(scalars) }),
  };
}
