/** @file RandAugment, and the transforms that it is made of, beside torchvision's and PIL's. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { StatelessRandom } from "../../lib/ops/random.ts";
import { TRANSFORMS } from "../../lib/stages/registry.ts";
import { autoContrast } from "../../lib/stages/transforms/auto_contrast.ts";
import { equalize } from "../../lib/stages/transforms/equalize.ts";
import { posterize } from "../../lib/stages/transforms/posterize.ts";
import {
  drawOperations,
  OPERATIONS,
  randAugment,
} from "../../lib/stages/transforms/rand_augment.ts";
import { rotation } from "../../lib/stages/transforms/rotation.ts";
import { sharpness } from "../../lib/stages/transforms/sharpness.ts";
import { runEagerly, type Traceable } from "../../lib/trace/execution.ts";
import {
  close,
  compute,
  context,
  Dice,
  numbers,
  Scripted,
} from "../helpers/numeric.ts";
import { engine } from "../helpers/engine.ts";
import {
  alike,
  apply,
  batchOf,
  fixture,
  IMAGES,
  plane,
  type Planes,
  STORED,
  stored,
  storedFloats,
} from "./planar.ts";

const BYTE = 1 / 255;

const image = (index: number): Planes => IMAGES[index] as Planes;
const LARGE = stored(fixture.large);

/** For the first sample but not for the second. */
const first = (): Scripted => new Scripted([[0.1, 0.9]]);

Deno.test("equalize is torchvision's and PIL's, of chosen samples", () => {
  const [made, left] = apply(equalize, { p: 0.5 }, [LARGE, LARGE], first());
  alike(made, storedFloats(fixture.equalized.torchvision), STORED);
  alike(made, stored(fixture.equalized.pil), 1e-6);
  alike(left, LARGE, 1e-7);
});

Deno.test("equalize leaves a channel with too few values to spread", () => {
  const flat: Planes = [plane(20, 20, () => 0.4), plane(20, 20, (y) => y % 2)];
  const [made] = apply(equalize, { p: 1 }, [flat], new Scripted([[0.5]]));
  // As bytes: 0.4 is 102 of 255.
  alike(made, flat, 1e-6);
});

Deno.test("equalize of many values spreads them evenly", () => {
  const dice = new Dice(7);
  const dark: Planes = [plane(64, 64, () => 0.3 * dice.unit() ** 3)];
  const [made] = apply(equalize, { p: 1 }, [dark], new Scripted([[0.5]]));
  const values = (made as Planes).flat(2).sort((a, b) => a - b);
  const quarters = [0.25, 0.5, 0.75].map((q) => values[q * 4096]!);
  quarters.forEach((value, i) =>
    assert.ok(Math.abs(value - (i + 1) / 4) < 0.05, `${quarters}`)
  );
});

Deno.test("posterize is torchvision's, and PIL's but for a byte", () => {
  for (const { bits, pil, torchvision } of fixture.posterizes) {
    const images = [image(0), image(0)];
    const [made, left] = apply(posterize, { bits, p: 0.5 }, images, first());
    alike(made, storedFloats(torchvision), STORED, `${bits} bits`);
    alike(made, stored(pil), 1.01 * BYTE, `${bits} bits`);
    alike(left, image(0), 1e-7);
  }
});

Deno.test("auto_contrast is torchvision's, and PIL's but for a byte", () => {
  const images = [image(1), image(1)];
  const [made, left] = apply(autoContrast, { p: 0.5 }, images, first());
  alike(made, storedFloats(fixture.auto_contrast.torchvision), STORED);
  alike(made, stored(fixture.auto_contrast.pil), 1.01 * BYTE);
  alike(left, image(1), 1e-7);
  const flat: Planes = [plane(3, 3, () => 0.3)];
  const [same] = apply(autoContrast, { p: 1 }, [flat], new Scripted([[0]]));
  alike(same, flat, 1e-7, "an image of one value");
});

Deno.test("sharpness is torchvision's, and PIL's but for some bytes", () => {
  for (const { factor, pil, torchvision } of fixture.sharpnesses) {
    const images = [image(1), image(1)];
    const [made, left] = apply(sharpness, { factor, p: 0.5 }, images, first());
    alike(made, storedFloats(torchvision), STORED, `factor ${factor}`);
    // PIL rounds the soft image and the result.
    alike(made, stored(pil), 2 * BYTE, `factor ${factor}`);
    alike(left, image(1), 1e-7);
  }
});

Deno.test("rotation is torchvision's, counter-clockwise", () => {
  for (const one of fixture.rotations) {
    const { degrees, interpolation, fill, torchvision } = one;
    const [made] = apply(
      rotation,
      { degrees: 180, interpolation, fill },
      [image(one.image)],
      new Scripted([[0], [(degrees + 180) / 360]]),
    );
    // An angle as float32 has it moves a pixel by a millionth of a side.
    alike(made, storedFloats(torchvision), 3 * STORED, JSON.stringify(degrees));
  }
});

Deno.test("rotation draws its angle on both sides, and leaves the samples that are not chosen", () => {
  const random = new Scripted([[0.7, 0.2], [0.9, 0.5]]);
  const images = [image(0), image(0)];
  const made = apply(rotation, { degrees: 20, p: 0.5 }, images, random);
  random.finish();
  const most = 20 * Math.PI / 180;
  assert.deepEqual(random.ranges, [[0, 1], [-most, most]]);
  // One is not chosen, the other is turned by nothing.
  for (const one of made) alike(one, image(0), 1e-6);
});

const KINDS = OPERATIONS.length;

Deno.test("RandAugment's operations are torchvision's, weak and strong, to either side", () => {
  const names = new Set(fixture.operations.map(({ name }) => name));
  assert.equal(names.size, KINDS);
  for (
    const { name, kind, magnitude, sign, torchvision } of fixture.operations
  ) {
    const options = { operations: 1, magnitude };
    const draws = [[(kind + 0.5) / KINDS], [sign > 0 ? 0.75 : 0.25]];
    const [made] = apply(
      randAugment,
      options,
      [image(1)],
      new Scripted(draws),
    );
    const what = `${name} ${sign * magnitude}`;
    // The weights of luma add up to 0.9999.
    const tolerance = name === "Color" || name === "Contrast" ? 2e-4 : STORED;
    alike(made, storedFloats(torchvision), tolerance, what);
  }
});

Deno.test("RandAugment gives each sample its own operations, one after another", () => {
  const [rotate, solarize] = [
    OPERATIONS.indexOf("rotate"),
    OPERATIONS.indexOf("solarize"),
  ];
  const kinds = (...of: number[]) => of.map((kind) => (kind + 0.5) / KINDS);
  const run = (of: Planes[], draws: number[][], operations: number) =>
    apply(
      randAugment,
      { operations, magnitude: 20 },
      of,
      new Scripted(draws),
    );
  const both = run([image(0), image(1)], [
    kinds(rotate, solarize),
    [0.9, 0.9],
    kinds(solarize, 0),
    [0.9, 0.9],
  ], 2);
  const [turned] = run([image(0)], [kinds(rotate), [0.9]], 1);
  const [then] = run([turned!], [kinds(solarize), [0.9]], 1);
  const [light] = run([image(1)], [kinds(solarize), [0.9]], 1);
  alike(both[0], then!, 1e-6);
  alike(both[1], light!, 1e-6);
});

Deno.test("RandAugment takes images of any number of channels", () => {
  const dice = new Dice(3);
  for (const channels of [1, 2, 5]) {
    const one: Planes = Array.from(
      { length: channels },
      () => plane(8, 8, () => dice.unit()),
    );
    const all = Array<Planes>(KINDS).fill(one);
    const draws = [
      Array.from({ length: KINDS }, (_, k) => (k + 0.5) / KINDS),
      Array(KINDS).fill(0.9),
    ];
    const made = apply(
      randAugment,
      { operations: 1 },
      all,
      new Scripted(draws),
    );
    const values = made.flat(3);
    assert.equal(values.length, KINDS * channels * 64);
    assert.ok(values.every((v) => v >= 0 && v <= 1), `${channels} channels`);
    alike(made[0], one, 1e-6, "the identity");
  }
});

Deno.test("RandAugment draws every operation as often as the others, and both sides", () => {
  const count = 14_000;
  const { kinds, signs } = compute([], () => {
    const random = new StatelessRandom(4, "views/view0", tf.scalar(0, "int32"));
    const { is, sign } = drawOperations(random, count);
    return {
      kinds: tf.stack(OPERATIONS.map((name) => tf.sum(is(name)))),
      signs: tf.sum(sign),
    };
  });
  const shares = numbers(kinds).map((n) => n / count);
  assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-6);
  const deviation = Math.sqrt(1 / KINDS * (1 - 1 / KINDS) / count);
  for (const share of shares) {
    assert.ok(Math.abs(share - 1 / KINDS) < 4 * deviation, `${shares}`);
  }
  assert.ok(Math.abs(numbers(signs)[0]!) < 4 * Math.sqrt(count));
});

Deno.test("Compiled, the transforms give what they give op by op", async () => {
  const names = new Set([
    "vertical_flip",
    "rotation",
    "sharpness",
    "posterize",
    "auto_contrast",
    "equalize",
    "rand_augment",
    "random_erasing",
  ]);
  const chosen = TRANSFORMS.filter(({ name }) => names.has(name));
  assert.equal(chosen.length, names.size);
  const batch = batchOf(Array<Planes>(12).fill(image(1)));
  const all: Traceable = (execution) => {
    const images = execution.feed("images", batch.shape, "float32");
    const step = execution.feed("step", [], "int32") as tf.Scalar;
    return Object.fromEntries(chosen.map((definition) => {
      const options = definition.options.parse({});
      const random = new StatelessRandom(5, definition.name, step);
      const views = definition.apply(images as tf.Tensor4D, options, random);
      return [definition.name, views];
    }));
  };
  const feeds = {
    images: batch,
    step: { dtype: "int32", shape: [], data: Int32Array.of(2) } as const,
  };
  const expected = runEagerly(context, all, feeds);
  const runtime = compiledRuntime(engine);
  const compiled = await runtime.load("augment", all).run(feeds);
  runtime.close();
  for (const name of names) {
    const [made, wanted] = [compiled[name], expected[name]];
    assert.notDeepEqual(made, batch, name);
    close(numbers(made!), numbers(wanted!), 1e-6, name);
  }
});
