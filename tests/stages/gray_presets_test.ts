/** @file Presets for images of one channel and of many. */
import assert from "@std/assert";
import { checkText } from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { AUGMENT_PRESETS, fitPreset } from "../../lib/stages/presets.ts";
import { colorJitter } from "../../lib/stages/transforms/color_jitter.ts";
import { Dice, Scripted } from "../helpers/numeric.ts";
import { apply, plane, type Planes } from "./planar.ts";

const textOf = (preset: string, channels: number): string =>
  `data: { source: folder, path: x, size: 98, channels: ${channels}, batch: 4 }
stages:
  views: { augment: ${preset}, of: image, count: 2 }
  y: { encode: resnet, of: views, width: 8, blocks: [1] }
  z: { project: mlp, of: y, hidden: 32, out: 32, batch_norm: all }
  p: { predict: mlp, of: z, hidden: 16, out: 32 }
  loss: { loss: cosine, between: [p, stop_gradient(z)], pairs: cross }
train: { epochs: 1, optimizer: { sgd: { lr: 0.05 } } }
`;

for (const name of Object.keys(AUGMENT_PRESETS)) {
  Deno.test(`The preset "${name}" suits 1, 2, 4 and 13 channels, and says in one warning what it is without`, () => {
    for (const channels of [1, 2, 4, 13]) {
      const { loaded, text } = checkText("p.yaml", textOf(name, channels));
      if (!loaded) throw new Error(text);
      const said = text.match(/\[preset-fit\]/g) ?? [];
      assert.equal(said.length, 1, text);
      assert.match(text, new RegExp(`Images of ${channels} channel`));
      const views = JSON.stringify(resolve(loaded.pipeline));
      assert.doesNotMatch(views, /grayscale/);
    }
  });
}

Deno.test("Presets for colours are what they were, and say nothing", () => {
  for (const [name, preset] of Object.entries(AUGMENT_PRESETS)) {
    assert.equal(fitPreset(preset, 3), preset);
    const { text } = checkText("p.yaml", textOf(name, 3));
    assert.doesNotMatch(text, /preset-fit/);
  }
});

Deno.test("Brightness and contrast of gray are those of the same gray in colours", () => {
  const dice = new Dice(5);
  const gray: Planes[] = Array.from(
    { length: 3 },
    () => [plane(4, 5, () => dice.unit())],
  );
  const colours = gray.map(([one]) => [one!, one!, one!]);
  const options = { brightness: 0.4, contrast: 0.6, p: 1 };
  const drawn = () =>
    new Scripted([[0, 0, 0], [0.3, -0.4, 0.1], [-0.5, 0.2, 0.6], [0, 0, 0], [
      0,
      0,
      0,
    ]]);
  const one = apply(colorJitter, options, gray, drawn());
  const three = apply(colorJitter, options, colours, drawn());
  one.forEach((image, i) =>
    image[0]!.flat().forEach((value, k) => {
      const other = three[i]![0]!.flat()[k]!;
      // The weights of luma add up to 0.9999, as torchvision rounds them.
      assert.ok(Math.abs(value - other) < 2e-4, `${value} ${other}`);
    })
  );
});
