/** @file Exports the encoder of a run. */
import { join } from "node:path";
import { z } from "zod";
import { RUN_FILES } from "../checkpoint/run_record.ts";
import { chainTo } from "../graph/encoder_chain.ts";
import type { StageGraph, WiredStage } from "../graph/stage_graph.ts";
import type { OpenedRun } from "../encoder/open_run.ts";
import type { Engine } from "../engine/open.ts";
import { UserError } from "../errors.ts";
import { sizeOf } from "../ir/dtype.ts";
import { resolve } from "../pipeline/explain/resolve.ts";
import { readRegularText } from "../regular_file.ts";
import type { TrainedEncoder } from "./encoder.ts";
import type { Exporting, Format } from "./formats.ts";
import { type CardFacts, modelCard, scoresSchema } from "./model_card.ts";
import { type Portable, portable, type Size } from "./portable.ts";
import { checkFree, type Files, writeFolder } from "./write_folder.ts";

/** What was exported. */
export interface ExportResult {
  /** Where it lies. */
  readonly folder: string;
  /** Which checkpoint, in half a sentence. */
  readonly chosen: string;
  /** Bytes of each file. */
  readonly files: ReadonlyMap<string, number>;
  /** The function's shapes; absent of weights alone. */
  readonly shapes?: {
    readonly images: readonly Size[];
    readonly features: readonly Size[];
  };
  /** What the user should know. */
  readonly remarks: readonly string[];
}

/** Name of the card. */
export const CARD = "model_card.md";

const countSchema = z.object({ data: z.object({ images: z.int() }) });

async function read<T>(
  schema: z.ZodType<T>,
  run: OpenedRun,
  file: string,
): Promise<T | undefined> {
  try {
    const text = await readRegularText(join(run.folder, file));
    return schema.parse(JSON.parse(text));
  } catch {
    // A run that has not ended has none; a card says so.
    return undefined;
  }
}

/** The networks from the images to the one that is exported. */
const networksOf = ({ byName, encoder }: StageGraph): readonly WiredStage[] =>
  chainTo(byName, encoder).links.map(({ wired }) => wired)
    .filter(({ variables }) => variables.length > 0);

async function cardFacts(
  run: OpenedRun,
  format: Format,
  shapes: CardFacts["shapes"],
  judged: string,
): Promise<Omit<CardFacts, "remarks">> {
  const { pipeline, graph } = run.loaded;
  const trained = networksOf(graph).flatMap(({ variables }) =>
    variables.filter(({ role }) => role !== "buffer")
  );
  const record = await read(countSchema, run, RUN_FILES.origin);
  return {
    pipeline: resolve(pipeline) as Readonly<Record<string, unknown>>,
    name: pipeline.name,
    stage: graph.encoder.name,
    judged,
    parameters: trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    checkpoint: run.chosen,
    source: pipeline.data.source.name,
    images: record?.data.images,
    scores: await read(scoresSchema, run, RUN_FILES.summary),
    shapes,
    usage: format.usage,
  };
}

function encoderOf({ loaded, checkpoint, folder }: OpenedRun): TrainedEncoder {
  if (!checkpoint) {
    throw new UserError(`Cannot export "${folder}": it has no weights.`);
  }
  return { graph: loaded.graph, values: checkpoint.values };
}

/**
 * Writes the encoder of a run, with its model card, into a new folder. The run
 * is not changed.
 *
 * @param judged Stage that the scores of the run are of.
 * @throws {UserError} When the folder is there, the weights are of another
 *   network, or the format has no way to write it; nothing is written then.
 */
export async function exportRun(
  engine: () => Promise<Engine>,
  run: OpenedRun,
  format: Format,
  folder: string,
  judged: string = run.loaded.graph.encoder.name,
): Promise<ExportResult> {
  await checkFree(folder);
  const encoder = encoderOf(run);
  const [first, ...others] = networksOf(encoder.graph);
  if (!format.runs && others.length > 0) {
    throw new UserError(
      `Cannot export "${encoder.graph.encoder.name}" as weights alone: it reads "${first?.name}", whose weights it cannot do without, and names of libraries are those of one network.\nChoose --to onnx, savedmodel or tfjs, which hold both, or export "${first?.name}".`,
    );
  }
  let recorded: Promise<Portable> | undefined;
  const exporting: Exporting = {
    encoder,
    portable: () =>
      recorded ??= engine().then((opened) => portable(opened, encoder)),
    origin: {
      pipeline: run.loaded.pipeline.name,
      stage: encoder.graph.encoder.name,
      checkpoint: run.chosen,
    },
  };
  const written = await format.files(exporting);
  const form = format.runs ? await exporting.portable() : undefined;
  const shapes = form && { images: form.images, features: form.features };
  const remarks = format.remarks?.(exporting) ?? [];
  const facts = await cardFacts(run, format, shapes, judged);
  const card = modelCard({ ...facts, remarks });
  const files: Files = new Map([
    ...written,
    [CARD, new TextEncoder().encode(card)],
  ]);
  await writeFolder(folder, files);
  return {
    folder,
    chosen: run.chosen,
    files: new Map([...files].map(([name, { length }]) => [name, length])),
    ...(shapes ? { shapes } : {}),
    remarks,
  };
}
