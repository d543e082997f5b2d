/** @file A run on the terminal: one live line, or plain lines now and then. */
import { command } from "../command.ts";
import { createLogUpdate } from "log-update";
import process from "node:process";
import type { Scores } from "../evaluate/evaluate.ts";
import type { Rounding } from "../ir/rounding.ts";
import { verdictText } from "../monitor/verdict.ts";
import { VERDICTS } from "../monitor/verdicts.ts";
import type { StepProgress, TrainEvent } from "../train/events.ts";
import { type Compared, verdictOnEncoder } from "../train/compared.ts";
import type { Summary } from "../train/summary.ts";
import { counted } from "../counted.ts";
import { bar, bytes, duration, integer, percent } from "./format.ts";
import { leftOut } from "./left_out.ts";
import { complain, harmless, say } from "./say.ts";

/** Where a reporter writes. */
export interface Terminal {
  /** Replaces the live line. */
  live(line: string): void;
  /** Writes a line that stays. */
  print(line: string): void;
  /** Writes a warning that stays. */
  warn(line: string): void;
}

/** Between two lines of progress where the terminal cannot be redrawn. */
const PLAIN_MS = 10_000;
/** Between two drawings of the live line. */
const LIVE_MS = 100;

/** The process's own terminal. */
export function processTerminal(): Terminal {
  // Some terminals do not tell their width: nothing could be drawn there.
  const drawable = Deno.stdout.isTerminal() && process.stdout.columns > 0;
  const update = drawable ? createLogUpdate(process.stdout) : undefined;
  let shown = Number.NEGATIVE_INFINITY;
  const leave = (): void =>
    quietly(() => {
      update?.clear();
      update?.done();
    });
  return {
    live(line) {
      const now = performance.now();
      if (now - shown < (update ? LIVE_MS : PLAIN_MS)) return;
      shown = now;
      if (update) quietly(() => update(harmless(line)));
      else say(line);
    },
    print(line) {
      leave();
      say(line);
      shown = Number.NEGATIVE_INFINITY;
    },
    warn(line) {
      leave();
      complain(line);
    },
  };
}

/** A terminal that is gone ends no run. */
function quietly(draw: () => void): void {
  try {
    draw();
  } catch {
    // Nobody looks at it.
  }
}

/** Less waiting for images than this is no bottleneck. */
const BOTTLENECK = 0.1;

/** The progress line of training. */
export function stepLine({
  step,
  steps,
  epoch,
  epochs,
  imagesPerSecond,
  metrics,
  headline,
  scores,
  secondsLeft,
  waiting,
}: StepProgress): string {
  return [
    `${bar(step / steps)} step ${step}/${steps}`,
    `epoch ${epoch.toFixed(1)}/${Number(epochs.toFixed(1))}`,
    `${integer(imagesPerSecond)} images/s`,
    ...(waiting >= BOTTLENECK
      ? [`waiting for images ${Math.round(100 * waiting)} %`]
      : []),
    `loss ${(metrics["loss"] ?? Number.NaN).toFixed(4)}`,
    ...(scores ? [scoresText(scores)] : []),
    ...(headline ? [`${headline.figure} ${headline.value.toFixed(3)}`] : []),
    `${duration(secondsLeft)} left`,
  ].join("  ");
}

/** What is not float32, and why not all of it. */
function roundingText({ activations, products }: Rounding): string {
  if (activations === "float32") return "";
  return products === "bfloat16"
    ? " in bfloat16"
    : " in bfloat16 (products in float32, which this processor is faster at)";
}

/** From this difference on, classes of different sizes matter. */
const UNBALANCED = 0.005;

/** An accuracy, and that of classes that count the same, where it is another. */
export const score = (
  accuracy: number | null,
  balanced = accuracy ?? 0,
): string =>
  accuracy === null || Math.abs(accuracy - balanced) < UNBALANCED
    ? percent(accuracy)
    : `${percent(accuracy)} (balanced ${percent(balanced)})`;

/** What the encoder was judged by, and what is to be said of it; empty for nothing. */
function scoresText(
  {
    knn,
    linear,
    accuracy,
    knn_balanced,
    linear_balanced,
    accuracy_balanced,
    note,
  }: Scores,
): string {
  const judged = [
    ...accuracy === undefined
      ? []
      : [`accuracy ${score(accuracy, accuracy_balanced)}`],
    ...knn === null ? [] : [`kNN ${score(knn, knn_balanced)}`],
    ...linear === null
      ? []
      : [`linear probe ${score(linear, linear_balanced)}`],
  ].join(", ");
  if (note === undefined) return judged;
  return judged ? `${judged} (${note})` : `Not judged: ${note}`;
}

/** Warnings of files that were left out, before they become a nuisance. */
const MOST_SKIPS = 5;

/** The verdict; of a run that was too short, how long it had to be. */
const verdictOf = ({ verdict, judged_from }: Summary): string =>
  verdictText(verdict) +
  (verdict === "too_short"
    ? `: a fault may need ${integer(judged_from)} steps to show`
    : "");

/** What stands beside the scores of a run that went wrong. */
function beside(summary: Summary, compared: Compared): string[] {
  const { watched, untrained, chance } = compared;
  const meaning = verdictOnEncoder(summary, compared);
  return [
    ...(watched
      ? [
        `of "${watched.stage}" in place of the encoder: ${scoresText(watched)}`,
      ]
      : []),
    `before it was trained: ${scoresText(untrained)}; chance ${
      percent(chance)
    }`,
    ...(meaning ? [`  ${meaning}`] : []),
  ];
}

type Handlers = {
  readonly [K in TrainEvent["kind"]]: (
    event: Extract<TrainEvent, { kind: K }>,
  ) => void;
};

/**
 * Shows the events of a run.
 *
 * @param options Whether an interrupted run says how it is resumed, and what a
 * run is called when it is done: by its pipeline, by default.
 */
export function reporter(
  terminal: Terminal,
  { resumable = true, called = ({ pipeline }) => pipeline }: {
    readonly resumable?: boolean;
    readonly called?: (summary: Summary) => string;
  } = {},
): (event: TrainEvent) => void {
  let folder = "";
  let skips = 0;
  const handlers: Handlers = {
    install({ progress: { task, done, total } }) {
      const what = {
        download: "Downloading",
        verify: "Verifying",
        unpack: "Unpacking",
      };
      terminal.live(
        `${what[task]} the TensorFlow library  ${bar(done / total)} ${
          bytes(done)
        } of ${bytes(total)}`,
      );
    },
    load({ progress: { task, done, total, unit } }) {
      const count = unit === "bytes" ? bytes : integer;
      terminal.live(
        total === undefined
          ? `${task}  ${count(done)}`
          : `${task}  ${bar(done / total)} ${count(done)} of ${count(total)}`,
      );
    },
    skipped({ files }) {
      if (++skips > MOST_SKIPS) return;
      terminal.warn(
        `warning: ${leftOut(files)}${
          skips === MOST_SKIPS ? "; further ones are in skipped.jsonl" : ""
        }`,
      );
    },
    data({ lines: [first = "", ...others], warnings }) {
      terminal.print(
        [first, ...others.map((line) => `  ${line}`)].join("\n"),
      );
      for (const text of warnings) {
        terminal.warn(`warning: ${text.replaceAll("\n", "\n  ")}`);
      }
    },
    ready(
      { images, steps, done, device, engine, rounding, seconds, folder: path },
    ) {
      folder = path;
      terminal.print(
        `${counted(images, "image")}, ${
          counted(steps, "step")
        }, ${engine} on ${device}${roundingText(rounding)}, compiled in ${
          seconds.toFixed(1)
        } s, into ${path}`,
      );
      if (done >= steps) {
        terminal.print(
          `Nothing is left to train: ${
            integer(done)
          } steps are done, and the run has ${
            integer(steps)
          } (--epochs makes it longer)`,
        );
      }
    },
    init({ lines }) {
      for (const line of lines) terminal.print(line);
    },
    step: ({ progress }) => terminal.live(stepLine(progress)),
    alarm({ alarm: { fault, step, message, cures }, stops, checkpoint }) {
      terminal.warn(
        [
          `${stops ? "stopped" : "warning"}: the run ${
            VERDICTS[fault].phrase
          } at step ${step}, ${message}`,
          checkpoint
            ? `  the last healthy checkpoint is ${folder}/${checkpoint}`
            : "  no checkpoint was written while the run was healthy",
          ...cures.map((cure) => `  - ${cure}`),
          stops
            ? `  - to train on regardless: --set monitor.${fault}=warn`
            : `  - to hear no more of it: --set monitor.${fault}=off`,
        ].join("\n"),
      );
    },
    judged: ({ epoch, scores }) =>
      terminal.print(
        `epoch ${Number(epoch.toFixed(2))}: ${scoresText(scores)}`,
      ),
    notice: ({ text }) => terminal.warn(`warning: ${text}`),
    track: ({ text }) => terminal.print(text),
    evaluate: () => terminal.live("Evaluating the encoder"),
    done({ result: { summary, end } }) {
      const { steps, seconds, images_per_second, protocol, compared } = summary;
      const loss = summary.loss?.toFixed(4) ?? "–";
      const std = summary.embedding_std?.toFixed(3) ?? "–";
      terminal.print(
        `${called(summary)}: ${end} after ${counted(steps, "step")} in ${
          duration(seconds)
        } (${
          integer(images_per_second)
        } images/s), loss ${loss}, embedding_std ${std}, ${verdictOf(summary)}`,
      );
      const { last_healthy: healthy } = summary;
      const stopped = end === "stopped";
      const scores = scoresText(summary);
      if (end !== "interrupted" && scores) {
        terminal.print(stopped ? `as it was stopped: ${scores}` : scores);
      }
      if (stopped && healthy) {
        const at = `step ${integer(healthy.step)}`;
        terminal.print(
          `at its last healthy checkpoint, ${at}: ${scoresText(healthy)}`,
        );
      }
      if (compared) {
        for (const line of beside(summary, compared)) {
          terminal.print(line);
        }
      }
      if (protocol?.accuracy) {
        terminal.print(`  accuracy: ${protocol.accuracy}`);
      }
      if (protocol?.knn) terminal.print(`  kNN: ${protocol.knn}`);
      if (protocol?.linear) {
        terminal.print(`  linear probe: ${protocol.linear}`);
      }
      if (end === "interrupted" && resumable) {
        terminal.print(`To go on: ${command(`resume ${folder}`)}`);
      }
    },
  };
  return (event) => handlers[event.kind](event as never);
}
