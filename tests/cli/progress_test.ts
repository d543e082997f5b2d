import assert from "@std/assert";
import { stepLine } from "../../lib/cli/reporter.ts";

const PROGRESS = {
  step: 50,
  steps: 100,
  epoch: 5,
  epochs: 10,
  imagesPerSecond: 1234,
  metrics: { loss: 0.5, embedding_std: 0.9 },
  secondsLeft: 61,
};

Deno.test("The progress line names the images when steps wait for them", () => {
  const busy = stepLine({ ...PROGRESS, waiting: 0.02 });
  assert.match(
    busy,
    /step 50\/100 .*1,234 images\/s .*loss 0\.5000.*1m 01s left/,
  );
  assert.doesNotMatch(busy, /waiting/);
  const bound = stepLine({ ...PROGRESS, waiting: 0.427 });
  assert.match(bound, /1,234 images\/s {2}waiting for images 43 % {2}loss/);
});
