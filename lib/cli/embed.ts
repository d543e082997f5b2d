/** @file `embed RUN IMAGES...`: features of image files, into one file. */
import { checkTarget, embedFiles } from "../embed/embed_files.ts";
import { Encoder, type EncoderOptions } from "../encoder/encoder.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { bar, integer } from "./format.ts";
import { interruptible } from "./interrupt.ts";
import { encoderLine, imagesLine, warnOfSkipped } from "./encoder_words.ts";
import { announceModule } from "./modules.ts";
import { processTerminal } from "./reporter.ts";

/** Options of the command. */
export interface EmbedCommand extends EncoderOptions {
  readonly out: string;
  readonly force?: boolean;
}

/** Runs the command. */
export async function embed(
  run: string,
  places: readonly string[],
  { out, force, ...options }: EmbedCommand,
): Promise<ExitCode> {
  await checkTarget({ out, force });
  const terminal = processTerminal();
  const encoder = await Encoder.open(run, {
    ...options,
    onModule: announceModule,
  });
  try {
    const done = await interruptible(terminal, async (signal) => {
      const found = await encoder.images(places, {
        onProgress: ({ task, done }) =>
          terminal.live(`${task}  ${integer(done)}`),
      });
      terminal.print(imagesLine(found, places));
      terminal.print(encoderLine(encoder));
      const { count } = found.images;
      const result = await embedFiles(encoder, found, {
        out,
        force,
        signal,
        onProgress: (done) =>
          terminal.live(
            `${bar(done / count)} ${integer(done)} of ${integer(count)} images`,
          ),
      });
      warnOfSkipped(terminal, found.skipped, count - result.count);
      const { before, files } = result;
      terminal.print(
        `${integer(result.count)} rows of ${encoder.width} numbers written to ${
          files.join(" and ")
        }${before > 0 ? `, ${integer(before)} of them from before` : ""}`,
      );
      return result;
    });
    if (done) return EXIT.success;
    terminal.print("To go on: the same command again");
    return EXIT.interrupted;
  } finally {
    encoder.close();
  }
}
