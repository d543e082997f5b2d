/** @file Masks: which patches they take, and how evenly. */
import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type Random, StatelessRandom } from "../../lib/ops/random.ts";
import type { StageDefinition } from "../../lib/stages/define.ts";
import { blockMask } from "../../lib/stages/masks/block.ts";
import { blockwiseMask } from "../../lib/stages/masks/blockwise.ts";
import { randomMask } from "../../lib/stages/masks/random.ts";
import { compute, Dice, rows, Scripted } from "../helpers/numeric.ts";
import { built, FixedStageRun } from "../helpers/stages.ts";

const BATCH = 1000;
const PATCH = 4;
/** Patches of a side. */
const [ROWS, COLUMNS] = [8, 6];
const ALL = ROWS * COLUMNS;

/** A run whose random numbers are those of a step. */
class RandomRun extends FixedStageRun {
  override random(place: string): Random {
    return new StatelessRandom(3, place, tf.scalar(1, "int32"));
  }
}

/** Numbers of patches that a mask draws, by output and view, a list an image. */
function draw(
  mask: StageDefinition,
  options: Readonly<Record<string, number>>,
): Readonly<Record<string, number[][]>> {
  const shape = [ROWS * PATCH, COLUMNS * PATCH, 3];
  const stage = built(mask, { patch: PATCH, ...options }, {
    of: [{ is: "image", shape }],
  }, BATCH);
  const drawn = compute([], () => {
    // Their pixels are not looked at.
    const images = tf.zeros([BATCH, ...shape]);
    const outputs = stage.apply({ of: [images] }, new RandomRun(new Map()));
    return Object.fromEntries(
      Object.entries(outputs).flatMap(([name, views]) =>
        views.map((view, i) => [`${name}${i}`, view] as const)
      ),
    );
  });
  return Object.fromEntries(
    Object.entries(drawn).map(([name, value]) => [name, rows(value)]),
  );
}

/** Asserts that each place is in as many of the lists as `share` lets expect. */
function evenly(lists: readonly (readonly number[])[], share: number): void {
  const counts = Array<number>(ALL).fill(0);
  for (const list of lists) for (const place of list) counts[place]!++;
  const deviation = Math.sqrt(share * (1 - share) / lists.length);
  counts.forEach((count, place) =>
    assert.ok(
      Math.abs(count / lists.length - share) < 4.5 * deviation,
      `place ${place}: ${count} of ${lists.length}, expected ${share}`,
    )
  );
}

Deno.test("A random mask parts the patches of each image, and hides each as often as the others", () => {
  const { visible0, hidden0 } = draw(randomMask, { ratio: 0.75 });
  assert.equal(visible0?.length, BATCH);
  visible0?.forEach((visible, i) => {
    assert.equal(visible.length, ALL / 4);
    const all = [...visible, ...hidden0![i]!].sort((a, b) => a - b);
    assert.deepEqual(all, Array.from({ length: ALL }, (_, k) => k));
  });
  evenly(visible0!, 1 / 4);
  const different = new Set(
    visible0!.map((list) => `${[...list].sort((a, b) => a - b)}`),
  );
  assert.ok(different.size > 0.99 * BATCH);
});

/** Hidden places of one image, block after block, from numbers in 0..1 of each. */
function blockwise(
  blocks: readonly Readonly<
    Record<"area" | "ratio" | "top" | "left", number>
  >[],
  rest: readonly number[],
  { hidden, least, aspect, reversed }: Readonly<
    Record<"hidden" | "least" | "aspect", number> & { reversed: boolean }
  >,
): number[] {
  const found: number[] = [];
  for (const { area: a, ratio: r, top: t, left: l } of blocks) {
    const area = least + a * (hidden - least);
    const ratio = aspect * (1 / aspect ** 2) ** r;
    const height = Math.min(
      ROWS,
      Math.max(1, Math.round(Math.sqrt(area * ratio))),
    );
    const width = Math.min(
      COLUMNS,
      Math.max(1, Math.round(Math.sqrt(area / ratio))),
    );
    const top = Math.floor(t * (ROWS - height + 1));
    const left = Math.floor(l * (COLUMNS - width + 1));
    for (let k = 0; k < height * width; k++) {
      const i = reversed ? height * width - 1 - k : k;
      const place = (top + Math.floor(i / width)) * COLUMNS + left + i % width;
      if (!found.includes(place)) found.push(place);
    }
  }
  const others = Array.from({ length: ALL }, (_, place) => place)
    .filter((place) => !found.includes(place))
    .sort((a, b) => rest[a]! - rest[b]!);
  return [...found.slice(0, hidden), ...others].slice(0, hidden);
}

Deno.test("A blockwise mask hides drawn rectangles one after another, and cuts the last of them", () => {
  const [images, drawn] = [40, 16];
  for (
    const options of [
      { ratio: 0.4, least: 4, aspect: 0.3 },
      // So small and few that other places have to fill them up.
      { ratio: 0.9, least: 1, aspect: 1 },
    ]
  ) {
    const hidden = ALL - Math.round(ALL * (1 - options.ratio));
    const dice = new Dice(11);
    const draw = (count: number) =>
      Array.from({ length: images * count }, () => dice.unit());
    const [area, ratio, top, left] = [0, 1, 2, 3].map(() => draw(drawn)) as [
      number[],
      number[],
      number[],
      number[],
    ];
    const rest = draw(ALL);
    if (options.aspect === 1) area.fill(0);
    const end = draw(1);
    const script = new Scripted([area, ratio, top, left, end, rest]);
    class Run extends FixedStageRun {
      override random(): Random {
        return script;
      }
    }
    const shape = [ROWS * PATCH, COLUMNS * PATCH, 3];
    const stage = built(blockwiseMask, { patch: PATCH, ...options }, {
      of: [{ is: "image", shape }],
    }, images);
    const found = compute([], () => {
      const outputs = stage.apply(
        { of: [tf.zeros([images, ...shape])] },
        new Run(new Map()),
      );
      return {
        hidden: outputs["hidden"]![0] as tf.Tensor,
        visible: outputs["visible"]![0] as tf.Tensor,
      };
    });
    script.finish();
    const visible = rows(found.visible);
    rows(found.hidden).forEach((list, i) => {
      const blocks = Array.from({ length: drawn }, (_, k) => ({
        area: area[i * drawn + k]!,
        ratio: ratio[i * drawn + k]!,
        top: top[i * drawn + k]!,
        left: left[i * drawn + k]!,
      }));
      const own = rest.slice(i * ALL, (i + 1) * ALL);
      const reversed = end[i]! < 0.5;
      assert.deepEqual(
        list,
        blockwise(blocks, own, { hidden, reversed, ...options }),
      );
      const all = [...list, ...visible[i]!].sort((a, b) => a - b);
      assert.deepEqual(all, Array.from({ length: ALL }, (_, k) => k));
    });
  }
});

Deno.test("A blockwise mask hides the first row of patches as often as the last", () => {
  const hidden = draw(blockwiseMask, { ratio: 0.5 })["hidden0"]!;
  const apart = hidden.map((list) =>
    list.filter((place) => place < COLUMNS).length -
    list.filter((place) => place >= ALL - COLUMNS).length
  );
  const mean = apart.reduce((sum, one) => sum + one, 0) / BATCH;
  const square = apart.reduce((sum, one) => sum + one ** 2, 0) / BATCH;
  assert.ok(Math.abs(mean) < 4.5 * Math.sqrt(square / BATCH), `${mean}`);
});

Deno.test("A blockwise mask whose blocks are to be larger than what is hidden says so", () => {
  assert.throws(
    () => draw(blockwiseMask, { ratio: 0.25, least: 13 }),
    /a block cannot have 13 patches or more where 12 of 48 are hidden/,
  );
});

Deno.test("Blocks are rectangles inside the image, at every place as often, each with its own", () => {
  const [targets, scale] = [3, 0.18];
  // sqrt(0.18) of each side.
  const [height, width] = [3, 3];
  const drawn = draw(blockMask, { targets, scale });
  const corners: number[][] = [];
  for (let k = 0; k < targets; k++) {
    drawn[`target${k}`]!.forEach((block, i) => {
      const [top, left] = [
        Math.floor(block[0]! / COLUMNS),
        block[0]! % COLUMNS,
      ];
      assert.ok(top + height <= ROWS && left + width <= COLUMNS);
      const expected = Array.from(
        { length: height * width },
        (_, n) => (top + Math.floor(n / width)) * COLUMNS + left + n % width,
      );
      assert.deepEqual(block, expected);
      (corners[i] ??= []).push(block[0]!);
    });
  }
  const places = (ROWS - height + 1) * (COLUMNS - width + 1);
  for (let k = 0; k < targets; k++) {
    const counts = new Map<number, number>();
    for (const list of corners) {
      counts.set(list[k]!, (counts.get(list[k]!) ?? 0) + 1);
    }
    assert.equal(counts.size, places);
    const deviation = Math.sqrt(BATCH / places);
    for (const count of counts.values()) {
      assert.ok(Math.abs(count - BATCH / places) < 4.5 * deviation);
    }
  }
  // Blocks of an image lie by chance, one from another.
  const same = corners.filter(([a, b]) => a === b).length / BATCH;
  const expected = 1 / places;
  assert.ok(Math.abs(same - expected) < 4.5 * Math.sqrt(expected / BATCH));
});

Deno.test("A context is of what no block covers, all of that with the same chance", () => {
  const drawn = draw(blockMask, { targets: 2, scale: 0.18 });
  const [expected, count] = [Array<number>(ALL).fill(0), Array(ALL).fill(0)];
  drawn["context0"]!.forEach((context, i) => {
    const covered = new Set([
      ...drawn["target0"]![i]!,
      ...drawn["target1"]![i]!,
    ]);
    assert.equal(context.length, ALL - 2 * 9);
    assert.equal(new Set(context).size, context.length);
    assert.ok(context.every((place) => !covered.has(place)));
    for (const place of context) count[place]++;
    for (let place = 0; place < ALL; place++) {
      if (covered.has(place)) continue;
      expected[place]! += context.length / (ALL - covered.size);
    }
  });
  expected.forEach((n, place) =>
    assert.ok(Math.abs(count[place] - n) < 4.5 * Math.sqrt(n), `${place}`)
  );
});
