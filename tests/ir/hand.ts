/** @file Programs made by hand, without an engine. */
import type { DType } from "../../lib/ir/dtype.ts";
import {
  type Attr,
  type Attrs,
  makeNode,
  type Node,
  type Program,
  type Value,
} from "../../lib/ir/program.ts";

/** What a node has besides its op and its inputs. */
export interface Rest {
  readonly attrs?: Attrs;
  readonly after?: readonly Node[];
  readonly scope?: string;
  /** By default one float32 scalar. */
  readonly outputs?: readonly (readonly [DType, ...number[]])[];
}

/** Collects nodes in order. */
export class Hand {
  readonly nodes: Node[] = [];

  /** Adds a node. */
  node(op: string, inputs: readonly Value[] = [], rest: Rest = {}): Node {
    const { attrs = {}, after = [], scope = "", outputs = [["float32"]] } =
      rest;
    const node = makeNode(
      this.nodes.length,
      { op, inputs, attrs, after, scope },
      outputs.map(([dtype, ...shape]) => ({ dtype, shape })),
    );
    this.nodes.push(node);
    return node;
  }

  /** Adds a node; gives its first output. */
  value(op: string, inputs: readonly Value[] = [], rest: Rest = {}): Value {
    return this.node(op, inputs, rest).outputs[0] as Value;
  }

  /** A float32 constant. */
  constant(...data: number[]): Value {
    return this.value("Const", [], {
      attrs: {
        dtype: { kind: "type", value: "float32" },
        value: floats(...data),
      },
      outputs: [["float32", data.length]],
    });
  }

  /** The program of all nodes so far. */
  program(rest: Partial<Program> = {}): Program {
    return {
      name: "hand",
      nodes: [...this.nodes],
      feeds: new Map(),
      fetches: new Map(),
      effects: [],
      ...rest,
    };
  }
}

/** A tensor attribute of float32 elements. */
export const floats = (...data: number[]): Attr => ({
  kind: "tensor",
  value: {
    dtype: "float32",
    shape: [data.length],
    data: Float32Array.from(data),
  },
});

/** Ops of a program, in order. */
export const ops = ({ nodes }: Program): string[] => nodes.map(({ op }) => op);
