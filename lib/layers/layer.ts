/** @file Parameters and the layers made of them. */
import type * as tf from "@tensorflow/tfjs";
import type { Random } from "../ops/random.ts";

/** How a variable's first value is drawn; uniform is between ±bound. */
export type Initializer =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "normal"; readonly std: number }
  | { readonly kind: "uniform"; readonly bound: number }
  /** Normal without the 4.6 % that lie farthest out; `std` is of what is left. */
  | { readonly kind: "truncated_normal"; readonly std: number }
  /** Rows drawn from a normal and scaled to length 1 (a queue's first rows). */
  | { readonly kind: "unit_rows" };

/** A variable of the model: trained by gradients, or updated by the step. */
export interface Variable {
  /** Readable and unique, such as `y/block2.0/conv1/kernel`. */
  readonly path: string;
  /** Lengths of its dimensions. */
  readonly shape: readonly number[];
  /** Type of its elements. */
  readonly dtype: "float32" | "int32";
  /** First value. */
  readonly init: Initializer;
  /**
   * `weight`: decays; `bias` and `norm`: excluded from weight decay and LARS
   * by default; `buffer`: not trained (batch-norm statistics, queues).
   */
  readonly role: "weight" | "bias" | "norm" | "buffer";
}

const isLength = (length: unknown): boolean =>
  Number.isInteger(length) && (length as number) > 0;

/** Where a stage declares its variables. */
export class ParameterScope {
  /** A scope whose variables have paths below `path`. */
  constructor(
    readonly path: string,
    readonly variables: Variable[] = [],
  ) {}

  /** A scope of its own, at another path. */
  at(path: string): ParameterScope {
    return new ParameterScope(path);
  }

  /** A scope below this one. */
  child(name: string): ParameterScope {
    return new ParameterScope(`${this.path}/${name}`, this.variables);
  }

  /**
   * Declares a variable.
   *
   * @throws {RangeError} When it has no shape, no role or no first value.
   */
  declare(
    name: string,
    shape: readonly number[],
    role: Variable["role"],
    init: Initializer,
  ): Variable {
    const path = `${this.path}/${name}`;
    // Modules of a user's own need not have types.
    if (!Array.isArray(shape) || !shape.every(isLength)) {
      throw new RangeError(
        `the variable "${path}" has no shape: expected a list of whole numbers from 1`,
      );
    }
    if (init?.kind === undefined || role === undefined) {
      throw new RangeError(
        `the variable "${path}" has no role, or no first value: expected declare(name, shape, role, { kind: "normal", std: 0.02 })`,
      );
    }
    const variable: Variable = { path, shape, dtype: "float32", init, role };
    this.variables.push(variable);
    return variable;
  }
}

/** What a layer sees of the step that runs it. */
export interface Run {
  /** Whether batch norm uses, and updates, the batch's own statistics. */
  readonly training: boolean;
  /** Whether batch norm keeps to its running statistics in training, too. */
  readonly frozenStatistics?: boolean;
  /**
   * Equal shares of the batch that run beside each other, of which this is one:
   * statistics of the batch are those of all.
   */
  readonly replicas?: number;
  /** Current value of a variable; within a step the latest update of it. */
  read(variable: Variable): tf.Tensor;
  /** Value that the variable has from here on, and after the step. */
  update(variable: Variable, value: tf.Tensor): void;
  /**
   * A stream of random numbers that depend on the seed, the step and the place,
   * such as `block1/drop_path`. Throws in evaluation: see `training`.
   */
  random(place: string): Random;
  /** Runs `body`; the ops it records carry `path`, which does not nest. */
  scope<T>(path: string, body: () => T): T;
}

/** A network: `[batch, ...in]` to `[batch, ...out]`. */
export type Layer = (x: tf.Tensor, run: Run) => tf.Tensor;

/** Layers one after another. */
export function sequential(...layers: readonly Layer[]): Layer {
  return (x, run) => layers.reduce((value, layer) => layer(value, run), x);
}
