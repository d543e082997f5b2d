/** @file Is the run healthy? Judged from what each step reports. */
import { type Dated, type Fall, fallOf, isLow } from "./fall.ts";
import {
  type Action,
  type Fault,
  FAULTS,
  isWatched,
  type Monitor,
} from "./policy.ts";
import type { FaultVerdict, Verdict } from "./verdict.ts";
import { VERDICTS } from "./verdicts.ts";
import type { Metrics, Reading, Rule, RunFacts } from "./verdicts/define.ts";

/** A fault that was found, with its cause. */
export interface Alarm {
  /** What became of the run. */
  readonly verdict: FaultVerdict;
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
  /** Ways out: what the check already knew, then the usual ones. */
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
  last?: Dated;
  /** Whether its figure is on its way, since a fall was told. */
  falling: boolean;
}

/** What a step brought to light. */
export interface Noticed {
  /** Faults that are new, the gravest first. */
  readonly alarms: readonly Alarm[];
  /** Figures that are newly on their way to one. */
  readonly falls: readonly Fall[];
}

const show = (value: number): string =>
  Number.isFinite(value) && Math.abs(value) < 1e5
    ? value.toFixed(4)
    : String(value);

function alarmOf(
  { fault, action }: WatchedFault,
  reading: Reading,
  step: number,
  causes: readonly string[],
): Alarm {
  const { verdict, cures } = VERDICTS[fault];
  const { stage, figure, value, threshold, meaning } = reading;
  const limit = threshold === undefined
    ? ""
    : ` (threshold ${Number(threshold.toPrecision(3))})`;
  const tail = meaning ? `: ${meaning}` : "";
  return {
    verdict,
    fault,
    action,
    step,
    stage,
    figure,
    value: Number.isFinite(value) ? value : null,
    ...(threshold === undefined ? {} : { threshold }),
    message: `stage "${stage}": ${figure} is ${show(value)}${limit}${tail}`,
    cures: [...causes, ...cures],
  };
}

/** Follows a run step by step. */
export class Watch {
  readonly #faults: readonly WatchedFault[];
  readonly #causes: readonly string[];
  #steps = 0;

  /** Steps after which every fault that is watched would have shown. */
  readonly enough: number;

  constructor(readonly monitor: Monitor, run: RunFacts) {
    this.#causes = run.causes ?? [];
    this.#faults = FAULTS.flatMap((fault) => {
      const action = monitor[fault];
      if (action === "off") return [];
      const rule = VERDICTS[fault].start(run);
      return [{
        fault,
        action,
        rule,
        inARow: 0,
        alarmed: false,
        falling: false,
      }];
    });
    const from = this.#faults.map(({ fault }) =>
      VERDICTS[fault].judgedFrom(run)
    );
    this.enough = Math.max(0, ...from) + (monitor.patience - 1) * monitor.every;
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

  /** How the run stands: the gravest fault that was believed and is still there. */
  get verdict(): Verdict {
    const post = this.#faults.find(({ alarmed, inARow }) =>
      alarmed && inARow > 0
    );
    if (post) return VERDICTS[post.fault].verdict;
    if (!isWatched(this.monitor)) return "not_watched";
    if (this.#faults.some(({ falling }) => falling)) return "falling";
    return this.#steps < this.enough ? "too_short" : "healthy";
  }

  /** The last reading of each rule that has one, the gravest first. */
  get readings(): readonly Reading[] {
    return this.#faults.flatMap(({ last }) => last?.reading ?? []);
  }

  /** The gravest figure that is beyond its threshold. */
  get worst(): Reading | undefined {
    return this.#faults.find(({ last }) => last?.reading.bad)?.last?.reading;
  }

  /**
   * Takes what a step (counted from 1) reports.
   *
   * @param checked Whether the signals of a check are among it.
   */
  observe(step: number, metrics: Metrics, checked: boolean): Noticed {
    this.#steps = step;
    const alarms: Alarm[] = [];
    const falls: Fall[] = [];
    for (const post of this.#faults) {
      const reading = post.rule({ step, metrics, checked });
      if (!reading) continue;
      const now = { step, reading };
      const fall = post.last && fallOf(post.fault, post.last, now);
      if (fall && !post.falling && !post.alarmed) falls.push(fall);
      post.falling = isLow(reading) && (post.falling || fall !== undefined);
      post.last = now;
      const { bad, certain } = reading;
      post.inARow = bad ? post.inARow + 1 : 0;
      const believed = certain || post.inARow >= this.monitor.patience;
      if (!bad || !believed || post.alarmed) continue;
      post.alarmed = true;
      alarms.push(alarmOf(post, reading, step, this.#causes));
    }
    return { alarms, falls };
  }
}
