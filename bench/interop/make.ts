/** @file Exports encoders in every format, with images and the engine's features. */
import { join } from "node:path";
import { encodeSafetensors } from "../../lib/checkpoint/safetensors.ts";
import { FORMATS } from "../../lib/export/formats.ts";
import { portable } from "../../lib/export/portable.ts";
import { writeFolder } from "../../lib/export/write_folder.ts";
import { engine } from "../../tests/helpers/engine.ts";
import { bytes, featuresOf, trained } from "../../tests/export/trained.ts";

/** A network, and the images that it is given: `[count, side]` of each set. */
interface Case {
  readonly encode: string;
  /** Side of the images that it was made for; 32 where it is left out. */
  readonly size?: number;
  readonly sets: readonly (readonly [count: number, side: number])[];
}

/** The second side of a ResNet is odd, and not the one that it was made for. */
const CASES: Readonly<Record<string, Case>> = {
  resnet18: { encode: "resnet18, stem: imagenet", sets: [[2, 64], [3, 75]] },
  resnet50: { encode: "resnet50, stem: imagenet", sets: [[1, 64], [2, 75]] },
  resnet18_cifar: { encode: "resnet18", sets: [[2, 32], [1, 37]] },
  resnet_wide: {
    encode:
      "resnet, width: 16, blocks: [2, 2], block: bottleneck, widen: 2, stem: imagenet",
    sets: [[2, 64], [1, 75]],
  },
  convnext_tiny: {
    encode: "convnext_tiny, layer_scale: 0.1",
    size: 64,
    sets: [[1, 64], [3, 64]],
  },
  vit_tiny: { encode: "vit_tiny, patch: 4", sets: [[1, 32], [3, 32]] },
  vit_odd: {
    encode: "vit, patch: 5, width: 32, depth: 2, heads: 4, layer_scale: 0.1",
    size: 35,
    sets: [[2, 35]],
  },
  mlp: { encode: "mlp, hidden: 64, out: 32", sets: [[1, 32], [5, 32]] },
  mlp_odd: {
    encode: "mlp, hidden: 64, out: 32, layers: 3, batch_norm: all",
    size: 33,
    sets: [[2, 33]],
  },
};

const [out = "interop"] = Deno.args;
for (const [name, { encode, size, sets }] of Object.entries(CASES)) {
  const encoder = trained(encode, size);
  let form: ReturnType<typeof portable> | undefined;
  const exporting = {
    encoder,
    portable: () => form ??= portable(engine, encoder),
    origin: { pipeline: name },
  };
  for (const [format, { files }] of Object.entries(FORMATS)) {
    await writeFolder(join(out, name, format), await files(exporting));
  }
  for (const [count, side] of sets) {
    const images = bytes(count, side, side, 3);
    const features = await featuresOf(encoder, images);
    await Deno.writeFile(
      join(out, name, `set-${count}x${side}.safetensors`),
      encodeSafetensors({ tensors: { images, features }, metadata: {} }),
    );
  }
  console.log(name);
}
