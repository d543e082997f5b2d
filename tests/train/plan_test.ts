import assert from "@std/assert";
import { planText } from "../../lib/cli/plan.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { planRun } from "../../lib/train/plan.ts";
import { METHOD_NAMES, smallPipeline } from "../graph/methods.ts";
import { engine } from "../helpers/engine.ts";

const CIFAR =
  new URL("../../pipelines/cifar10/byol.yaml", import.meta.url).pathname;

Deno.test("planRun() counts what is known of ResNet-18", async () => {
  const loaded = await loadPipeline(CIFAR, {
    set: ["data.batch=4", "stages.y.stem_padding=1"],
  });
  const plan = planRun(loaded, engine);
  const y = plan.stages.find(({ wired }) => wired.name === "y");
  const twin = plan.stages.find(({ wired }) => wired.name === "target.y");
  // ResNet-18 with a 3x3 stem and no classifier: 11.17 million parameters,
  // 0.56 billion multiply-adds an image of 32x32.
  assert.equal(y?.parameters, 11_168_832);
  const multiplyAdds = (y?.flops ?? 0) / 2 / (2 * 4);
  assert(Math.abs(multiplyAdds - 0.56e9) < 0.02e9, String(multiplyAdds));
  assert.equal(twin?.flops, y?.flops);
  assert.equal(twin?.activations, 0);
  assert.equal(plan.images, 50_000);
  assert.deepEqual(plan.uncounted, []);
});

Deno.test("planRun() has a rule for every op of the shipped methods", async () => {
  for (const method of METHOD_NAMES) {
    const plan = planRun(await smallPipeline(method), engine);
    assert.deepEqual(plan.uncounted, [], method);
  }
});

Deno.test("planRun() counts about two forward passes backwards", async () => {
  const plan = planRun(await smallPipeline("simclr"), engine);
  const networks = plan.stages.filter(({ wired }) => wired.trainable);
  const forward = networks.reduce((sum, { flops }) => sum + flops, 0);
  const ratio = (plan.rest["backward pass"] ?? 0) / forward;
  assert(ratio > 1.7 && ratio < 2.2, String(ratio));
  const all = plan.stages.reduce((sum, { flops }) => sum + flops, 0);
  const rest = Object.values(plan.rest).reduce((sum, count) => sum + count, 0);
  assert.equal(all + rest, plan.flops);
});

Deno.test("planRun() needs at least the activations at once", async () => {
  const plan = planRun(await smallPipeline("moco"), engine);
  const kept = plan.stages.reduce(
    (sum, { activations }) => sum + activations,
    0,
  );
  assert(kept > 0 && plan.memory.temporary >= kept);
});

Deno.test("planRun() draws one series for stages that share a schedule", async () => {
  const loaded = await smallPipeline(
    "byol",
    "train.schedule=cosine",
    "train.per_stage={ p: { schedule: constant } }",
    "train.ema={ from: 0.9, to: 1 }",
  );
  const { schedules = [] } = planRun(loaded, engine);
  assert.deepEqual(schedules.map(({ option, stages }) => [option, stages]), [
    ["lr", ["y", "z"]],
    ["lr", ["p"]],
    ["momentum", ["target.y", "target.z"]],
  ]);
  const momentum = schedules[2]?.points.map(([, value]) => value) ?? [];
  assert.equal(momentum[0], Math.fround(0.9));
  assert((momentum.at(-1) ?? 0) > 0.99);
});

Deno.test("planText() shows stages, totals, schedules and the rules of counting", async () => {
  const loaded = await smallPipeline("byol", "train.schedule=cosine");
  const text = planText(planRun(loaded, engine), loaded.pipeline);
  assert.match(text, /^y +encode +2 × \[batch, 32\] +[\d,]+ +[\d.]+ MFLOP/m);
  assert.match(text, /^target\.z +ema .* = z /m);
  assert.match(text, /^one step /m);
  assert.match(text, /^Memory of a step: .* of variables \+ .* of temporary/m);
  assert.match(
    text,
    /^Disk, at most: .* = \d checkpoints of .* \+ about .* of metrics$/m,
  );
  assert.match(text, /^Run: 7,200 images, .* 30 steps/m);
  assert.match(text, /^Learning rate of y, z, p, over steps\n/m);
  assert.match(text, /┏|┓/);
  assert.match(text, /a multiply-add is\s+2/);
});

/** A source whose images only a load would count. */
const UNKNOWN = "data={ source: folder, path: nowhere, size: 32, batch: 8 }";

Deno.test("planText() says that the images of a folder are not counted", async () => {
  const loaded = await smallPipeline("simclr", UNKNOWN);
  const text = planText(planRun(loaded, engine), loaded.pipeline);
  assert.match(text, /images of the source "folder" are not counted/);
  assert.match(text, /Learning rate of y, z: 0\.\d+ throughout/);
});

Deno.test("planText() draws no warm-up in epochs of unknown length", async () => {
  const warm = "train.schedule={ cosine: { warmup: 1 } }";
  const loaded = await smallPipeline("simclr", UNKNOWN, warm);
  const unknown = planText(planRun(loaded, engine), loaded.pipeline);
  assert.match(unknown, /Schedules: the warm-up counts in epochs/);
  const told = planText(
    planRun(loaded, engine, { images: 80 }),
    loaded.pipeline,
  );
  assert.match(told, /^Run: 80 images, 10 steps an epoch/m);
  assert.match(told, /Learning rate of y, z, over steps/);
});

Deno.test("planRun() counts values that are kept in bfloat16 as half as large", async () => {
  const exact = planRun(await smallPipeline("simsiam"), engine);
  const narrow = planRun(
    await smallPipeline("simsiam", "train.precision=bfloat16"),
    engine,
  );
  const encoder = ({ stages }: typeof exact): number =>
    stages.find(({ wired }) => wired.name === "y")?.activations ?? 0;
  const share = encoder(narrow) / encoder(exact);
  // All but statistics and what feeds the small products.
  assert(share > 0.5 && share < 0.6, String(share));
  assert(narrow.memory.temporary < 0.7 * exact.memory.temporary);
  assert.equal(narrow.memory.variables, exact.memory.variables);
  assert.equal(narrow.flops, exact.flops);
});

Deno.test("planRun() counts every part of a batch that is computed in parts, and the sums of gradients", async () => {
  const whole = planRun(await smallPipeline("simclr"), engine);
  const parts = planRun(
    await smallPipeline("simclr", "train.accumulate=2"),
    engine,
  );
  // As many images go through the networks.
  const ratio = parts.flops / whole.flops;
  assert(ratio > 0.9 && ratio < 1.1, String(ratio));
  assert(parts.memory.temporary < whole.memory.temporary);
  // The sums are as large as what is trained.
  assert.equal(
    parts.memory.variables - whole.memory.variables,
    4 * whole.parameters,
  );
});

for (
  const setting of [
    "train.ema={ from: 0.9, to: 1, epochs: 2 }",
    "train.per_stage={ p: { freeze: 1 } }",
    "stages.loss.weight={ from: 0, to: 1, epochs: 2 }",
  ]
) {
  Deno.test(`planText() draws nothing that counts in epochs of unknown length: ${setting}`, async () => {
    const loaded = await smallPipeline("byol", UNKNOWN, setting);
    const unknown = planText(planRun(loaded, engine), loaded.pipeline);
    assert.match(unknown, /counts? in epochs, whose length is not known/);
    const told = planText(
      planRun(loaded, engine, { images: 80 }),
      loaded.pipeline,
    );
    assert.match(told, /over steps\n/);
  });
}

Deno.test("planText() says what each number that changes is, and when a stage is frozen", async () => {
  const loaded = await smallPipeline("dino");
  const text = planText(planRun(loaded, engine), loaded.pipeline);
  assert.match(text, /^EMA momentum of t\.y, t\.h, t\.s, over steps$/m);
  assert.match(text, /^`weight_decay` of y, h, s, over steps$/m);
  assert.match(text, /^`temperature` of q, over steps$/m);
  // An epoch has more steps than the run.
  assert.match(text, /^Whether it moves \(1\) or is frozen \(0\) of s: 0 /m);
  assert.match(text, /^gradient clipping /m);
  assert.match(text, /^EMA and queue updates /m);
});
