/** @file Encoders are exported as a user does it. */
import assert from "@std/assert";
import { join } from "node:path";
import { FORMATS } from "../../lib/export/formats.ts";
import {
  brief,
  inFolder,
  onlyRun,
  type Outcome,
  ROOT,
  sets,
  stopgrad,
} from "./cli.ts";

async function run(runs: string): Promise<string> {
  const { code, stderr } = await stopgrad(
    "run",
    "pipelines/simsiam.yaml",
    "--runs-dir",
    runs,
    ...brief(2),
    ...sets("evaluate=false", "stages.y.width=4"),
  );
  assert.equal(code, 0, stderr);
  return await onlyRun(runs, "simsiam");
}

const names = async (folder: string): Promise<string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

/** Exit code 2, one message, and no stack. */
function refused({ code, stderr }: Outcome, message: RegExp): void {
  assert.equal(code, 2, stderr);
  assert.match(stderr, message);
  assert.doesNotMatch(stderr, /^\s+at /m);
}

Deno.test("A run's encoder is exported in every format, with a card", () =>
  inFolder(async (folder) => {
    const from = await run(join(folder, "runs"));
    const before = await names(from);
    for (const [to, { runs }] of Object.entries(FORMATS)) {
      const out = join(folder, to);
      const done = await stopgrad("export", from, "--to", to, "--out", out);
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /^Encoder of step 2/m);
      const card = await Deno.readTextFile(join(out, "model_card.md"));
      assert.match(card, /^# simsiam: encoder `y`$/m);
      assert.match(card, /licence of the images: CC0/);
      if (runs) {
        assert.match(card, /uint8 `\[batch, height, width, 3\]`/);
        assert.match(card, /float32 `\[batch, 16\]`/);
      }
    }
    assert.deepEqual(await names(from), before);

    // What cannot be exported leaves nothing behind.
    const there = join(folder, "onnx");
    const card = await Deno.readTextFile(join(there, "model_card.md"));
    refused(
      await stopgrad("export", from, "--to", "onnx", "--out", there),
      /Cannot export to ".*": it exists already/,
    );
    assert.equal(await Deno.readTextFile(join(there, "model_card.md")), card);
    const out = join(folder, "new");
    refused(
      await stopgrad("export", folder, "--to", "onnx", "--out", out),
      /Cannot read the run ".*": it is not the folder of a run/,
    );
    refused(
      await stopgrad("export", from, "--to", "tflite", "--out", out),
      /Allowed choices are onnx, savedmodel, tfjs, safetensors/,
    );
    const pipeline = join(from, "pipeline.yaml");
    const text = await Deno.readTextFile(pipeline);
    await Deno.writeTextFile(pipeline, text.replace("width: 4", "width: 8"));
    for (const to of Object.keys(FORMATS)) {
      refused(
        await stopgrad("export", from, "--to", to, "--out", out),
        /Cannot use these weights: "y\/stem\/conv\/kernel" is .*\[3,3,3,4\], expected .*\[3,3,3,8\]/,
      );
    }
    const left = (await names(folder)).filter((name) => !(name in FORMATS));
    assert.deepEqual(left, ["runs"]);
  }));

Deno.test("The example of the export page runs as it stands", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--doc", "--no-check", "-A", join(ROOT, "docs/export.md")],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  assert.ok(success, text);
  assert.match(text, /1 passed/);
});
