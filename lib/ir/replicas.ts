/**
 * @file Ops between the whole batch and replicas, which share it: each replica
 * has as many of its rows on a device of its own. A step is recorded once for
 * all replicas; these ops say where a value goes from one form to the other.
 * TensorFlow knows none of them: a pass writes them out.
 */
import type { Node, Value } from "./program.ts";

/** What such an op does. */
interface Crossing {
  /** Whether it reads a value of each replica; else one that there is once. */
  readonly from: "each" | "once";
  /** Shape of its result. */
  shape(shape: readonly number[], replicas: number): readonly number[];
}

const same = (shape: readonly number[]): readonly number[] => shape;

/** By op; they are adjoint in pairs, the first two and the last two. */
export const CROSSINGS = {
  /** Rows of a replica, of a value that there is once. */
  ReplicaRows: {
    from: "once",
    shape: ([rows = 0, ...rest], replicas) => [rows / replicas, ...rest],
  },
  /** Rows of all replicas, in order. */
  AllRows: {
    from: "each",
    shape: ([rows = 0, ...rest], replicas) => [rows * replicas, ...rest],
  },
  /** The same value on each replica. */
  ReplicaCopy: { from: "once", shape: same },
  /** The sum of all replicas' values. */
  AllSum: { from: "each", shape: same },
} as const satisfies Readonly<Record<string, Crossing>>;

/** Name of such an op. */
export type CrossingOp = keyof typeof CROSSINGS;

/** What an op does that is one of these. */
export const crossingOf = (op: string): Crossing | undefined =>
  Object.hasOwn(CROSSINGS, op) ? CROSSINGS[op as CrossingOp] : undefined;

/** Whether each replica has a value of its own, in a program as it is recorded. */
export const isOnEach = ({ node }: Value): boolean => node.replica === "each";

/** How many replicas such an op is for. */
export function replicasOf({ op, attrs }: Node): number {
  const { replicas } = attrs;
  if (replicas?.kind !== "int") throw new Error(`internal: ${op} of how many?`);
  return replicas.value;
}
