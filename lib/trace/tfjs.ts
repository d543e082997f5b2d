/**
 * @file The parts of tfjs's engine that it does not document.
 *
 * There is one engine in a process, in a global variable, whichever copy of
 * tfjs a module of the user's imports; its methods are called as properties of
 * it. So they can be stood in front of, which functions that a module exports
 * cannot.
 */
import * as tf from "@tensorflow/tfjs";

/** A kernel that ran while gradients were wanted. */
export interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  /** Gradients of the inputs, from those of the outputs. */
  gradient?: (dys: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
}

/** Gradients as an op gives them. */
export type GradientFunction = (...given: never[]) => unknown;

/** What `tf.engine()` returns. */
export interface TfjsEngine {
  readonly state: {
    readonly scopeStack: readonly { readonly name: string }[];
    readonly activeTape: readonly TapeNode[] | null;
    readonly gradientDepth: number;
    readonly tensorInfo: WeakMap<object, unknown>;
  };
  /** Every tfjs op begins with it, by its name. */
  startScope(name?: string): void;
  /** Whether gradients are wanted of what runs now. */
  isTapeOn(): boolean;
  addTapeNode(
    kernel: string,
    inputs: Readonly<Record<string, tf.Tensor>>,
    outputs: readonly tf.Tensor[],
    gradient: GradientFunction | null,
    saved: readonly tf.Tensor[],
    attrs: unknown,
  ): void;
  gradients(
    f: () => tf.Tensor,
    xs: readonly tf.Tensor[],
    dy?: tf.Tensor,
    allowNoGradients?: boolean,
  ): { value: tf.Tensor; grads: (tf.Tensor | undefined)[] };
  runKernel(kernel: string, inputs: unknown, attrs?: unknown): unknown;
  makeVariable(...given: unknown[]): unknown;
  moveData(backend: unknown, dataId: object): void;
}

/** The one engine. */
export const tfjs = tf.engine() as unknown as TfjsEngine;

const OP = /^(.*)__op$/;

/** Name of an op, such as `tf.relu`, from the scope that it runs in. */
export function opOfScope(scope: string | undefined): string | undefined {
  const name = OP.exec(scope ?? "")?.[1];
  return name && `tf.${name}`;
}

/** The op that a stage called, where one is running. */
export function calledOp(): string | undefined {
  for (const { name } of tfjs.state.scopeStack) {
    const op = opOfScope(name);
    if (op) return op;
  }
}
