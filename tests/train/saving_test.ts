/** @file Checkpoints that are written while the training goes on. */
import assert from "@std/assert";
import { join } from "node:path";
import { UserError } from "../../lib/errors.ts";
import { RunFolder } from "../../lib/train/run_folder.ts";
import { Saving } from "../../lib/train/saving.ts";
import { withFolder } from "../data/fixtures.ts";
import { CONTRASTIVE, tinyPipeline } from "../evaluate/tiny.ts";

const { pipeline } = tinyPipeline(CONTRASTIVE);
const TOLD = { metrics: { loss: 1 }, healthy: true, due: true };

let returned = 0;

const read = () =>
  Promise.resolve({
    values: {
      step: { dtype: "int32", shape: [], data: Int32Array.of(7) },
    } as const,
    [Symbol.dispose]() {
      returned++;
    },
  });

const withRun = (test: (run: RunFolder) => Promise<void>) =>
  withFolder(async (folder) => {
    const run = await RunFolder.create(folder, pipeline, { baseDir: "." });
    try {
      await test(run);
    } finally {
      await run.close();
    }
  });

Deno.test(
  "A step goes on once the values are there; the next checkpoint waits for the last, whose values are given back",
  withRun(async (run) => {
    const saving = new Saving(run);
    returned = 0;
    await saving.begin(1, read, TOLD);
    assert.deepEqual(await run.checkpoints.list(), []);
    assert.equal(returned, 0);
    await saving.begin(2, read, TOLD);
    assert.equal(returned, 1);
    const written = async () =>
      (await run.checkpoints.list()).map(({ step }) => step);
    assert.deepEqual(await written(), [1]);
    await saving.written();
    assert.deepEqual(await written(), [1, 2]);
  }),
);

Deno.test(
  "Lines that are logged while a checkpoint is written are not among its own",
  withRun(async (run) => {
    const saving = new Saving(run);
    await run.log({ step: 1 });
    const digest = run.linesDigest;
    await saving.begin(1, read, TOLD);
    await run.log({ step: 2 });
    await saving.written();
    const [entry] = await run.checkpoints.list();
    assert.equal(entry?.lines, digest);
    assert.notEqual(run.linesDigest, digest);
  }),
);

Deno.test(
  "A checkpoint that cannot be written ends the training at its next step",
  withRun(async (run) => {
    await Deno.writeTextFile(join(run.path, "checkpoints"), "");
    await using saving = new Saving(run);
    await saving.begin(1, read, TOLD);
    saving.check();
    await assert.rejects(() => saving.written(), /Cannot write to/);
    assert.throws(() => saving.check(), UserError);
    await assert.rejects(() => saving.begin(2, read, TOLD), UserError);
  }),
);
