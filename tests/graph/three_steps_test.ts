import assert from "@std/assert";
import { passages } from "../../lib/cli/ir.ts";
import { passesFor } from "../../lib/compile/compile.ts";
import type { Tensors } from "../../lib/compile/machine.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { printProgram } from "../../lib/ir/print.ts";
import { FLOAT32 } from "../../lib/ir/rounding.ts";
import type { LoadedPipeline } from "../../lib/pipeline/load.ts";
import { recordStep } from "../../lib/train/record.ts";
import { compiledRuntime, eagerRuntime } from "../../lib/compile/runtime.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { engine } from "../helpers/engine.ts";
import {
  course,
  differences,
  differencesAt,
  GRADIENT,
  keepingGradients,
} from "./agreement.ts";
import { IMAGES, METHOD_NAMES, smallPipeline } from "./methods.ts";

const STEPS = 3;
const TOLERANCE = 1e-5;

/** Checks three compiled steps against eager ones. */
async function agree({ pipeline, graph }: LoadedPipeline): Promise<void> {
  const kept = keepingGradients(pipeline);
  const start = (runtime: typeof compiledRuntime) =>
    TrainingSession.start(kept, graph, engine, IMAGES, {
      runtime: runtime(engine),
    });
  const compiled = await course(await start(compiledRuntime), STEPS);
  const eager = await course(await start(eagerRuntime), STEPS);

  const gradients = Object.keys(eager.states[0] as Tensors).filter((path) =>
    path.startsWith(`optimizer/${GRADIENT}/`)
  );
  const trained = graph.order.filter(({ trainable }) => trainable)
    .flatMap(({ variables }) => variables)
    .filter(({ role }) => role !== "buffer");
  assert.equal(gradients.length, trained.length);
  for (let i = 0; i < STEPS; i++) {
    const report = differencesAt(i, compiled, eager, TOLERANCE);
    assert.deepEqual(report, [], `step ${i + 1}`);
  }
}

for (const method of METHOD_NAMES) {
  Deno.test(`${method}: losses, gradients and variables of three compiled steps are those of eager ones`, async () => {
    await agree(await smallPipeline(method));
  });
}

Deno.test("a step with values so large that every pass has work is an eager one too", async () => {
  const large = await smallPipeline(
    "byol",
    "data.batch=16",
    "stages.y.width=64",
    "stages.z.out=512",
    "stages.p={ predict: mlp, of: z, hidden: 512, out: 512 }",
  );
  const { program } = recordStep(engine.api, large);
  const idle = new Set(passesFor(FLOAT32).map(({ name }) => name));
  for (const { pass, before, after } of passages(program)) {
    if (printProgram(before) !== printProgram(after)) idle.delete(pass);
  }
  // One device has nothing to spread.
  assert.deepEqual([...idle], ["replicate"]);
  await agree(large);
});

Deno.test("the comparison finds a gradient that is off by two in a hundred thousand", async () => {
  const { pipeline, graph } = await smallPipeline("simsiam");
  const session = await TrainingSession.start(
    keepingGradients(pipeline),
    graph,
    engine,
    IMAGES,
  );
  const { states: [state] } = await course(session, 1);
  const path = `optimizer/${GRADIENT}/y/block1.0/conv1/kernel`;
  const right = (state as Tensors)[path] as TensorData;
  const data = Float32Array.from(
    right.data as Float32Array,
    (value) => value * (1 + 2e-5),
  );
  const wrong = { ...state as Tensors, [path]: { ...right, data } };
  const found = differences(wrong, state as Tensors, TOLERANCE);
  assert.equal(found.length, 1);
  assert.match(found[0] as string, /block1\.0\/conv1\/kernel/);
});
