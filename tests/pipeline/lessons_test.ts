/** @file The lessons: sweeps whose points the bench and the pages know. */
import assert from "@std/assert";
import { basename } from "node:path";
import { LESSONS as EXPECTED } from "../../bench/lessons/lessons.ts";
import { checkPipeline } from "../../lib/pipeline/load.ts";
import { LESSONS } from "./shipped.ts";

for (const file of LESSONS) {
  const name = basename(file, ".yaml");

  Deno.test(`The lesson ${name} is sound but for what it breaks, and its bench knows every point`, async () => {
    const { loaded, findings, text } = await checkPipeline(file);
    if (!loaded?.sweep) throw new Error(text);
    assert.deepEqual(
      findings.filter(({ code }) => code !== "collapse-risk"),
      [],
    );
    const points = loaded.sweep.points.map((point) => point.name);
    assert.deepEqual(Object.keys(EXPECTED[name] ?? {}), points);
  });
}

Deno.test("The bench has no lesson that is not there", () => {
  assert.deepEqual(
    Object.keys(EXPECTED).sort(),
    LESSONS.map((file) => basename(file, ".yaml")),
  );
});
