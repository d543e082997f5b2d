/** @file The recording sink: every op becomes a node of a program. */
import type { Api, Pointer } from "../engine/ffi.ts";
import { EngineGraph } from "../engine/graph.ts";
import type { TensorData } from "../ir/dtype.ts";
import { type Attrs, makeNode, type Node, type Value } from "../ir/graph.ts";
import { gradientScope } from "../ir/scope.ts";
import type { OpSink } from "./sink.ts";
import { CPU, type Target } from "./target.ts";

/** Outputs of unknown shape that are only handed on to the op's gradient. */
const OPAQUE: Readonly<Record<string, number>> = { FusedBatchNormV3: 5 };

/**
 * Records ops without computing anything. Shapes and types come from
 * libtensorflow, which checks each op as it is added to a scratch graph.
 */
export class Recording implements OpSink<Value> {
  readonly nodes: Node[] = [];
  readonly #scratch: EngineGraph;
  readonly #operations = new Map<Node, Pointer>();
  #scope = "";

  constructor(api: Api, readonly target: Target = CPU) {
    this.#scratch = new EngineGraph(api);
  }

  /** Runs `body`; nodes recorded meanwhile carry `path` as their scope. */
  scope<T>(path: string, body: () => T): T {
    const outer = this.#scope;
    this.#scope = path;
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
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
   * @throws {RangeError} When an output has no static shape.
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
    const operation = this.#scratch.add({
      op,
      attrs,
      name: this.#scope ? `${this.#scope}/${op}` : op,
      inputs: inputs.map(({ node, index }) => ({
        operation: pointer(node),
        index,
      })),
      after: after.map(pointer),
    });
    const outputs = this.#scratch.outputsOf(operation);
    for (const [index, { known, shape }] of outputs.entries()) {
      if (!known && index !== OPAQUE[op]) {
        throw new RangeError(
          `${op} in "${this.#scope}" has no static shape: [${shape}]`,
        );
      }
    }
    const scope = this.#scope;
    const node = makeNode(
      this.nodes.length,
      { op, attrs, inputs, scope, after },
      outputs.map(({ shape, dtype }) => ({ shape, dtype })),
    );
    this.nodes.push(node);
    this.#operations.set(node, operation);
    return node;
  }

  value(handle: Value): TensorData {
    const { node } = handle;
    const attr = node.attrs["value"];
    if (node.op === "Const" && attr?.kind === "tensor") return attr.value;
    throw new Error(
      `Cannot read the value of ${node.op} in "${node.scope}" while the step is traced: nothing is computed yet`,
    );
  }

  release(): void {
    // A program keeps its nodes; dead ones are removed when it is compiled.
  }

  gradientPlace(): <T>(body: () => T) => T {
    const path = gradientScope(this.#scope);
    return (body) => this.scope(path, body);
  }

  /** Frees the scratch graph; the recorded nodes stay. */
  close(): void {
    this.#scratch.close();
  }
}
