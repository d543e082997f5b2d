/** @file Exported for TensorFlow.js, encoders give the same features there. */
import * as tf from "@tensorflow/tfjs";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { portable } from "../../lib/export/portable.ts";
import { toTfjs } from "../../lib/export/tfjs/format.ts";
import { engine } from "../helpers/engine.ts";
import { close } from "../helpers/numeric.ts";
import { bytes, featuresOf, NETWORKS, trained } from "./trained.ts";

/** Features by TensorFlow.js's own kernels in plain JavaScript. */
async function runs(
  files: ReadonlyMap<string, Uint8Array>,
  images: TensorData,
): Promise<Float32Array> {
  const before = tf.getBackend();
  await tf.setBackend("cpu");
  try {
    const text = new TextDecoder().decode(files.get("model.json"));
    const { weightsManifest, ...model } = JSON.parse(text);
    const graph = await tf.loadGraphModel(tf.io.fromMemory({
      ...model,
      weightSpecs: weightsManifest[0].weights,
      weightData: files.get("weights.bin")?.slice().buffer as ArrayBuffer,
    }));
    const fed = tf.tensor4d(
      Int32Array.from(images.data as Uint8Array),
      images.shape as [number, number, number, number],
      "int32",
    );
    const features = graph.execute({ images: fed }) as tf.Tensor;
    const values = await features.data() as Float32Array;
    tf.dispose([fed, features]);
    graph.dispose();
    return values;
  } finally {
    await tf.setBackend(before);
  }
}

for (const [name, encode] of Object.entries(NETWORKS)) {
  Deno.test(`TensorFlow.js: ${name} gives its features for any number of images`, async () => {
    const encoder = trained(encode);
    const files = toTfjs(await portable(engine, encoder));
    for (const count of [1, 3]) {
      const images = bytes(count, 32, 32, 3);
      const expected = await featuresOf(encoder, images);
      const found = await runs(files, images);
      close(found, expected.data as Float32Array, 1e-4, "feature");
    }
  });
}

Deno.test("TensorFlow.js: a ResNet takes images of an odd size", async () => {
  const encoder = trained(NETWORKS["ResNet with ImageNet's stem"]);
  const files = toTfjs(await portable(engine, encoder));
  const images = bytes(2, 37, 37, 3);
  const expected = await featuresOf(encoder, images);
  const found = await runs(files, images);
  close(found, expected.data as Float32Array, 1e-4, "feature");
});
