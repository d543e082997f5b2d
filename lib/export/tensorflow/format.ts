/** @file TensorFlow's SavedModel (saved_model.proto, meta_graph.proto). */
import { TF_DTYPE } from "../../ir/dtype.ts";
import type { DType } from "../../ir/dtype.ts";
import { FEATURES, IMAGES } from "../channels_last.ts";
import type { Format } from "../formats.ts";
import type { Portable } from "../portable.ts";
import {
  entry,
  message,
  newWriter,
  text,
  varint,
  type Writer,
} from "../../protobuf.ts";
import { graphDef, shapeProto } from "./graph_def.ts";
import { namedNodes, openShape } from "./nodes.ts";

/** `TensorInfo` of a port. */
const port = (
  name: string,
  dtype: DType,
  shape: readonly number[],
) =>
(writer: Writer): void => {
  text(writer, 1, `${name}:0`);
  writer.uint32(varint(2)).int32(TF_DTYPE[dtype]);
  message(writer, 3, (w) => shapeProto(w, shape));
};

function signature(writer: Writer, { images, features }: Portable): void {
  entry(writer, 1, IMAGES, port(IMAGES, "uint8", openShape(images)));
  entry(writer, 2, FEATURES, port(FEATURES, "float32", openShape(features)));
  text(writer, 3, "tensorflow/serving/predict");
}

/** Bytes of `saved_model.pb`: a graph without variables. */
export function toSavedModel(portable: Portable): Uint8Array {
  const writer = newWriter();
  writer.uint32(varint(1)).int64(1);
  message(writer, 2, (graph) => {
    message(graph, 1, (info) => text(info, 4, "serve"));
    message(graph, 2, (w) => graphDef(w, namedNodes(portable)));
    entry(graph, 5, "serving_default", (w) => signature(w, portable));
  });
  return writer.finish();
}

/** A folder that TensorFlow and TensorFlow Serving load. */
export const savedModelFormat: Format = {
  summary: "saved_model.pb, for TensorFlow and TensorFlow Serving",
  runs: true,
  usage: `\`\`\`python
import tensorflow as tf

model = tf.saved_model.load(".")
image = tf.io.decode_image(tf.io.read_file("image.png"), channels=3)
features = model.signatures["serving_default"](images=image[None])["features"]
\`\`\``,
  async files({ portable }) {
    return new Map([["saved_model.pb", toSavedModel(await portable())]]);
  },
};
