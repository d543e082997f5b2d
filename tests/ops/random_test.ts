import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { hash32, StatelessRandom } from "../../lib/ops/random.ts";
import { compute, distanceFromUniform, numbers } from "../helpers/numeric.ts";

/** In one of 1000 samples; what is drawn here is always the same. */
const UNUSUAL = 1.95;

interface Key {
  readonly seed?: number;
  readonly place?: string;
  readonly step?: number;
}

/** Two draws in a row for each key, in one run. */
function draw(...keys: readonly Key[]): number[][][] {
  const result = compute([], () => {
    const all: Record<string, tf.Tensor> = {};
    keys.forEach(({ seed = 1, place = "views/view0", step = 0 }, i) => {
      const at = tf.scalar(step, "int32");
      const random = new StatelessRandom(seed, place, at);
      all[`${i}/0`] = random.uniform([64]);
      all[`${i}/1`] = random.uniform([64]);
    });
    return all;
  });
  return keys.map((_, i) => [0, 1].map((k) => numbers(result[`${i}/${k}`]!)));
}

Deno.test("The same seed, place and step draw the same numbers", () => {
  const [a, b] = draw({}, {});
  assert.deepEqual(a, b);
});

Deno.test("Another step, place or seed, and the next draw, give other numbers", () => {
  const drawn = draw(
    {},
    { step: 1 },
    { place: "views/view1" },
    { place: "views/view01" },
    { seed: 2 },
    { step: 2 ** 31 - 1 },
  ).flat();
  const firsts = drawn.map((values) => values.join());
  assert.equal(new Set(firsts).size, firsts.length);
  // Not even a single number is shared, as it would be by shifted streams.
  const all = drawn.flat();
  assert.ok(new Set(all).size > all.length - 5);
});

Deno.test("Draws of neighbouring steps are not correlated", () => {
  const [before, after] = draw({ step: 7 }, { step: 8 }).map((k) => k[0]!);
  const products = before!.map((v, i) => (v - 0.5) * (after![i]! - 0.5) * 12);
  const mean = products.reduce((a, b) => a + b) / products.length;
  // Standard error 1/8.
  assert.ok(Math.abs(mean) < 0.4, `${mean}`);
});

Deno.test("Uniform numbers are even in their range, its end excluded", () => {
  const { unit, range } = compute([], () => {
    const random = new StatelessRandom(3, "x", tf.scalar(0, "int32"));
    return {
      unit: random.uniform([100, 100]),
      range: random.uniform([100, 100], -3, 5),
    };
  });
  assert.deepEqual(unit.shape, [100, 100]);
  const [u, r] = [numbers(unit), numbers(range)];
  assert.ok(u.every((v) => v >= 0 && v < 1));
  assert.ok(r.every((v) => v >= -3 && v <= 5));
  assert.ok(distanceFromUniform(u) < UNUSUAL);
  assert.ok(distanceFromUniform(r.map((v) => (v + 3) / 8)) < UNUSUAL);
});

Deno.test("Normal numbers have mean 0, variance 1 and normal tails", () => {
  const { x } = compute([], () => ({
    x: new StatelessRandom(3, "x", tf.scalar(0, "int32")).normal([20_000]),
  }));
  const values = numbers(x);
  const n = values.length;
  const mean = values.reduce((a, b) => a + b) / n;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
  const beyond = values.filter((v) => Math.abs(v) > 1.96).length / n;
  // Four standard errors each.
  assert.ok(Math.abs(mean) < 4 / Math.sqrt(n), `${mean}`);
  assert.ok(Math.abs(variance - 1) < 4 * Math.sqrt(2 / n), `${variance}`);
  assert.ok(Math.abs(beyond - 0.05) < 0.0062, `${beyond}`);
});

Deno.test("hash32 is FNV-1a", () => {
  // From the reference vectors of the hash's authors.
  assert.equal(hash32("") >>> 0, 0x811c9dc5);
  assert.equal(hash32("a") >>> 0, 0xe40c292c);
  assert.equal(hash32("foobar") >>> 0, 0xbf9cf968);
});
