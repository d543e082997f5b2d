/** @file The shipped pipelines, small enough for a step of some milliseconds. */
import type { ImageSet } from "../../lib/data/source.ts";
import { type LoadedPipeline, loadPipeline } from "../../lib/pipeline/load.ts";

/**
 * What shrinks every one of them; the seed is one with which no ReLU of the
 * first steps is so near to 0 that rounding decides about its gradient.
 */
const SMALL = [
  "seed=2",
  "data.batch=8",
  "stages.y.width=8",
  "stages.z.hidden=16",
  "stages.z.out=12",
  "train.epochs=null",
  "train.steps=30",
  "train.schedule=constant",
  "evaluate=null",
] as const;

const PREDICTOR = ["stages.p.hidden=10", "stages.p.out=12"] as const;

/** The shipped methods, by file name, with what else shrinks them. */
export const METHODS = {
  simsiam: [...PREDICTOR],
  byol: [...PREDICTOR],
  // Its last bias has no gradient but rounding, which AdamW makes a step of.
  barlow_twins: ["stages.z.output_bias=false"],
  simclr: [],
  moco: ["stages.keys.size=24"],
  // Large steps magnify the rounding of the steps before.
  nnclr: [
    ...PREDICTOR,
    "stages.bank.size=24",
    "train.optimizer.sgd.lr=0.02",
  ],
} as const;

/** Name of a shipped method. */
export type Method = keyof typeof METHODS;

/** All of them. */
export const METHOD_NAMES = Object.keys(METHODS) as Method[];

/** Loads a shipped pipeline, shrunk. */
export async function smallPipeline(
  method: Method,
  ...set: readonly string[]
): Promise<LoadedPipeline> {
  const url = new URL(`../../pipelines/${method}.yaml`, import.meta.url);
  return await loadPipeline(url.pathname, {
    set: [...SMALL, ...METHODS[method], ...set],
  });
}

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
  return { count, height: side, width: side, channels: 3, pixels };
})();
