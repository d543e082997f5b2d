/** @file Is the run healthy? Judged from what each step reports. */
import { type Action, type Fault, FAULTS, type Monitor } from "./policy.ts";
import { VERDICTS } from "./verdicts.ts";
import type { Metrics, Reading, Rule, RunFacts } from "./verdicts/define.ts";

/** State of a run. */
export type Verdict =
  | "healthy"
  | "diverged"
  | "collapsed"
  | "dimensional_collapse"
  | "stuck_at_uniform"
  | "not_learning";

/** A verdict other than healthy, with its cause. */
export interface Alarm {
  /** What became of the run. */
  readonly verdict: Exclude<Verdict, "healthy">;
  /** Its key in `monitor:`. */
  readonly fault: Fault;
  /** What the pipeline wants done about it. */
  readonly action: Exclude<Action, "off">;
  /** Steps done when it was noticed. */
  readonly step: number;
  /** Stage that it is about. */
  readonly stage: string;
  /** Name of the figure that gave it away. */
  readonly figure: string;
  /** Its value; `null` for what is no number. */
  readonly value: number | null;
  /** What the value was held against, where there is one. */
  readonly threshold?: number;
  /** Stage, figure and threshold as a sentence. */
  readonly message: string;
  /** Usual ways out. */
  readonly cures: readonly string[];
}

/** A rule at work. */
interface WatchedFault {
  readonly fault: Fault;
  readonly action: Exclude<Action, "off">;
  readonly rule: Rule;
  /** Checks in a row that found the fault. */
  inARow: number;
  alarmed: boolean;
  last?: Reading;
}

const show = (value: number): string =>
  Number.isFinite(value) && Math.abs(value) < 1e5
    ? value.toFixed(4)
    : String(value);

function alarmOf(
  { fault, action }: WatchedFault,
  reading: Reading,
  step: number,
): Alarm {
  const { verdict, cures } = VERDICTS[fault];
  const { stage, figure, value, threshold, meaning } = reading;
  const limit = threshold === undefined
    ? ""
    : ` (threshold ${Number(threshold.toPrecision(3))})`;
  const tail = meaning ? `: ${meaning}` : "";
  return {
    verdict: verdict as Alarm["verdict"],
    fault,
    action,
    step,
    stage,
    figure,
    value: Number.isFinite(value) ? value : null,
    ...(threshold === undefined ? {} : { threshold }),
    message: `stage "${stage}": ${figure} is ${show(value)}${limit}${tail}`,
    cures: [...cures],
  };
}

/** Follows a run step by step. */
export class Watch {
  readonly #faults: readonly WatchedFault[];

  constructor(readonly monitor: Monitor, run: RunFacts) {
    this.#faults = FAULTS.flatMap((fault) => {
      const action = monitor[fault];
      if (action === "off") return [];
      const rule = VERDICTS[fault].start(run);
      return [{ fault, action, rule, inARow: 0, alarmed: false }];
    });
  }

  /** Whether the last check found a fault of any kind. */
  get suspicious(): boolean {
    return this.#faults.some(({ inARow }) => inARow > 0);
  }

  /** Whether it found one that will end the run if it stays. */
  get endangered(): boolean {
    return this.#faults.some(({ inARow, action }) =>
      inARow > 0 && action === "stop"
    );
  }

  /** The gravest fault that was believed and is still there. */
  get verdict(): Verdict {
    const post = this.#faults.find(({ alarmed, inARow }) =>
      alarmed && inARow > 0
    );
    return post ? VERDICTS[post.fault].verdict as Verdict : "healthy";
  }

  /** The last reading of each rule that has one, the gravest first. */
  get readings(): readonly Reading[] {
    return this.#faults.flatMap(({ last }) => last ?? []);
  }

  /** The gravest figure that is beyond its threshold. */
  get worst(): Reading | undefined {
    return this.#faults.find(({ last }) => last?.bad)?.last;
  }

  /**
   * Takes what a step (counted from 1) reports.
   *
   * @param checked Whether the signals of a check are among it.
   * @returns Alarms that are new, the gravest first.
   */
  observe(step: number, metrics: Metrics, checked: boolean): Alarm[] {
    const alarms: Alarm[] = [];
    for (const post of this.#faults) {
      const reading = post.rule({ step, metrics, checked });
      if (!reading) continue;
      post.last = reading;
      const { bad, certain } = reading;
      post.inARow = bad ? post.inARow + 1 : 0;
      const believed = certain || post.inARow >= this.monitor.patience;
      if (!bad || !believed || post.alarmed) continue;
      post.alarmed = true;
      alarms.push(alarmOf(post, reading, step));
    }
    return alarms;
  }
}
