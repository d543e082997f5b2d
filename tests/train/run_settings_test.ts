/** @file What a run goes on with. */
import assert from "@std/assert";
import { settingsOnward } from "../../lib/train/run_settings.ts";

const BEGUN = {
  device: "gpu",
  threads: 2,
  eager: false,
  xla: true,
  products: "bfloat16",
  replicas: 4,
} as const;

Deno.test("A run goes on as it was begun, but for what is asked for", () => {
  assert.deepEqual(settingsOnward(BEGUN, {}), BEGUN);
  assert.deepEqual(settingsOnward(BEGUN, { device: "gpu", threads: 3 }), {
    ...BEGUN,
    threads: 3,
  });
  assert.deepEqual(settingsOnward(BEGUN, { replicas: 1 }), {
    ...BEGUN,
    replicas: 1,
  });
  assert.deepEqual(settingsOnward({}, { threads: 3 }), { threads: 3 });
});

Deno.test("On another device, XLA, what layers multiply and the number of replicas are decided anew", () => {
  assert.deepEqual(settingsOnward(BEGUN, { device: "cpu" }), {
    device: "cpu",
    threads: 2,
    eager: false,
  });
});
