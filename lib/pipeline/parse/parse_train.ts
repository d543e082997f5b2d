/** @file `train`: length, optimizer, schedule, and settings of single stages. */
import type { z } from "zod";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import { isRecord, readChoice, validate } from "../../diagnostics/validate.ts";
import type {
  Draft,
  Optimizer,
  StageSettings,
  Train,
} from "../../model/pipeline.ts";
import type { Registry } from "../../model/registry.ts";
import { takesMomentum } from "../../model/stage_kind.ts";
import type { OptimizerDefinition } from "../../optim/define.ts";
import type { Schedule } from "../../optim/schedule.ts";
import { section } from "./section.ts";
import { perStage, SCHEDULES, train } from "./sections.ts";

/** Stages that could be read, and names of those that could not. */
export type StagesRead = Pick<Draft, "stages" | "broken">;

const CONSTANT: Schedule = { kind: "constant", warmup: 0 };

function parseSchedule(
  value: unknown,
  path: Path,
  findings: Findings,
): Schedule | undefined {
  const names = Object.keys(SCHEDULES) as Schedule["kind"][];
  const choice = readChoice(value, path, "a schedule", names, findings);
  if (!choice) return undefined;
  const kind = choice.name as Schedule["kind"];
  const options = validate(
    SCHEDULES[kind] as z.ZodType<Omit<Schedule, "kind">>,
    choice.options,
    choice.path,
    `the schedule "${kind}"`,
    findings,
  );
  return options && { ...options, kind };
}

/** @param stages Undefined where none could be read. */
export function parseTrain(
  value: unknown,
  registry: Registry,
  stages: StagesRead | undefined,
  findings: Findings,
): Train | undefined {
  const example = "train: { epochs: 20, optimizer: { sgd: { lr: 0.05 } } }";
  const written = section(value, "train", example, findings);
  if (!written) return undefined;
  // A missing optimizer is reported by its own reader.
  const keys = validate(
    train,
    { optimizer: null, ...written },
    ["train"],
    `"train"`,
    findings,
  );
  const optimizer = parseOptimizer(
    written["optimizer"],
    ["train", "optimizer"],
    registry,
    findings,
  );
  const schedule = written["schedule"] === undefined
    ? CONSTANT
    : parseSchedule(written["schedule"], ["train", "schedule"], findings);
  const perStage = parsePerStage(
    // As it was written: a schema leaves "__proto__" out without a word.
    isRecord(written["per_stage"]) ? written["per_stage"] : {},
    stages,
    registry,
    findings,
  );
  if (keys && (keys.epochs === undefined) === (keys.steps === undefined)) {
    findings.error(
      "missing-key",
      keys.epochs === undefined ? ["train"] : ["train", "steps"],
      keys.epochs === undefined
        ? `Cannot tell how long to train: "epochs" or "steps" is missing`
        : `Cannot obey both "epochs" and "steps"`,
      { at: "key", hints: ["give one of the two"] },
    );
    return undefined;
  }
  if (!keys || !optimizer || !schedule) return undefined;
  return {
    length: keys.epochs === undefined
      ? { unit: "steps", count: keys.steps as number }
      : { unit: "epochs", count: keys.epochs },
    optimizer,
    schedule,
    ema: keys.ema,
    ...(keys.clip === undefined ? {} : { clip: keys.clip }),
    accumulate: keys.accumulate,
    ...(keys.replicas
      ? {
        replicas: {
          batchNorm: keys.replicas.batch_norm,
          losses: keys.replicas.losses,
        },
      }
      : {}),
    perStage,
    precision: keys.precision,
  };
}

/** Warns of a momentum that no stage takes. */
export function checkMomentum(
  written: unknown,
  { stages, broken }: StagesRead,
  findings: Findings,
): void {
  if (!isRecord(written) || written["ema"] === undefined) return;
  if (broken.size > 0 || [...stages.values()].some(takesMomentum)) return;
  findings.warn(
    "unused-setting",
    ["train", "ema"],
    `Nothing takes its momentum from "ema"`,
    {
      at: "key",
      hints: [
        "remove it, or add a twin that has no `momentum` of its own: { ema: <stage>, of: <views> }",
      ],
    },
  );
}

function parseOptimizer(
  value: unknown,
  path: Path,
  registry: Registry,
  findings: Findings,
): Optimizer | undefined {
  const names = registry.optimizers.map(({ name }) => name);
  const choice = readChoice(value, path, `an optimizer`, names, findings);
  if (!choice) return undefined;
  const definition = registry.optimizers.find(({ name }) =>
    name === choice.name
  ) as OptimizerDefinition;
  const options = validate(
    definition.options,
    choice.options,
    choice.path,
    `the optimizer "${choice.name}"`,
    findings,
  );
  return options && { definition, options };
}

/** Reports settings of a stage that is not there, or that nothing trains. */
export function checkTrained(
  name: string,
  path: Path,
  { stages, broken }: StagesRead,
  findings: Findings,
): void {
  const trained = [...stages].filter(([, { definition }]) =>
    !definition.objective &&
    Object.values(definition.inputs).some(({ gradient }) => gradient)
  ).map(([stage]) => stage);
  if (stages.get(name)?.definition.objective || trained.includes(name)) return;
  if (broken.has(name)) return;
  const near = nearest(name, trained);
  findings.error(
    "unknown-reference",
    path,
    `Cannot find a trained stage "${name}"`,
    { at: "key", hints: near ? [`did you mean "${near}"?`] : [] },
  );
}

function parsePerStage(
  value: Readonly<Record<string, unknown>>,
  stages: StagesRead | undefined,
  registry: Registry,
  findings: Findings,
): Train["perStage"] {
  const result = new Map<string, StageSettings>();
  for (const [name, entry] of Object.entries(value)) {
    const path = ["train", "per_stage", name];
    if (stages) checkTrained(name, path, stages, findings);
    const keys = validate(perStage, entry, path, `"${name}"`, findings);
    if (!keys) continue;
    const schedule = keys.schedule === undefined
      ? undefined
      : parseSchedule(keys.schedule, [...path, "schedule"], findings);
    const optimizer = keys.optimizer === undefined ? undefined : parseOptimizer(
      keys.optimizer,
      [...path, "optimizer"],
      registry,
      findings,
    );
    result.set(name, {
      ...(keys.lr === undefined ? {} : { lr: keys.lr }),
      ...(schedule ? { schedule } : {}),
      ...(optimizer ? { optimizer } : {}),
      ...(keys.weight_decay === undefined
        ? {}
        : { weightDecay: keys.weight_decay }),
      ...(keys.layer_decay === undefined
        ? {}
        : { layerDecay: keys.layer_decay }),
      ...(keys.freeze === undefined ? {} : { freeze: keys.freeze }),
      ...(keys.statistics === undefined ? {} : { statistics: keys.statistics }),
      ...(keys.replicas === undefined ? {} : { replicas: keys.replicas }),
    });
  }
  return result;
}
