/** @file `evaluate RUN`: an encoder's scores on labelled images, beside baselines. */
import { cacheFolder } from "../engine/cache.ts";
import { Encoder, type EncoderOptions } from "../encoder/encoder.ts";
import { judge, type Report } from "../evaluate/judge.ts";
import { judgeData } from "../evaluate/judge_data.ts";
import { protocolLines } from "../evaluate/protocols.ts";
import type { Score } from "../evaluate/scores.ts";
import { encoderLine, encodingLine } from "./encoder_words.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { integer, percent } from "./format.ts";
import { interruptible } from "./interrupt.ts";
import { announceModule } from "./modules.ts";
import { checkNew, writeNew } from "./new_file.ts";
import { processTerminal } from "./reporter.ts";
import { table } from "./table.ts";

/** Options of the command. */
export interface EvaluateCommand extends EncoderOptions {
  readonly data?: string;
  readonly test?: string;
  readonly out?: string;
  readonly force?: boolean;
}

const MOST_CLASSES = 20;

/** `68.3 % (65.7–70.9)`. */
function cell(score: Score | undefined): string {
  if (!score) return "–";
  const [low, high] = score.interval.map((one) => (100 * one).toFixed(1));
  return `${percent(score.accuracy)} (${low}–${high})`;
}

/** Classes with the least accuracy first, and what they are taken for. */
function classTable({ per_class, confusion, images }: Report): string {
  const rows = per_class.map(({ name, images: count, accuracy }) => {
    const label = images.classes.indexOf(name);
    const others = (confusion[label] ?? []).map((count, other) => ({
      count: other === label ? 0 : count,
      other,
    })).sort((a, b) => b.count - a.count);
    const [most] = others;
    return {
      accuracy,
      cells: [
        name,
        integer(count),
        percent(accuracy),
        most && most.count > 0
          ? `${images.classes[most.other]} (${most.count})`
          : "",
      ],
    };
  }).sort((a, b) => a.accuracy - b.accuracy);
  return table(
    [
      ["class", "images", "linear probe", "most often taken for"],
      ...rows.slice(0, MOST_CLASSES).map(({ cells }) => cells),
    ],
    ["left", "right", "right", "left"],
  );
}

/** A report as text. */
export function reportText(report: Report): string {
  const { features, majority, images } = report;
  const [first] = features;
  const rows = (first?.scores ?? []).map(({ key, name }) => [
    name,
    ...features.map(({ scores }) =>
      cell(scores.find((score) => score.key === key))
    ),
  ]);
  return [
    table(
      [
        ["", ...features.map(({ name, width }) => `${name}, ${width}`)],
        ...rows,
        [majority.name, cell(majority), ...features.slice(1).map(() => "")],
      ],
      ["left", ...features.map(() => "right" as const)],
    ),
    classTable(report),
    [
      `${integer(images.train)} images to learn from, ${
        integer(images.test)
      } to test with, ${images.classes.length} classes. In brackets: 95 % of what other test images would give (bootstrap).`,
      ...protocolLines(first?.scores ?? []).map((line) => `  ${line}`),
      ...images.notes.map((note) => `  note: ${note}`),
      ...report.left_out.map((text) => `  left out: ${text}`),
    ].join("\n"),
  ].join("\n\n");
}

/** Runs the command. */
export async function evaluate(
  run: string,
  { data, test, out, force, checkpoint, ...options }: EvaluateCommand,
): Promise<ExitCode> {
  if (out !== undefined) await checkNew(out, { force });
  const terminal = processTerminal();
  const encoder = await Encoder.open(run, {
    ...options,
    checkpoint,
    onModule: announceModule,
  });
  try {
    const untrained = await Encoder.open(run, {
      ...options,
      engine: encoder.engine,
      checkpoint: "untrained",
    });
    try {
      const report = await interruptible(terminal, async (signal) => {
        const { loaded, said } = await judgeData(encoder, { data, test }, {
          baseDir: ".",
          cacheDir: cacheFolder(),
          onProgress: ({ task, done }) =>
            terminal.live(`${task}  ${integer(done)}`),
        });
        terminal.print(encoderLine(encoder));
        terminal.print(`Judged by ${said}`);
        terminal.live("Making features");
        return await judge(encoder, loaded, {
          untrained,
          signal,
          onScore: (features, { name, accuracy }) =>
            terminal.live(`${features}: ${name} ${percent(accuracy)}`),
          onEncoded: encodingLine(terminal),
        });
      });
      if (!report) return EXIT.interrupted;
      terminal.print(`\n${reportText(report)}`);
      if (out !== undefined) {
        await writeNew(out, `${JSON.stringify(report, null, 2)}\n`);
        terminal.print(`Written to ${out}`);
      }
      return EXIT.success;
    } finally {
      untrained.close();
    }
  } finally {
    encoder.close();
  }
}
