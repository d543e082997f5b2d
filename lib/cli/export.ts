/** @file `export RUN --to FORMAT`: a run's encoder for other runtimes. */
import type { Which } from "../encoder/open_run.ts";
import { exportEncoder, type ExportOptions } from "../export/export_encoder.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { integer } from "./format.ts";
import { announceModule } from "./modules.ts";
import { recordingEngine } from "./recording_engine.ts";
import { say } from "./say.ts";

/** Checkpoints that `--checkpoint` can name. */
export const EXPORTED: readonly Which[] = ["last", "best", "healthy"];

/** Options of the command. */
export type ExportCommand = Pick<
  ExportOptions,
  "to" | "out" | "checkpoint" | "of"
>;

/** Runs the command. */
export async function exportCommand(
  path: string,
  options: ExportCommand,
): Promise<ExitCode> {
  const { folder, chosen, files, shapes, remarks } = await exportEncoder(path, {
    ...options,
    engine: recordingEngine,
    onModule: announceModule,
  });
  say(`Encoder of ${chosen}, into ${folder}/`);
  for (const [name, bytes] of files) say(`  ${name}  ${integer(bytes)} bytes`);
  if (shapes) {
    const [from, to] = [shapes.images, shapes.features].map((shape) =>
      `[${shape.join(", ")}]`
    );
    say(`images: uint8 ${from}, features: float32 ${to}`);
  }
  for (const remark of remarks) say(remark);
  return EXIT.success;
}
