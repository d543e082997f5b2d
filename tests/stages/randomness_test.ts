import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { viewsOf } from "../../lib/graph/views.ts";
import { StatelessRandom } from "../../lib/ops/random.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import { AUGMENT_PRESETS } from "../../lib/stages/presets.ts";
import { autoContrast } from "../../lib/stages/transforms/auto_contrast.ts";
import { colorJitter } from "../../lib/stages/transforms/color_jitter.ts";
import { grayscale } from "../../lib/stages/transforms/grayscale.ts";
import { horizontalFlip } from "../../lib/stages/transforms/horizontal_flip.ts";
import { posterize } from "../../lib/stages/transforms/posterize.ts";
import { randomErasing } from "../../lib/stages/transforms/random_erasing.ts";
import { drawCrops } from "../../lib/stages/transforms/random_resized_crop.ts";
import { rotation } from "../../lib/stages/transforms/rotation.ts";
import { solarize } from "../../lib/stages/transforms/solarize.ts";
import { verticalFlip } from "../../lib/stages/transforms/vertical_flip.ts";
import { runEagerly } from "../../lib/trace/execution.ts";
import {
  compute,
  context,
  distanceFromUniform,
  numbers,
  rows,
} from "../helpers/numeric.ts";
import { apply, type Planes } from "./planar.ts";

/** In one of 1000 samples; what is drawn here is always the same. */
const UNUSUAL = 1.95;

const random = (seed: number, step = 0) => (): StatelessRandom =>
  new StatelessRandom(seed, "views/view0", tf.scalar(step, "int32"));

/** Asserts that a share is as a probability lets expect: four deviations. */
function likely(share: number, p: number, count: number): void {
  const deviation = Math.sqrt(p * (1 - p) / count);
  assert.ok(
    Math.abs(share - p) <= 4 * deviation,
    `${share} of ${count}, expected ${p} ± ${4 * deviation}`,
  );
}

const COUNT = 4000;
const pixel = (...values: number[]): Planes => values.map((v) => [[v]]);

for (
  const [definition, before, after] of [
    [grayscale, pixel(1, 0, 0), 0.2989],
    [solarize, pixel(0.75, 0.75, 0.75), 0.25],
    [posterize, pixel(0.78125), 0.75],
    [autoContrast, [[[0.25, 0.75]]], 0],
  ] as const
) {
  Deno.test(`${definition.name} is applied to p of the samples`, () => {
    for (const [seed, p] of [0, 0.2, 0.7, 1].entries()) {
      const images = Array<Planes>(COUNT).fill(before);
      const result = apply(definition, { p }, images, random(seed));
      const applied = result.filter(([first]) =>
        Math.abs(first![0]![0]! - after) < 1e-6
      ).length;
      const left = result.filter(([first]) =>
        first![0]![0]! === before[0]![0]![0]!
      ).length;
      assert.equal(applied + left, COUNT);
      likely(applied / COUNT, p, COUNT);
    }
  });
}

for (
  const [definition, before] of [
    [horizontalFlip, [[[0, 1]]]],
    [verticalFlip, [[[0], [1]]]],
  ] as const
) {
  Deno.test(`${definition.name} mirrors p of the samples`, () => {
    const images = Array<Planes>(COUNT).fill(before);
    for (const [seed, p] of [0, 0.5, 0.3, 1].entries()) {
      const result = apply(definition, { p }, images, random(seed));
      const flipped = result.filter(([plane]) => plane![0]![0] === 1).length;
      likely(flipped / COUNT, p, COUNT);
    }
  });
}

Deno.test("rotation's angle is even in its range", () => {
  // A bright pixel to the right of the middle tells the angle.
  const side = 65;
  const image: Planes = [
    Array.from(
      { length: side },
      (_, y) => Array.from({ length: side }, (_, x) => y === 32 ? x / 64 : 0),
    ),
  ];
  const images = Array<Planes>(200).fill(image);
  const made = apply(rotation, { degrees: 40 }, images, random(6));
  const angles = made.map(([plane]) => {
    let [x, y] = [0, 0];
    plane!.forEach((row, i) =>
      row.forEach((v, j) => {
        if (j <= 32) return;
        x += v * (j - 32);
        y -= v * (i - 32);
      })
    );
    return Math.atan2(y, x) * 180 / Math.PI;
  });
  const shares = angles.map((angle) => (angle + 40) / 80);
  assert.ok(shares.every((share) => share > -0.05 && share < 1.05));
  assert.ok(distanceFromUniform(shares) < UNUSUAL);
});

Deno.test("random_erasing hides boxes of even area in p of the samples, or fills them with noise", () => {
  const side = 48;
  const image: Planes = [
    Array.from({ length: side }, () => Array<number>(side).fill(1)),
  ];
  const images = Array<Planes>(600).fill(image);
  const options = { scale: [0.1, 0.3], ratio: [0.8, 1.25], p: 0.7 };
  const areas = apply(randomErasing, options, images, random(7)).map((made) =>
    1 - made.flat(2).reduce((a, b) => a + b) / side ** 2
  );
  const erased = areas.filter((area) => area > 0);
  likely(erased.length / 600, 0.7, 600);
  // Whole pixels: an area is off by up to a fortieth of it.
  assert.ok(
    distanceFromUniform(erased.map((area) => (area - 0.1) / 0.2)) < UNUSUAL,
  );
  const noisy = apply(
    randomErasing,
    { ...options, value: "random" },
    images.slice(0, 50),
    random(8),
  );
  const inside = noisy.flat(3).filter((value) => value !== 1);
  const mean = inside.reduce((a, b) => a + b) / inside.length;
  const spread = inside.reduce((sum, v) => sum + (v - mean) ** 2, 0) /
    inside.length;
  assert.ok(inside.length > 3000);
  assert.ok(Math.abs(mean) < 4 / Math.sqrt(inside.length), `${mean}`);
  assert.ok(Math.abs(spread - 1) < 0.05, `${spread}`);
});

Deno.test("color_jitter's brightness is even in its range, for p of the samples", () => {
  const images = Array<Planes>(COUNT).fill(pixel(0.5, 0.5, 0.5));
  const options = { brightness: 0.4, p: 0.8 };
  const factors = apply(colorJitter, options, images, random(5)).map(
    ([plane]) => plane![0]![0]! / 0.5,
  );
  const moved = factors.filter((factor) => Math.abs(factor - 1) > 2e-4);
  likely(moved.length / COUNT, 0.8, COUNT);
  assert.ok(factors.every((factor) => factor > 0.5997 && factor < 1.4003));
  assert.ok(
    distanceFromUniform(moved.map((factor) => (factor - 0.6) / 0.8)) < UNUSUAL,
  );
});

interface CropDraws {
  readonly top: number[];
  readonly left: number[];
  readonly height: number[];
  readonly width: number[];
}

/** Crops of many large images: rounding to pixels hardly shows. */
function crops(
  size: readonly [number, number],
  scale: readonly [number, number],
  ratio: readonly [number, number],
): CropDraws {
  const drawn = compute([], () => ({
    ...drawCrops(random(9)(), COUNT, size, scale, ratio),
  }));
  return {
    top: numbers(drawn.top),
    left: numbers(drawn.left),
    height: numbers(drawn.height),
    width: numbers(drawn.width),
  };
}

Deno.test("Crops that always fit are even in area and in the logarithm of their ratio", () => {
  const side = 4096;
  const { height, width } = crops([side, side], [0.08, 0.5], [3 / 4, 4 / 3]);
  const areas = height.map((h, i) => h * width[i]! / side ** 2);
  const ratios = height.map((h, i) => Math.log(width[i]! / h));
  const [low, high] = [Math.log(3 / 4), Math.log(4 / 3)];
  assert.ok(
    distanceFromUniform(areas.map((a) => (a - 0.08) / 0.42)) < UNUSUAL,
  );
  assert.ok(
    distanceFromUniform(ratios.map((r) => (r - low) / (high - low))) < UNUSUAL,
  );
});

Deno.test("Crops lie evenly in the room that they leave, inside the image", () => {
  const [tall, wide] = [3000, 4000];
  const { top, left, height, width } = crops([tall, wide], [0.08, 1], [
    3 / 4,
    4 / 3,
  ]);
  for (
    const [start, length, side] of [[top, height, tall], [
      left,
      width,
      wide,
    ]] as const
  ) {
    start.forEach((from, i) => {
      assert.ok(from >= 0 && from + length[i]! <= side);
      assert.ok(Number.isInteger(from) && Number.isInteger(length[i]));
    });
    const places = start.flatMap((from, i) =>
      length[i]! < side - 100 ? [(from + 0.5) / (side - length[i]! + 1)] : []
    );
    assert.ok(places.length > COUNT / 2);
    assert.ok(distanceFromUniform(places) < UNUSUAL);
  }
});

Deno.test("A crop of each sample has its own place, area and ratio", () => {
  const { top, left, height, width } = crops([4096, 4096], [0.08, 0.5], [
    3 / 4,
    4 / 3,
  ]);
  for (const values of [top, left, height, width]) {
    assert.ok(new Set(values).size > 1000);
  }
  // Height and width depend on area and ratio, the places on neither.
  const correlation = (a: number[], b: number[]): number => {
    const centre = (x: number[]): number[] => {
      const mean = x.reduce((s, v) => s + v, 0) / x.length;
      return x.map((v) => v - mean);
    };
    const [p, q] = [centre(a), centre(b)];
    const dot = (x: number[], y: number[]): number =>
      x.reduce((s, v, i) => s + v * y[i]!, 0);
    return dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q));
  };
  const place = (start: number[], length: number[]): number[] =>
    start.map((from, i) => from / (4097 - length[i]!));
  // Four standard errors.
  const most = 4 / Math.sqrt(COUNT);
  const [y, x] = [place(top, height), place(left, width)];
  assert.ok(Math.abs(correlation(y, x)) < most);
  assert.ok(Math.abs(correlation(y, height)) < most);
  assert.ok(correlation(height, width) > most);
});

// Whole augmentations, as a pipeline runs them.

const SIDE = 32;

/** Views of one image, repeated over the batch, by a preset. */
function views(preset: string, seed: number, step: number): number[][][] {
  const { loaded, text } = checkText(
    "test.yaml",
    `data: { source: cifar10, batch: 4 }
stages:
  views: { augment: ${preset}, of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y] }
train: { steps: 1, optimizer: { sgd: { lr: 0.1 } } }
`,
  );
  const graph = loaded?.graph ?? assert.fail(text);
  const one = Array.from(
    { length: 3 * SIDE * SIDE },
    (_, i) => 0.5 + 0.5 * Math.sin(i * 0.37 + Math.floor(i / 71)),
  );
  const batch = {
    dtype: "float32",
    shape: [4, 3, SIDE, SIDE],
    data: Float32Array.from([one, one, one, one].flat()),
  } as const;
  const { a, b } = runEagerly(context, (execution) => {
    const [a, b] = viewsOf(graph, execution, {
      images: execution.feed("images", batch.shape, batch.dtype),
      seed,
      step: tf.scalar(step, "int32"),
    });
    return { a: a!, b: b! };
  }, { images: batch });
  return [rows(a!), rows(b!)];
}

for (const preset of Object.keys(AUGMENT_PRESETS)) {
  if (preset === "none") continue;
  Deno.test(`The preset ${preset} gives each sample and each view its own parameters`, () => {
    const made = views(preset, 1, 0).flat().map((image) => image.join());
    assert.equal(made.length, 8);
    assert.equal(new Set(made).size, 8);
  });
}

Deno.test("The same seed and step give the same views; another step or seed gives others", () => {
  const first = views("simclr", 1, 3);
  assert.deepEqual(views("simclr", 1, 3), first);
  for (const other of [views("simclr", 1, 4), views("simclr", 2, 3)]) {
    other.flat().forEach((image, i) =>
      assert.notDeepEqual(image, first.flat()[i])
    );
  }
});

Deno.test("The preset none leaves every sample alike", () => {
  const made = views("none", 1, 0).flat().map((image) => image.join());
  assert.equal(new Set(made).size, 1);
});
