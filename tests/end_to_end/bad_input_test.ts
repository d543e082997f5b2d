/** @file Bad input: exit code 2, one message, no stack trace, nothing written. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, stopgrad } from "./cli.ts";

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

Deno.test("check answers for every file and fails when one does", async () => {
  const good = await stopgrad("check", GOOD, "pipelines/byol.yaml");
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stdout, /simsiam.yaml: ok\n.*byol.yaml: ok/);
  const bad = await stopgrad("check", GOOD, "--set", "stages.z.of=why");
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /simsiam\.yaml:\d+:\d+: .*"why".*\[unknown-ref/);
});
