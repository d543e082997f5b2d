/** @file Whether schedules fit the run, and themselves. */
import { counted } from "../counted.ts";
import { knownImages } from "../data/share.ts";
import type { Findings, Path } from "../diagnostics/diagnostic.ts";
import type { Pipeline, Train } from "../model/pipeline.ts";
import type { Schedule } from "../optim/schedule.ts";

/** A schedule, and its place in the document. */
interface Placed extends Schedule {
  readonly place: Path;
}

/** One in its run. */
interface Timed extends Placed {
  /** Length of the run in its unit, and how much of that an epoch is. */
  readonly count: number;
  readonly unit: string;
  readonly each: number;
}

/** What does not fit. */
export interface Misfit {
  readonly path: Path;
  /** What is wrong. */
  readonly message: string;
  /** What to do. */
  readonly hints: readonly string[];
}

type Rule<T> = (schedule: T) => Misfit | undefined;

/** Such as `1 epoch`. */
const lengthText = (count: number, unit: string): string =>
  counted(count, unit.replace(/s$/, ""), unit);

/** Rules of a schedule by itself, of which one that is broken stops the run. */
const SOUND: readonly Rule<Placed>[] = [
  ({ warmup, epochs, place }) =>
    epochs === undefined || epochs > warmup ? undefined : {
      path: [...place, "epochs"],
      message: `Cannot fall within ${
        lengthText(epochs, "epochs")
      }: the warm-up takes ${warmup}`,
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

/** The same of one in its run. */
const FITTING: readonly Rule<Timed>[] = [
  ({ start = 0, count, unit, each, place }) =>
    start === 0 || start * each < count ? undefined : {
      path: [...place, "start"],
      message: `Cannot begin a schedule at epoch ${start} of a run of ${
        lengthText(count, unit)
      }`,
      hints: ["make the run longer, or begin the schedule earlier"],
    },
  ({ warmup, start = 0, count, unit, each, place }) => {
    const warm = warmup * each;
    const left = count - start * each;
    if (warm === 0 || left <= 0 || warm < left) return undefined;
    const path = [...place, "warmup"];
    const rest = start > 0 ? ` from epoch ${start} on` : "";
    return {
      path,
      message: `Cannot warm up for ${warm} of ${
        lengthText(left, unit)
      }${rest}: the run would never reach its learning rate`,
      hints: [
        "make the warm-up shorter or the run longer",
        `for a short try: --set ${path.join(".")}=0`,
      ],
    };
  },
];

/** Rules that a run may break, and is told so. */
const WISE: readonly Rule<Timed>[] = [
  ({ milestones = [], start = 0, count, unit, each, place }) => {
    const at = milestones.findIndex((one) => (one + start) * each >= count);
    const begun = start > 0 ? `, counted from epoch ${start} on` : "";
    return at < 0 ? undefined : {
      path: [...place, "milestones", at],
      message: `It never falls after epoch ${
        milestones[at]
      }${begun}: the run has ${lengthText(count, unit)}`,
      hints: ["make the run longer, or let it fall earlier"],
    };
  },
  ({ epochs, final, start = 0, count, unit, each, place }) =>
    epochs === undefined || final !== 0 || (epochs + start) * each >= count
      ? undefined
      : {
        path: [...place, "epochs"],
        message: `Nothing is learned after epoch ${epochs + start} of ${
          lengthText(count, unit)
        }: the learning rate is 0 from there on`,
        hints: ["give `final`, or let it fall over the whole run"],
      },
];

/** Every schedule of a run. */
function schedulesOf({ schedule, perStage }: Train): readonly Placed[] {
  const own = [...perStage].map(([name, { schedule }]) =>
    [["train", "per_stage", name, "schedule"], schedule] as const
  );
  return [[["train", "schedule"], schedule] as const, ...own]
    .flatMap(([path, one]) =>
      one ? [{ ...one, place: [...path, one.kind] }] : []
    );
}

/** The same in the run; none where it is not known how long an epoch is. */
function timed(
  schedules: readonly Placed[],
  { length: { unit, count } }: Train,
  stepsPerEpoch: number | undefined,
): readonly Timed[] {
  const each = unit === "epochs" ? 1 : stepsPerEpoch;
  return each === undefined
    ? []
    : schedules.map((one) => ({ ...one, count, unit, each }));
}

const brokenBy = <T extends Placed>(
  schedules: readonly T[],
  rules: readonly Rule<T>[],
): readonly Misfit[] =>
  schedules.flatMap((one) => rules.flatMap((rule) => rule(one) ?? []));

/**
 * What of the schedules, which count in epochs, cannot be in a run.
 *
 * @param stepsPerEpoch Needed where the run's length counts in steps.
 */
export function impossibleSchedules(
  train: Train,
  stepsPerEpoch: number | undefined,
): readonly Misfit[] {
  const all = schedulesOf(train);
  return [
    ...brokenBy(all, SOUND),
    ...brokenBy(timed(all, train, stepsPerEpoch), FITTING),
  ];
}

/** What of them is in vain in a run, which may be meant. */
export const vainSchedules = (
  train: Train,
  stepsPerEpoch: number | undefined,
): readonly Misfit[] =>
  brokenBy(timed(schedulesOf(train), train, stepsPerEpoch), WISE);

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
  for (const { first, warmup, place } of schedulesOf(train)) {
    if (first === undefined || warmup > 0) continue;
    findings.warn(
      "unused-setting",
      [...place, "first"],
      `Nothing begins at ${first}: there is no warm-up`,
      { hints: ["give `warmup`, or take `first` away"] },
    );
  }
  const wrong = impossibleSchedules(train, perEpoch);
  for (const { path, message, hints } of wrong) {
    findings.error("schedule-too-long", path, message, { hints, related });
  }
  const odd = wrong.length > 0 ? [] : vainSchedules(train, perEpoch);
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
      `Every ${lengthText(every, "epochs")} is never: the run has ${
        lengthText(count, unit)
      }, and is judged at its end alone`,
      {
        hints: ["make the run longer, or judge more often"],
        related: [["train", unit]],
      },
    );
  }
}
