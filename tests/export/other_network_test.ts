/** @file Another network of a run, exported with all that comes before it. */
import assert from "@std/assert";
import { join } from "node:path";
import * as ort from "onnxruntime-web";
import { Encoder } from "../../lib/encoder/encoder.ts";
import { exportEncoder } from "../../lib/export/export_encoder.ts";
import { withFolder } from "../data/fixtures.ts";
import { SIDE, trainSmall } from "../encoder/trained.ts";
import { engine } from "../helpers/engine.ts";
import { close, Dice } from "../helpers/numeric.ts";

ort.env.wasm.numThreads = 1;

Deno.test({
  name:
    "A projector is exported with preprocessing and encoder inside, and gives what embed gives",
  // The WASM module lives as long as the process.
  sanitizeResources: false,
  sanitizeOps: false,
  fn: withFolder(async (folder) => {
    const run = await trainSmall(folder, "evaluate: false");
    const options = { engine: () => Promise.resolve(engine) };
    const out = join(folder, "z");
    const { shapes } = await exportEncoder(run, {
      ...options,
      to: "onnx",
      of: "z",
      out,
    });
    assert.deepEqual(shapes?.features, ["batch", 4]);
    const card = await Deno.readTextFile(join(out, "model_card.md"));
    assert.match(card, /^# small: encoder `z`$/m);
    assert.match(card, /of its encoder `y`, which this network reads/);

    const dice = new Dice(3);
    const pixels = Uint8Array.from(
      { length: 5 * SIDE * SIDE * 3 },
      () => 255 * dice.unit(),
    );
    const images = {
      count: 5,
      height: SIDE,
      width: SIDE,
      channels: 3,
      pixels,
    };
    const encoder = await Encoder.open(run, { of: "z", engine });
    const [batch] = await Array.fromAsync(encoder.embed(images));
    encoder.close();
    const session = await ort.InferenceSession.create(
      await Deno.readFile(join(out, "encoder.onnx")),
    );
    const { features } = await session.run({
      images: new ort.Tensor("uint8", pixels, [5, SIDE, SIDE, 3]),
    });
    const found = await features?.getData() as Float32Array;
    close(found, batch?.features ?? new Float32Array(), 1e-4, "feature");

    for (
      const [of, to, message] of [
        ["z", "safetensors", /it reads "y", whose weights/],
        ["views", "onnx", /"views"/],
        ["zz", "onnx", /"zz"/],
      ] as const
    ) {
      const none = join(folder, "none");
      await assert.rejects(
        exportEncoder(run, { ...options, to, of, out: none }),
        message,
      );
      await assert.rejects(Deno.stat(none), Deno.errors.NotFound);
    }
  }),
});
