/** @file A whole pipeline from plain data. */
import { z } from "zod";
import type { OptimizerDefinition } from "../optim/define.ts";
import { completeMonitor, type Monitor } from "../monitor/policy.ts";
import type { Findings, Path } from "./diagnostic.ts";
import { fitPresets } from "./fit_presets.ts";
import { nearest } from "./nearest.ts";
import { parseStage, readMomentum } from "./parse_stage.ts";
import type {
  Draft,
  Evaluate,
  Momentum,
  Pipeline,
  Schedule,
  Stage,
  Train,
} from "./pipeline.ts";
import { STAGE_NAME } from "./reference.ts";
import type { Registry } from "./registry.ts";
import {
  checkpoint,
  evaluate,
  monitor,
  perStage,
  SCHEDULES,
  TOP_LEVEL,
  train,
} from "./sections.ts";
import {
  isRecord,
  keysOf,
  readChoice,
  reportUnknownKeys,
  show,
  unknownName,
  validate,
} from "./validate.ts";

const DEFAULT_MOMENTUM: Momentum = { from: 0.99, to: 0.99 };
const CONSTANT: Schedule = { kind: "constant", warmup: 0, final: 1 };

/**
 * Reads a pipeline, reporting every problem of keys, types, ranges and names.
 * Wiring is checked afterwards, by `wire`.
 *
 * @param name Name of a pipeline that does not give its own.
 * @returns The pipeline, or what could be read of one with errors.
 */
export function parsePipeline(
  value: unknown,
  name: string,
  registry: Registry,
  findings: Findings,
): { readonly pipeline?: Pipeline; readonly draft?: Draft } {
  if (!isRecord(value)) {
    findings.error(
      "wrong-type",
      [],
      `Cannot use ${
        value === null ? "an empty file" : show(value)
      } as a pipeline: expected a map with "data", "stages" and "train"`,
    );
    return {};
  }
  reportUnknownKeys(Object.keys(value), TOP_LEVEL, [], "a pipeline", findings);
  const top = validate(
    z.object({
      name: z.string().regex(/^[\w.-]{1,100}$/).default(name),
      seed: z.int().min(0).max(2 ** 31 - 1).default(0),
    }),
    value,
    [],
    "the pipeline",
    findings,
  );
  const data = parseData(value["data"], registry, findings);
  const fitted = fitPresets(registry, data);
  const stages = parseStages(value["stages"], fitted, findings);
  const trained = parseTrain(value["train"], registry, stages, findings);
  const monitored = parseMonitor(value["monitor"], findings);
  const kept = validate(
    checkpoint,
    value["checkpoint"] ?? {},
    ["checkpoint"],
    `"checkpoint"`,
    findings,
  );
  const evaluated = parseEvaluate(value["evaluate"], findings);
  if (
    !top || !data || !stages || stages.broken.size > 0 || !trained ||
    !monitored || !kept || !evaluated || findings.failed
  ) return stages ? { draft: { data, ...stages } } : {};
  const pipeline = {
    ...top,
    data,
    stages: stages.stages,
    train: trained,
    monitor: monitored,
    checkpoint: kept,
    evaluate: evaluated,
  };
  return { pipeline };
}

/** A section that must be a map. */
function section(
  value: unknown,
  name: string,
  example: string,
  findings: Findings,
): Record<string, unknown> | undefined {
  if (isRecord(value)) return value;
  const missing = value === undefined || value === null;
  findings.error(
    missing ? "missing-key" : "wrong-type",
    [name],
    missing
      ? `Cannot train without "${name}"`
      : `Cannot use ${show(value)} as "${name}": expected a map`,
    { at: missing ? "key" : "value", hints: [`for example ${example}`] },
  );
  return undefined;
}

function parseData(
  value: unknown,
  registry: Registry,
  findings: Findings,
): Pipeline["data"] | undefined {
  const example = "data: { source: photos, batch: 128 }";
  const keys = section(value, "data", example, findings);
  if (!keys) return undefined;
  const { source: name, batch: size, ...rest } = keys;
  const batch = validate(
    z.int().min(1).max(1_000_000),
    size,
    ["data", "batch"],
    `"batch"`,
    findings,
  );
  const source = registry.sources.find((one) => one.name === name);
  if (!source) {
    const options = registry.sources.flatMap((one) => keysOf(one.options));
    reportUnknownKeys(
      Object.keys(rest),
      [...new Set(["source", "batch", ...options])],
      ["data"],
      `"data"`,
      findings,
    );
    unknownName(
      name,
      ["data", "source"],
      "the data source",
      registry.sources.map((one) => one.name),
      findings,
    );
    return undefined;
  }
  const options = validate(
    source.options,
    rest,
    ["data"],
    `"source: ${source.name}"`,
    findings,
  );
  return batch !== undefined && options !== undefined
    ? { source, options, batch }
    : undefined;
}

function parseStages(
  value: unknown,
  registry: Registry,
  findings: Findings,
): Pick<Draft, "stages" | "broken"> | undefined {
  const example = "stages: { views: { augment: simsiam, of: image }, ... }";
  const keys = section(value, "stages", example, findings);
  if (!keys) return undefined;
  const stages = new Map<string, Stage>();
  const broken = new Set<string>();
  for (const [name, entry] of Object.entries(keys)) {
    const path = ["stages", name];
    if (!STAGE_NAME.test(name) || name === "image") {
      findings.error(
        "wrong-type",
        path,
        `Cannot name a stage "${name}"`,
        {
          at: "key",
          hints: [
            'expected letters, digits, "_", "-" and "."; "image" is the data',
          ],
        },
      );
      broken.add(name);
    }
    const stage = parseStage(entry, path, registry, findings);
    if (stage && !broken.has(name)) stages.set(name, stage);
    else broken.add(name);
  }
  return { stages, broken };
}

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
    SCHEDULES[kind] as z.ZodType<{ warmup: number; final?: number }>,
    choice.options,
    choice.path,
    `the schedule "${kind}"`,
    findings,
  );
  return options && { final: 1, ...options, kind };
}

function parseTrain(
  value: unknown,
  registry: Registry,
  stages: Pick<Draft, "stages" | "broken"> | undefined,
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
  const optimizer = parseOptimizer(written["optimizer"], registry, findings);
  const schedule = written["schedule"] === undefined
    ? CONSTANT
    : parseSchedule(written["schedule"], ["train", "schedule"], findings);
  const ema = written["ema"] === undefined
    ? DEFAULT_MOMENTUM
    : readMomentum(written["ema"], ["train", "ema"], findings);
  const perStage = parsePerStage(keys?.per_stage ?? {}, stages, findings);
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
  if (!keys || !optimizer || !schedule || !ema) return undefined;
  return {
    length: keys.epochs === undefined
      ? { unit: "steps", count: keys.steps as number }
      : { unit: "epochs", count: keys.epochs },
    optimizer,
    schedule,
    ema,
    perStage,
    precision: keys.precision,
  };
}

function parseOptimizer(
  value: unknown,
  registry: Registry,
  findings: Findings,
): Train["optimizer"] | undefined {
  const path = ["train", "optimizer"];
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

function parsePerStage(
  value: Readonly<Record<string, unknown>>,
  stages: Pick<Draft, "stages" | "broken"> | undefined,
  findings: Findings,
): Train["perStage"] {
  const result = new Map<string, { schedule?: Schedule; lr?: number }>();
  for (const [name, entry] of Object.entries(value)) {
    const path = ["train", "per_stage", name];
    const trained = [...stages?.stages ?? []].filter(([, { kind }]) =>
      kind === "module"
    ).map(([stage]) => stage);
    if (stages && !trained.includes(name) && !stages.broken.has(name)) {
      const near = nearest(name, trained);
      findings.error(
        "unknown-reference",
        path,
        `Cannot find a trained stage "${name}"`,
        { at: "key", hints: near ? [`did you mean "${near}"?`] : [] },
      );
    }
    const keys = validate(perStage, entry, path, `"${name}"`, findings);
    if (!keys) continue;
    const schedule = keys.schedule === undefined
      ? undefined
      : parseSchedule(keys.schedule, [...path, "schedule"], findings);
    result.set(name, {
      ...(schedule ? { schedule } : {}),
      ...(keys.lr === undefined ? {} : { lr: keys.lr }),
    });
  }
  return result;
}

function parseMonitor(value: unknown, findings: Findings): Monitor | undefined {
  const keys = typeof value === "string" ? { collapse: value } : value ?? {};
  const read = validate(monitor, keys, ["monitor"], `"monitor"`, findings);
  return read && completeMonitor(read);
}

function parseEvaluate(
  value: unknown,
  findings: Findings,
): Evaluate | undefined {
  const written = value === false ? { knn: false, linear: false } : value ?? {};
  const keys = validate(
    evaluate,
    written,
    ["evaluate"],
    `"evaluate"`,
    findings,
  );
  if (!keys) return undefined;
  return {
    ...(keys.of === undefined ? {} : { of: keys.of }),
    ...(keys.knn ? { knn: keys.knn } : {}),
    ...(keys.linear ? { linear: keys.linear } : {}),
  };
}
