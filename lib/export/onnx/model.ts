/** @file An encoder as an ONNX model. */
import { UserError } from "../../errors.ts";
import type { Node, Value } from "../../ir/program.ts";
import { FEATURES, IMAGES } from "../channels_last.ts";
import type { Portable } from "../portable.ts";
import { OnnxBuilder } from "./builder.ts";
import { IMAGE_ROWS } from "./image_ops.ts";
import { encodeOnnx, type OnnxModel } from "./messages.ts";
import { NUMBER_ROWS } from "./number_ops.ts";
import type { OnnxRow } from "./row.ts";
import { SHAPE_ROWS } from "./shape_ops.ts";

/** How each op of TensorFlow is written. */
export const ONNX_ROWS: ReadonlyMap<string, OnnxRow> = new Map(
  Object.entries({
    ...NUMBER_ROWS,
    ...SHAPE_ROWS,
    ...IMAGE_ROWS,
    // Where they are read they get their names.
    Const: () => {},
    Placeholder: ({ outputs }: Node, to: OnnxBuilder) =>
      to.give(outputs[0], IMAGES),
  }),
);

/** @throws {UserError} When an op has no row, naming all that have none. */
function checkOps(nodes: readonly Node[]): void {
  const missing = nodes.filter(({ op }) => !ONNX_ROWS.has(op));
  const names = [...new Set(missing.map(({ op }) => op))];
  if (names.length === 0) return;
  const [first] = missing;
  throw new UserError(
    `Cannot write ${names.join(", ")} in ONNX (in "${
      first?.scope ?? ""
    }"): no way is known.\nExport it as savedmodel, which has every op.`,
  );
}

/** The graph of an encoder. */
export function onnxModel(
  { program, images, features }: Portable,
  metadata: OnnxModel["metadata"] = {},
): OnnxModel {
  checkOps(program.nodes);
  const to = new OnnxBuilder();
  for (const node of program.nodes) ONNX_ROWS.get(node.op)?.(node, to);
  const result = to.name(program.fetches.get(FEATURES) as Value);
  to.nodes.push({
    op: "Identity",
    name: FEATURES,
    inputs: [result],
    outputs: [FEATURES],
    attrs: {},
  });
  return {
    name: "encoder",
    nodes: to.nodes,
    weights: to.weights,
    inputs: [{ name: IMAGES, dtype: "uint8", shape: images }],
    outputs: [{ name: FEATURES, dtype: "float32", shape: features }],
    metadata,
  };
}

/** Bytes of an `.onnx` file. */
export const toOnnx = (
  portable: Portable,
  metadata?: OnnxModel["metadata"],
): Uint8Array => encodeOnnx(onnxModel(portable, metadata));
