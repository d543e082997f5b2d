/** @file Memory is compared before it is too late, and a lack of it is explained. */
import assert from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { peakByPart, peakBytes } from "../../lib/ir/memory.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { machineMemory } from "../../lib/train/machine_memory.ts";
import {
  explainAllocation,
  tight,
  tooMuch,
} from "../../lib/train/memory_check.ts";
import { recordStep } from "../../lib/train/record.ts";
import { engine } from "../helpers/engine.ts";

const { program } = recordStep(
  engine.api,
  await loadPipeline("pipelines/simsiam.yaml", { set: ["data.batch=64"] }),
);
const temporary = peakBytes(program);
const machine = (total: number, free = total) => ({
  total,
  free,
  whose: "this machine",
});

Deno.test("What a step holds at its peak is told by stage, and adds up", () => {
  const parts = peakByPart(program);
  assert.equal([...parts.values()].reduce((a, b) => a + b, 0), temporary);
  const [most] = [...parts].sort(([, a], [, b]) => b - a);
  assert.equal(most?.[0], "y");
});

Deno.test("A step that cannot fit is refused with its stage and a batch that would fit", () => {
  const needed = { variables: 1e6, temporary };
  assert.equal(tooMuch(needed, program, 64, machine(1e12)), undefined);
  assert.equal(tooMuch(needed, program, 64, undefined), undefined);
  const reason = tooMuch(needed, program, 64, machine(temporary / 2)) ?? "";
  assert.match(
    reason,
    /a step needs [\d.]+ GB at once, [\d.]+ GB of it for the stage "y"/,
  );
  assert.match(reason, /A batch of 16 would fit: --set data\.batch=16/);
  assert.match(
    tooMuch(needed, program, 64, machine(temporary / 1000)) ?? "",
    /Take a smaller network/,
  );
});

Deno.test("A step that fits into the machine but not into what is free is warned of", () => {
  const needed = { variables: 1e9, temporary: 1e9, images: 1e9 };
  assert.equal(tight(needed, machine(1e10)), undefined);
  assert.match(
    tight(needed, machine(1e10, 2e9)) ?? "",
    /needs 3\.0 GB, and of the 10\.0 GB of this machine 2\.0 GB are free/,
  );
});

Deno.test("The machine, or its container, tells its memory", () => {
  const { total, free } = machineMemory() ?? machine(0);
  assert.ok(total > 1e8 && free > 0 && free <= total, `${free} of ${total}`);
});

Deno.test("A failed allocation names the stage and what would fit; other errors stay", () => {
  const failed = new Error(
    "Cannot run: OOM when allocating tensor with shape[8192,64] and type float\n\t [[{{node step/y/block1/Conv2D}}]]",
  );
  const told = explainAllocation(failed, 128);
  if (!(told instanceof UserError)) throw told;
  assert.match(told.message, /^There was no memory left in the stage "y": /);
  assert.match(told.message, /--set data\.batch=64/);
  const other = new Error("Cannot run: shapes differ");
  assert.equal(explainAllocation(other, 128), other);
});
