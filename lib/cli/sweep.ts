/** @file A sweep on the terminal: each point as a run, then the table and a chart. */
import { command } from "../command.ts";
import type { SweepEvent, SweepOptions, SweepResult } from "../train/sweep.ts";
import { SWEEP_FILES, type SweepRecord } from "../train/sweep_folder.ts";
import { sweepChart, sweepTable } from "../train/sweep_table.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { interruptible } from "./interrupt.ts";
import { processTerminal, reporter, type Terminal } from "./reporter.ts";
import { table } from "./table.ts";

/** The table of a sweep with its notes, and the chart. */
export function sweepText(record: SweepRecord): string {
  const { head, rows, notes } = sweepTable(record);
  const chart = sweepChart(record);
  return [
    table([head, ...rows], head.map((_, i) => i < 2 ? "left" : "right")),
    ...(notes.length > 0 ? [notes.join("\n")] : []),
    ...(chart ? [chart] : []),
  ].join("\n\n");
}

type Handlers = {
  readonly [K in SweepEvent["kind"]]: (
    event: Extract<SweepEvent, { kind: K }>,
  ) => void;
};

/** Shows the events of a sweep. */
export function sweepReporter(
  terminal: Terminal,
): (event: SweepEvent) => void {
  // A point has a folder of its own, but it is the sweep that is resumed.
  let running = "";
  const report = reporter(terminal, {
    resumable: false,
    called: ({ pipeline }) => running || pipeline,
  });
  const handlers: Handlers = {
    point({ point, number, count, done, refused }) {
      for (const { file, reason } of refused) {
        terminal.warn(`warning: passed over ${file}: ${reason}`);
      }
      running = point.name;
      terminal.print(
        `\n[${number}/${count}] ${point.name}${
          done > 0 ? `, going on after step ${done}` : ""
        }`,
      );
    },
    run: ({ event }) => report(event),
    done({ result: { folder, record, end } }) {
      if (record.points.some((point) => point.result)) {
        terminal.print(`\n${sweepText(record)}`);
      }
      if (folder === undefined) return;
      terminal.print(
        end === "interrupted"
          ? `\nTo go on: ${command(`resume ${folder}`)}`
          : `\nWritten to ${folder}/${SWEEP_FILES.table}`,
      );
    },
  };
  return (event) => handlers[event.kind](event as never);
}

const CODES = {
  finished: EXIT.success,
  interrupted: EXIT.interrupted,
} as const;

/** Runs a sweep to its end, or until Ctrl-C. */
export async function sweepOnTerminal(
  work: (
    options: Required<Pick<SweepOptions, "signal" | "onEvent">>,
  ) => Promise<SweepResult>,
): Promise<ExitCode> {
  const terminal = processTerminal();
  const result = await interruptible(
    terminal,
    (signal) => work({ signal, onEvent: sweepReporter(terminal) }),
  );
  return CODES[result?.end ?? "interrupted"];
}
