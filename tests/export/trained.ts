/** @file Encoders with drawn weights, and their features by the engine. */
import assert from "@std/assert";
import { Machine } from "../../lib/compile/machine.ts";
import type { TrainedEncoder } from "../../lib/export/encoder.ts";
import { featureExtractor } from "../../lib/graph/features.ts";
import { sizeOf, type TensorData } from "../../lib/ir/dtype.ts";
import type { Variable } from "../../lib/layers/layer.ts";
import { FLOAT32 } from "../../lib/ir/rounding.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import { trace } from "../../lib/trace/execution.ts";
import { engine } from "../helpers/engine.ts";
import { Dice } from "../helpers/numeric.ts";

/** Networks that exports are tested with. */
export const NETWORKS = {
  "small ResNet": "resnet, width: 4, blocks: [1, 2, 1]",
  "ResNet with ImageNet's stem":
    "resnet, width: 4, blocks: [1, 1], stem: imagenet, block: bottleneck",
  "ViT": "vit, patch: 4, width: 8, depth: 2, heads: 2",
  "ViT with means and sines":
    "vit, patch: 8, width: 8, depth: 1, heads: 2, pool: mean, position: sincos, layer_scale: 0.1",
  "ViT with relative positions":
    "vit, patch: 8, width: 8, depth: 1, heads: 2, position: relative",
  "ConvNeXt": "convnext, width: 4, blocks: [1, 1], patch: 2",
  "MLP": "mlp, hidden: 16, out: 8",
} as const;

/** Values that are all drawn when they are asked for, the statistics of batch norms too. */
export function trained(
  encode: string,
  size?: number,
  augment = "simsiam",
): TrainedEncoder {
  const data = size
    ? `{ source: folder, path: ., size: ${size}, batch: 4 }`
    : "{ source: photos, batch: 4 }";
  const { loaded, text } = checkText(
    "export.yaml",
    `data: ${data}
stages:
  views: { augment: ${augment}, of: image, count: 2 }
  y: { encode: ${encode}, of: views }
  z: { project: mlp, of: y, hidden: 8, out: 4 }
  loss: { loss: nt_xent, between: [z, z], pairs: unordered }
train: { steps: 1, optimizer: { sgd: { lr: 0.1 } } }
evaluate: false
`,
  );
  if (!loaded) throw new Error(text);
  const { graph } = loaded;
  let values: TrainedEncoder["values"] | undefined;
  return {
    graph,
    get values() {
      return values ??= drawn(graph.encoder.variables);
    },
  };
}

function drawn(variables: readonly Variable[]): TrainedEncoder["values"] {
  const dice = new Dice(1);
  const values = variables.map(({ path, shape }) => {
    // So that features are about as large as those of trained networks.
    const fanIn = shape.slice(0, -1).reduce((all, side) => all * side, 1);
    const spread = /variance|scale/.test(path)
      ? () => 0.5 + dice.unit()
      : () => dice.normal() / Math.sqrt(fanIn) / (shape.length > 1 ? 1 : 4);
    return [path, dice.tensor(shape, spread)];
  });
  return Object.fromEntries(values);
}

/** Bytes of images `[count, height, width, channels]`. */
export function bytes(...shape: readonly number[]): TensorData {
  const dice = new Dice(2);
  const data = Uint8Array.from(
    { length: sizeOf(shape) },
    () => dice.below(256),
  );
  return { dtype: "uint8", shape, data };
}

/** The same with the channels first, as a step reads them. */
function planes({ shape, data }: TensorData): TensorData {
  const [count = 0, height = 0, width = 0, channels = 0] = shape;
  const moved = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const channel = i % channels;
    const pixel = Math.floor(i / channels) % (height * width);
    const image = Math.floor(i / (channels * height * width));
    moved[(image * channels + channel) * height * width + pixel] =
      data[i] as number;
  }
  return {
    dtype: "uint8",
    shape: [count, channels, height, width],
    data: moved,
  };
}

/** What the engine itself makes of images. */
export async function featuresOf(
  { graph, values }: TrainedEncoder,
  images: TensorData,
): Promise<TensorData> {
  const [count = 0, height = 0, width = 0, channels = 0] = images.shape;
  const sized = { ...graph, image: [channels, height, width] as const };
  const machine = new Machine(engine.api, engine.config);
  const own = graph.encoder.variables;
  try {
    const load = (name: string, body: Parameters<typeof trace>[2]) =>
      machine.load(
        trace(engine.api, name, body, { device: "cpu", ...FLOAT32 }),
      );
    await load("fill", (execution) => {
      for (const ref of own) {
        const value = execution.feed(ref.path, ref.shape, ref.dtype);
        execution.assign(ref, value);
      }
      return {};
    }).run(values);
    const body = featureExtractor(sized, count);
    const { features } = await load("features", body).run({
      images: planes(images),
    });
    const { data } = features as TensorData;
    // Features that are nearly 0 would agree with anything.
    assert.ok((data as Float32Array).some((value) => Math.abs(value) > 0.3));
    return features as TensorData;
  } finally {
    machine.close();
  }
}
