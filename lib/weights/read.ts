/** @file Weights to begin with: of a run, or of a safetensors file. */
import { join, resolve } from "node:path";
import { z } from "zod";
import { findRun, readRecord, RUN_FILES } from "../checkpoint/run_record.ts";
import { decodeSafetensors } from "../checkpoint/safetensors.ts";
import { CheckpointStore } from "../checkpoint/store.ts";
import { UserError } from "../errors.ts";
import type { WiredStage } from "../graph/stage_graph.ts";
import { readRegularFile } from "../regular_file.ts";
import { type Match, matchForeign, matchOwn } from "./match.ts";

/** Of a run's recorded pipeline, what tells its encoder. */
const recorded = z.looseObject({
  stages: z.record(z.string(), z.looseObject({})),
  evaluate: z.looseObject({ of: z.string().optional() }).optional(),
});

/** The stage that a run judges. */
function encoderIn(pipeline: unknown): string {
  const { success, data } = recorded.safeParse(pipeline);
  if (!success) return "";
  const first = Object.entries(data.stages).find(([, stage]) =>
    "encode" in stage
  );
  return data.evaluate?.of ?? first?.[0] ?? "";
}

/** The newest healthy checkpoint of a run, or the one that is named. */
async function ofRun(path: string, wired: WiredStage): Promise<Match> {
  const { folder, file } = await findRun(path);
  const { id, pipeline } = await readRecord(folder);
  const store = new CheckpointStore(
    join(folder, RUN_FILES.checkpoints),
    { keep: 1 },
    id,
  );
  const { values, refused } = await store.newest((entries) => {
    if (file !== undefined) return entries.filter((one) => one.file === file);
    const healthy = entries.filter((one) => one.healthy);
    return healthy.length > 0 ? healthy : entries;
  });
  if (!values) {
    const reasons = refused.map((one) => `${one.file}: ${one.reason}`);
    throw new Error(["it has no whole checkpoint", ...reasons].join("; "));
  }
  const own = Object.keys(values).some((name) =>
    name.startsWith(`${wired.name}/`)
  );
  return matchOwn(wired, values, own ? wired.name : encoderIn(pipeline));
}

/**
 * Weights for a stage, from what a path names.
 *
 * @param baseDir Relative paths start here.
 * @throws {UserError} When it cannot be read.
 */
export async function readWeights(
  path: string,
  wired: WiredStage,
  baseDir: string,
): Promise<Match> {
  const whole = resolve(baseDir, path);
  try {
    const { isDirectory } = await Deno.stat(whole);
    if (isDirectory) return await ofRun(whole, wired);
    const { tensors, metadata } = decodeSafetensors(
      await readRegularFile(whole, Number.POSITIVE_INFINITY),
    );
    return metadata["format"] === "stopgrad"
      ? await ofRun(whole, wired)
      : matchForeign(wired, tensors);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "it does not exist"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new UserError(
      `Cannot begin "${wired.name}" with the weights in "${path}": ${reason}${
        reason.includes("\n") ? "" : "."
      }\nGive the folder of a run, one of its checkpoints, or a safetensors file.`,
    );
  }
}
