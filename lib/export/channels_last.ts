/** @file Images as decoders give them: the channels of a pixel side by side. */
import { rewrite } from "../compile/passes/rewrite.ts";
import type { Program, Value } from "../ir/program.ts";
import { type } from "../ops/attrs.ts";
import { constSpec } from "./freeze.ts";

/** Order in which planes are made of pixels, and sizes in that order. */
const TO_PLANES = [0, 3, 1, 2];

/** The name of what is fed. */
export const IMAGES = "images";
/** The name of what comes back. */
export const FEATURES = "features";

/**
 * `images` becomes `[batch, height, width, channels]`. Planes are made after
 * the cast to numbers, for not every runtime transposes bytes.
 */
export function channelsLast(program: Program): Program {
  const fed = program.feeds.get(IMAGES) as Value;
  const [batch = 0, channels = 0, height = 0, width = 0] = fed.shape;
  return rewrite(program, (node, builder) => {
    if (node === fed.node) {
      const shape = [batch, height, width, channels];
      const attrs = { ...node.attrs, shape: { kind: "shape", value: shape } };
      return builder.add(
        { ...node, attrs: attrs as typeof node.attrs, after: [] },
        [{ shape, dtype: fed.dtype }],
      ).outputs;
    }
    if (node.inputs[0] !== fed) return undefined;
    if (node.op !== "Cast") {
      throw new Error(`internal: ${node.op} reads the bytes of images`);
    }
    const [{ dtype = "float32" } = {}] = node.outputs;
    const cast = builder.add({ ...node, inputs: [builder.map(fed)] }, [
      { shape: [batch, height, width, channels], dtype },
    ]);
    const order = builder.add(
      constSpec({
        dtype: "int32",
        shape: [4],
        data: Int32Array.from(TO_PLANES),
      }, node.scope),
      [{ shape: [4], dtype: "int32" }],
    );
    return builder.add({
      op: "Transpose",
      inputs: [cast.outputs[0] as Value, order.outputs[0] as Value],
      attrs: { T: type(dtype), Tperm: type("int32") },
      scope: node.scope,
    }, node.outputs).outputs;
  });
}
