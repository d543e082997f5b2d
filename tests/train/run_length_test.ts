/** @file The length of a run, once its images are counted. */
import assert from "@std/assert";
import { checkText } from "../../lib/pipeline/load.ts";
import { lateWarnings } from "../../lib/train/run_length.ts";

/** Warnings of a run on 80 images that are counted as they load, or before. */
function warnings(
  length: string,
  source = "photos, share: 0.5",
): readonly string[] {
  const { loaded, text } = checkText(
    "a.yaml",
    `data: { source: ${source}, batch: 8 }
stages:
  views: { augment: none, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: mse, between: [y, stop_gradient(y)] }
train:
  ${length}
  optimizer: { sgd: { lr: 0.1 } }
  schedule: { multistep: { milestones: [2, 3] } }
monitor: { collapse: off }
`,
  );
  if (!loaded) throw new Error(text);
  return lateWarnings(loaded.pipeline, 80);
}

Deno.test("A milestone that no step reaches is told when the images are counted, where the check could not", () => {
  assert.deepEqual(warnings("steps: 25"), [
    "It never falls after epoch 3: the run has 25 steps; make the run longer, or let it fall earlier",
  ]);
  assert.deepEqual(warnings("steps: 31"), []);
  // The check has said so.
  assert.deepEqual(warnings("epochs: 2"), []);
  assert.deepEqual(warnings("steps: 25", "cifar10"), []);
});
