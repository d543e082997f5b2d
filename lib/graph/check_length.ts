/** @file Whether schedules fit the run, and themselves. */
import { knownImages } from "../data/share.ts";
import type { Findings, Path } from "../diagnostics/diagnostic.ts";
import type { Pipeline, Train } from "../model/pipeline.ts";
import type { Schedule } from "../optim/schedule.ts";

/** A schedule in its run. */
interface Placed extends Schedule {
  /** Length of the run in its unit, and how much of that an epoch is. */
  readonly count: number;
  readonly unit: string;
  readonly each: number;
  /** Its place in the document. */
  readonly place: Path;
}

/** What does not fit. */
export interface Misfit {
  readonly path: Path;
  /** What is wrong. */
  readonly message: string;
  /** What to do. */
  readonly hints: readonly string[];
}

type Rule = (schedule: Placed) => Misfit | undefined;

/** Rules of which one that is broken stops the run. */
const NEEDED: readonly Rule[] = [
  ({ start = 0, count, unit, each, place }) =>
    start === 0 || start * each < count ? undefined : {
      path: [...place, "start"],
      message:
        `Cannot begin a schedule at epoch ${start} of a run of ${count} ${unit}`,
      hints: ["make the run longer, or begin the schedule earlier"],
    },
  ({ warmup, start = 0, count, unit, each, place }) => {
    const warm = warmup * each;
    if (warm === 0 || warm + start * each < count) return undefined;
    const path = [...place, "warmup"];
    return {
      path,
      message:
        `Cannot warm up for ${warm} of ${count} ${unit}: the run would never reach its learning rate`,
      hints: [
        "make the warm-up shorter or the run longer",
        `for a short try: --set ${path.join(".")}=0`,
      ],
    };
  },
  ({ warmup, epochs, place }) =>
    epochs === undefined || epochs > warmup ? undefined : {
      path: [...place, "epochs"],
      message:
        `Cannot fall within ${epochs} epochs, of which ${warmup} are the warm-up`,
      hints: ["give `epochs` of more than `warmup`"],
    },
  ({ warmup, milestones = [], place }) => {
    const at = milestones.findIndex((one) => one < warmup);
    return at < 0 ? undefined : {
      path: [...place, "milestones", at],
      message: `Cannot fall after epoch ${
        milestones[at]
      }, within a warm-up of ${warmup}`,
      hints: ["make the warm-up shorter, or let it fall later"],
    };
  },
];

/** Rules that a run may break, and is told so. */
const WISE: readonly Rule[] = [
  ({ first, warmup, place }) =>
    first === undefined || warmup > 0 ? undefined : {
      path: [...place, "first"],
      message: `Nothing begins at ${first}: there is no warm-up`,
      hints: ["give `warmup`, or take `first` away"],
    },
  ({ milestones = [], start = 0, count, unit, each, place }) => {
    const at = milestones.findIndex((one) => (one + start) * each >= count);
    return at < 0 ? undefined : {
      path: [...place, "milestones", at],
      message: `It never falls after epoch ${
        milestones[at]
      }: the run has ${count} ${unit}`,
      hints: ["make the run longer, or let it fall earlier"],
    };
  },
  ({ epochs, final, start = 0, count, unit, each, place }) =>
    epochs === undefined || final !== 0 || (epochs + start) * each >= count
      ? undefined
      : {
        path: [...place, "epochs"],
        message: `Nothing is learned after epoch ${
          epochs + start
        } of ${count} ${unit}: the learning rate is 0 from there on`,
        hints: ["give `final`, or let it fall over the whole run"],
      },
];

/** Every schedule of a run; none where it is not known how long an epoch is. */
function schedulesOf(
  { schedule, perStage, length: { unit, count } }: Train,
  stepsPerEpoch: number | undefined,
): readonly Placed[] {
  const each = unit === "epochs" ? 1 : stepsPerEpoch;
  if (each === undefined) return [];
  const own = [...perStage].map(([name, { schedule }]) =>
    [["train", "per_stage", name, "schedule"], schedule] as const
  );
  return [[["train", "schedule"], schedule] as const, ...own]
    .flatMap(([path, one]) =>
      one ? [{ ...one, count, unit, each, place: [...path, one.kind] }] : []
    );
}

const brokenBy = (
  schedules: readonly Placed[],
  rules: readonly Rule[],
): readonly Misfit[] =>
  schedules.flatMap((one) => rules.flatMap((rule) => rule(one) ?? []));

/**
 * What of the schedules, which count in epochs, cannot be in a run.
 *
 * @param stepsPerEpoch Needed where the run's length counts in steps.
 */
export const impossibleSchedules = (
  train: Train,
  stepsPerEpoch: number | undefined,
): readonly Misfit[] => brokenBy(schedulesOf(train, stepsPerEpoch), NEEDED);

/** Reports schedules that do not fit the run, as far as its length is known. */
export function checkLength(
  { data, train, evaluate }: Pipeline,
  findings: Findings,
): void {
  const images = knownImages(data);
  const perEpoch = images === undefined
    ? undefined
    : Math.floor(images / data.batch);
  const { unit, count } = train.length;
  const related = [["train", unit], ["data", "batch"]];
  const schedules = schedulesOf(train, perEpoch);
  const wrong = brokenBy(schedules, NEEDED);
  for (const { path, message, hints } of wrong) {
    findings.error("schedule-too-long", path, message, { hints, related });
  }
  const odd = wrong.length > 0 ? [] : brokenBy(schedules, WISE);
  for (const { path, message, hints } of odd) {
    findings.warn("schedule-too-long", path, message, { hints, related });
  }
  const each = unit === "epochs" ? 1 : perEpoch;
  const { every } = evaluate;
  if (every === undefined || each === undefined) return;
  if (every * each > count) {
    findings.warn(
      "schedule-too-long",
      ["evaluate", "every"],
      `Every ${every} epochs is never: the run has ${count} ${unit}, and is judged at its end alone`,
      {
        hints: ["make the run longer, or judge more often"],
        related: [["train", unit]],
      },
    );
  }
}
