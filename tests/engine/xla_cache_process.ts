/** @file Trains by one and two replicas with XLA, whose programs are kept in a folder. */
import { XlaCache } from "../../lib/engine/xla_cache.ts";

const cache = XlaCache.open(Deno.args[0] ?? "");
// Opens the library, and with it reads the flags.
const { openEngine } = await import("../../lib/engine/open.ts");
const { TrainingSession } = await import("../../lib/train/session.ts");
const { tinyImages } = await import("../evaluate/tiny.ts");
const { check } = await import("../helpers/training.ts");
const { loaded, text } = check({
  stages: `  views: { augment: [normalize], of: image, count: 1 }
  y: { encode: mlp, of: views, hidden: 8, out: 3, batch_norm: hidden }
  loss: { loss: cross_entropy, of: y, labels: label }`,
  batch: 8,
});
if (!loaded) throw new Error(text);
for (const replicas of [1, 2]) {
  const session = await TrainingSession.start(
    loaded.pipeline,
    loaded.graph,
    await openEngine({ device: "cpu", replicas }),
    tinyImages(24, 1, 3),
  );
  const losses: unknown[] = [];
  for (let i = 0; i < 3; i++) losses.push((await session.step())["loss"]);
  console.log(JSON.stringify(losses));
  await session.close();
}
cache?.keep();
