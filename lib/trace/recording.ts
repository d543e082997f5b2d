/** @file The recording sink: every op becomes a node of a program. */
import type { Api, Pointer } from "../engine/ffi.ts";
import { EngineGraph, type OperationSpec } from "../engine/engine_graph.ts";
import type { TensorData } from "../ir/dtype.ts";
import { type Attrs, makeNode, type Node, type Value } from "../ir/program.ts";
import { crossingOf, isOnEach } from "../ir/replicas.ts";
import { gradientOf } from "./autodiff.ts";
import { refusal } from "./refusals.ts";
import { Scoped } from "./scoped.ts";
import type { OpSink } from "./sink.ts";
import { CPU, type Target } from "./target.ts";
import { calledOp } from "./tfjs.ts";

/** Outputs of unknown shape that are only handed on to the op's gradient. */
const OPAQUE: Readonly<Record<string, number>> = { FusedBatchNormV3: 5 };

/**
 * Records ops without computing anything. Shapes and types come from
 * libtensorflow, which checks each op as it is added to a scratch graph.
 */
export class Recording extends Scoped implements OpSink<Value> {
  readonly nodes: Node[] = [];
  readonly #scratch: EngineGraph;
  readonly #operations = new Map<Node, Pointer>();

  constructor(api: Api, readonly target: Target = CPU) {
    super();
    this.#scratch = new EngineGraph(api);
  }

  /** Whose ops come now, those of tfjs's gradients too. */
  get #whose(): string {
    return this.place || (gradientOf() ?? "");
  }

  constant(value: TensorData): Value {
    const attrs: Attrs = {
      dtype: { kind: "type", value: value.dtype },
      value: { kind: "tensor", value },
    };
    return this.execute("Const", attrs, [])[0] as Value;
  }

  execute(op: string, attrs: Attrs, inputs: readonly Value[]): Value[] {
    return [...this.add(op, attrs, inputs).outputs];
  }

  /**
   * Adds a node.
   *
   * @throws {EngineError} When TensorFlow refuses the op.
   * @throws {UserError} When an output has no static shape.
   */
  add(
    op: string,
    attrs: Attrs,
    inputs: readonly Value[],
    after: readonly Node[] = [],
  ): Node {
    const pointer = (node: Node): Pointer => {
      const operation = this.#operations.get(node);
      if (!operation) throw new Error("internal: a value of another recording");
      return operation;
    };
    const crossing = crossingOf(op);
    const operation = this.#scratch.add({
      ...crossing ? this.#standIn(op, attrs, inputs) : {
        op,
        attrs,
        inputs: inputs.map(({ node, index }) => ({
          operation: pointer(node),
          index,
        })),
      },
      name: this.place ? `${this.place}/${op}` : op,
      after: after.map(pointer),
    });
    const outputs = this.#scratch.outputsOf(operation);
    for (const [index, { known, shape }] of outputs.entries()) {
      if (!known && index !== OPAQUE[op]) {
        throw refusal({
          attempt: `use ${calledOp() ?? op}`,
          scope: this.#whose,
          why: `the shape of its result, [${
            shape.map((size) => size < 0 ? "?" : size).join(", ")
          }], depends on values`,
          cure:
            "Keep all rows, and weight those that do not count with 0 (tf.where).",
        });
      }
    }
    const scope = this.place;
    const each = crossing ? crossing.from === "once" : inputs.some(isOnEach);
    const node = makeNode(
      this.nodes.length,
      { op, attrs, inputs, scope, after, ...each ? { replica: "each" } : {} },
      outputs.map(({ shape, dtype }) => ({ shape, dtype })),
    );
    this.nodes.push(node);
    this.#operations.set(node, operation);
    return node;
  }

  /** What has the type of an op's result that TensorFlow does not know. */
  #standIn(
    op: string,
    attrs: Attrs,
    [x]: readonly Value[],
  ): Pick<OperationSpec, "op" | "attrs" | "inputs"> {
    const crossing = crossingOf(op);
    if (!x || !crossing || isOnEach(x) !== (crossing.from === "each")) {
      throw new Error(`internal: ${op} in "${this.place}" of a wrong form`);
    }
    const { replicas } = attrs;
    const count = replicas?.kind === "int" ? replicas.value : 1;
    return {
      op: "Placeholder",
      attrs: {
        dtype: { kind: "type", value: x.dtype },
        shape: { kind: "shape", value: crossing.shape(x.shape, count) },
      },
      inputs: [],
    };
  }

  value(handle: Value): TensorData {
    const { node } = handle;
    const attr = node.attrs["value"];
    if (node.op === "Const" && attr?.kind === "tensor") return attr.value;
    const made = node.scope ? `${node.op} in "${node.scope}"` : node.op;
    throw refusal({
      attempt: "read a value",
      scope: this.#whose,
      why:
        `${made} has none yet, for nothing is computed while the step is traced`,
      cure:
        "To choose by values, use tf.where in place of `if`, and tf.gather for rows. To look at them, run with `--eager`.",
    });
  }

  isOnReplicas(handle: Value): boolean {
    return isOnEach(handle);
  }

  release(): void {
    // A program keeps its nodes; dead ones are removed when it is compiled.
  }

  /** Frees the scratch graph; the recorded nodes stay. */
  close(): void {
    this.#scratch.close();
  }
}
