/** @file A whole pipeline from plain data. */
import { z } from "zod";
import { expectImageShape } from "../../data/own_source.ts";
import type { OptimizerDefinition } from "../../optim/define.ts";
import { completeMonitor, type Monitor } from "../../monitor/policy.ts";
import type { Schedule } from "../../optim/schedule.ts";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { nearest } from "../../diagnostics/nearest.ts";
import { fitPresets, fittedTo } from "./fit_presets.ts";
import type {
  Draft,
  Evaluate,
  Optimizer,
  Pipeline,
  Stage,
  StageSettings,
  Train,
} from "../../model/pipeline.ts";
import { isJudged } from "../../model/probe.ts";
import { SOURCES, STAGE_NAME } from "../../model/reference.ts";
import { kindsOf, type Registry } from "../../model/registry.ts";
import { completeTrack } from "../../track/settings.ts";
import { reasonIn } from "../../stages/user_code.ts";
import { isUserFile } from "../../stages/user_file.ts";
import { takesMomentum } from "../../model/stage_kind.ts";
import { parseStage } from "./parse_stage.ts";
import {
  checkpoint,
  evaluate,
  init,
  monitor,
  OLD_LINEAR,
  perStage,
  SCHEDULES,
  share,
  TOP_LEVEL,
  track,
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
} from "../../diagnostics/validate.ts";

/** A folder of this name lies in the folder of runs. */
const NAME = /^(?!\.+$)[\w.-]{1,100}$/;

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
      name: z.string().regex(
        NAME,
        "expected letters, digits, and . _ - between them, 100 at most",
      ).default(name),
      seed: z.int().min(0).max(2 ** 31 - 1).default(0),
    }),
    value,
    [],
    "the pipeline",
    findings,
  );
  const data = parseData(value["data"], registry, findings);
  const fitted = fitPresets(registry, fittedTo(data));
  const stages = parseStages(value["stages"], fitted, findings);
  const trained = parseTrain(value["train"], registry, stages, findings);
  if (trained && stages) checkMomentum(value["train"], stages, findings);
  const begun = parseInit(value["init"], stages, findings);
  const monitored = parseMonitor(value["monitor"], findings);
  const kept = validate(
    checkpoint,
    value["checkpoint"] ?? {},
    ["checkpoint"],
    `"checkpoint"`,
    findings,
  );
  const evaluated = parseEvaluate(value["evaluate"], data, registry, findings);
  const tracked = validate(
    track,
    value["track"] ?? {},
    ["track"],
    `"track"`,
    findings,
  );
  if (
    !top || !data || !stages || stages.broken.size > 0 || !trained ||
    !monitored || !kept || !evaluated || !tracked || findings.failed
  ) return stages ? { draft: { data, ...stages } } : {};
  const told = completeTrack(tracked);
  const pipeline = {
    ...top,
    data,
    stages: stages.stages,
    ...(begun ? { init: begun } : {}),
    train: trained,
    monitor: monitored,
    checkpoint: kept,
    evaluate: evaluated,
    ...(Object.keys(told).length > 0 ? { track: told } : {}),
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
  const { source: name, batch: size, share: part, ...rest } = keys;
  const batch = validate(
    z.int().min(1).max(1_000_000),
    size,
    ["data", "batch"],
    `"batch"`,
    findings,
  );
  const some = part === undefined
    ? undefined
    : validate(share, part, ["data", "share"], `"share"`, findings);
  const found = parseSource(
    name,
    rest,
    ["data"],
    ["batch", "share"],
    registry,
    findings,
  );
  return batch !== undefined && found
    ? { ...found, batch, ...(some === undefined ? {} : { share: some }) }
    : undefined;
}

/**
 * A data source by its name, with its options.
 *
 * @param others Keys beside it that are no options.
 */
function parseSource(
  name: unknown,
  written: Record<string, unknown>,
  path: Path,
  others: readonly string[],
  registry: Registry,
  findings: Findings,
): Pick<Pipeline["data"], "source" | "options"> | undefined {
  const source = registry.sources.find((one) => one.name === name);
  if (!source) {
    const options = registry.sources.flatMap((one) => keysOf(one.options));
    reportUnknownKeys(
      Object.keys(written),
      [...new Set(["source", ...others, ...options])],
      path,
      `"${path.at(-1)}"`,
      findings,
    );
    unknownName(
      name,
      [...path, "source"],
      "the data source",
      registry.sources.map((one) => one.name),
      findings,
    );
    return undefined;
  }
  const options = validate(
    source.options,
    written,
    path,
    `"source: ${source.name}"`,
    findings,
    {
      of: source.name,
      keys: Object.fromEntries(
        registry.sources.map((one) => [one.name, keysOf(one.options)]),
      ),
    },
  );
  if (options === undefined) return undefined;
  if (isUserFile(source.name)) {
    try {
      expectImageShape(source.shape(options));
    } catch (error) {
      findings.error(
        "custom-stage",
        [...path, "source"],
        `Cannot use "${source.name}": ${reasonIn(source.name, error)}`,
      );
      return undefined;
    }
  }
  return { source, options };
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
  const reading = {
    registry,
    findings,
    references: {
      stages: new Set(Object.keys(keys)),
      keys: kindsOf(registry).map(({ key }) => key),
    },
    written: keys,
  };
  for (const [name, entry] of Object.entries(keys)) {
    const path = ["stages", name];
    if (!STAGE_NAME.test(name) || SOURCES.includes(name)) {
      findings.error(
        "wrong-type",
        path,
        `Cannot name a stage "${name}"`,
        {
          at: "key",
          hints: [
            'expected letters, digits, "_", "-" and "."; "image" and "label" are the data',
          ],
        },
      );
      broken.add(name);
    }
    const stage = parseStage(entry, path, reading);
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
function checkMomentum(
  written: unknown,
  { stages, broken }: Pick<Draft, "stages" | "broken">,
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
function checkTrained(
  name: string,
  path: Path,
  { stages, broken }: Pick<Draft, "stages" | "broken">,
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
  stages: Pick<Draft, "stages" | "broken"> | undefined,
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

/** Weights to begin with, of stages that are there. */
function parseInit(
  value: unknown,
  stages: Pick<Draft, "stages" | "broken"> | undefined,
  findings: Findings,
): Pipeline["init"] {
  if (value === undefined || value === null) return undefined;
  const read = validate(init, value, ["init"], `"init"`, findings);
  for (const name of Object.keys(read ?? {})) {
    if (stages) checkTrained(name, ["init", name], stages, findings);
  }
  return read;
}

function parseMonitor(value: unknown, findings: Findings): Monitor | undefined {
  const keys = typeof value === "string" ? { collapse: value } : value ?? {};
  const read = validate(monitor, keys, ["monitor"], `"monitor"`, findings);
  return read && completeMonitor(read);
}

function parseEvaluate(
  value: unknown,
  trained: Pipeline["data"] | undefined,
  registry: Registry,
  findings: Findings,
): Evaluate | undefined {
  const written = value === false
    ? { knn: false, linear: false }
    : withoutOld(value ?? {}, findings);
  const keys = validate(
    evaluate,
    written,
    ["evaluate"],
    `"evaluate"`,
    findings,
  );
  if (!keys) return undefined;
  const { source, ...options } = keys.data ?? {};
  const path = ["evaluate", "data"];
  const data = keys.data &&
    parseSource(source, options, path, [], registry, findings);
  if (keys.data && !data) return undefined;
  if (data && trained) checkJudgedShape(data, trained, path, findings);
  if (keys.every !== undefined && !isJudged(keys)) {
    findings.error(
      "out-of-range",
      ["evaluate", "every"],
      "Cannot judge while it trains by nothing: kNN and the linear probe are left out",
      { hints: ["take `every` away, or one of `knn: false`, `linear: false`"] },
    );
  }
  return {
    ...(keys.of === undefined ? {} : { of: keys.of }),
    ...(data ? { data } : {}),
    ...(keys.knn ? { knn: keys.knn } : {}),
    ...(keys.every === undefined ? {} : { every: keys.every }),
    ...(keys.classifier === undefined ? {} : { classifier: keys.classifier }),
    ...(keys.linear
      ? { linear: { ...keys.linear, c: [keys.linear.c].flat() } }
      : {}),
  };
}

/** Takes away what told how long a probe trains that is fitted to its end now. */
function withoutOld(value: unknown, findings: Findings): unknown {
  const linear = isRecord(value) ? value["linear"] : undefined;
  if (!isRecord(value) || !isRecord(linear)) return value;
  const old = OLD_LINEAR.filter((key) => key in linear);
  for (const key of old) {
    findings.warn(
      "unknown-key",
      ["evaluate", "linear", key],
      `"${key}" has no effect any more: the linear probe is fitted to its end`,
      {
        at: "key",
        hints: [
          `take it away; \`evaluate: { linear: { c: [0.01, 0.1, 1] } }\` sets the penalties to choose from`,
        ],
      },
    );
  }
  const kept = Object.entries(linear).filter(([key]) => !old.includes(key));
  return { ...value, linear: Object.fromEntries(kept) };
}

type Sourced = Pick<Pipeline["data"], "source" | "options">;

/** An encoder takes images of one shape. */
function checkJudgedShape(
  data: Sourced,
  trained: Sourced,
  path: Path,
  findings: Findings,
): void {
  const shapeOf = ({ source, options }: Sourced): string => {
    const { height, width, channels } = source.shape(options);
    return `[${height}, ${width}, ${channels}]`;
  };
  const [judged, own] = [shapeOf(data), shapeOf(trained)];
  if (judged === own) return;
  findings.error(
    "shape-mismatch",
    path,
    `Cannot judge by images of ${judged}: the encoder is trained on ${own}`,
    { at: "key", hints: ["give both the same `size` and `channels`"] },
  );
}
