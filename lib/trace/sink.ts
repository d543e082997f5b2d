/** @file Where ops go: into a recording, or straight to the engine. */
import type { DType, TensorData } from "../ir/dtype.ts";
import type { Attrs } from "../ir/program.ts";
import type { Target } from "./target.ts";

/** A tensor as a sink knows it: its shape and type, its value perhaps later. */
export interface Handle {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Takes ops, gives tensors. One sink records, the other runs. */
export interface OpSink<H extends Handle = Handle> {
  readonly target: Target;
  /** Path of the stage or layer whose ops come now. */
  readonly place: string;
  /** A tensor of known value. */
  constant(tensor: TensorData): H;
  /** Adds one op, or runs it. */
  execute(op: string, attrs: Attrs, inputs: readonly H[]): H[];
  /**
   * Value of a tensor.
   *
   * @throws {UserError} While recording, of a tensor that is not constant.
   */
  value(handle: H): TensorData;
  /** Whether each replica has a tensor of its own here; of none by default. */
  isOnReplicas?(handle: H): boolean;
  /** The tensor will not be used again. */
  release(handle: H): void;
  /** Remembers where ops stand now; what it returns runs a body as their gradient. */
  gradientPlace(): <T>(body: () => T) => T;
}
