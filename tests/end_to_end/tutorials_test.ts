/** @file The tutorials of docs/ do what they say. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, onlyRun, readJson, ROOT, sets, stopgrad } from "./cli.ts";

/** Fenced blocks whose first line is a comment with a file's name. */
const BLOCK = /^```(?:ts|yaml)\n(?:\/\/|#) (\S+\.(?:ts|yaml))\n(.*?)^```$/gms;

const FOLDER = join(ROOT, "docs", "tutorials");

for (const { name } of [...Deno.readDirSync(FOLDER)]) {
  Deno.test(`${name}: its files pass the check and train`, () =>
    inFolder(async (folder) => {
      const text = await Deno.readTextFile(join(FOLDER, name));
      let pipeline = "";
      for (const [, file, content] of text.matchAll(BLOCK)) {
        const path = join(folder, file as string);
        const lines = (content as string).trimEnd().split("\n");
        if (path.endsWith(".ts")) assert.ok(lines.length < 20, path);
        await Deno.writeTextFile(path, content as string);
        if (path.endsWith(".yaml")) pipeline = path;
      }
      const check = await stopgrad("check", pipeline);
      assert.equal(check.code, 0, check.stderr);
      assert.equal(check.stderr, "");
      const { code, stderr } = await stopgrad(
        "run",
        pipeline,
        "--runs-dir",
        join(folder, "runs"),
        ...sets(
          "train.epochs=null",
          "train.steps=3",
          "evaluate={knn: {k: 5}, linear: false}",
        ),
      );
      assert.equal(code, 0, stderr);
      const method = pipeline.replace(/^.*\/|\.yaml$/g, "");
      const run = await onlyRun(join(folder, "runs"), method);
      assert.equal((await readJson(run, "summary.json"))["steps"], 3);
    }));
}

Deno.test("What a tutorial says about a term that is taken away is what check says", () =>
  inFolder(async (folder) => {
    const text = await Deno.readTextFile(join(FOLDER, "vicreg_in_yaml.md"));
    const [[, , content] = []] = text.matchAll(BLOCK);
    const [, command = ""] = /^deno task (check .*)$/m.exec(text) ?? [];
    const file = join(folder, "three_terms.yaml");
    await Deno.writeTextFile(file, content as string);
    const args = command.split(" ").map((word) =>
      word === "three_terms.yaml" ? file : word
    );
    const { code, stderr } = await stopgrad(...args);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Without a variance term .*\[collapse-risk\]/);
  }));

Deno.test("check reports a type error in a module", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      join(folder, "mine.ts"),
      `import * as tf from "@tensorflow/tfjs";
import { defineLoss } from "stopgrad";
import { z } from "zod";
export default defineLoss({
  name: "mine",
  summary: "Wrong",
  negatives: "none",
  options: z.strictObject({}),
  apply: (a, b) => tf.sub(a, b, 3),
});
`,
    );
    const file = join(folder, "own.yaml");
    await Deno.writeTextFile(
      file,
      `data: { source: photos, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { use: ./mine.ts, between: [y, y] }
train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } }
`,
    );
    const { code, stderr } = await stopgrad("check", file);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /own\.yaml:5:16: Cannot use ".\/mine\.ts": its types do not fit \[custom-stage\]/,
    );
    assert.match(
      stderr,
      /\n +mine\.ts:9:\d+: Expected 2 arguments, but got 3\. \(TS2554\)/,
    );
  }));
