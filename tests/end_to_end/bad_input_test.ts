/** @file Bad input: exit code 2, one message, no stack trace, nothing written. */
import assert from "@std/assert";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { LIBRARY_FILES } from "../../lib/engine/library.ts";
import { locateEngine } from "../../lib/engine/locate.ts";
import { inFolder, type Outcome, outcome, startWith, stopgrad } from "./cli.ts";

const GOOD = "pipelines/simsiam.yaml";

const CASES: readonly {
  readonly name: string;
  readonly args: readonly string[];
  readonly message: RegExp;
}[] = [
  {
    name: "a file that is not there",
    args: ["pipelines/simsam.yaml"],
    message: /Cannot read the pipeline "pipelines\/simsam.yaml"/,
  },
  {
    name: "a folder in place of a file",
    args: ["pipelines"],
    message: /Cannot read the pipeline "pipelines"/,
  },
  {
    name: "an unknown stage kind",
    args: [GOOD, "--set", "stages.p.predict=mpl"],
    message: /did you mean "mlp"/,
  },
  {
    name: "a --set without a value",
    args: [GOOD, "--set", "train.epochs"],
    message: /expected key=value/,
  },
  {
    name: "an unknown device",
    args: [GOOD, "--device", "tpu"],
    message: /cpu, gpu/,
  },
  {
    name: "threads that are no number",
    args: [GOOD, "--threads", "many"],
    message: /whole number/,
  },
  {
    name: "an unknown option",
    args: [GOOD, "--epochs", "3"],
    message: /unknown option '--epochs'/,
  },
  {
    name: "a batch larger than the data",
    args: [GOOD, "--set", "data.batch=10000"],
    message: /Cannot fill a batch of 10000: the training set has 7200 images/,
  },
  {
    name: "a folder of images that is not there",
    args: [
      GOOD,
      "--set",
      "data={source: folder, path: nowhere, size: 32, batch: 8}",
    ],
    message: /nowhere/,
  },
];

for (const { name, args, message } of CASES) {
  Deno.test(`run refuses ${name}`, () =>
    inFolder(async (folder) => {
      const runs = join(folder, "runs");
      const { code, stderr } = await stopgrad(
        "run",
        ...args,
        "--runs-dir",
        runs,
      );
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at |internal:/);
      await assert.rejects(() => Deno.stat(runs), Deno.errors.NotFound);
    }));
}

/** Runs with libtensorflow taken from a folder. */
function withEngine(folder: string, ...args: string[]): Promise<Outcome> {
  const env = { STOPGRAD_LIBTENSORFLOW: folder, CUDA_VISIBLE_DEVICES: "-1" };
  return outcome(startWith(env, "run", GOOD, ...args));
}

Deno.test("run refuses a GPU that TensorFlow does not find", () =>
  inFolder(async (folder) => {
    const cacheDir = cacheFolder();
    const library = await locateEngine({ build: "cpu", cacheDir });
    const { code, stderr } = await withEngine(
      dirname(library?.framework ?? ""),
      ...["--device", "gpu", "--runs-dir", join(folder, "runs")],
    );
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^Cannot use a GPU: .*\n.*--device cpu\.\n$/);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), []);
  }));

Deno.test("run refuses an engine that cannot be loaded, and says how to give another", () =>
  inFolder(async (folder) => {
    const header = new Uint8Array(64);
    header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    for (const file of Object.values(LIBRARY_FILES)) {
      await Deno.writeFile(join(folder, file), header);
    }
    const runs = join(folder, "runs");
    const { code, stderr } = await withEngine(folder, "--runs-dir", runs);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /^Cannot load libtensorflow from ".*": .*\nThree ways to give it:\n/,
    );
    assert.doesNotMatch(stderr, /\n\s+at |internal:/);
    await assert.rejects(() => Deno.stat(runs), Deno.errors.NotFound);
  }));

Deno.test("check answers for every file and fails when one does", async () => {
  const good = await stopgrad("check", GOOD, "pipelines/byol.yaml");
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /simsiam.yaml: ok\n.*byol.yaml: ok/);
  const bad = await stopgrad("check", GOOD, "--set", "stages.z.of=why");
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /simsiam\.yaml:\d+:\d+: .*"why".*\[unknown-ref/);
});
