/** @file A run's encoder trained with labels, by a pipeline that is written out. */
import assert from "@std/assert";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { printed } from "../cli/console.ts";
import { withFolder } from "../data/fixtures.ts";
import { contents, trainSmall, writeImages } from "../encoder/trained.ts";
import { decodeSafetensors } from "../../lib/checkpoint/safetensors.ts";

/** The only run below a folder. */
async function onlyRun(folder: string): Promise<string> {
  const [{ name = "" } = {}] = await Array.fromAsync(Deno.readDir(folder));
  return join(folder, name);
}

async function variables(run: string, step: number) {
  const file = `step-${String(step).padStart(8, "0")}.safetensors`;
  const bytes = await Deno.readFile(join(run, "checkpoints", file));
  return decodeSafetensors(bytes).tensors;
}

Deno.test(
  "A run's encoder is fine-tuned whole or by its head alone, with a share of the labels, and judged by its head",
  withFolder(async (folder) => {
    const run = await trainSmall(folder, "evaluate: false", [""]);
    const before = await contents(run);
    const data = join(folder, "labelled");
    await writeImages(data, 80, 5);
    const tune = (out: string, ...more: string[]) =>
      printed(
        ...["finetune", run, "--data", data, "--out", join(folder, out)],
        ...["--runs-dir", join(folder, out.slice(0, -5)), "--device", "cpu"],
        ...["--epochs", "4", ...more],
      );
    const whole = await tune(
      "whole.yaml",
      ...["--batch", "8", "--lr", "0.1", "--frozen-statistics"],
      ...["--layer-decay", "0.5", "--set", "evaluate.every=2"],
    );
    assert.equal(whole.code, 0, whole.stderr);
    assert.match(whole.stdout, /y begins with the weights .* all \d+ matched/);
    assert.match(whole.stdout, /accuracy 100\.0 %\n/);
    assert.match(whole.stdout, /epoch 2: accuracy/);
    const written = parse(await Deno.readTextFile(join(folder, "whole.yaml")));
    assert.deepEqual(written.train.per_stage.y, {
      layer_decay: 0.5,
      statistics: "frozen",
    });
    const first = await variables(run, 6);
    const last = await variables(
      await onlyRun(join(folder, "whole", "small-finetuned")),
      32,
    );
    const [statistic] = Object.keys(first).filter((path) =>
      /^y\/.*\/mean$/.test(path)
    );
    assert.deepEqual(last[statistic!], first[statistic!]);
    const kernel = Object.keys(first).find((path) =>
      /^y\/.*\/kernel$/.test(path)
    )!;
    assert.notDeepEqual(last[kernel], first[kernel]);

    const head = await tune("head.yaml", "--head-only", "--share", "0.25");
    assert.equal(head.code, 0, head.stderr);
    assert.match(head.stdout, /trained on 16 of 64 images: 25 % of each class/);
    assert.match(head.stdout, /accuracy \d+\.\d %\n/);
    const tuned = await onlyRun(join(folder, "head", "small-finetuned"));
    const [{ name = "" } = {}] = (await Array.fromAsync(
      Deno.readDir(join(tuned, "checkpoints")),
    )).filter(({ name }) => name.endsWith(".safetensors"));
    const kept = await variables(tuned, Number(name.slice(5, 13)));
    for (const path of Object.keys(first)) {
      if (path.startsWith("y/")) {
        assert.deepEqual(kept[path], first[path], path);
      }
    }
    assert.deepEqual(await contents(run), before);

    // What is there is not replaced, and what is no run is told of.
    const again = await tune("head.yaml", "--head-only");
    assert.equal(again.code, 2);
    assert.match(again.stderr, /it exists already.\nAdd --force/);
    const nothing = join(folder, "none.yaml");
    const cut = async (file: string): Promise<string> => {
      const damaged = join(folder, `damaged ${file}`);
      await cp(run, damaged, { recursive: true });
      await Deno.truncate(join(damaged, file), 60);
      return damaged;
    };
    const newest = "checkpoints/step-00000006.safetensors";
    for (
      const [args, message] of [
        [[folder, "--data", data], /is not the folder of a run|no run/],
        [[run, "--data", join(folder, "images")], /the images have no labels/],
        [[run, "--size", "16"], /Name a folder with --data, too/],
        [[run, "--data", data, "--size", "100000"], /from 1 to 4096/],
        [[run, "--data", data, "--of", "loss"], /"loss"/],
        [[await cut("run.json"), "--data", data], /its run\.json is damaged/],
        [[await cut("pipeline.yaml"), "--data", data], /pipeline\.yaml:/],
        [
          [await cut(newest), "--data", data],
          /no whole checkpoint.\n.*step-00000006\.safetensors: it has 60 bytes/,
        ],
      ] as const
    ) {
      const { code, stderr } = await printed(
        ...["finetune", ...args, "--out", nothing, "--no-run"],
      );
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      await assert.rejects(Deno.stat(nothing));
    }
  }),
);
