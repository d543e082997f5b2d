/** @file Exports from TypeScript. */
import { basename, join } from "node:path";
import { networkOf } from "../encoder/encoder.ts";
import { openRun, type Which } from "../encoder/open_run.ts";
import { type Engine, openEngine } from "../engine/open.ts";
import type { LoadOptions } from "../pipeline/load.ts";
import { type ExportResult, exportRun } from "./export_run.ts";
import { type FormatName, FORMATS } from "./formats.ts";

/** What is exported, and where. */
export interface ExportOptions extends Pick<LoadOptions, "onModule"> {
  /** Format: `onnx`, `savedmodel`, `tfjs` or `safetensors`. */
  readonly to: FormatName;
  /** New folder; by default `exports/<pipeline>/<run>-<format>`. */
  readonly out?: string | undefined;
  /** Which weights; by default the newest that looked healthy. */
  readonly checkpoint?: Which | undefined;
  /** Another network of the run, such as `z`; by default the encoder. */
  readonly of?: string | undefined;
  /** Opens the engine, where the format needs one. */
  readonly engine?: (() => Promise<Engine>) | undefined;
}

/**
 * Writes the encoder of a run for other runtimes, with a model card, into a
 * new folder. The run is not changed.
 *
 * @param path The run's folder, or one of its checkpoints.
 * @throws {UserError} When it is no run, its weights do not fit, the folder is
 *   there, or the format has no way to write an op; nothing is written then.
 *
 * @example
 * ```ts
 * import { join } from "node:path";
 * import { buildPipeline, exportEncoder, train } from "stopgrad";
 *
 * const runsDir = await Deno.makeTempDir();
 * const { folder } = await train(
 *   buildPipeline({
 *     data: { source: "photos", batch: 32 },
 *     stages: {
 *       views: { augment: "simclr", of: "image", count: 2 },
 *       y: { encode: "resnet", of: "views", width: 4, blocks: [1] },
 *       loss: { loss: "nt_xent", between: ["y", "y"], pairs: "unordered" },
 *     },
 *     train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } },
 *     evaluate: false,
 *   }),
 *   { runsDir },
 * );
 * const { shapes } = await exportEncoder(folder, {
 *   to: "onnx",
 *   out: join(runsDir, "encoder"),
 * });
 * console.log(shapes?.images, shapes?.features);
 * ```
 */
export async function exportEncoder(
  path: string,
  {
    to,
    out,
    checkpoint,
    of,
    engine = () => openEngine({ device: "cpu" }),
    ...options
  }: ExportOptions,
): Promise<ExportResult> {
  const run = await openRun(path, { ...options, checkpoint });
  const { loaded } = run;
  const encoder = networkOf(loaded, of);
  const name = of === undefined ? to : `${of}-${to}`;
  const folder = out ??
    join("exports", loaded.pipeline.name, `${basename(run.folder)}-${name}`);
  const judged = loaded.graph.encoder.name;
  const graph = { ...loaded.graph, encoder };
  const chosen = { ...run, loaded: { ...loaded, graph } };
  return await exportRun(engine, chosen, FORMATS[to], folder, judged);
}
