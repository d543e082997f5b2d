/** @file A recording for one number of images becomes one for any. */
import { rewrite } from "../compile/passes/rewrite.ts";
import { UserError } from "../errors.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Node, Program, Value } from "../ir/program.ts";
import { readersOf } from "../ir/readers.ts";
import { IMAGES } from "./channels_last.ts";
import { differing, sameOps } from "./compare.ts";
import { constantOf, constSpec } from "./freeze.ts";
import { broadcast, repeated } from "./repeat_rows.ts";

function refuse({ op, scope }: Node): never {
  const [stage] = scope.split("/");
  throw new UserError(
    `Cannot export "${stage}" for any number of images: ${op} in "${scope}" depends on how many there are.`,
  );
}

/** Ops that are told the sizes of their result, and by which operand. */
const SIZED: Readonly<Record<string, number>> = { Reshape: 1, Slice: 2 };

const isSize = (constant: Node, { op, inputs }: Node): boolean =>
  SIZED[op] !== undefined && inputs[SIZED[op]] === constant.outputs[0];

/**
 * Sizes of a result with -1 for the one that differs: of a reshape what is left
 * for it, of a slice the rest.
 */
function openSizes(
  readers: readonly Node[],
  partner: (node: Node) => Node,
): TensorData | undefined {
  const shapeOf = ({ outputs }: Node) => outputs[0]?.shape ?? [];
  const [first] = readers as [Node];
  const [one, two] = [shapeOf(first), shapeOf(partner(first))];
  const alike = readers.every((reader) => `${shapeOf(reader)}` === `${one}`);
  const moves = one.map((size, i) => size !== two[i]);
  if (!alike || moves.filter(Boolean).length !== 1) return undefined;
  const whole = readers.every(({ op, inputs: [from] }) =>
    op !== "Slice" ||
    from?.shape[moves.indexOf(true)] === one[moves.indexOf(true)]
  );
  if (!whole) return undefined;
  const data = Int32Array.from(one, (size, i) => moves[i] ? -1 : size);
  return { dtype: "int32", shape: [data.length], data };
}

/**
 * Recordings of a network for two numbers of images tell what depends on it:
 * sizes of a `Reshape` and a `Slice`, which are left open, and constants with a
 * row for each image, which are repeated as needed. (An op graph has static
 * shapes, and a symbol in each of them would have to pass through tfjs.)
 *
 * @returns `a`, which takes any number of images.
 * @throws {UserError} When something else depends on it.
 */
export function freeBatch(a: Program, b: Program): Program {
  const readers = readersOf(a);
  const images = a.feeds.get(IMAGES) as Value;
  const partner = new Map(a.nodes.map((node, i) => [node, b.nodes[i] as Node]));
  if (!sameOps(a, b)) refuse(a.nodes.at(-1) as Node);
  return rewrite(a, (node, builder) => {
    const other = partner.get(node) as Node;
    if (node === images.node || differing(node, other).length === 0) {
      return undefined;
    }
    const [one, two] = [constantOf(node), constantOf(other)];
    if (!one || !two) refuse(node);
    const read = readers.get(node.outputs[0] as Value) ?? [];
    if (read.every((reader) => isSize(node, reader))) {
      const open = openSizes(read, (reader) => partner.get(reader) as Node);
      if (!open) refuse(node);
      return builder.add(constSpec(open, node.scope), [open]).outputs;
    }
    const row = repeated(one, two);
    if (!row) refuse(node);
    return broadcast(builder, {
      row,
      scope: node.scope,
      images: builder.map(images),
      shape: one.shape,
    });
  });
}
