/** @file Tensors and ops used where they are not there, or as what they are not. */
import * as tf from "@tensorflow/tfjs";
import type { UserError } from "../errors.ts";
import { refusal } from "./refusals.ts";
import { calledOp, tfjs } from "./tfjs.ts";

const TENSORS = {
  disposed: {
    what: "a tensor that is gone",
    why:
      "tfjs disposed of it when the function that computed it ended, such as the forward pass of an op with a gradient of its own",
    cure:
      "What a gradient needs is given to `save`, and comes back in its second argument; what else has to last is returned, or kept by tf.keep.",
  },
  foreign: {
    what: "a tensor of another step",
    why:
      "it was computed while another step was made, and there is no value of it in this one",
    cure:
      "Compute it anew in each call. What lasts from step to step is a variable: scope.declare, run.read, run.update.",
  },
} as const;

/** Refuses a tensor that has no value here. */
export function refuseTensor(
  kind: keyof typeof TENSORS,
  scope: string,
): UserError {
  const { what, why, cure } = TENSORS[kind];
  const op = calledOp();
  const attempt = `use ${what}${op ? ` in ${op}` : ""}`;
  return refusal({ attempt, scope, why, cure });
}

const NO_KERNEL = /^Kernel '\w+' not registered/;

/** Refuses misuse, wherever `place` says that a step is made. */
export function refuseMisuse(place: () => string | undefined): void {
  // Of a tensor without data tfjs would read a property of undefined.
  const move = tfjs.moveData.bind(tfjs);
  tfjs.moveData = (backend, dataId) => {
    const scope = place();
    if (scope !== undefined && !tfjs.state.tensorInfo.has(dataId)) {
      throw refuseTensor("disposed", scope);
    }
    move(backend, dataId);
  };
  const { prototype } = tf.Tensor;
  const check = prototype.throwIfDisposed;
  prototype.throwIfDisposed = function (): void {
    const scope = place();
    if (this.isDisposed && scope !== undefined) {
      throw refuseTensor("disposed", scope);
    }
    check.call(this);
  };
  const run = tfjs.runKernel.bind(tfjs);
  tfjs.runKernel = (kernel, inputs, attrs) => {
    try {
      return run(kernel, inputs, attrs);
    } catch (error) {
      const scope = place();
      const missing = error instanceof Error && NO_KERNEL.test(error.message);
      if (!missing || scope === undefined) throw error;
      throw refusal({
        attempt: `use ${calledOp() ?? kernel}`,
        scope,
        why: "tfjs has it for browsers alone",
        cure: "Compute it by other ops.",
      });
    }
  };
  const make = tfjs.makeVariable.bind(tfjs);
  tfjs.makeVariable = (...given) => {
    const scope = place();
    if (scope === undefined) return make(...given);
    throw refusal({
      attempt: "use tf.variable",
      scope,
      why: "the step would neither train nor save it",
      cure:
        "Declare it where the stage is built, scope.declare, and use run.read and run.update.",
    });
  };
  // `a > b` would compare texts, the same in every step.
  Object.defineProperty(prototype, Symbol.toPrimitive, {
    configurable: true,
    value(this: tf.Tensor, hint: string): string {
      const scope = place();
      if (hint === "number" && scope !== undefined) {
        throw refusal({
          attempt: "use a tensor as a number",
          scope,
          why: "JavaScript's operators do not compute with tensors",
          cure:
            "Use tf.add, tf.mul, tf.greater and the like, and tf.where in place of `if`.",
        });
      }
      return this.toString();
    },
  });
}
