/** @file Whether warm-ups fit the run. */
import type { Findings, Path } from "../pipeline/diagnostic.ts";
import type { Pipeline, Schedule, Train } from "../pipeline/pipeline.ts";

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

/** Reports warm-ups that take the whole run, as far as its length is known. */
export function checkLength(
  { data: { batch, source, options }, train }: Pipeline,
  findings: Findings,
): void {
  const { unit, count } = train.length;
  const images = source.trainImages?.(options);
  // A warm-up counts in epochs.
  const each = unit === "epochs"
    ? 1
    : images === undefined
    ? undefined
    : Math.floor(images / batch);
  if (each === undefined) return;
  for (const { path, schedule: { kind, warmup } } of schedulesOf(train)) {
    const warm = warmup * each;
    if (warm === 0 || warm < count) continue;
    const place = [...path, kind, "warmup"];
    findings.error(
      "schedule-too-long",
      place,
      `Cannot warm up for ${warm} of ${count} ${unit}: the run would never reach its learning rate`,
      {
        hints: [
          "make the warm-up shorter or the run longer",
          `for a short try: --set ${place.join(".")}=0`,
        ],
        related: [["train", unit], ["data", "batch"]],
      },
    );
  }
}
