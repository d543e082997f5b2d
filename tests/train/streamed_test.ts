/** @file Training on images that are decoded as they are needed. */
import assert from "@std/assert";
import { join } from "node:path";
import sharp from "sharp";
import { isInMemory } from "../../lib/data/source.ts";
import { UserError } from "../../lib/errors.ts";
import { featureReader } from "../../lib/evaluate/features.ts";
import { checkText, type LoadedPipeline } from "../../lib/pipeline/load.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { train } from "../../lib/train/train.ts";
import { tarGzOf, withFolder, write } from "../data/fixtures.ts";
import { engine } from "../helpers/engine.ts";
import { Dice } from "../helpers/numeric.ts";

const STEPS = 9;

/** A pipeline on the images of a folder; four steps an epoch. */
function pipeline(
  folder: string,
  memory: number,
  set: readonly string[] = [],
): LoadedPipeline {
  const { loaded, text } = checkText(
    "tiny.yaml",
    `data: { source: folder, path: images, size: 8, test: 0.2, batch: 4, memory: ${memory}, on_error: skip }
stages:
  views: { augment: [{ color_jitter: { brightness: 0.5, p: 1 } }], of: image }
  y: { encode: mlp, of: views, hidden: 6, out: 5, batch_norm: all }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: ${STEPS}, optimizer: { sgd: { lr: 0.1 } } }
monitor: off
evaluate: { knn: { k: 3 }, linear: false }
`,
    { baseDir: folder, set },
  );
  if (!loaded) throw new Error(text);
  return loaded;
}

async function makeImages(folder: string, count: number): Promise<void> {
  const dice = new Dice(3);
  for (let i = 0; i < count; i++) {
    const path = join(folder, "images", i % 2 ? "a" : "b");
    await Deno.mkdir(path, { recursive: true });
    const raw = Uint8Array.from({ length: 300 }, () => 255 * dice.unit());
    await sharp(raw, { raw: { width: 10, height: 10, channels: 3 } }).jpeg()
      .toFile(join(path, `${i}.jpg`));
  }
}

async function open(loaded: LoadedPipeline, folder: string) {
  const { source, options } = loaded.pipeline.data;
  return await source.load(options, { baseDir: folder, cacheDir: folder });
}

/** All variables after so many steps, and what was saved on the way. */
async function steps(
  loaded: LoadedPipeline,
  folder: string,
  count: number,
  from?: Awaited<ReturnType<TrainingSession["save"]>>,
): ReturnType<TrainingSession["save"]> {
  const data = await open(loaded, folder);
  const session = await TrainingSession.start(
    loaded.pipeline,
    loaded.graph,
    engine,
    data.train,
  );
  try {
    if (from) await session.restore(from);
    while (session.done < count) await session.step();
    return await session.save();
  } finally {
    await session.close();
  }
}

Deno.test(
  "Streamed images train to the bits of images in memory, resumed or not",
  withFolder(async (folder) => {
    await makeImages(folder, 21);
    const held = pipeline(folder, 1);
    const streamed = pipeline(folder, 0);
    assert.equal(isInMemory((await open(held, folder)).train), true);
    assert.equal(isInMemory((await open(streamed, folder)).train), false);
    const expected = await steps(held, folder, STEPS);
    assert.deepEqual(await steps(streamed, folder, STEPS), expected);
    const half = await steps(streamed, folder, 5);
    assert.deepEqual(await steps(streamed, folder, STEPS, half), expected);
  }),
);

Deno.test(
  "Shards larger than memory are read in an order of their own, and resumed in it to the bit",
  withFolder(async (folder) => {
    const dice = new Dice(4);
    for (const shard of [0, 1, 2]) {
      const files: Record<string, Uint8Array> = {};
      for (let i = 0; i < 7; i++) {
        const raw = Uint8Array.from({ length: 192 }, () => 255 * dice.unit());
        files[`${i}.png`] = new Uint8Array(
          await sharp(raw, { raw: { width: 8, height: 8, channels: 3 } }).png()
            .toBuffer(),
        );
      }
      await write(folder, { [`images/${shard}.tar.gz`]: await tarGzOf(files) });
    }
    const streamed = pipeline(folder, 0, [
      "data={ source: webdataset, path: images, size: 8, batch: 4, memory: 0, shuffle_buffer: 3 }",
    ]);
    const once = await steps(streamed, folder, STEPS);
    // In the middle of the second epoch.
    const part = await steps(streamed, folder, 7);
    assert.deepEqual(await steps(streamed, folder, STEPS, part), once);
  }),
);

Deno.test(
  "Streamed images train in parts, and with their labels, to the bits of images in memory",
  withFolder(async (folder) => {
    await makeImages(folder, 21);
    const set = [
      "train.accumulate=2",
      "stages.c={ predict: mlp, of: y, hidden: 4, out: 2, batch_norm: none }",
      "stages.probe={ loss: cross_entropy, of: c, labels: label }",
    ];
    const [held, streamed] = [1, 0].map((memory) =>
      pipeline(folder, memory, set)
    ) as [LoadedPipeline, LoadedPipeline];
    assert.equal(isInMemory((await open(streamed, folder)).train), false);
    const expected = await steps(held, folder, STEPS);
    assert.deepEqual(await steps(streamed, folder, STEPS), expected);
  }),
);

Deno.test(
  "Features of streamed images are those of images in memory; a bad one has none",
  withFolder(async (folder) => {
    await makeImages(folder, 21);
    const [held, streamed] = [pipeline(folder, 1), pipeline(folder, 0)];
    const [one, other] = [
      await open(held, folder),
      await open(streamed, folder),
    ];
    const session = await TrainingSession.start(
      held.pipeline,
      held.graph,
      engine,
      one.train,
    );
    try {
      const read = featureReader(session);
      const whole = await read(one.train);
      assert.deepEqual(await read(other.train), whole);
      if (isInMemory(other.train)) throw new Error("expected a stream");
      const bad = other.train.names.at(2) as string;
      await Deno.truncate(join(folder, "images", bad), 400);
      const rest = await read(other.train);
      const { count, width } = whole;
      assert.deepEqual(
        [...rest.rows ?? []],
        [...Array(count).keys()].filter((image) => image !== 2),
      );
      assert.deepEqual(
        rest.data.slice(0, 2 * width),
        whole.data.slice(0, 2 * width),
      );
      assert.deepEqual(rest.data.slice(2 * width), whole.data.slice(3 * width));
    } finally {
      await session.close();
    }
  }),
);

Deno.test(
  "A folder that loses images in the run goes on without them, or ends saved",
  withFolder(async (folder) => {
    await makeImages(folder, 21);
    const events: TrainEvent[] = [];
    const lax = pipeline(folder, 0);
    const vanish = async (event: TrainEvent): Promise<void> => {
      events.push(event);
      if (event.kind !== "ready") return;
      for (const name of ["1.jpg", "3.jpg", "5.jpg"]) {
        await Deno.remove(join(folder, "images", "a", name));
      }
    };
    const options = { runsDir: join(folder, "runs"), device: "cpu" as const };
    const result = await train(lax, { ...options, onEvent: vanish });
    assert.equal(result.end, "finished");
    const listed = (await Deno.readTextFile(
      join(result.folder, "skipped.jsonl"),
    )).trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(
      listed.map(({ path }) => path.split("/").at(-1)).sort(),
      ["1.jpg", "3.jpg", "5.jpg"],
    );
    assert.ok(listed.every(({ reason }) => reason === "it does not exist"));
    assert.equal(events.filter(({ kind }) => kind === "skipped").length, 3);

    const strict = {
      ...lax,
      pipeline: {
        ...lax.pipeline,
        name: "strict",
        data: {
          ...lax.pipeline.data,
          options: { ...lax.pipeline.data.options as object, on_error: "fail" },
        },
      },
    };
    const gone = train(strict, {
      ...options,
      async onEvent(event) {
        if (event.kind !== "ready") return;
        await Deno.remove(join(folder, "images"), { recursive: true });
      },
    });
    const error = await gone.then(() => undefined, (error: unknown) => error);
    if (!(error instanceof UserError)) throw error;
    assert.match(error.message, /Cannot read the image .*: it does not exist/);
    assert.match(error.message, /saved after step \d+; .*deno task resume/);
  }),
);
