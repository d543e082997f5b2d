/** @file `report RUN...`: runs as one HTML file that can be sent. */
import { join } from "node:path";
import { cacheFolder } from "../engine/cache.ts";
import type { EncoderOptions } from "../encoder/encoder.ts";
import { UserError } from "../errors.ts";
import { toDot } from "../graph/draw/dot.ts";
import { dotToSvg } from "../graph/draw/svg.ts";
import { toSvgFile } from "../look/draw/shape.ts";
import { encode, type Encoded } from "../report/encoded.ts";
import { comparedCurves, curvesOf, spectrumOf } from "../report/figures.ts";
import { type ReportedRun, reportHtml } from "../report/page.ts";
import { differences, readRun, runsIn } from "../report/read.ts";
import { encodingLine } from "./encoder_words.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { integer } from "./format.ts";
import { interruptible } from "./interrupt.ts";
import { announceModule } from "./modules.ts";
import { checkNew, writeNew } from "./new_file.ts";
import { processTerminal, type Terminal } from "./reporter.ts";

/** Options of the command. */
export interface ReportCommand extends EncoderOptions {
  readonly out: string;
  /** A folder for the figures as SVG. */
  readonly figures?: string;
  /** What the runs' files tell, and nothing that needs an encoder. */
  readonly filesOnly?: boolean;
  readonly data?: string;
  readonly test?: string;
  readonly force?: boolean;
}

/** The encoder's part, or why there is none. */
async function encoded(
  folder: string,
  terminal: Terminal,
  signal: AbortSignal,
  { data, test, filesOnly, ...options }: Omit<ReportCommand, "out" | "figures">,
): Promise<Pick<ReportedRun, "encoded" | "notEncoded">> {
  if (filesOnly) return { notEncoded: "made from the run's files alone" };
  try {
    const found: Encoded = await encode(folder, {
      ...options,
      data,
      test,
      signal,
      onModule: announceModule,
      context: {
        baseDir: ".",
        cacheDir: cacheFolder(),
        onProgress: ({ task, done }) =>
          terminal.live(`${task}  ${integer(done)}`),
      },
      onScore: (text) => terminal.live(text),
      onEncoded: encodingLine(terminal),
    });
    return { encoded: found };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const [reason = ""] = error.message.split("\n");
    terminal.warn(`warning: ${folder} has no scores and neighbours: ${reason}`);
    return { notEncoded: reason };
  }
}

/** File names of figures: letters, digits and little else. */
const fileOf = (...parts: readonly string[]): string =>
  `${parts.map((part) => part.replace(/[^\w.-]+/g, "-")).join("_")}.svg`;

/** All figures by the names of their files. */
function figureFiles(
  runs: readonly ReportedRun[],
  compared: ReturnType<typeof comparedCurves>,
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { read, graph, curves, spectrum } of runs) {
    if (graph) files.set(fileOf(read.name, "graph"), graph);
    for (const { key, drawn } of [...curves, ...spectrum ? [spectrum] : []]) {
      files.set(fileOf(read.name, key), toSvgFile(drawn));
    }
  }
  for (const { key, drawn } of compared) {
    files.set(fileOf("comparison", key), toSvgFile(drawn));
  }
  return files;
}

async function writeFigures(
  folder: string,
  files: ReadonlyMap<string, string>,
  force: boolean | undefined,
): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    throw new UserError(
      `Cannot write figures into "${folder}": ${
        error instanceof Error ? error.message : String(error)
      }.\nChoose another folder with --figures.`,
    );
  }
  for (const name of files.keys()) {
    await checkNew(join(folder, name), { force });
  }
  for (const [name, svg] of files) await writeNew(join(folder, name), svg);
}

/** Runs the command. */
export async function report(
  folders: readonly string[],
  { out, figures, force, ...options }: ReportCommand,
): Promise<ExitCode> {
  await checkNew(out, { force });
  const terminal = processTerminal();
  const places = await runsIn(folders);
  const done = await interruptible(terminal, async (signal) => {
    const runs: ReportedRun[] = [];
    for (const folder of places) {
      const read = await readRun(folder, { onModule: announceModule });
      const spectrum = spectrumOf(read);
      runs.push({
        read,
        ...(read.method
          ? { graph: await dotToSvg(toDot(read.method.diagram)) }
          : {}),
        curves: curvesOf(read),
        ...(spectrum ? { spectrum } : {}),
        ...await encoded(folder, terminal, signal, options),
      });
    }
    const reads = runs.map(({ read }) => read);
    const compared = runs.length > 1 ? comparedCurves(reads) : [];
    const html = reportHtml({
      runs,
      differences: differences(reads),
      compared,
      date: new Date(),
    });
    if (figures !== undefined) {
      const files = figureFiles(runs, compared);
      await writeFigures(figures, files, force);
      terminal.print(`${files.size} figures written to ${figures}`);
    }
    await writeNew(out, html);
    terminal.print(`Written to ${out}`);
    return true;
  });
  return done ? EXIT.success : EXIT.interrupted;
}
