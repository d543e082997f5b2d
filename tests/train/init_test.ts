/** @file Runs begin with weights that are given to them. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { encodeSafetensors } from "../../lib/checkpoint/safetensors.ts";
import { UserError } from "../../lib/errors.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import type { WiredStage } from "../../lib/graph/stage_graph.ts";
import type { LoadedPipeline } from "../../lib/pipeline/load.ts";
import { readInit } from "../../lib/train/init.ts";
import { namedVariables } from "../../lib/weights/named.ts";
import { inFolder } from "../end_to_end/cli.ts";
import { resizeGrid } from "../../lib/ops/resize_grid.ts";
import { close, Dice } from "../helpers/numeric.ts";
import { bits, check, load, start } from "../helpers/training.ts";

const BYOL = `
  views: { augment: none, of: image, count: 2 }
  y: { encode: resnet, of: views, width: 2, blocks: [1] }
  z: { project: mlp, of: y, hidden: 4, out: 4 }
  p: { predict: mlp, of: z, hidden: 4, out: 4 }
  target.y: { ema: y, of: views }
  target.z: { ema: z, of: target.y }
  loss: { loss: cosine, between: [p, target.z], pairs: cross }`;

const beginning = (init: string): LoadedPipeline =>
  load({ stages: BYOL, more: `init: ${init}\nevaluate: false` });

/** Drawn tensors for the stage `y` of a pipeline, under another library's names. */
function drawnFor(
  { graph }: LoadedPipeline,
  seed: number,
  wanted: (name: string) => boolean = () => true,
): Record<string, TensorData> {
  const dice = new Dice(seed);
  return Object.fromEntries(
    namedVariables(graph.byName.get("y") as WiredStage)
      .filter(({ name }) => wanted(name))
      .map(({ variable: { shape }, name, as }) => [
        name,
        dice.tensor(as.shape(shape)),
      ]),
  );
}

/** A file of tensors, as PyTorch's. */
const encoded = (tensors: Record<string, TensorData>): Uint8Array =>
  encodeSafetensors({ tensors, metadata: { format: "pt" } });

/** Drawn tensors under torchvision's names. */
function foreign(
  prefix = "",
  change: (tensors: Record<string, TensorData>) => void = () => {},
): Uint8Array {
  const tensors = Object.fromEntries(
    Object.entries(drawnFor(beginning("{}"), 3)).map(([name, tensor]) =>
      [`${prefix}${name}`, tensor] as const
    ),
  );
  change(tensors);
  return encoded(tensors);
}

const refusal = async (loaded: LoadedPipeline): Promise<string> => {
  try {
    await readInit(loaded);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return assert.fail("was not refused");
};

Deno.test("A stage and its EMA twin begin with weights of torchvision's names", () =>
  inFolder(async (folder) => {
    const file = join(folder, "resnet.safetensors");
    const fc = { dtype: "float32", shape: [1], data: Float32Array.of(1) };
    await Deno.writeFile(
      file,
      foreign("backbone.", (tensors) => {
        tensors["fc.bias"] = fc as TensorData;
      }),
    );
    const loaded = beginning(`{ y: ${file} }`);
    const { values, lines } = await readInit(loaded);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^y begins with the weights in .*: all \d+ /);
    assert.match(lines[0] ?? "", /torchvision's names behind "backbone\."/);
    assert.match(lines[0] ?? "", /Left out of the file: fc\.bias \(the classi/);
    const session = await start(loaded);
    try {
      const drawn = await session.save();
      await session.begin(values);
      const begun = await session.save();
      const given = (path: string) => path in values;
      assert.deepEqual(bits(begun, given), bits(values));
      // All others, the optimizer's among them, stay as they were drawn.
      const others = (path: string) => !given(path);
      assert.deepEqual(bits(begun, others), bits(drawn, others));
      for (const [path, value] of Object.entries(bits(values))) {
        if (path.startsWith("y/")) {
          assert.equal(bits(values)[`target.${path}`], value);
        }
      }
    } finally {
      await session.close();
    }
  }));

Deno.test("Weights that do not fit are refused with the whole list", () =>
  inFolder(async (folder) => {
    const file = join(folder, "resnet.safetensors");
    await Deno.writeFile(
      file,
      foreign("", (tensors) => {
        delete tensors["bn1.running_mean"];
        tensors["conv1.weight"] = new Dice(1).tensor([3, 3, 3, 3]);
      }),
    );
    const message = await refusal(beginning(`{ y: ${file} }`));
    assert.match(message, /2 of its \d+ do not fit/);
    assert.match(
      message,
      /conv1\.weight is float32\[3, 3, 3, 3\], expected float32\[2, \d, 3, 3\]/,
    );
    assert.match(message, /missing: bn1\.running_mean/);
  }));

Deno.test("What holds no weights is refused in one message", () =>
  inFolder(async (folder) => {
    const text = join(folder, "note.txt");
    await Deno.writeTextFile(text, "not weights");
    for (const path of [join(folder, "none"), text, folder]) {
      assert.match(
        await refusal(beginning(`{ y: ${path} }`)),
        /^Cannot begin "y" with the weights in /,
      );
    }
  }));

Deno.test("The check warns of weights that are not there, and of stages that are none", () => {
  const { text, loaded } = check({
    stages: BYOL,
    more: "init: { y: nowhere.safetensors }\nevaluate: false",
  });
  assert.ok(loaded);
  assert.match(text, /Cannot find the weights "nowhere\.safetensors"/);
  assert.match(
    check({ stages: BYOL, more: "init: { x: nowhere.safetensors }" }).text,
    /Cannot find a trained stage "x"/,
  );
});

/** A vision transformer for images of 32 pixels, or for larger ones. */
const vision = (
  size: number,
  init: string,
  more = "position: learned",
): LoadedPipeline =>
  load({
    stages: `
  views: { augment: [{ resize: { size: ${size} } }], of: image, count: 2 }
  y: { encode: vit, of: views, patch: 8, width: 4, depth: 1, heads: 1, ${more} }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }`,
    more: `init: ${init}\nevaluate: false`,
  });

Deno.test("A network that hides patches begins with weights of one that does not, its token as drawn", () =>
  inFolder(async (folder) => {
    const file = join(folder, "vit.safetensors");
    const hiding = (init: string) =>
      load({
        stages: `
  views: { augment: none, of: image, count: 2 }
  mask: { mask: random, of: views, patch: 2, ratio: 0.5 }
  y: { encode: vit, of: views, hide: mask.hidden, patch: 2, width: 4, depth: 1, heads: 1 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }`,
        more: `init: ${init}\nevaluate: false`,
      });
    const tensors = drawnFor(
      hiding("{}"),
      5,
      (name) => name !== "mask_token",
    );
    await Deno.writeFile(file, encoded(tensors));
    const { values, lines } = await readInit(hiding(`{ y: ${file} }`));
    assert.match(
      lines[0] ?? "",
      /vit\.safetensors: \d+ matched by timm's names, mask_token, which the file has not, as drawn$/,
    );
    assert.ok(!("y/mask_token" in values));
    // Another weight is missed all the same.
    delete tensors["norm.weight"];
    await Deno.writeFile(file, encoded(tensors));
    const message = await refusal(hiding(`{ y: ${file} }`));
    assert.match(message, /missing: norm\.weight\n/);
  }));

Deno.test("Positions of a vision transformer are resized as the network itself resizes them, and it is said", () =>
  inFolder(async (folder) => {
    const file = join(folder, "vit.safetensors");
    const tensors = drawnFor(vision(32, "{}"), 5);
    await Deno.writeFile(file, encoded(tensors));
    const { values, lines } = await readInit(vision(48, `{ y: ${file} }`));
    assert.match(
      lines[0] ?? "",
      /timm's names, positions resized from 4x4 to 6x6 places/,
    );
    const position = values["y/position"]!;
    assert.deepEqual(position.shape, [37, 4]);
    const theirs = tensors["pos_embed"]!.data as Float32Array;
    // The class token's stays.
    assert.deepEqual(position.data.slice(0, 4), theirs.slice(0, 4));
    const expected = tf.tidy(() =>
      resizeGrid(tf.tensor2d(theirs.slice(4), [16, 4]), [4, 4], [6, 6])
        .dataSync()
    );
    close(position.data.slice(4) as Float32Array, expected, 1e-6);
    // Of a constant, a constant is left: a resampling that keeps its sum.
    tensors["pos_embed"] = {
      ...tensors["pos_embed"]!,
      data: new Float32Array(17 * 4).fill(2),
    };
    await Deno.writeFile(file, encoded(tensors));
    const even = await readInit(vision(48, `{ y: ${file} }`));
    close(
      even.values["y/position"]!.data as Float32Array,
      Array(148).fill(2),
      1e-5,
    );
    // 15 places are no grid.
    tensors["pos_embed"] = {
      dtype: "float32",
      shape: [1, 16, 4],
      data: new Float32Array(64),
    };
    await Deno.writeFile(file, encoded(tensors));
    assert.match(
      await refusal(vision(48, `{ y: ${file} }`)),
      /pos_embed is float32\[1, 16, 4\], expected float32\[1, 37, 4\]/,
    );
  }));

Deno.test("Relative positions of a vision transformer are resized, too, and those of its class token stay", () =>
  inFolder(async (folder) => {
    const file = join(folder, "vit.safetensors");
    const relative = (size: number, init: string) =>
      vision(size, init, "position: relative");
    const tensors = drawnFor(relative(32, "{}"), 5);
    await Deno.writeFile(file, encoded(tensors));
    const { values, lines } = await readInit(relative(48, `{ y: ${file} }`));
    assert.match(
      lines[0] ?? "",
      /timm's names, relative positions resized from 7x7 to 11x11 distances/,
    );
    const table = values["y/relative_position"]!;
    assert.deepEqual(table.shape, [11 * 11 + 3, 1]);
    const theirs = tensors["shared_rel_pos.relative_position_bias_table"]!
      .data as Float32Array;
    assert.deepEqual(table.data.slice(121), theirs.slice(49));
    const expected = tf.tidy(() =>
      resizeGrid(tf.tensor2d(theirs.slice(0, 49), [49, 1]), [7, 7], [11, 11])
        .dataSync()
    );
    close(table.data.slice(0, 121) as Float32Array, expected, 1e-6);
  }));
