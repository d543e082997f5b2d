import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  type Interpolation,
  resample,
  resampleMatrix,
} from "../../lib/ops/resample.ts";
import { TRANSFORMS } from "../../lib/stages/registry.ts";
import {
  colorJitter,
  jitterColors,
} from "../../lib/stages/transforms/color_jitter.ts";
import { gaussianBlur } from "../../lib/stages/transforms/gaussian_blur.ts";
import { grayscale } from "../../lib/stages/transforms/grayscale.ts";
import { horizontalFlip } from "../../lib/stages/transforms/horizontal_flip.ts";
import { normalize } from "../../lib/stages/transforms/normalize.ts";
import { randomErasing } from "../../lib/stages/transforms/random_erasing.ts";
import { randomResizedCrop } from "../../lib/stages/transforms/random_resized_crop.ts";
import { resize } from "../../lib/stages/transforms/resize.ts";
import { solarize } from "../../lib/stages/transforms/solarize.ts";
import { verticalFlip } from "../../lib/stages/transforms/vertical_flip.ts";
import { compute, Dice, Scripted } from "../helpers/numeric.ts";
import {
  alike,
  apply,
  batchOf,
  fixture,
  IMAGES,
  imagesOf,
  type Plane,
  plane,
  type Planes,
  STORED,
  stored,
  storedFloats,
} from "./planar.ts";

const BYTE = 1 / 255;
/** Float32 against float64, for values of about 1 after some operations. */
const ROUNDING = 2e-6;

const nothing = new Scripted([]);

/** Images of chance, of any shape. */
function noise(
  seed: number,
  count: number,
  height: number,
  width: number,
  channels = 3,
): Planes[] {
  const dice = new Dice(seed);
  // Rounded as float32 rounds them: a threshold must see the same number.
  return Array.from(
    { length: count },
    () =>
      Array.from(
        { length: channels },
        () => plane(height, width, () => Math.fround(dice.unit())),
      ),
  );
}

const image = (index: number): Planes => IMAGES[index] as Planes;

// References, from their published definitions.

const KERNELS: Record<Interpolation, [number, (x: number) => number]> = {
  bilinear: [1, (x) => Math.max(0, 1 - Math.abs(x))],
  // Keys 1981, a = -0.5.
  bicubic: [2, (x) => {
    const t = Math.abs(x);
    if (t < 1) return 1.5 * t ** 3 - 2.5 * t ** 2 + 1;
    return t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0;
  }],
};

/** One axis of PIL's resize (its Resample.c), without rounding to bytes. */
function resizeLine(
  line: readonly number[],
  to: number,
  interpolation: Interpolation,
): number[] {
  const [radius, kernel] = KERNELS[interpolation];
  const scale = line.length / to;
  const widen = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - radius * widen + 0.5));
    const end = Math.min(
      line.length,
      Math.trunc(centre + radius * widen + 0.5),
    );
    let [sum, weights] = [0, 0];
    for (let k = first; k < end; k++) {
      const weight = kernel((k - centre + 0.5) / widen);
      sum += weight * line[k]!;
      weights += weight;
    }
    return sum / weights;
  });
}

const transpose = (of: Plane): Plane =>
  plane(of[0]!.length, of.length, (y, x) => of[x]![y]!);

interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

const cropAndResize = (
  of: Planes,
  { top, left, height, width }: Box,
  size: number,
  interpolation: Interpolation,
): Planes =>
  of.map((one) => {
    const cut = one.slice(top, top + height).map((row) =>
      row.slice(left, left + width)
    );
    const wide = cut.map((row) => resizeLine(row, size, interpolation));
    return transpose(
      transpose(wide).map((column) => resizeLine(column, size, interpolation)),
    );
  });

/** Python's and TensorFlow's round: a half goes to the even neighbour. */
const roundEven = (x: number): number => {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
};

/** torchvision's RandomResizedCrop.get_params, with the numbers it would draw. */
function chooseBox(
  [height, width]: readonly [number, number],
  scale: readonly [number, number],
  ratio: readonly [number, number],
  draws: {
    readonly areas: readonly number[];
    readonly ratios: readonly number[];
    readonly top: number;
    readonly left: number;
  },
): Box {
  const between = (u: number, [a, b]: readonly [number, number]): number =>
    a + u * (b - a);
  const logs = [Math.log(ratio[0]), Math.log(ratio[1])] as const;
  for (let i = 0; i < 10; i++) {
    const area = height * width * between(draws.areas[i]!, scale);
    const aspect = Math.exp(between(draws.ratios[i]!, logs));
    const w = roundEven(Math.sqrt(area * aspect));
    const h = roundEven(Math.sqrt(area / aspect));
    if (w > 0 && w <= width && h > 0 && h <= height) {
      const top = Math.floor(draws.top * (height - h + 1));
      const left = Math.floor(draws.left * (width - w + 1));
      return { top, left, height: h, width: w };
    }
  }
  let [h, w] = [height, width];
  if (width / height < ratio[0]) h = roundEven(width / ratio[0]);
  else if (width / height > ratio[1]) w = roundEven(height * ratio[1]);
  return {
    top: Math.floor((height - h) / 2),
    left: Math.floor((width - w) / 2),
    height: h,
    width: w,
  };
}

/** torchvision's RandomErasing.get_params, with the numbers that it would draw. */
function erasedBox(
  [height, width]: readonly [number, number],
  scale: readonly [number, number],
  ratio: readonly [number, number],
  draws: Parameters<typeof chooseBox>[3],
): Box | undefined {
  for (let i = 0; i < 10; i++) {
    const area = height * width *
      (scale[0] + draws.areas[i]! * (scale[1] - scale[0]));
    // Its ratio is height over width; ours draws the logarithm the other way.
    const [low, high] = [-Math.log(ratio[1]), -Math.log(ratio[0])];
    const aspect = Math.exp(-(low + draws.ratios[i]! * (high - low)));
    const h = roundEven(Math.sqrt(area * aspect));
    const w = roundEven(Math.sqrt(area / aspect));
    if (h === 0 || w === 0 || h >= height || w >= width) continue;
    const top = Math.floor(draws.top * (height - h + 1));
    const left = Math.floor(draws.left * (width - w + 1));
    return { top, left, height: h, width: w };
  }
  return undefined;
}

/** Draws as {@linkcode randomResizedCrop} asks for them. */
function cropScript(seed: number, batch: number) {
  const dice = new Dice(seed);
  // As float32 draws them, so that both sides round the same numbers.
  const unit = (): number => Math.fround(dice.unit());
  const list = (length: number): number[] => Array.from({ length }, unit);
  const draws = [list(10 * batch), list(10 * batch), list(batch), list(batch)];
  const of = (i: number) => ({
    areas: draws[0]!.slice(10 * i, 10 * i + 10),
    ratios: draws[1]!.slice(10 * i, 10 * i + 10),
    top: draws[2]![i]!,
    left: draws[3]![i]!,
  });
  return { random: new Scripted(draws), draws, of };
}

type Color = readonly [number, number, number];
const LUMA: Color = [0.2989, 0.587, 0.114];
const mapColors = (of: Planes, f: (color: Color) => Color): Planes => {
  const [r, g, b] = of as [Plane, Plane, Plane];
  return [0, 1, 2].map((c) =>
    plane(
      r.length,
      r[0]!.length,
      (y, x) => f([r[y]![x]!, g[y]![x]!, b[y]![x]!])[c]!,
    )
  );
};
const luma = (color: Color): number =>
  color.reduce((sum, v, c) => sum + v * LUMA[c]!, 0);
const blend = (a: number, b: number, share: number): number =>
  share * a + (1 - share) * b;
const each = (color: Color, f: (v: number) => number): Color =>
  color.map(f) as unknown as Color;

interface Factors {
  readonly brightness?: number;
  readonly contrast?: number;
  readonly saturation?: number;
  /** In turns. */
  readonly hue?: number;
}

/**
 * One operation after the other, without clamping between them; the hue by
 * the rotation of the chroma plane of YIQ.
 */
function jitterReference(
  of: Planes,
  { brightness = 1, contrast = 1, saturation = 1, hue = 0 }: Factors,
): Planes {
  let colors = mapColors(of, (color) => each(color, (v) => v * brightness));
  const gray = mapColors(colors, (color) => each(color, () => luma(color)));
  const all = gray[0]!.flat();
  const mean = all.reduce((a, b) => a + b) / all.length;
  colors = mapColors(
    colors,
    (color) => each(color, (v) => blend(v, mean, contrast)),
  );
  colors = mapColors(
    colors,
    (color) => each(color, (v) => blend(v, luma(color), saturation)),
  );
  const [cos, sin] = [Math.cos(2 * Math.PI * hue), Math.sin(2 * Math.PI * hue)];
  return mapColors(colors, (color) => {
    const [y, i, q] = YIQ.map((row) =>
      color.reduce((s, v, c) => s + v * row[c]!, 0)
    ) as unknown as Color;
    const turned = [y, cos * i - sin * q, sin * i + cos * q] as const;
    return each(solve(YIQ, turned), (v) => Math.min(1, Math.max(0, v)));
  });
}

/** Rows: luma, and the two axes of chroma. */
const YIQ: readonly Color[] = [
  LUMA,
  [0.5959, -0.2746, -0.3213],
  [0.2115, -0.5227, 0.3112],
];

/** x with `m x = v` (Cramer's rule). */
function solve(m: readonly Color[], v: Color): Color {
  const determinant = ([a, b, c]: readonly Color[]): number =>
    a![0] * (b![1] * c![2] - b![2] * c![1]) -
    a![1] * (b![0] * c![2] - b![2] * c![0]) +
    a![2] * (b![0] * c![1] - b![1] * c![0]);
  return each(
    [0, 1, 2],
    (k) =>
      determinant(
        m.map((row, r) => each([0, 1, 2], (c) => c === k ? v[r]! : row[c]!)),
      ) / determinant(m),
  );
}

/** The weights of luma add up to 0.9999: gray of gray is a little darker. */
const COLOR = 2e-4;

/** torchvision's gaussian_blur: sampled, normalised, mirrored at the edges. */
function blurReference(of: Planes, kernel: number, sigma: number): Planes {
  const radius = (kernel - 1) / 2;
  const bell = Array.from(
    { length: kernel },
    (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2),
  );
  const total = bell.reduce((a, b) => a + b);
  const mirrored = (i: number, side: number): number => {
    let at = i;
    while (at < 0 || at >= side) at = at < 0 ? -at : 2 * (side - 1) - at;
    return at;
  };
  const blurLine = (line: readonly number[]): number[] =>
    line.map((_, i) =>
      bell.reduce(
        (sum, weight, k) =>
          sum +
          weight / total * line[mirrored(i + k - radius, line.length)]!,
        0,
      )
    );
  return of.map((one) => transpose(transpose(one.map(blurLine)).map(blurLine)));
}

// Crop and resize.

const cropFixture = (
  { top, left, height, width, size, interpolation, image: of }:
    (typeof fixture.crops)[number],
): Planes => {
  const kernel = interpolation as Interpolation;
  const { y } = compute([batchOf([image(of)])], (x) => {
    const axis = (start: number, length: number): tf.Tensor3D =>
      resampleMatrix(
        tf.tensor1d([start]),
        tf.tensor1d([length]),
        fixture.side,
        size,
        kernel,
      );
    const rows = axis(top, height);
    return { y: resample(x as tf.Tensor4D, rows, axis(left, width)) };
  });
  return imagesOf(y)[0] as Planes;
};

Deno.test("Crops are resized as torchvision resizes them, and nearly as PIL, which rounds", () => {
  for (const crop of fixture.crops) {
    const actual = cropFixture(crop);
    const what = `${crop.interpolation} crop ${
      JSON.stringify(crop).slice(0, 60)
    }`;
    alike(actual, storedFloats(crop.torchvision), STORED, what);
    // Half a byte after the columns, which bicubic weights enlarge by up to
    // 1.3, and half a byte after the rows.
    alike(actual, stored(crop.pil), 1.2 * BYTE, what);
    alike(
      cropAndResize(
        image(crop.image),
        crop,
        crop.size,
        crop.interpolation as Interpolation,
      ),
      actual,
      ROUNDING * 5,
      what,
    );
  }
});

for (const interpolation of ["bilinear", "bicubic"] as const) {
  for (
    const [height, width, size] of [[16, 16, 16], [12, 20, 9], [
      9,
      7,
      16,
    ]] as const
  ) {
    Deno.test(`Random ${interpolation} crops of ${height}x${width} to ${size} are torchvision's for the same numbers`, () => {
      const images = noise(height, 6, height, width);
      const { random, of } = cropScript(width, images.length);
      const options = { size, scale: [0.1, 1], interpolation };
      const actual = apply(randomResizedCrop, options, images, random);
      random.finish();
      images.forEach((one, i) => {
        const box = chooseBox([height, width], [0.1, 1], [3 / 4, 4 / 3], of(i));
        const expected = cropAndResize(one, box, size, interpolation);
        alike(actual[i], expected, 1e-5, `sample ${i}`);
      });
    });
  }
}

Deno.test("A random crop asks for areas in its scale and for ratios evenly in their logarithm", () => {
  const { random } = cropScript(1, 2);
  const options = { scale: [0.2, 0.9], ratio: [0.5, 2] };
  apply(randomResizedCrop, options, noise(1, 2, 8, 8), random);
  assert.deepEqual(random.ranges, [
    [0.2, 0.9],
    [Math.log(0.5), Math.log(2)],
    [0, 1],
    [0, 1],
  ]);
});

Deno.test("Where no crop fits, the centre of an allowed ratio is taken", () => {
  for (
    const [height, width, ratio, box] of [
      [6, 20, [1, 1], { top: 0, left: 7, height: 6, width: 6 }],
      [20, 6, [1, 1], { top: 7, left: 0, height: 6, width: 6 }],
      [20, 6, [0.5, 1], { top: 4, left: 0, height: 12, width: 6 }],
      [6, 20, [0.5, 2], { top: 0, left: 4, height: 6, width: 12 }],
    ] as const
  ) {
    const images = noise(3, 2, height, width);
    const { random } = cropScript(5, 2);
    const actual = apply(
      randomResizedCrop,
      { size: 6, scale: [1, 1], ratio },
      images,
      random,
    );
    images.forEach((one, i) =>
      alike(actual[i], cropAndResize(one, box, 6, "bilinear"), 1e-5)
    );
  }
});

Deno.test("A crop of the whole image at its own size changes nothing", () => {
  const images = noise(4, 3, 8, 8);
  const { random } = cropScript(6, 3);
  const options = { scale: [1, 1], ratio: [1, 1] };
  const actual = apply(randomResizedCrop, options, images, random);
  images.forEach((one, i) => alike(actual[i], one, ROUNDING));
});

Deno.test("resize is PIL's antialiased bilinear resize", () => {
  for (
    const [height, width, size] of [[16, 16, 5], [6, 6, 11], [
      9,
      14,
      7,
    ]] as const
  ) {
    const images = noise(size, 2, height, width, 1);
    const box = { top: 0, left: 0, height, width };
    const actual = apply(resize, { size }, images, nothing);
    images.forEach((one, i) =>
      alike(actual[i], cropAndResize(one, box, size, "bilinear"), 1e-5)
    );
  }
  const whole = fixture.crops[0]!;
  assert.deepEqual([whole.height, whole.width], [16, 16]);
  const [small] = apply(resize, { size: whole.size }, [image(0)], nothing);
  alike(small, storedFloats(whole.torchvision), STORED);
});

Deno.test("resize takes the centred square where it is to cover its result", () => {
  for (
    const [height, width, box] of [
      [6, 11, { top: 0, left: 2, height: 6, width: 6 }],
      [11, 6, { top: 2, left: 0, height: 6, width: 6 }],
      [8, 8, { top: 0, left: 0, height: 8, width: 8 }],
    ] as const
  ) {
    const images = noise(9, 2, height, width, 1);
    const options = { size: 5, fit: "cover" };
    const actual = apply(resize, options, images, nothing);
    images.forEach((one, i) =>
      alike(actual[i], cropAndResize(one, box, 5, "bilinear"), 1e-5)
    );
  }
});

Deno.test("resize leaves an image that has the size already", () => {
  const images = noise(8, 1, 7, 7);
  assert.deepEqual(apply(resize, { size: 7 }, images, nothing), images);
});

// The others.

Deno.test("horizontal_flip mirrors the chosen samples and leaves the others exactly", () => {
  const images = noise(9, 4, 5, 6);
  const random = new Scripted([[0.1, 0.5, 0.29, 0.3]]);
  const actual = apply(horizontalFlip, { p: 0.3 }, images, random);
  random.finish();
  const mirrored = images.map((one) =>
    one.map((p) => p.map((row) => [...row].reverse()))
  );
  alike(actual[0], mirrored[0]!, 0);
  alike(actual[1], images[1]!, 0);
  alike(actual[2], mirrored[2]!, 0);
  // p is excluded: numbers below it are p of all.
  alike(actual[3], images[3]!, 0);
  const [flipped] = apply(
    horizontalFlip,
    { p: 1 },
    [image(0)],
    new Scripted([[0.5]]),
  );
  alike(flipped, stored(fixture.flips[0]!.pil), 1e-7, "PIL's mirror");
});

Deno.test("vertical_flip mirrors top and bottom of the chosen samples, as PIL", () => {
  const images = noise(19, 2, 5, 6);
  const random = new Scripted([[0.1, 0.3]]);
  const actual = apply(verticalFlip, { p: 0.3 }, images, random);
  random.finish();
  alike(actual[0], images[0]!.map((p) => [...p].reverse()), 0);
  alike(actual[1], images[1]!, 0);
  const draws = new Scripted([[0.5]]);
  const [flipped] = apply(verticalFlip, { p: 1 }, [image(0)], draws);
  alike(flipped, stored(fixture.vertical_flip), 1e-7, "PIL's flip");
});

Deno.test("random_erasing hides torchvision's box for the same numbers", () => {
  const [height, width] = [12, 15];
  const images = noise(20, 12, height, width);
  const { draws, of } = cropScript(21, images.length);
  const all = new Scripted([
    images.map((_, i) => i === 3 ? 0.6 : 0.2),
    ...draws,
  ]);
  const [scale, ratio] = [[0.02, 0.6], [0.3, 3.3]] as const;
  const options = { scale, ratio, value: 0.25, p: 0.5 };
  const actual = apply(randomErasing, options, images, all);
  all.finish();
  let hidden = 0;
  images.forEach((one, i) => {
    const box = i === 3
      ? undefined
      : erasedBox([height, width], scale, ratio, of(i));
    const expected = one.map((p) =>
      plane(height, width, (y, x) => {
        const inside = box !== undefined &&
          y >= box.top && y < box.top + box.height &&
          x >= box.left && x < box.left + box.width;
        hidden += inside ? 1 : 0;
        return inside ? 0.25 : p[y]![x]!;
      })
    );
    alike(actual[i], expected, ROUNDING, `sample ${i}`);
  });
  assert.ok(hidden > 0);
});

Deno.test("random_erasing hides nothing where no box fits", () => {
  const images = noise(22, 2, 6, 6);
  const { draws } = cropScript(23, 2);
  const all = new Scripted([[0, 0], ...draws]);
  const options = { scale: [1, 1], ratio: [1, 1], p: 1 };
  const actual = apply(randomErasing, options, images, all);
  images.forEach((one, i) => alike(actual[i], one, 0));
});

Deno.test("grayscale is torchvision's luma, and nearly PIL's, which rounds", () => {
  for (const gray of fixture.grays) {
    const [actual] = apply(
      grayscale,
      { p: 1 },
      [image(gray.image)],
      new Scripted([[0.99]]),
    );
    alike(actual, storedFloats(gray.torchvision), STORED);
    // PIL rounds to bytes and weighs red with 0.299.
    const [one] = stored(gray.pil, 1) as [Plane];
    alike(actual, [one, one, one], 0.55 * BYTE);
  }
});

Deno.test("grayscale takes the chosen samples alone", () => {
  const images = noise(10, 3, 4, 4);
  const actual = apply(
    grayscale,
    { p: 0.5 },
    images,
    new Scripted([[0.6, 0.4, 0.5]]),
  );
  alike(actual[0], images[0]!, 0);
  alike(
    actual[1],
    mapColors(images[1]!, (color) => each(color, () => luma(color))),
    ROUNDING,
  );
  alike(actual[2], images[2]!, 0);
});

Deno.test("solarize is torchvision's and PIL's", () => {
  for (const one of fixture.solarizes) {
    const [actual] = apply(
      solarize,
      { p: 1, threshold: 0.5 },
      [image(one.image)],
      new Scripted([[0.5]]),
    );
    alike(actual, storedFloats(one.torchvision), STORED);
    // 128 of 255 is the first byte at or above a half.
    alike(actual, stored(one.pil), 1e-6);
  }
});

Deno.test("solarize inverts values at the threshold and above, of chosen samples", () => {
  const row = [0, 0.25, 0.5, 0.75, 1];
  const images = [[[row]], [[row]]];
  const actual = apply(
    solarize,
    { p: 0.2, threshold: 0.5 },
    images,
    new Scripted([[0.19, 0.2]]),
  );
  assert.deepEqual(actual, [[[[0, 0.25, 0.5, 0.25, 0]]], [[row]]]);
});

Deno.test("normalize subtracts the mean and divides by the deviation of each channel", () => {
  const images = noise(11, 2, 3, 4);
  const [mean, std] = [[0.4, 0.5, 0.6], [0.2, 0.25, 0.5]];
  const actual = apply(normalize, { mean, std }, images, nothing);
  images.forEach((one, i) =>
    alike(
      actual[i],
      one.map((p, c) =>
        p.map((row) => row.map((v) => (v - mean[c]!) / std[c]!))
      ),
      ROUNDING * 5,
    )
  );
});

Deno.test("normalize takes ImageNet's values by default, and one value for all channels", () => {
  const images = noise(12, 1, 2, 2);
  const [color] = apply(normalize, {}, images, nothing);
  const mean = [0.485, 0.456, 0.406];
  const std = [0.229, 0.224, 0.225];
  alike(
    color,
    images[0]!.map((p, c) =>
      p.map((r) => r.map((v) => (v - mean[c]!) / std[c]!))
    ),
    ROUNDING * 5,
  );
  const [gray] = apply(normalize, { mean: [0.5], std: [0.5] }, images, nothing);
  alike(
    gray,
    images[0]!.map((p) => p.map((r) => r.map((v) => 2 * v - 1))),
    ROUNDING,
  );
});

// Colours.

Deno.test("Gray and saturation of channels that are not three go by their mean", () => {
  const images = noise(24, 2, 4, 5, 4);
  const means = images.map((one) =>
    plane(4, 5, (y, x) => one.reduce((sum, p) => sum + p[y]![x]! / 4, 0))
  );
  const gray = apply(grayscale, { p: 0.5 }, images, new Scripted([[0.9, 0.1]]));
  alike(gray[0], images[0]!, 0);
  alike(gray[1], images[1]!.map(() => means[1]!), ROUNDING);
  const [b, c, s] = [1.1, 0.7, 0.5];
  const options = { brightness: 0.1, contrast: 0.3, saturation: 0.5, p: 1 };
  const [made] = apply(
    colorJitter,
    options,
    images,
    new Scripted([[0, 0], [1, 1], [0, 0], [0, 0]]),
  );
  const mean = means[0]!.flat().reduce((sum, v) => sum + b * v / 20, 0);
  // One operation after the other, as torchvision; nothing reaches 0 or 1.
  const expected = images[0]!.map((p) =>
    plane(4, 5, (y, x) => {
      const contrasted = (v: number): number => blend(b * v, mean, c);
      const saturated = blend(
        contrasted(p[y]![x]!),
        contrasted(means[0]![y]![x]!),
        s,
      );
      return Math.min(1, Math.max(0, saturated));
    })
  );
  alike(made, expected, ROUNDING);
});

const jitter = (
  images: readonly Planes[],
  factors: readonly Factors[],
): Planes[] => {
  const list = (name: keyof Factors, none: number): tf.Tensor1D =>
    tf.tensor1d(factors.map((one) => one[name] ?? none));
  const { y } = compute([batchOf(images)], (x) => ({
    y: jitterColors(x as tf.Tensor4D, {
      brightness: list("brightness", 1),
      contrast: list("contrast", 1),
      saturation: list("saturation", 1),
      hue: list("hue", 0),
    }),
  }));
  return imagesOf(y);
};

Deno.test("Brightness, contrast and saturation are torchvision's where nothing is clamped, and nearly PIL's", () => {
  for (const one of fixture.jitters) {
    const [actual] = jitter([image(one.image)], [one]);
    const { brightness, contrast, saturation } = one;
    const what = JSON.stringify({ brightness, contrast, saturation });
    alike(actual, storedFloats(one.torchvision), COLOR, what);
    // Up to three blends, each cut off to a byte, the last two enlarging it.
    alike(actual, stored(one.pil), 3 * BYTE, what);
  }
});

Deno.test("Colour jitter is brightness, contrast, saturation and a turn of the chroma, each sample with its own", () => {
  const dice = new Dice(13);
  const images = noise(13, 8, 5, 6);
  const factors = images.map(() => ({
    brightness: 0.6 + 0.8 * dice.unit(),
    contrast: 0.6 + 0.8 * dice.unit(),
    saturation: 2 * dice.unit(),
    hue: dice.unit() - 0.5,
  }));
  const actual = jitter(images, factors);
  images.forEach((one, i) =>
    // Hard colours, up to 2 before the clamp, double the error.
    alike(
      actual[i],
      jitterReference(one, factors[i]!),
      2 * COLOR,
      `sample ${i}`,
    )
  );
});

/** Hue of HSV, in turns. */
function hueOf([r, g, b]: Color): number {
  const [most, least] = [Math.max(r, g, b), Math.min(r, g, b)];
  const range = most - least;
  if (most === r) return (g - b) / range / 6;
  return most === g ? (2 + (b - r) / range) / 6 : (4 + (r - g) / range) / 6;
}

Deno.test("A turn of hue turns HSV's hue by about as much, and keeps the luma", () => {
  const soft = image(1);
  const colors = (of: Planes): Color[] =>
    of[0]!.flat().map((_, i) => each([0, 1, 2], (c) => of[c]!.flat()[i]!));
  for (const hue of [-0.1, 0.05, 0.1, 0.25]) {
    const [turned] = jitter([soft], [{ hue }]) as [Planes];
    const before = colors(soft);
    let [x, y] = [0, 0];
    colors(turned).forEach((color, i) => {
      const turn = 2 * Math.PI * (hueOf(color) - hueOf(before[i]!));
      x += Math.cos(turn);
      y += Math.sin(turn);
      assert.ok(Math.abs(luma(color) - luma(before[i]!)) < COLOR);
    });
    const mean = Math.atan2(y, x) / (2 * Math.PI);
    // The way round is free, since turns are drawn evenly to both sides.
    const ratio = Math.abs(mean / hue);
    assert.ok(ratio > 0.7 && ratio < 1.3, `${mean} for ${hue}`);
  }
});

Deno.test("Values are clamped once, at the end", () => {
  // Clamped between the two, white would end as 0.5 and not as 1.
  const white = Array.from({ length: 3 }, () => [[1, 1]]);
  const [actual] = jitter([white], [{ brightness: 2, contrast: 0.5 }]);
  alike(actual, white, 0);
  const mixed = Array.from({ length: 3 }, () => [[1, 0]]);
  const [blended] = jitter([mixed], [{ brightness: 2, contrast: 0.5 }]);
  // 2 (0.5 v + 0.5 * 0.5): 1.5 is clamped, 0.5 is not.
  alike(blended, Array.from({ length: 3 }, () => [[1, 0.5]]), COLOR);
});

Deno.test("color_jitter draws its factors around 1 and its turn around 0", () => {
  const images = noise(14, 3, 4, 5);
  const [b, c, s, h] = [0.4, 0.3, 0.2, 0.1];
  const options = { brightness: b, contrast: c, saturation: s, hue: h, p: 0.5 };
  const draws = [
    [0.4, 0.5, 0.1],
    [0.9, 0.9, 0.2],
    [0.1, 0.9, 0.7],
    [0.3, 0.9, 0.9],
    [0.8, 0.9, 0],
  ];
  const random = new Scripted(draws);
  const actual = apply(colorJitter, options, images, random);
  random.finish();
  const around = (reach: number, unit: number): number =>
    reach * (2 * unit - 1);
  images.forEach((one, i) => {
    const expected = draws[0]![i]! < 0.5
      ? jitterReference(one, {
        brightness: 1 + around(b, draws[1]![i]!),
        contrast: 1 + around(c, draws[2]![i]!),
        saturation: 1 + around(s, draws[3]![i]!),
        hue: around(h, draws[4]![i]!),
      })
      : one;
    alike(actual[i], expected, COLOR, `sample ${i}`);
  });
});

// Blur.

const blur = (
  images: readonly Planes[],
  options: Record<string, unknown>,
  chosen: readonly number[],
  sigmas: readonly number[],
): Planes[] => {
  const [least, most] = [0.05, 4];
  const draws = sigmas.map((sigma) => (sigma - least) / (most - least));
  const random = new Scripted([chosen, draws]);
  const result = apply(
    gaussianBlur,
    { sigma: [least, most], ...options },
    images,
    random,
  );
  random.finish();
  assert.deepEqual(random.ranges, [[0, 1], [least, most]]);
  return result;
};

Deno.test("gaussian_blur is torchvision's", () => {
  for (const { image: of, kernel, sigma, torchvision } of fixture.blurs) {
    const [actual] = blur([image(of)], { kernel_size: kernel, p: 1 }, [0.5], [
      sigma,
    ]);
    const what = `kernel ${kernel}, sigma ${sigma}`;
    alike(actual, storedFloats(torchvision), STORED, what);
    alike(actual, blurReference(image(of), kernel, sigma), 1e-5, what);
  }
});

Deno.test("gaussian_blur gives each chosen sample its own width and leaves the others", () => {
  const images = noise(15, 3, 6, 9, 1);
  const sigmas = [0.5, 3, 1.5];
  const actual = blur(
    images,
    { kernel_size: 5, p: 0.5 },
    [0.1, 0.5, 0.4],
    sigmas,
  );
  alike(actual[0], blurReference(images[0]!, 5, 0.5), 1e-5);
  alike(actual[1], images[1]!, ROUNDING);
  alike(actual[2], blurReference(images[2]!, 5, 1.5), 1e-5);
});

Deno.test("The default kernel of a blur is the odd number nearest a tenth of the side, at least 3", () => {
  for (
    const [side, kernel] of [[8, 3], [32, 3], [50, 5], [64, 7], [
      96,
      9,
    ]] as const
  ) {
    const images = noise(side, 1, side, side, 1);
    const [actual] = blur(images, { p: 1 }, [0], [2]);
    alike(actual, blurReference(images[0]!, kernel, 2), 1e-5, `side ${side}`);
  }
});

Deno.test("A blur wider than the image mirrors it again and again", () => {
  const images = noise(16, 1, 3, 1, 1);
  const [actual] = blur(images, { kernel_size: 11, p: 1 }, [0], [3]);
  const column = images[0]![0]!.map(([v]) => v!);
  // One pixel wide, so only the height blurs.
  const bell = Array.from(
    { length: 11 },
    (_, k) => Math.exp(-0.5 * ((k - 5) / 3) ** 2),
  );
  const total = bell.reduce((a, b) => a + b);
  const period = [0, 1, 2, 1];
  const expected = column.map((_, i) => [
    bell.reduce(
      (sum, weight, k) =>
        sum + weight / total * column[period[(i + k - 5 + 40) % 4]!]!,
      0,
    ),
  ]);
  alike(actual, [expected], 1e-5);
});

// What all of them promise.

Deno.test("Every transform's result has the shape that it announces", () => {
  const options: Record<string, Record<string, unknown>> = {
    random_resized_crop: { size: 5 },
    resize: { size: 4 },
    color_jitter: { brightness: 0.4, hue: 0.1 },
  };
  const images = noise(17, 2, 6, 8);
  for (const definition of TRANSFORMS) {
    const parsed = definition.options.parse(options[definition.name] ?? {});
    const expected = definition.shape([3, 6, 8], parsed);
    const { y } = compute([batchOf(images)], (x) => ({
      y: definition.apply(x as tf.Tensor4D, parsed, {
        uniform: (shape, low = 0, high = 1) =>
          tf.fill([...shape], (low + high) / 2),
        normal: () => assert.fail("no transform draws normals by default"),
      }),
    }));
    assert.deepEqual(y.shape, [2, ...expected], definition.name);
    assert.ok(y.data.every((v) => Number.isFinite(v)), definition.name);
  }
});

Deno.test("Evaluation keeps the transforms that draw nothing", () => {
  for (const definition of TRANSFORMS) {
    assert.equal(
      definition.evaluation,
      ["resize", "normalize"].includes(definition.name),
      definition.name,
    );
  }
});
