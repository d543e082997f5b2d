/** @file The shipped pipelines, small enough for a step of some milliseconds. */
import type { ImageSet } from "../../lib/data/source.ts";
import { type LoadedPipeline, loadPipeline } from "../../lib/pipeline/load.ts";

/**
 * What shrinks every one of them; the seed is one with which no ReLU of the
 * first steps is so near to 0 that rounding decides about its gradient.
 */
const SMALL = [
  "seed=2",
  // Photographs for all, in place of digits that are not here.
  "data={ source: photos, batch: 8 }",
  "train.epochs=null",
  "train.steps=30",
  "train.schedule=constant",
  "evaluate=null",
] as const;

/** Options that make stages small, by definition; a key's own come first. */
const SIZES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "resnet": { width: 8 },
  "predict: mlp": { hidden: 10, out: 12 },
  "mlp": { hidden: 16, out: 12 },
  "prototypes": { out: 12 },
  "queue": { size: 24 },
  "encode: vit": { width: 12, depth: 2 },
  "vit": { width: 12, depth: 1 },
};

/** Here much cancels to nothing but rounding, which Adam makes a step of. */
const COARSE = "train.optimizer.adamw.epsilon=0.1";

/** What else some of them need. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  // Its last bias has no gradient but rounding, which AdamW makes a step of.
  barlow_twins: ["stages.z.output_bias=false"],
  // Large steps magnify the rounding of the steps before.
  nnclr: ["train.optimizer.sgd.lr=0.02"],
  // Norm upon norm of few rows: with other seeds rounding decides much.
  moco_v3: ["seed=4"],
  // Sharp scores of few rows: as above.
  dino: [COARSE, "seed=4"],
  ibot: [COARSE],
  // Batch norms behind a norm of tokens that are nearly alike: as above.
  msn: [COARSE, "stages.h.batch_norm=none"],
  mae: [COARSE],
  simmim: [COARSE],
  // What is predicted is as wide as the encoder's tokens.
  ijepa: [COARSE, "stages.p.out=12"],
  // Fewer features than rows, and groups that divide them.
  w_mse: ["stages.z.out=3", "stages.w.size=8"],
  vibcreg: ["stages.z.groups=4"],
};

const FOLDER = new URL("../../pipelines/", import.meta.url);

/** Methods that are another with one option of its loss, which losses' tests hold. */
const OPTIONS_OF_OTHERS: ReadonlySet<string> = new Set(["dclw"]);

/** The shipped methods, by file name. */
export const METHOD_NAMES: readonly string[] = [...Deno.readDirSync(FOLDER)]
  .flatMap(({ name }) => /^(\w+)\.yaml$/.exec(name)?.[1] ?? [])
  .filter((name) => !OPTIONS_OF_OTHERS.has(name)).sort();

/** Changes that make a method's stages small. */
async function sizes(file: string): Promise<string[]> {
  const { pipeline: { stages } } = await loadPipeline(file);
  return [...stages].flatMap(([name, { key, definition, options }]) => {
    const small = SIZES[`${key}: ${definition.name}`] ?? SIZES[definition.name];
    return Object.entries(small ?? {})
      .filter(([option]) => option in (options as object))
      .map(([option, value]) => `stages.${name}.${option}=${value}`);
  });
}

/** Loads a shipped pipeline, shrunk. */
export async function smallPipeline(
  method: string,
  ...set: readonly string[]
): Promise<LoadedPipeline> {
  const file = new URL(`${method}.yaml`, FOLDER).pathname;
  return await loadPipeline(file, {
    set: [...SMALL, ...await sizes(file), ...MORE[method] ?? [], ...set],
  });
}

/** Fewer than the outputs of a small head. */
const CLASSES = 5;

/** Images with structure at every scale, the same each time: an epoch is three steps. */
export const IMAGES: ImageSet = (() => {
  const [count, side] = [24, 32];
  const pixels = new Uint8Array(count * side * side * 3);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < side * side * 3; i++) {
      const [x, y, c] = [
        Math.floor(i / 3) % side,
        Math.floor(i / 3 / side),
        i % 3,
      ];
      const wave = Math.sin(x * (0.2 + 0.05 * k) + c) *
        Math.cos(y * (0.3 + 0.03 * k * (c + 1)));
      const grain = Math.imul(k * 7919 + i, 0x9e3779b1) >>> 27;
      pixels[k * side * side * 3 + i] = 110 + 90 * wave + grain;
    }
  }
  return {
    count,
    height: side,
    width: side,
    channels: 3,
    pixels,
    labels: Int32Array.from({ length: count }, (_, k) => k % CLASSES),
    classes: Array.from({ length: CLASSES }, (_, k) => `class${k}`),
  };
})();
