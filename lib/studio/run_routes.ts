/** @file What the page asks about runs: the table, one run, its curves, its news. */
import { stepsPerEpoch } from "../look/judged.ts";
import {
  type Asked,
  events,
  needed,
  numberOf,
  pause,
  type Routes,
} from "./answer.ts";
import { chartsOf, PACE } from "../look/charts.ts";
import { Refused } from "./guard.ts";
import { neighbourly } from "./neighbourly.ts";
import type { OpenRun, RunStore } from "./run_store.ts";
import {
  AXES,
  type Axis,
  clockOf,
  paceOf,
  type RunSize,
  seriesOf,
} from "./series.ts";

/** How often files are looked at while a page waits for news. */
const LOOK_MS = 400;
const LIST_MS = 2000;

/** More rows than this are not sent one by one: the page asks for its pixels anew. */
const MOST_ROWS = 4000;

const MOST_WIDTH = 4000;
const MOST_KEYS = 200;

function batchOf({ settings }: OpenRun): number {
  const { batch } = settings.pipeline["data"] as { batch?: unknown } ?? {};
  return typeof batch === "number" ? batch : NaN;
}

/** The newest value of each column. */
function latestOf({ reader: { columns } }: OpenRun): Record<string, number> {
  const latest: Record<string, number> = {};
  for (const key of columns.keys) {
    const column = columns.get(key);
    // What is taken seldom lies some rows back.
    const value = column?.findLast((one) => Number.isFinite(one));
    if (value !== undefined) latest[key] = Number(value.toPrecision(6));
  }
  return latest;
}

/** Parts of a run that change while it trains. */
function standing(run: OpenRun) {
  const { columns, generation } = run.reader;
  const judge = run.judge();
  return {
    generation,
    rows: columns.rows,
    step: columns.lastStep,
    epoch: columns.get("epoch")?.at(-1) ?? null,
    verdict: judge?.verdict ?? null,
    alarms: judge?.alarms ?? [],
    falls: judge?.falls ?? [],
    latest: latestOf(run),
    thresholds: judge?.thresholds ?? [],
    charts: chartsOf(columns.keys),
  };
}

/** Routes about runs. */
export function runRoutes(store: RunStore): Routes {
  const sizeOf = async (run: OpenRun): Promise<RunSize> => {
    const { summary } = await store.look(run.id);
    return {
      batch: batchOf(run),
      ...(summary
        ? {
          steps: summary.steps,
          seconds: summary.seconds,
          epochs: summary.epochs,
        }
        : {}),
    };
  };
  const axisOf = ({ query }: Asked): Axis => {
    const axis = query.get("axis") ?? "step";
    const known = AXES.find((one) => one === axis);
    if (known) return known;
    throw new Refused(
      400,
      `Cannot draw along "${axis}": expected ${AXES.join(", ")}.`,
    );
  };
  return {
    "GET /api/runs": async () => neighbourly(await store.list()),

    /** All runs at first, then those that have changed. */
    "GET /api/runs/events": () =>
      events(async (send, signal) => {
        let before = new Map<string, string>();
        for (let first = true; !signal.aborted; first = false) {
          const now = neighbourly(await store.list());
          const texts = new Map(
            now.map((run) => [run.id, JSON.stringify(run)]),
          );
          const changed = now.filter(({ id }) =>
            before.get(id) !== texts.get(id)
          );
          if (first || changed.length > 0 || before.size !== texts.size) {
            send({ event: "runs", data: { changed, ids: [...texts.keys()] } });
          }
          before = texts;
          await pause(LIST_MS, signal);
        }
      }),

    "GET /api/run": async (asked) => {
      const run = await store.open(needed(asked, "id"));
      const { columns } = run.reader;
      const [found] = neighbourly(await store.list())
        .filter(({ id }) => id === run.id);
      return {
        ...found,
        ...standing(run),
        batch: batchOf(run),
        stepsPerEpoch: stepsPerEpoch(columns) ?? null,
        pipeline: run.settings.pipeline,
        axes: AXES.filter((axis) =>
          axis === "step" || columns.keys.includes(axis) ||
          found?.summary !== undefined
        ),
        watched: run.watched ?? null,
        measuredTime: columns.keys.includes("seconds"),
      };
    },

    "GET /api/run/pipeline": async (asked) => ({
      text: await store.text(needed(asked, "id"), "pipeline"),
    }),

    "GET /api/run/series": async (asked) => {
      const run = await store.open(needed(asked, "id"));
      const from = numberOf(asked, "from", Infinity);
      const to = numberOf(asked, "to", Infinity);
      const { columns, generation } = run.reader;
      const size = await sizeOf(run);
      const axis = axisOf(asked);
      const series = seriesOf(columns, size, {
        keys: needed(asked, "keys").split(",").slice(0, MOST_KEYS),
        axis,
        width: Math.round(numberOf(asked, "width", 800, [1, MOST_WIDTH])),
        ...(from < to ? { range: [from, to] as const } : {}),
      });
      return {
        generation,
        rows: columns.rows,
        series,
        ...(axis === "seconds" ? { clock: clockOf(columns, size) } : {}),
      };
    },

    /** News of a run from a row on, which the page names again when it comes back. */
    "GET /api/run/events": async (asked) => {
      const run = await store.open(needed(asked, "id"));
      const cursor = asked.request.headers.get("last-event-id") ??
        needed(asked, "after");
      let [generation, row] = cursor.split(":").map(Number) as [number, number];
      return events(async (send, signal) => {
        let told = "";
        while (!signal.aborted) {
          await run.refresh();
          const { columns, generation: now } = run.reader;
          const fresh = now !== generation || columns.rows < row ||
            columns.rows - row > MOST_ROWS;
          if (fresh || columns.rows > row) {
            const from = row;
            [generation, row] = [now, columns.rows];
            const { steps } = columns;
            send({
              event: fresh ? "anew" : "rows",
              id: `${generation}:${row}`,
              data: fresh ? {} : {
                steps: [...steps.subarray(from, row)],
                values: Object.fromEntries([
                  ...columns.keys.map((key) =>
                    [key, columns.get(key)] as const
                  ),
                  ...(columns.get("seconds")
                    ? [[PACE, paceOf(columns, batchOf(run))] as const]
                    : []),
                ].map(([key, values]) => [
                  key,
                  [
                    // JSON has no NaN: absent is null, and "lost" says itself.
                    ...(values?.subarray(from, row) ?? []),
                  ].map((value) =>
                    Number.isFinite(value)
                      ? Number(value.toPrecision(7))
                      : Number.isNaN(value)
                      ? null
                      : "lost"
                  ),
                ])),
              },
            });
          }
          const { state: own, summary = null } = await store.look(run.id);
          const state = { ...standing(run), state: own, summary };
          const text = JSON.stringify({ ...state, rows: 0 });
          if (text !== told) {
            send({ event: "state", data: state });
            told = text;
          }
          await pause(LOOK_MS, signal);
        }
      });
    },
  };
}
