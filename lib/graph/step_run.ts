/** @file Variables within one step: read once, updated in place, assigned at the end. */
import * as tf from "@tensorflow/tfjs";
import type { Run, Variable } from "../layers/layer.ts";
import type { Execution } from "../trace/execution.ts";

/** A {@linkcode Run} over an execution. */
export class StepRun implements Run {
  readonly #latest = new Map<string, tf.Tensor>();
  readonly #updated = new Map<string, Variable>();

  constructor(readonly execution: Execution, readonly training: boolean) {}

  read(variable: Variable): tf.Tensor {
    return this.#latest.get(variable.path) ?? this.execution.read(variable);
  }

  update(variable: Variable, value: tf.Tensor): void {
    // Outlives the autodiff scope in which it was computed.
    this.#latest.set(variable.path, tf.keep(value));
    this.#updated.set(variable.path, variable);
  }

  scope<T>(name: string, body: () => T): T {
    return this.execution.scope(name, body);
  }

  /** Assigns what was updated; call it once, at the end of the step. */
  commit(): void {
    for (const [path, variable] of this.#updated) {
      this.execution.assign(variable, this.#latest.get(path) as tf.Tensor);
    }
  }
}
