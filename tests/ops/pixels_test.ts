import assert from "@std/assert";
import { planar } from "../../lib/ops/pixels.ts";
import { planarBatch, range } from "../../lib/data/planar.ts";
import { compiledRuntime } from "../../lib/compile/runtime.ts";
import { engine } from "../helpers/engine.ts";

for (const channels of [1, 3]) {
  Deno.test(`Images of ${channels} channels are put into planes alike in the engine and here`, async () => {
    const [count, height, width] = [5, 3, 4];
    const size = count * height * width * channels;
    const set = {
      count,
      height,
      width,
      channels,
      pixels: Uint8Array.from({ length: size }, (_, i) => 7 * i),
    };
    const runtime = compiledRuntime(engine);
    const program = runtime.load("planes", (execution) => ({
      planes: planar(
        execution.feed("pixels", [count, height, width, channels], "uint8"),
      ),
    }));
    const { planes } = await program.run({
      pixels: {
        dtype: "uint8",
        shape: [count, height, width, channels],
        data: set.pixels,
      },
    });
    runtime.close();
    assert.deepEqual(planes, planarBatch(set, range(0, count)));
  });
}
