/** @file Activations in bfloat16, and layers' products where that is faster. */
import { type DType, sizeOf } from "../../ir/dtype.ts";
import type { Node, Program, Value } from "../../ir/program.ts";
import type { Rounding } from "../../ir/rounding.ts";
import { isBackward, ownerOf } from "../../ir/scope.ts";
import type { Pass } from "./pass.ts";
import { type Builder, rewrite } from "./rewrite.ts";

/** How an op is turned to bfloat16. */
interface Rule {
  /** Inputs that are read in bfloat16; the others stay as they are. */
  readonly low: readonly number[];
  /**
   * Inputs that must be at hand in bfloat16 already for the op to follow;
   * none for an op that is worth the casts.
   */
  readonly leads: readonly number[];
  /** Attribute that holds the type; `T` for most ops. */
  readonly type?: string;
  /** Whether all outputs are of that type, and not the first alone. */
  readonly all?: boolean;
}

type Rules = Readonly<Record<string, Rule>>;

/** Cheap ops that stand between products of a stage, and follow. */
const BETWEEN: Rules = {
  Relu: { low: [0], leads: [0] },
  ReluGrad: { low: [0, 1], leads: [1] },
  Add: { low: [0, 1], leads: [0, 1] },
  AddV2: { low: [0, 1], leads: [0, 1] },
  GatherV2: { low: [0], leads: [0], type: "Tparams" },
  AvgPool: { low: [0], leads: [0] },
  AvgPoolGrad: { low: [1], leads: [1] },
  PadV2: { low: [0, 2], leads: [0] },
  Slice: { low: [0], leads: [0] },
  Reshape: { low: [0], leads: [0] },
  Transpose: { low: [0], leads: [0] },
  Unpack: { low: [0], leads: [0], all: true },
};

/** What ops of tokens keep for their gradients (`kept`), whatever they compute in. */
const KEPT = { Identity: { low: [0], leads: [] } } as const satisfies Rules;

/** Batch norm reads and writes bfloat16 but has its statistics in float32. */
const NORMS = {
  FusedBatchNormV3: { low: [0], leads: [0] },
  FusedBatchNormGradV3: { low: [0, 1], leads: [1] },
} as const satisfies Rules;

const RULES: Readonly<Record<Rounding["products"], Rules>> = {
  /** Products lead: oneDNN keeps their sums in float32. */
  bfloat16: {
    Conv2D: { low: [0, 1], leads: [] },
    Conv2DBackpropInput: { low: [1, 2], leads: [] },
    Conv2DBackpropFilter: { low: [0, 2], leads: [] },
    MatMul: { low: [0, 1], leads: [] },
    BatchMatMul: { low: [0, 1], leads: [] },
    BiasAdd: { low: [0, 1], leads: [0] },
    // Queries, keys and values, in attention's gradient.
    Pack: { low: [0, 1, 2], leads: [0] },
    ...KEPT,
    ...NORMS,
    ...BETWEEN,
  },
  /** Norms lead: what they read and write is all that lies between products. */
  float32: {
    FusedBatchNormV3: { ...NORMS.FusedBatchNormV3, leads: [] },
    FusedBatchNormGradV3: { ...NORMS.FusedBatchNormGradV3, leads: [] },
    ...KEPT,
    ...BETWEEN,
  },
};

/** Ops on less are not worth a cast. */
const LEAST_ELEMENTS = 1024;

function cast(
  value: Value,
  to: DType,
  scope: string,
  builder: Builder,
): Value {
  const node = builder.add({
    op: "Cast",
    scope,
    inputs: [value],
    attrs: {
      SrcT: { kind: "type", value: value.dtype },
      DstT: { kind: "type", value: to },
      Truncate: { kind: "bool", value: false },
    },
  }, [{ shape: value.shape, dtype: to }]);
  return node.outputs[0] as Value;
}

/**
 * Runs ops in bfloat16 by {@linkcode RULES}. Each result is cast back to
 * float32 for whoever needs that; where only bfloat16 ops read it, dead-code
 * removal takes the cast away, so that activations stay in bfloat16 from one
 * product to the next and weights are cast once a step. The backward pass casts
 * back for itself, so that the forward pass's float32 form is not kept for it.
 *
 * @param products What products are computed in.
 */
export const lowPrecision = (products: Rounding["products"]): Pass => ({
  name: "low-precision",
  run(program: Program): Program {
    /** bfloat16 form of a new float32 value. */
    const narrow = new Map<Value, Value>();
    /** Stages of layers; in others, such as losses, nothing is rounded. */
    const layered = new Set(
      program.nodes.filter(({ op }) => RULES[products][op]?.leads.length === 0)
        .map(({ scope }) => ownerOf(scope).part),
    );
    /** What the forward pass cast back. */
    const wide = new Set<Value>();
    const ruleOf = (
      { op, scope, outputs: [first] }: Node,
      inputs: readonly Value[],
    ): Rule | undefined => {
      const rule = RULES[products][op];
      if (!rule || first?.dtype !== "float32") return undefined;
      // Autodiff's own nodes have no scope.
      if (scope && !layered.has(ownerOf(scope).part)) return undefined;
      const sizes = [first, ...inputs].map(({ shape }) => sizeOf(shape));
      if (Math.max(...sizes) < LEAST_ELEMENTS) return undefined;
      const ready = (i: number): boolean => narrow.has(inputs[i] as Value);
      return rule.leads.every(ready) ? rule : undefined;
    };
    return rewrite(program, (node: Node, builder) => {
      if (node.after.length > 0) return undefined;
      const inputs = node.inputs.map(builder.map);
      const rule = ruleOf(node, inputs);
      if (!rule) {
        if (!isBackward(node) || !inputs.some((it) => wide.has(it))) {
          return undefined;
        }
        const own = inputs.map((input) =>
          wide.has(input)
            ? cast(narrow.get(input) as Value, "float32", node.scope, builder)
            : input
        );
        return builder.add({ ...node, inputs: own }, node.outputs).outputs;
      }
      const read = inputs.map((input, i) => {
        if (!rule.low.includes(i)) return input;
        let low = narrow.get(input);
        if (!low) {
          low = cast(input, "bfloat16", node.scope, builder);
          narrow.set(input, low);
        }
        return low;
      });
      const copy = builder.add(
        {
          ...node,
          inputs: read,
          attrs: {
            ...node.attrs,
            [rule.type ?? "T"]: { kind: "type", value: "bfloat16" },
          },
        },
        node.outputs.map(({ shape, dtype }, i) => ({
          shape,
          dtype: i === 0 || rule.all ? "bfloat16" : dtype,
        })),
      );
      return copy.outputs.map((output) => {
        if (output.dtype !== "bfloat16") return output;
        const back = cast(output, "float32", node.scope, builder);
        narrow.set(back, output);
        if (!isBackward(node)) wide.add(back);
        return back;
      });
    });
  },
});
