/** @file Whether warm-ups fit the run. */
import { knownImages } from "../data/share.ts";
import type { Findings, Path } from "../diagnostics/diagnostic.ts";
import type { Pipeline, Train } from "../model/pipeline.ts";
import type { Schedule } from "../optim/schedule.ts";

/** Every schedule of a run, with its place. */
function schedulesOf(
  { schedule, perStage }: Train,
): readonly { readonly path: Path; readonly schedule: Schedule }[] {
  return [
    { path: ["train", "schedule"], schedule },
    ...[...perStage].flatMap(([name, { schedule }]) =>
      schedule
        ? [{ path: ["train", "per_stage", name, "schedule"], schedule }]
        : []
    ),
  ];
}

/** A warm-up that takes the whole run. */
interface Overlong {
  readonly path: Path;
  /** What is wrong. */
  readonly message: string;
  /** What to do. */
  readonly hints: readonly string[];
}

/**
 * Warm-ups, which count in epochs, that take the whole run.
 *
 * @param stepsPerEpoch Needed where the run's length counts in steps.
 */
export function overlongWarmups(
  train: Train,
  stepsPerEpoch: number | undefined,
): readonly Overlong[] {
  const { unit, count } = train.length;
  const each = unit === "epochs" ? 1 : stepsPerEpoch;
  if (each === undefined) return [];
  return schedulesOf(train).flatMap(({ path, schedule }) => {
    const { kind, warmup, start = 0 } = schedule;
    if (start * each >= count && start > 0) {
      return [{
        path: [...path, kind, "start"],
        message:
          `Cannot begin a schedule at epoch ${start} of a run of ${count} ${unit}`,
        hints: ["make the run longer, or begin the schedule earlier"],
      }];
    }
    const warm = warmup * each;
    if (warm === 0 || warm + start * each < count) return [];
    const place = [...path, kind, "warmup"];
    return [{
      path: place,
      message:
        `Cannot warm up for ${warm} of ${count} ${unit}: the run would never reach its learning rate`,
      hints: [
        "make the warm-up shorter or the run longer",
        `for a short try: --set ${place.join(".")}=0`,
      ],
    }];
  });
}

/** Reports warm-ups that take the whole run, as far as its length is known. */
export function checkLength(
  { data, train, evaluate }: Pipeline,
  findings: Findings,
): void {
  const images = knownImages(data);
  const perEpoch = images === undefined
    ? undefined
    : Math.floor(images / data.batch);
  for (const { path, message, hints } of overlongWarmups(train, perEpoch)) {
    findings.error("schedule-too-long", path, message, {
      hints,
      related: [["train", train.length.unit], ["data", "batch"]],
    });
  }
  const { unit, count } = train.length;
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
