/** @file An encoder opened from a run: the run's features, and nothing of the run changed. */
import assert from "@std/assert";
import { join } from "node:path";
import type { ImageSet } from "../../lib/data/source.ts";
import { Encoder } from "../../lib/encoder/encoder.ts";
import { featureReader } from "../../lib/evaluate/features.ts";
import { gatherFeatures } from "../../lib/evaluate/features.ts";
import { findResumable } from "../../lib/train/resume.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { rejects, withFolder } from "../data/fixtures.ts";
import { engine } from "../helpers/engine.ts";
import { close, Dice } from "../helpers/numeric.ts";
import { contents, SIDE, trainSmall } from "./trained.ts";

function images(count: number): ImageSet {
  const dice = new Dice(3);
  const pixels = Uint8Array.from(
    { length: count * SIDE * SIDE * 3 },
    () => 255 * dice.unit(),
  );
  return { count, height: SIDE, width: SIDE, channels: 3, pixels };
}

async function featuresOf(encoder: Encoder, set: ImageSet) {
  return await gatherFeatures(set, encoder.embed(set));
}

Deno.test(
  "An encoder gives what the session that trained it gives, of any number of images, and leaves the run as it was",
  withFolder(async (folder) => {
    const run = await trainSmall(folder);
    const before = await contents(run);
    const set = images(37);
    const { loaded, point } = await findResumable(run);
    const data = await loaded.pipeline.data.source.load(
      loaded.pipeline.data.options,
      { baseDir: folder, cacheDir: folder },
    );
    const session = await TrainingSession.start(
      loaded.pipeline,
      loaded.graph,
      engine,
      data.train,
    );
    await session.restore(point.checkpoint!.values);
    const expected = await featureReader(session)(set);
    await session.close();

    const encoder = await Encoder.open(run, { engine, batch: 16 });
    assert.equal(encoder.width, 5);
    assert.equal(encoder.run.checkpoint?.entry.step, 6);
    const found = await featuresOf(encoder, set);
    assert.deepEqual([found.count, found.width], [37, 5]);
    close(found.data, expected.data, 1e-5);
    const three = await featuresOf(encoder, images(3));
    close(three.data, expected.data.subarray(0, 15), 1e-5);
    encoder.close();
    assert.deepEqual(await contents(run), before);
  }),
);

Deno.test(
  "Any network, a checkpoint's file, and the first weights can be opened",
  withFolder(async (folder) => {
    const run = await trainSmall(folder);
    const set = images(4);
    const found: Record<string, Float32Array> = {};
    const take = async (
      name: string,
      path: string,
      options: Parameters<typeof Encoder.open>[1],
    ) => {
      const encoder = await Encoder.open(path, { engine, ...options });
      const { data, width } = await featuresOf(encoder, set);
      assert.equal(encoder.width, width);
      found[name] = data;
      encoder.close();
    };
    await take("y", run, {});
    await take("z", run, { of: "z" });
    await take("untrained", run, { checkpoint: "untrained" });
    const file = join(run, "checkpoints", "step-00000006.safetensors");
    await take("file", file, {});
    assert.equal(found["z"]!.length, 16);
    assert.deepEqual(found["file"], found["y"]);
    assert.notDeepEqual(found["untrained"], found["y"]);
    assert.ok(found["untrained"]!.some((value) => value !== 0));
  }),
);

Deno.test(
  "What is no run, no network, or does not fit is told in one message",
  withFolder(async (folder) => {
    const run = await trainSmall(folder);
    await rejects(Encoder.open(folder, { engine }), /not the folder of a run/);
    await rejects(
      Encoder.open(join(folder, "nowhere"), { engine }),
      /not the folder of a run/,
    );
    await rejects(
      Encoder.open(run, { engine, of: "q" }),
      /"q": it is not a network stage/,
      /networks: "y", "z", "p"/,
    );
    await rejects(
      Encoder.open(run, { engine, checkpoint: "best" }),
      /no "best" under "checkpoint"/,
    );
    const encoder = await Encoder.open(run, { engine });
    await rejects(
      featuresOf(encoder, { ...images(1), width: 4 }),
      /4x8 pixels and 3 channel\(s\): the encoder takes 8x8 and 3/,
    );
    encoder.close();
    const file = join(run, "pipeline.yaml");
    const changed = (await Deno.readTextFile(file)).replace(
      "hidden: 6",
      "hidden: 7",
    );
    await Deno.writeTextFile(file, changed);
    await rejects(
      Encoder.open(run, { engine }),
      /weights of step-00000006\.safetensors: "y\/.*" is .*, expected/,
    );
  }),
);
