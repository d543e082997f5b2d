/** @file Exported to ONNX, encoders give the same features in onnxruntime. */
import assert from "@std/assert";
import * as ort from "onnxruntime-web";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { toOnnx } from "../../lib/export/onnx/model.ts";
import { portable } from "../../lib/export/portable.ts";
import { engine } from "../helpers/engine.ts";
import { close } from "../helpers/numeric.ts";
import { bytes, featuresOf, NETWORKS, trained } from "./trained.ts";

ort.env.wasm.numThreads = 1;

async function runs(model: Uint8Array, images: TensorData) {
  const session = await ort.InferenceSession.create(model);
  const tensor = new ort.Tensor(
    "uint8",
    images.data as Uint8Array,
    images.shape,
  );
  const { features } = await session.run({ images: tensor });
  const data = await features?.getData() as Float32Array;
  await session.release();
  return data;
}

for (const [name, encode] of Object.entries(NETWORKS)) {
  Deno.test({
    name: `ONNX: ${name} gives its features for any number of images`,
    // The WASM module lives as long as the process.
    sanitizeResources: false,
    sanitizeOps: false,
    async fn() {
      const encoder = trained(encode);
      const model = toOnnx(await portable(engine, encoder));
      for (const count of [1, 3]) {
        const images = bytes(count, 32, 32, 3);
        const expected = await featuresOf(encoder, images);
        close(
          await runs(model, images),
          expected.data as Float32Array,
          1e-4,
          "feature",
        );
      }
    },
  });
}

Deno.test({
  name: "ONNX: a ResNet takes images of any size, odd ones too",
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    const encoder = trained(NETWORKS["ResNet with ImageNet's stem"]);
    const form = await portable(engine, encoder);
    assert.deepEqual(form.images, ["batch", "height", "width", 3]);
    const model = toOnnx(form);
    for (const side of [33, 47]) {
      const images = bytes(2, side, side, 3);
      const expected = await featuresOf(encoder, images);
      close(
        await runs(model, images),
        expected.data as Float32Array,
        1e-4,
        "feature",
      );
    }
  },
});

Deno.test({
  name: "ONNX: what evaluation does to images is inside, a resize too",
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    // Trained on crops of 24 pixels, judged on whole images in that size.
    const encoder = trained(
      "vit, patch: 8, width: 8, depth: 1, heads: 2",
      undefined,
      "[random_resized_crop: { size: 24 }, normalize]",
    );
    const form = await portable(engine, encoder);
    assert.deepEqual(form.images, ["batch", 32, 32, 3]);
    const images = bytes(2, 32, 32, 3);
    const expected = await featuresOf(encoder, images);
    close(
      await runs(toOnnx(form), images),
      expected.data as Float32Array,
      1e-4,
      "feature",
    );
  },
});

Deno.test("ONNX: an op that has no row is refused by name", async () => {
  const form = await portable(engine, trained(NETWORKS["MLP"]));
  const nodes = form.program.nodes.map((node) =>
    node.op === "MatMul" ? { ...node, op: "Betainc" } : node
  );
  assert.throws(
    () => toOnnx({ ...form, program: { ...form.program, nodes } }),
    /Cannot write Betainc in ONNX \(in "y\/linear1"\)/,
  );
});
