/** @file A small run on image files, for tests of what comes after it. */
import { join } from "node:path";
import sharp from "sharp";
import { checkPipeline } from "../../lib/pipeline/load.ts";
import { train } from "../../lib/train/train.ts";
import { Dice } from "../helpers/numeric.ts";

/** Side of the images. */
export const SIDE = 8;

/**
 * Writes images of two classes, dark and bright, as `<folder>/<class>/<n>.png`.
 *
 * @param classes `[""]` makes them flat, without labels.
 */
export async function writeImages(
  folder: string,
  count: number,
  seed = 1,
  classes: readonly string[] = ["bright", "dark"],
): Promise<void> {
  const dice = new Dice(seed);
  for (let i = 0; i < count; i++) {
    const label = i % classes.length;
    const below = join(folder, classes[label] as string);
    await Deno.mkdir(below, { recursive: true });
    const pixels = Uint8Array.from(
      { length: SIDE * SIDE * 3 },
      () => 120 * dice.unit() + (label === 0 ? 130 : 0),
    );
    await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png().toFile(join(below, `${String(i).padStart(4, "0")}.png`));
  }
}

/** A pipeline on `<folder>/images`. */
export const text = (more = "", data = ""): string =>
  `name: small
data: { source: folder, path: images, size: ${SIDE}, batch: 8${data} }
stages:
  views: { augment: [{ color_jitter: { brightness: 0.4, p: 1 } }], of: image }
  y: { encode: mlp, of: views, hidden: 6, out: 5, batch_norm: all }
  z: { project: mlp, of: y, hidden: 6, out: 4, batch_norm: all }
  p: { predict: mlp, of: z, hidden: 6, out: 4 }
  loss: { loss: cosine, between: [p, stop_gradient(z)], pairs: cross }
train: { epochs: 2, optimizer: { sgd: { lr: 0.05 } } }
monitor: { collapse: warn, dimensional_collapse: warn, stuck_at_uniform: off }
${more}`;

/** Trains a small pipeline on 24 images below `folder`, and gives its run's folder. */
export async function trainSmall(
  folder: string,
  more = "evaluate: false",
  classes?: readonly string[],
): Promise<string> {
  await writeImages(join(folder, "images"), 24, 1, classes);
  const file = join(folder, "small.yaml");
  await Deno.writeTextFile(file, text(more));
  const { loaded, text: problems } = await checkPipeline(file);
  if (!loaded) throw new Error(problems);
  const { folder: run } = await train(loaded, {
    runsDir: join(folder, "runs"),
    device: "cpu",
  });
  return run;
}

/** Every file below a folder with its contents, to see that none was changed. */
export async function contents(
  folder: string,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) {
      for (const [below, text] of Object.entries(await contents(path))) {
        found[`${name}/${below}`] = text;
      }
    } else found[name] = (await Deno.readFile(path)).toString();
  }
  return found;
}
