/** @file What is shipped is not flagged. */
import assert from "@std/assert";
import { sets } from "./cli.ts";
import { SHIPPED } from "./shipped.ts";
import { runs, short } from "./short_run.ts";

/** A warm-up that such a run has time for. */
const SOON = sets("train.schedule.cosine.warmup=0.5");

for (const { method, encoder, small } of SHIPPED) {
  Deno.test(`${method}.yaml as it is shipped is not flagged`, async () => {
    const more = encoder === "vit" ? SOON : [];
    await using it = await runs(
      method,
      ...short(240),
      ...small,
      ...more,
    );
    const { code, stderr, summary } = it;
    assert.equal(code, 0, stderr);
    // With the warm-up of an epoch 240 steps are few; but nothing is seen.
    assert.match(String(summary["verdict"]), /^(healthy|too_short)$/);
    assert.deepEqual(summary["alarms"], []);
    assert.deepEqual(summary["falls"], []);
  });
}
