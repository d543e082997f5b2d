/** @file Variables within one step: read once, updated in place, assigned at the end. */
import * as tf from "@tensorflow/tfjs";
import type { Variable } from "../layers/layer.ts";
import type { Random } from "../ops/random.ts";
import type { Scheduled, StageRun } from "../stages/define.ts";
import type { Execution } from "../trace/execution.ts";
import { Sharing } from "./sharing.ts";

/** Where a run's numbers come from that are not variables. */
export interface Sources {
  /** A stage's stream of random numbers, the same for a place all step long. */
  random(place: string, stage: string): Random;
  /** Value of a stage's option. */
  scheduled(stage: string, option: string): Scheduled;
  /** Whether somebody reads an output of a stage. */
  reads(stage: string, output: string): boolean;
  /** Whether a stage never moves: it runs as in evaluation then. */
  frozen(stage: string): boolean;
  /** Whether a stage's batch norms keep to their running statistics. */
  frozenStatistics?(stage: string): boolean;
}

/** What moves after the weights. */
interface Later {
  readonly when: "pass" | "step";
  readonly body: () => void;
}

/** All stages' runs of one step, over an execution. */
export class StepRun {
  readonly #latest = new Map<string, tf.Tensor>();
  readonly #updated = new Map<string, Variable>();
  readonly #unheld = new Map<string, Variable>();
  readonly #later: Later[] = [];
  /** Whether the stages have run, and state moves. */
  #moving = false;
  /** What stages reported, by metric. */
  readonly reported: Record<string, tf.Tensor> = {};

  constructor(
    readonly execution: Execution,
    readonly training: boolean,
    readonly sources: Sources,
    readonly sharing: Sharing = new Sharing(),
  ) {}

  /** Value of a variable; within the step the latest. */
  read(variable: Variable): tf.Tensor {
    return this.#latest.get(variable.path) ?? this.execution.read(variable);
  }

  /** Value that a variable has from here on. */
  update(variable: Variable, value: tf.Tensor): void {
    // Outlives the autodiff scope in which it was computed.
    this.#latest.set(variable.path, tf.keep(value));
    this.#updated.set(variable.path, variable);
    this.#unheld.set(variable.path, variable);
  }

  /**
   * The run as one stage sees it. A copy runs as the owner of its weights does,
   * whose state moves once a step however many copies there are.
   */
  of(stage: string, owner = stage): StageRun {
    const frozen = this.sources.frozen(owner);
    const { sharing } = this;
    const replicas = sharing.together(stage);
    return {
      training: this.training && !frozen,
      frozenStatistics: this.sources.frozenStatistics?.(owner) ?? false,
      ...replicas === undefined ? {} : { replicas },
      read: (variable) => {
        const value = this.read(variable);
        return this.#moving ? value : sharing.variable(stage, variable, value);
      },
      update: (variable, value) => {
        if (!frozen) this.update(variable, sharing.mean(value));
      },
      scope: (path, body) => this.execution.scope(path, body),
      random: (place) => this.sources.random(`${stage}/${place}`, stage),
      scheduled: (option) => this.sources.scheduled(owner, option),
      after: (body, when = "step") => {
        if (stage === owner) this.#later.push({ when, body });
      },
      reads: (output) => this.sources.reads(stage, output),
      report: (name, value) => {
        this.reported[`${name}:${stage}`] = tf.keep(sharing.mean(value));
      },
    };
  }

  /** Runs what waits for the weights; after a part of a batch, what moves with each. */
  moveState(when: "pass" | "step"): void {
    this.#moving = true;
    for (const later of this.#later) {
      if (when === "step" || later.when === "pass") later.body();
    }
  }

  /** Keeps the variables that `held` tells as they are, of those updated since it last did. */
  hold(held: (variable: Variable, updated: tf.Tensor) => tf.Tensor): void {
    for (const [path, variable] of this.#unheld) {
      const updated = this.#latest.get(path) as tf.Tensor;
      this.#latest.set(path, tf.keep(held(variable, updated)));
    }
    this.#unheld.clear();
  }

  /** Assigns what was updated; call it once, at the end of the step. */
  commit(): void {
    for (const [path, variable] of this.#updated) {
      this.execution.assign(variable, this.#latest.get(path) as tf.Tensor);
    }
  }
}
