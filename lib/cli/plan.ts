/** @file `plan FILE`: sizes, operations, memory and schedules of a run. */
import { loadPipeline } from "../pipeline/load.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { showSignature } from "../stages/define.ts";
import { outputOf } from "../graph/stage_graph.ts";
import {
  type Plan,
  planRun,
  type Series,
  type StagePlan,
} from "../train/plan.ts";
import { roundingFor } from "../train/rounding.ts";
import { chart } from "./chart.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { counted } from "../counted.ts";
import { bytes, integer } from "./format.ts";
import { announceModule } from "./modules.ts";
import { recordingEngine } from "./recording_engine.ts";
import { complain, print } from "./say.ts";
import { table } from "./table.ts";

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"] as const;

/** `1.23 GFLOP`. */
export function flops(count: number): string {
  let value = count;
  let prefix = 0;
  while (value >= 1000 && prefix < PREFIXES.length - 1) {
    value /= 1000;
    prefix++;
  }
  const digits = prefix === 0 ? value : Number(value.toPrecision(3));
  return `${digits} ${PREFIXES[prefix]}FLOP`;
}

const NOTES = [
  "FLOPs are counted in the step after its passes: a multiply-add is 2;",
  "convolutions and matrix products count what their definition takes (Winograd's",
  "way takes less), backwards too (about twice their forward pass); pointwise",
  "arithmetic is 1 an element written, a reduction 1 an element read, batch norm 8",
  "an element (12 backwards); moving, casting and comparing data is free.",
  "Activations are the values of a stage that the backward pass reads. Temporary",
  "memory is the most that lives at once when the ops run in recorded order; the",
  "engine's own workspace comes on top.",
];

function stageRow(
  { wired, parameters, flops: count, activations }: StagePlan,
): string[] {
  const { name, stage } = wired;
  const output = outputOf(wired);
  const [source] = stage.links.values();
  return [
    name,
    stage.key,
    output
      ? showSignature(output)
      : stage.definition.objective
      ? "scalar"
      : Object.keys(wired.built.outputs).join(", "),
    source !== undefined
      ? `= ${source}`
      : parameters > 0
      ? integer(parameters)
      : "–",
    count > 0 ? flops(count) : "–",
    activations > 0 ? bytes(activations) : "–",
  ];
}

/** Lines of the table. */
function costs(plan: Plan): string {
  const kept = plan.stages.reduce((sum, one) => sum + one.activations, 0);
  return table([
    ["stage", "kind", "output", "parameters", "FLOPs", "activations"],
    ...plan.stages.map(stageRow),
    ...Object.entries(plan.rest).map((
      [part, count],
    ) => [part, "", "", "", flops(count), ""]),
    [
      "one step",
      "",
      "",
      integer(plan.parameters),
      flops(plan.flops),
      bytes(kept),
    ],
  ], ["left", "left", "left", "right", "right", "right"]);
}

function memoryLine(
  { memory: { variables, temporary, images, replicas } }: Plan,
): string {
  const data = images === undefined
    ? ""
    : `; the training images, ${bytes(images)}, lie beside it`;
  const [first = 0, second = 0] = replicas ?? [];
  const devices = replicas
    ? `\nOn ${replicas.length} devices: the first has ${
      bytes(variables + first)
    }, variables and what sees the whole batch among it; the others ${
      bytes(second)
    } each`
    : "";
  return `Memory of a step: ${bytes(variables + temporary)} = ${
    bytes(variables)
  } of variables + ${bytes(temporary)} of temporary values${data}${devices}`;
}

function diskLine({ disk }: Plan): string {
  const { checkpoint, checkpoints, metrics, total } = disk;
  const lines = metrics === undefined
    ? "; metrics, whose length is not known, come to it"
    : ` + about ${bytes(metrics)} of metrics`;
  return `Disk, at most: ${bytes(total)} = ${checkpoints} checkpoints of ${
    bytes(checkpoint)
  }${lines}`;
}

function lengthLine({ images, length, flops: step }: Plan, pipeline: Pipeline) {
  const { unit, count } = pipeline.train.length;
  if (!length || images === undefined) {
    return `Run: ${
      integer(count)
    } ${unit}; the images of the source "${pipeline.data.source.name}" are not counted before they load (--images <n> tells)`;
  }
  const { steps, stepsPerEpoch } = length;
  const epochs = Number((steps / stepsPerEpoch).toFixed(2));
  return `Run: ${counted(images, "image")}, ${
    counted(stepsPerEpoch, "step")
  } an epoch, ${counted(epochs, "epoch")}, ${counted(steps, "step")}, ${
    flops(step * steps)
  }`;
}

/** Options by their names in prose; others are called as they are written. */
const SERIES: Readonly<Record<string, string>> = {
  lr: "Learning rate",
  momentum: "EMA momentum",
  moves: "Whether it moves (1) or is frozen (0)",
};

/** Numbers that only say again what another one does. */
const UNDRAWN = "steps moved";

function scheduleText(
  { option, stages, points }: Series,
  unit: "epochs" | "steps",
): string {
  const title = `${SERIES[option] ?? `\`${option}\``} of ${stages.join(", ")}`;
  const values = points.map(([, value]) => value);
  const [first = 0] = values;
  if (values.every((value) => value === first)) {
    return `${title}: ${Number(first.toPrecision(6))} throughout`;
  }
  return `${title}, over ${unit}\n${chart(points)}`;
}

const countsInEpochs = (what: readonly string[]): string =>
  `${what.join(", ")} ${what.length > 1 ? "count" : "counts"} in epochs`;

/** The plan as text. */
export function planText(plan: Plan, pipeline: Pipeline): string {
  const { unit } = pipeline.train.length;
  return [
    `${pipeline.name}: batches of ${
      integer(pipeline.data.batch)
    }, ${pipeline.train.precision}`,
    costs(plan),
    [memoryLine(plan), diskLine(plan), lengthLine(plan, pipeline)].join("\n"),
    ...plan.schedules?.filter(({ option }) => option !== UNDRAWN).map((
      series,
    ) => scheduleText(series, unit)) ?? [
      `Schedules: ${
        countsInEpochs(plan.inEpochs ?? [])
      }, whose length is not known (--images <n> tells)`,
    ],
    ...(plan.uncounted.length > 0
      ? [`Not counted: ${plan.uncounted.join(", ")}`]
      : []),
    NOTES.join("\n"),
  ].join("\n\n");
}

/** Options of the command. */
export interface PlanCommand {
  readonly set: readonly string[];
  /** A point of the file's sweep, in place of its own pipeline. */
  readonly point?: string | undefined;
  /** Number of training images. */
  readonly images?: number | undefined;
  /** Devices that share each batch. */
  readonly replicas?: number | undefined;
}

/** Runs the command. */
export async function plan(
  file: string,
  { set, point, images, replicas }: PlanCommand,
): Promise<ExitCode> {
  const loaded = await loadPipeline(file, {
    set,
    point,
    onModule: announceModule,
  });
  if (loaded.warnings) complain(loaded.warnings);
  const engine = await recordingEngine();
  const { pipeline } = loaded;
  const rounding = await roundingFor(engine, pipeline.train.precision);
  const plan = planRun(loaded, engine, { images, rounding, replicas });
  print(planText(plan, pipeline));
  if (plan.memory.tooMuch) complain(`warning: on a CPU ${plan.memory.tooMuch}`);
  return EXIT.success;
}
