import assert from "@std/assert";
import { Pace } from "../../lib/train/pace.ts";

Deno.test("Pace tells steps a second, and the share of waiting, of the last steps", () => {
  const pace = new Pace();
  assert.deepEqual([pace.stepsPerSecond, pace.waiting], [0, 0]);
  pace.tick(1000, 500);
  assert.deepEqual([pace.stepsPerSecond, pace.waiting], [0, 0]);
  // A hundred slow steps, half of their time waiting; then fast ones.
  let [time, waited] = [1000, 500];
  for (let i = 0; i < 100; i++) pace.tick(time += 200, waited += 100);
  assert.deepEqual([pace.stepsPerSecond, pace.waiting], [5, 0.5]);
  for (let i = 0; i < 51; i++) pace.tick(time += 10, waited);
  assert.deepEqual([pace.stepsPerSecond, pace.waiting], [100, 0]);
});
