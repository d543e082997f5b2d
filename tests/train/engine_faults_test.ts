import assert from "@std/assert";
import { EngineError } from "../../lib/engine/ffi.ts";
import { UserError } from "../../lib/errors.ts";
import { explainFault } from "../../lib/train/engine_faults.ts";

const RUN = {
  pipeline: { data: { batch: 64 } },
  graph: {
    byName: new Map([["m", { code: "./far.ts" }], ["y", { code: "vit" }]]),
  },
} as unknown as Parameters<typeof explainFault>[1];

const failed = (what: string, stage: string): EngineError =>
  new EngineError(
    `The engine could not run: ${what}\n\t [[{{node step/${stage}/GatherV2}}]]`,
  );

Deno.test("What the engine refuses in a stage of one's own is told with its file", () => {
  const error = explainFault(
    failed("indices[6] = 55 is not in [0, 49)", "m"),
    RUN,
  );
  assert.ok(error instanceof UserError);
  assert.equal(
    (error as UserError).message,
    'Cannot run "./far.ts" in the stage "m": indices[6] = 55 is not in [0, 49).\nMend the file; `--eager` runs it op by op.',
  );
});

Deno.test("What the engine refuses in a built-in stage stays a defect of ours", () => {
  const error = failed("indices[6] = 55 is not in [0, 49)", "y");
  assert.equal(explainFault(error, RUN), error);
  const other = new Error("{{node step/m/GatherV2}}");
  assert.equal(explainFault(other, RUN), other);
});

Deno.test("Memory that is gone is told as that, whoever's stage asked for it", () => {
  const error = explainFault(failed("OOM when allocating tensor", "m"), RUN);
  assert.ok(error instanceof UserError);
  assert.match(
    (error as UserError).message,
    /^There was no memory left in the stage "m".*\n.*data\.batch=32/,
  );
});
