import assert from "@std/assert";
import { checkText } from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { changeEffects, standingWith } from "../../lib/train/change_effects.ts";
import { differences } from "../../lib/train/resume.ts";

const text = (batch: number, epochs: number, seed = 0) =>
  `seed: ${seed}
data: { source: photos, batch: ${batch} }
stages:
  views: { augment: simsiam, of: image, count: 2 }
  y: { encode: resnet, of: views, width: 8, blocks: [1] }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { epochs: ${epochs}, optimizer: { sgd: { lr: 0.05 } }, schedule: { cosine: {} } }
`;
const pipelineOf = (...parts: Parameters<typeof text>) => {
  const { loaded, text: report } = checkText("p.yaml", text(...parts));
  if (!loaded) throw new Error(report);
  return loaded.pipeline;
};

function effects(
  [before, now]: readonly [
    Parameters<typeof text>,
    Parameters<typeof text>,
  ],
  done: number,
): string {
  const [old, pipeline] = [resolve(pipelineOf(...before)), pipelineOf(...now)];
  return changeEffects({
    changes: differences(old, resolve(pipeline)),
    before: old,
    now: pipeline,
    done,
    images: 32,
  }).join("\n");
}

Deno.test("Another batch keeps the epochs that are done, and the learning rate", () => {
  const said = effects([[4, 4], [16, 4]], 16);
  assert.match(said, /what is done counts as the passes over the images/);
  assert.match(said, /step 16 is epoch 2: of 4 before, of 4 now$/);
  // Half of an epoch of 2 steps of 16 is one step.
  assert.match(effects([[4, 4], [16, 4]], 20), /step 20 is epoch 2\.5: of 4/);
  assert.match(
    effects([[4, 4], [16, 4]], 17),
    /epoch 2\.13: .*\n4 images of this epoch are trained on again, for batches are whole/,
  );
  assert.match(
    effects([[4, 4], [16, 4]], 19),
    /4 images of this epoch are left out/,
  );
});

Deno.test("A shorter length that leaves nothing to train is told before it happens", () => {
  const said = effects([[4, 4], [16, 3]], 32);
  assert.match(said, /step 32 is epoch 4: of 4 before, of 4 now/);
  assert.match(
    said,
    /nothing is left to train: the run has 32 steps now, and 32/,
  );
});

Deno.test("A finished run that is made longer is told where its learning rate goes on", () => {
  const said = effects([[8, 4], [8, 8]], 16);
  assert.match(said, /schedules .* are laid over the new length/);
  assert.match(
    said,
    /the learning rate steps from 0\.00048 to 0\.025 \(0\.5 of its highest\)/,
  );
});

Deno.test("What does not touch the length says nothing of it", () => {
  const said = effects([[8, 4], [8, 4, 3]], 8);
  assert.equal(
    said,
    "seed: augmentations and the order of images are drawn anew",
  );
  assert.equal(effects([[8, 4], [8, 4]], 8), "");
});

Deno.test("With other images, how far the run is is told when they are read, by their number", () => {
  const now = pipelineOf(4, 6);
  const before = resolve(pipelineOf(4, 4));
  const said = changeEffects({
    changes: ["data.path: a -> b", "train.epochs: 4 -> 6"],
    before,
    now,
    done: 32,
    images: 32,
  }).join("\n");
  assert.match(said, /training goes on with other images/);
  assert.match(said, /it is told when they are read/);
  assert.doesNotMatch(said, /step 32/);
  const lines = standingWith(16, { before, now, done: 32, images: 32 });
  assert.deepEqual(lines, [
    "step 32 is epoch 4: of 4 before, of 6 now",
    "the learning rate steps from 0.00012 to 0.0125 (0.25 of its highest)",
  ]);
});
