/** @file Data as people have them: what a run says of them, and that it never ends in a crash. */
import assert from "@std/assert";
import { join } from "node:path";
import sharp from "sharp";
import { write } from "../data/fixtures.ts";
import { tiff } from "../data/made.ts";
import { inFolder, onlyRun, readJson, sets, stopgrad } from "./cli.ts";

const SIDE = 16;

const PIPELINE = `name: case
data: { source: folder, path: ./images, size: ${SIDE}, batch: 8 }
stages:
  views: { augment: simsiam, of: image, count: 2 }
  y: { encode: resnet, of: views, width: 8, blocks: [1, 1] }
  z: { project: mlp, of: y, hidden: 32, out: 32, batch_norm: none }
  p: { predict: mlp, of: z, hidden: 16, out: 32 }
  loss: { loss: cosine, between: [p, stop_gradient(z)], pairs: cross }
train: { epochs: 2, optimizer: { sgd: { lr: 0.05 } } }
`;

const text = new TextEncoder();

/** A gray picture of chance. */
const picture = async (seed: number): Promise<Uint8Array> =>
  new Uint8Array(
    await sharp(
      Uint8Array.from(
        { length: SIDE * SIDE },
        (_, i) => (i * (seed * 37 + 11)) % 251,
      ),
      { raw: { width: SIDE, height: SIDE, channels: 1 } },
    ).png().toBuffer(),
  );

Deno.test("A set that is black by its range is told of before training, and named when the run collapses", () =>
  inFolder(async (folder) => {
    const dark = tiff({
      width: SIDE,
      height: SIDE,
      bits: 16,
      pages: [Array.from({ length: SIDE * SIDE }, (_, i) => i % 100)],
    });
    await write(folder, {
      "case.yaml": text.encode(PIPELINE),
      ...Object.fromEntries(
        Array.from({ length: 16 }, (_, i) => [`images/${i}.tif`, dark]),
      ),
    });
    const run = [
      "run",
      join(folder, "case.yaml"),
      "--runs-dir",
      join(folder, "runs"),
    ];
    const bare = await stopgrad(...run);
    assert.equal(bare.code, 2);
    assert.match(bare.stderr, /16-bit unsigned samples from 0 to 99/);
    assert.doesNotMatch(bare.stderr, /\n\s+at /);
    const { code, stdout, stderr } = await stopgrad(
      ...run,
      ...sets("data.range=full", "train.epochs=60"),
    );
    assert.equal(code, 3);
    assert.match(
      stdout,
      /16 images to train on, none to test with, no labels, 16x16 pixels of 3 channels\n {2}gray, the same in all 3 channels: all images\n {2}16-bit unsigned samples are scaled from their full range/,
    );
    assert.match(stderr, /warning: The images are of one colour/);
    assert.match(
      stderr,
      /stopped: the run collapsed[^]* {2}- The images are of one colour/,
    );
  }));

Deno.test("One class gives null and a note; resuming says that nothing is left; a change is explained", () =>
  inFolder(async (folder) => {
    const files: Record<string, Uint8Array> = {
      "case.yaml": text.encode(PIPELINE),
    };
    for (let i = 0; i < 16; i++) {
      files[`images/Train/all/${i}.png`] = await picture(i);
      files[`images/Valid/all/${i}.png`] = await picture(i + 16);
    }
    files["images/Train/all/@eaDir/0.png"] = await picture(0);
    await write(folder, files);
    const file = join(folder, "case.yaml");
    const runs = join(folder, "runs");
    const checked = await stopgrad("check", file);
    assert.match(checked.stderr, /are of one class, "all"/);

    const { code, stdout } = await stopgrad("run", file, "--runs-dir", runs);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /16 images to train on, 16 to test with, 1 class \(all\)/,
    );
    assert.match(stdout, /left out as the system's own: @eaDir/);
    const run = await onlyRun(runs, "case");
    const { knn, linear, note } = await readJson(run, "summary.json");
    assert.deepEqual([knn, linear], [null, null]);
    assert.match(String(note), /training images are of one class/);

    const again = await stopgrad("resume", run);
    assert.equal(again.code, 0);
    assert.match(again.stdout, /Nothing is left to train: 4 steps are done/);

    const changed = await stopgrad("resume", run, ...sets("data.batch=16"));
    assert.equal(changed.code, 2);
    assert.match(changed.stderr, /What that does:\n {2}- batch: /);
    assert.match(
      changed.stderr,
      /step 4 is epoch 2: of 2 before, of 2 now/,
    );
    assert.match(changed.stderr, /nothing is left to train/);
  }));
