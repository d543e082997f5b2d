/** @file A whole pipeline from plain data. */
import { z } from "zod";
import type { Findings } from "../../diagnostics/diagnostic.ts";
import {
  isRecord,
  reportUnknownKeys,
  show,
  validate,
} from "../../diagnostics/validate.ts";
import type { Draft, Pipeline, Stage } from "../../model/pipeline.ts";
import { SOURCES, STAGE_NAME } from "../../model/reference.ts";
import { kindsOf, type Registry } from "../../model/registry.ts";
import { completeMonitor, type Monitor } from "../../monitor/policy.ts";
import { completeTrack } from "../../track/settings.ts";
import { fitPresets, fittedTo } from "./fit_presets.ts";
import { parseData } from "./parse_data.ts";
import { parseEvaluate } from "./parse_evaluate.ts";
import { parseStage } from "./parse_stage.ts";
import {
  checkMomentum,
  checkTrained,
  parseTrain,
  type StagesRead,
} from "./parse_train.ts";
import { section } from "./section.ts";
import { checkpoint, init, monitor, TOP_LEVEL, track } from "./sections.ts";

/** A folder of this name lies in the folder of runs. */
const NAME = /^(?!\.+$)[\w.-]{1,100}$/;

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

function parseStages(
  value: unknown,
  registry: Registry,
  findings: Findings,
): StagesRead | undefined {
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

/** Weights to begin with, of stages that are there. */
function parseInit(
  value: unknown,
  stages: StagesRead | undefined,
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
