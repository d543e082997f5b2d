/** @file What a run says of itself, damaged. */
import assert from "@std/assert";
import { join } from "node:path";
import { readRecord, RUN_FILES } from "../../lib/checkpoint/run_record.ts";
import { readOrigin } from "../../lib/train/run_folder.ts";
import { UserError } from "../../lib/errors.ts";
import { withFolder } from "../data/fixtures.ts";

/** Nested so deep that what walks over it finds the end of the stack. */
const DEEP = `{"a":${'{"a":'.repeat(9000)}1${"}".repeat(9000)}}`;

Deno.test(
  "A folder of runs is no run, and the newest in it is named",
  withFolder(async (folder) => {
    await assert.rejects(readRecord(folder), /Give a folder such as runs/);
    const newest = join(folder, "b", "2026-01-31T12-00-00");
    for (
      const run of [
        join(folder, "a", "2026-01-30T23-00-00"),
        newest,
        join(folder, "b", "2025-12-31T12-00-00"),
      ]
    ) {
      await Deno.mkdir(run, { recursive: true });
      await Deno.writeTextFile(join(run, RUN_FILES.origin), "{}");
    }
    const named = new RegExp(`such as ${newest},`);
    await assert.rejects(readRecord(folder), named);
    await assert.rejects(readRecord(join(folder, "b")), named);
  }),
);

Deno.test(
  "A record of a run that is nested 9,000 deep is none",
  withFolder(async (folder) => {
    const write = (pipeline: string): Promise<void> =>
      Deno.writeTextFile(
        join(folder, RUN_FILES.origin),
        `{ "baseDir": "/", "id": "x", "pipeline": ${pipeline} }`,
      );
    await write(`{ "train": { "steps": 3 } }`);
    assert.ok(await readRecord(folder));
    assert.ok(await readOrigin(folder));
    await write(DEEP);
    await assert.rejects(readRecord(folder), UserError);
    await assert.rejects(readOrigin(folder), /it is nested too deep/);
  }),
);
