/**
 * @file Encoders beside torchvision's and timm's: as many parameters, and the same
 * features from the same weights.
 *
 * `deno run -A bench/encoders/run.ts [--only TEXT] [--python FILE]`. Exit code 1
 * where features differ by more than 1e-4 of the largest; README.md gets the table
 * unless `--only` is given.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  decodeSafetensors,
  encodeSafetensors,
} from "../../lib/checkpoint/safetensors.ts";
import { UserError } from "../../lib/errors.ts";
import { sizeOf, type TensorData } from "../../lib/ir/dtype.ts";
import { matchForeign } from "../../lib/weights/match.ts";
import { bytes, featuresOf, trained } from "../../tests/export/trained.ts";
import { difference } from "../../tests/helpers/methods.ts";
import { exitWith } from "../main.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { pythonWith } from "../python.ts";

/** Largest difference, as a share of the largest feature. */
const TOLERANCE = 1e-4;
const COUNT = 2;
/** Of the classifier, which an encoder has not. */
const CLASSES = 1000;
/** Images as they are: theirs are given the same numbers. */
const AS_THEY_ARE = "[{ normalize: { mean: [0, 0, 0], std: [1, 1, 1] } }]";
const FEATURES = "features.of.images";

/** Ours, theirs, and the side of the images. */
const NETWORKS: readonly (readonly [string, string, number])[] = [
  ["resnet18, stem: imagenet", "torchvision:resnet18", 96],
  ["resnet34, stem: imagenet", "torchvision:resnet34", 96],
  ["resnet50, stem: imagenet", "torchvision:resnet50", 96],
  ["resnet101, stem: imagenet", "torchvision:resnet101", 96],
  ["wide_resnet50_2, stem: imagenet", "torchvision:wide_resnet50_2", 96],
  ["vit_tiny, patch: 16", "timm:vit_tiny_patch16_224:96", 96],
  ["vit_small, patch: 16", "timm:vit_small_patch16_224:96", 96],
  ["vit_base, patch: 16", "timm:vit_base_patch16_224:96", 96],
  ["vit_base, patch: 16", "torchvision:vit_b_16:96", 96],
  ["convnext_tiny", "timm:convnext_tiny", 96],
  ["convnext_tiny", "torchvision:convnext_tiny", 96],
];

const here = (name: string): URL => new URL(name, import.meta.url);

/** Bytes `[count, side, side, 3]` as numbers up to 1, the channels first. */
function numbersOf({ shape, data }: TensorData): TensorData {
  const [count = 0, height = 0, width = 0, channels = 0] = shape;
  const area = height * width;
  const moved = new Float32Array(sizeOf(shape));
  for (let i = 0; i < moved.length; i++) {
    const [pixel, channel] = [Math.floor(i / channels) % area, i % channels];
    const image = Math.floor(i / (channels * area));
    moved[(image * channels + channel) * area + pixel] = Number(data[i]) / 255;
  }
  return {
    dtype: "float32",
    shape: [count, channels, height, width],
    data: moved,
  };
}

async function ask(
  python: string,
  network: string,
  folder: string,
): Promise<[parameters: number, library: string]> {
  const { success, stdout } = await new Deno.Command(python, {
    args: [
      "-W",
      "ignore",
      fileURLToPath(here("theirs.py")),
      network,
      join(folder, "images.safetensors"),
      join(folder, "theirs.safetensors"),
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new UserError(`Cannot run theirs.py with ${python}.`);
  const [parameters = "", ...library] = new TextDecoder().decode(stdout)
    .trim().split(" ");
  return [Number(parameters), library.join(" ")];
}

async function compare(
  python: string,
  [encode, network, side]: typeof NETWORKS[number],
  folder: string,
): Promise<{ row: string[]; right: boolean }> {
  const images = bytes(COUNT, side, side, 3);
  await Deno.writeFile(
    join(folder, "images.safetensors"),
    encodeSafetensors({
      tensors: { images: numbersOf(images) },
      metadata: {},
    }),
  );
  const [parameters, library] = await ask(python, network, folder);
  const { tensors: { [FEATURES]: expected, ...weights } } = decodeSafetensors(
    await Deno.readFile(join(folder, "theirs.safetensors")),
  );
  const { graph } = trained(encode, side, AS_THEY_ARE);
  const { encoder } = graph;
  const { names, values, missing, misfits } = matchForeign(encoder, weights);
  if (missing.length > 0 || misfits.length > 0 || !expected) {
    throw new Error(`${network}: ${[...missing, ...misfits].join(", ")}`);
  }
  const features = await featuresOf({ graph, values }, images);
  const [, width = 0] = features.shape;
  const own = encoder.variables.filter(({ role }) => role !== "buffer")
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  // Positions grow with the images, so that these are of this size.
  const headless = parameters - CLASSES * (width + 1);
  const gap = difference(
    Array.from(features.data, Number),
    Array.from(expected.data, Number),
  );
  return {
    row: [
      `\`${encode}\``,
      `${library}: ${network.split(":")[1]}`,
      names,
      own.toLocaleString("en"),
      headless.toLocaleString("en"),
      gap.toExponential(0),
    ],
    right: own === headless && gap <= TOLERANCE,
  };
}

await exitWith(async (args) => {
  const { values } = parseArgs({
    args: [...args],
    options: { python: { type: "string" }, only: { type: "string" } },
  });
  const python = values.python ?? await pythonWith({
    name: "bench-encoders",
    requirements: here("requirements.txt"),
    bare: here("requirements-bare.txt"),
  });
  const head = [
    "ours",
    "theirs",
    "read as",
    "parameters",
    "theirs, without classifier",
    "features",
  ];
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-encoders-" });
  const rows: string[][] = [];
  let wrong = 0;
  try {
    for (const one of NETWORKS) {
      if (!one.join().includes(values.only ?? "")) continue;
      const { row, right } = await compare(python, one, folder);
      console.log(row.join(" | "));
      rows.push(row);
      if (!right) wrong++;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  if (values.only === undefined) {
    await writeResult(here("README.md"), markdownTable([head, ...rows]));
  }
  return wrong > 0 ? 1 : 0;
});
