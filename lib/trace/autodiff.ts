/**
 * @file tfjs's autodiff, told of where ops stand: what it cannot do is refused
 * with the stage's name.
 */
import type * as tf from "@tensorflow/tfjs";
import { getGradient } from "@tensorflow/tfjs";
import { UserError } from "../errors.ts";
import { ownerOf } from "../ir/scope.ts";
import { cureFor } from "./cures.ts";
import { currentPlace, refusal, userPlace } from "./refusals.ts";
import { calledOp, type TapeNode, tfjs } from "./tfjs.ts";

/** What a node of tfjs's tape came from. */
interface Origin {
  readonly scope: string;
  readonly op: string;
}

const origins = new WeakMap<TapeNode, Origin>();
const paths = new WeakMap<tf.Tensor, string>();

/** Whose gradient is computed at the moment; autodiff's ops have no scope. */
let current: Origin | undefined;

/** Scope of the op whose gradient is computed at the moment. */
export const gradientOf = (): string | undefined => current?.scope;

/** Says which variable a tensor is the value of. */
export const nameVariable = (tensor: tf.Tensor, path: string): void => {
  paths.set(tensor, path);
};

const noGradient = ({ op, scope }: Origin, at: string | undefined) =>
  refusal({
    attempt: `train through ${op}`,
    scope,
    at: at ?? "",
    why: "it has no gradient",
    cure: cureFor(op),
  });

/** Puts an op on the tape whose results no gradient may go through. */
export function withoutGradient(
  op: string,
  inputs: readonly tf.Tensor[],
  outputs: readonly tf.Tensor[],
): void {
  // Whole numbers have no gradient anyway.
  const floats = outputs.filter(({ dtype }) => dtype === "float32");
  if (floats.length === 0 || !tfjs.isTapeOn()) return;
  const named = Object.fromEntries(inputs.map((x, i) => [`${i}`, x]));
  tfjs.addTapeNode(`the op ${op}`, named, floats, null, [], {});
}

/**
 * Inputs that only choose. They have no gradient, but tfjs goes on to what they
 * were computed by, and would fail at a comparison there.
 */
const CHOOSING: Readonly<Record<string, string>> = {
  Select: "condition",
  GatherV2: "indices",
  UnsortedSegmentSum: "segmentIds",
};

/** Whether it is a cast to whole numbers, through which tfjs passes gradients. */
const rounds = (
  kernel: string,
  { x }: Readonly<Record<string, tf.Tensor>>,
  [y]: readonly tf.Tensor[],
): boolean =>
  kernel === "Cast" && x?.dtype === "float32" && y?.dtype !== "float32";

/** Names the stage and the op of every gradient, wherever a step is made. */
export function nameGradients(place: () => string | undefined): void {
  const add = tfjs.addTapeNode.bind(tfjs);
  tfjs.addTapeNode = (kernel, inputs, outputs, gradient, saved, attrs) => {
    const scope = place();
    if (scope === undefined) {
      return add(kernel, inputs, outputs, gradient, saved, attrs);
    }
    const made = gradient ? "an op with a gradient of its own" : kernel;
    const origin = { scope, op: calledOp() ?? made };
    const cut = rounds(kernel, inputs, outputs);
    let given = gradient;
    if (cut || (!given && !getGradient(kernel))) {
      // Only a gradient that is asked for is an error: most of these lead
      // nowhere. Its place is known now.
      const at = currentPlace();
      given = () => {
        throw noGradient(origin, at);
      };
    }
    const { [CHOOSING[kernel] ?? ""]: _, ...followed } = inputs;
    // By a name that tfjs has no gradient for.
    add(
      cut ? "Cast of float32" : kernel,
      followed,
      outputs,
      given,
      saved,
      attrs,
    );
    const node = tfjs.state.activeTape?.at(-1);
    if (!node) return;
    origins.set(node, origin);
    const backward = node.gradient;
    node.gradient = (dys) => {
      current = origin;
      return backward?.(dys) ?? {};
    };
  };

  const differentiate = tfjs.gradients.bind(tfjs);
  tfjs.gradients = (f, xs, dy, allowNoGradients) => {
    if (place() === undefined || tfjs.state.gradientDepth > 0) {
      return differentiate(f, xs, dy, allowNoGradients);
    }
    let backward = false;
    const forward = (): tf.Tensor => {
      const y = f();
      checkLoss(tfjs.state.activeTape ?? [], xs, y);
      backward = true;
      return y;
    };
    try {
      const result = differentiate(forward, xs, dy, true);
      if (!allowNoGradients) checkWeights(xs, result.grads);
      return result;
    } catch (error) {
      throw backward ? inGradient(error) : error;
    } finally {
      current = undefined;
    }
  };
}

/** tfjs on a gradient of another shape or type than its input's, or on none. */
const MALFORMED =
  /^(?:Error in gradient (?:for|of)|Cannot backprop through|The function f passed in customGrad)/;

/** An error of the backward pass, as the user's where it is. */
function inGradient(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError || !current) {
    return error;
  }
  const at = userPlace(error.stack);
  if (!at && !MALFORMED.test(error.message)) return error;
  return refusal({
    attempt: `compute the gradient of ${current.op}`,
    scope: current.scope,
    at: at ?? "",
    why: (error.message.split("\n")[0] ?? "").replace(/\.+$/, ""),
    cure: "`--eager` runs it op by op.",
  });
}

/** Adds what has to depend on some weight each. */
const SUMS = new Set(["Add", "AddN"]);

/** Every part of a sum of losses has to depend on some weight. */
function checkLoss(
  tape: readonly TapeNode[],
  weights: readonly tf.Tensor[],
  loss: tf.Tensor,
): void {
  const trained = new Set(weights.map(({ id }) => id));
  const makers = new Map<number, TapeNode>();
  for (const node of tape) {
    const depends = Object.values(node.inputs).some(({ id }) =>
      trained.has(id)
    );
    for (const { id } of node.outputs) {
      makers.set(id, node);
      if (depends) trained.add(id);
    }
  }
  // What weights the losses and adds them up stands outside of the stages.
  const seen = new Set([loss.id]);
  for (const id of seen) {
    const maker = makers.get(id);
    if (!maker) continue;
    const scope = origins.get(maker)?.scope;
    if (scope) {
      if (!trained.has(id)) throw constantLoss(scope);
      continue;
    }
    const all = !trained.has(id) || SUMS.has(maker.kernelName);
    for (const input of Object.values(maker.inputs)) {
      if (all || trained.has(input.id)) seen.add(input.id);
    }
  }
  if (!trained.has(loss.id)) throw constantLoss("");
}

const constantLoss = (scope: string): UserError =>
  refusal({
    attempt: "train by the loss",
    scope,
    at: "",
    why: "it does not depend on any trained weight",
    cure:
      "Compute it from what the stage is given, and stop the gradient of one side at most.",
  });

/** Every weight has to have a gradient. */
function checkWeights(
  weights: readonly tf.Tensor[],
  gradients: readonly (tf.Tensor | undefined)[],
): void {
  const cut = weights.filter((_, i) => !gradients[i]);
  const [first] = cut;
  if (!first) return;
  const path = paths.get(first);
  const others = cut.length > 1 ? ` (and ${cut.length - 1} more)` : "";
  throw refusal({
    attempt: `train "${path ?? "a weight"}"${others}`,
    scope: path ? ownerOf(path).part : "",
    at: "",
    why: "no gradient of any loss reaches it",
    cure:
      "The stage does not use it, or a later one stops its gradient. What is not trained has the role `buffer`.",
  });
}
