import assert from "@std/assert";
import { BFLOAT16, type Rounding } from "../../lib/ir/rounding.ts";
import { buildPipeline } from "../../lib/pipeline/config.ts";
import { planRun } from "../../lib/train/plan.ts";
import { eagerRuntime } from "../../lib/compile/runtime.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { engine } from "../helpers/engine.ts";
import { IMAGES } from "./methods.ts";

const pipelineOf = (precision: "float32" | "bfloat16", batch = 8) =>
  buildPipeline({
    data: { source: "photos", batch },
    stages: {
      views: { augment: "simclr", of: "image", count: 2 },
      y: {
        encode: "vit",
        of: "views",
        patch: 4,
        width: 24,
        depth: 2,
        heads: 3,
        layer_scale: 0.1,
      },
      z: { project: "mlp", of: "y", hidden: 16, out: 12, batch_norm: "none" },
      loss: { loss: "nt_xent", between: ["z", "z"], pairs: "unordered" },
    },
    train: {
      steps: 20,
      optimizer: { adamw: { lr: 0.001, weight_decay: 0.05 } },
      schedule: "constant",
      precision,
    },
    evaluate: false,
  });

async function losses(
  precision: "float32" | "bfloat16",
  options: Parameters<typeof TrainingSession.start>[4],
): Promise<number[]> {
  const { pipeline, graph } = pipelineOf(precision);
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    IMAGES,
    options,
  );
  const losses: number[] = [];
  for (let i = 0; i < 3; i++) {
    losses.push((await session.step())["loss"] as number);
  }
  await session.close();
  return losses;
}

const largestGap = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

Deno.test("Compiled steps of a vision transformer are those run op by op", async () => {
  const compiled = await losses("float32", {});
  const eager = await losses("float32", { runtime: eagerRuntime(engine) });
  assert.ok(largestGap(compiled, eager) < 1e-5, `${compiled} and ${eager}`);
});

for (const products of ["bfloat16", "float32"] as const) {
  Deno.test(`Steps of a vision transformer in bfloat16 with products in ${products} are those of float32 but for rounding`, async () => {
    const exact = await losses("float32", {});
    const rounded = await losses("bfloat16", { products });
    assert.notDeepEqual(rounded, exact);
    // Half of the last of eight bits.
    const gap = largestGap(exact, rounded) / Math.abs(exact[0] as number);
    assert.ok(gap < 2 ** -9, `${exact} and ${rounded}`);
  });

  Deno.test(`In bfloat16 with products in ${products} a vision transformer keeps about half the bytes for its gradients`, () => {
    const rounding: Rounding = { ...BFLOAT16, products };
    const [exact, rounded] = [
      // Weights, which stay float32, weigh little beside so many images.
      planRun(pipelineOf("float32", 64), engine, {}),
      planRun(pipelineOf("bfloat16", 64), engine, { rounding }),
    ].map(({ stages }) =>
      stages.find(({ wired }) => wired.name === "y")?.activations ?? 0
    ) as [number, number];
    assert.ok(rounded < 0.55 * exact, `${rounded} of ${exact}`);
  });
}

Deno.test("planRun() has a rule for every op of a vision transformer", () => {
  assert.deepEqual(planRun(pipelineOf("float32"), engine).uncounted, []);
});
