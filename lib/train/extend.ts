/** @file A run made longer: what becomes of its learning rate, and the ways to choose. */
import { UserError } from "../errors.ts";
import type { Schedule } from "../optim/schedule.ts";
import { rateJump } from "./change_effects.ts";
import { type Course, courseOf, scheduleOf } from "./course.ts";
import type { Progress } from "./run_length.ts";

/** Resolved settings of training. */
type Plain = Readonly<Record<string, unknown>>;
type PlainSchedule = Readonly<Record<string, Partial<Schedule>>>;

/** What a way is given. */
interface Given {
  readonly train: Plain;
  readonly old: Course;
  readonly done: number;
}

const asSchedule = (value: unknown) => value as PlainSchedule | undefined;

/** Puts something in the place of each schedule: the run's and those of stages. */
function withSchedules(
  train: Plain,
  of: (schedule: PlainSchedule) => PlainSchedule,
): Plain {
  const stages = Object.entries((train["per_stage"] ?? {}) as Plain).map(
    ([name, own]) => {
      const schedule = asSchedule((own as Plain)["schedule"]);
      return [
        name,
        schedule ? { ...own as Plain, schedule: of(schedule) } : own,
      ];
    },
  );
  return {
    ...train,
    schedule: of(asSchedule(train["schedule"]) ?? { constant: {} }),
    per_stage: Object.fromEntries(stages),
  };
}

/** Multiplies the rates of an optimizer, as resolved settings have one. */
const slower = (optimizer: unknown, factor: number): Plain =>
  Object.fromEntries(
    Object.entries(optimizer as Record<string, { readonly lr: number }>).map(
      ([name, options]) => [name, { ...options, lr: options.lr * factor }],
    ),
  );

/** The schedule once more, over what is added. */
function cycled({ train, old, done }: Given): Plain {
  const { stepsPerEpoch, scheduleShift } = old.length;
  const start = (done + scheduleShift) / stepsPerEpoch;
  return withSchedules(train, (schedule) => {
    const [[kind = "constant", options = {}] = []] = Object.entries(schedule);
    return kind === "constant" ? schedule : { [kind]: { ...options, start } };
  });
}

/** Each rate stays what it was in the last step; of a rate that was changed, the same share. */
function held({ train, old, done }: Given): Plain {
  const factorOf = (schedule: unknown): number =>
    old.factorOf(scheduleOf(asSchedule(schedule)), Math.max(0, done - 1));
  const run = factorOf(train["schedule"]);
  const stages = Object.entries((train["per_stage"] ?? {}) as Plain).map(
    ([name, settings]) => {
      const { schedule, lr, optimizer, ...others } = settings as Plain;
      const factor = schedule === undefined ? run : factorOf(schedule);
      const own = typeof lr === "number" ? lr : undefined;
      // One with a schedule alone has the run's rate, of which it takes a share.
      const base = own ??
        (schedule === undefined || optimizer
          ? undefined
          : Object.values(train["optimizer"] as Plain)
            .map((options) => (options as { lr: number }).lr)[0]);
      return [name, {
        ...others,
        ...(optimizer ? { optimizer: slower(optimizer, factor) } : {}),
        ...(base === undefined ? {} : { lr: base * factor }),
      }];
    },
  );
  return {
    ...train,
    schedule: { constant: { warmup: 0 } },
    optimizer: slower(train["optimizer"], run),
    per_stage: Object.fromEntries(stages),
  };
}

const WAYS = {
  stretch: {
    about: "the schedule goes as the file says, over the new length",
    train: ({ train }: Given): Plain => train,
  },
  cycle: {
    about: "the schedule begins once more, over what is added",
    train: cycled,
  },
  constant: {
    about: "it stays at the share of its highest that it had in the last step",
    train: held,
  },
} as const;

/** A way for the learning rate to go on. */
export type LrWay = keyof typeof WAYS;

/** Their names. */
export const LR_WAYS = Object.keys(WAYS) as readonly LrWay[];

/** What is asked for. */
export interface Extension {
  readonly epochs?: number | undefined;
  readonly steps?: number | undefined;
  readonly lrSchedule?: LrWay | undefined;
}

/** A run that is to be longer. */
export interface Extended {
  readonly folder: string;
  /** Resolved, as it would go on. */
  readonly pipeline: Plain;
  /** Resolved, as it was. */
  readonly before: unknown;
  readonly done: number;
  readonly images: number | undefined;
  readonly progress: Progress | undefined;
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

/**
 * Settings of a run that is made longer.
 *
 * @returns What `train` becomes.
 * @throws {UserError} When nothing is added, or the learning rate would jump
 *   and it is not said what is to become of it.
 */
export function extended(
  run: Extended,
  { epochs, steps, lrSchedule }: Extension,
): Plain {
  const { folder, pipeline, before, done, images, progress } = run;
  if (epochs !== undefined && steps !== undefined) {
    throw new UserError(
      "Cannot obey both --epochs and --steps.\nGive one of the two.",
    );
  }
  if (epochs === undefined && steps === undefined) {
    throw new UserError(
      "Cannot tell how much longer the run is to be: --lr-schedule says what becomes of the learning rate in a longer one.\nGive its new length, too: --epochs N.",
    );
  }
  const old = images === undefined
    ? undefined
    : courseOf(before, images, progress);
  if (!old || images === undefined) {
    throw new UserError(
      `Cannot make "${folder}" longer: its ${
        images === undefined ? "number of images" : "length"
      } is not known.\nUse --changed --set train.epochs=N.`,
    );
  }
  const { epochs: _, steps: __, ...settings } = pipeline["train"] as Plain;
  const train = {
    ...(epochs === undefined ? { steps } : { epochs }),
    ...settings,
  };
  const position = { step: done, epoch: old.epoch(done) };
  const courseWith = (way: LrWay): { train: Plain; course: Course } => {
    const changed = WAYS[way].train({ train, old, done });
    const course = courseOf({ ...pipeline, train: changed }, images, position);
    if (!course) throw new Error("internal: a longer run without a length");
    return { train: changed, course };
  };
  const stretched = courseWith("stretch");
  const { steps: all } = stretched.course.length;
  if (all <= done) {
    throw new UserError(
      `Cannot make "${folder}" longer: it would have ${all} steps, and ${done} are done (epoch ${
        short(old.epoch(done))
      }).\nGive more epochs than that.`,
    );
  }
  if (lrSchedule) return courseWith(lrSchedule).train;
  const jump = rateJump(done, old, stretched.course);
  if (!jump) return stretched.train;
  const lines = LR_WAYS.map((way) => {
    const { course } = courseWith(way);
    const [from, to] = [course.rate(done), course.rate(all - 1)];
    return `  --lr-schedule ${way.padEnd(9)} ${WAYS[way].about}: ${
      from === to ? short(from) : `from ${short(from)} to ${short(to)}`
    }`;
  });
  throw new UserError(
    [
      `Cannot tell what is to become of the learning rate: with its schedule laid over the new length it would step ${jump}.`,
      "Say which way is meant:",
      ...lines,
    ].join("\n"),
  );
}
