/** @file One short training of a method, judged beside its untrained encoder: `train_one.ts ORDER`. */
import { cacheFolder } from "../../lib/engine/cache.ts";
import { Encoder } from "../../lib/encoder/encoder.ts";
import { gatherFeatures } from "../../lib/evaluate/features.ts";
import { judgeData } from "../../lib/evaluate/judge_data.ts";
import { knnAccuracy } from "../../lib/evaluate/knn.ts";
import { classCount, labelled } from "../../lib/evaluate/labelled.ts";
import { logisticWinners } from "../../lib/evaluate/logistic.ts";
import { top1 } from "../../lib/evaluate/accuracy.ts";
import type { LoadedData } from "../../lib/data/source.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { train } from "../../lib/train/train.ts";
import { PROTOCOLS } from "./protocols.ts";
import type { Accuracies, Order, Outcome } from "./results.ts";

const [order = ""] = Deno.args;
const { file, protocol, cifar, set: own }: Order = JSON.parse(order);

async function judged(
  encoder: Encoder,
  { train, test }: LoadedData,
): Promise<Accuracies> {
  if (!test) throw new Error("no test images");
  const classes = classCount(train);
  const read = (set: typeof train) => gatherFeatures(set, encoder.embed(set));
  const bank = await labelled(train, read);
  const queries = await labelled(test, read);
  const knn = await knnAccuracy(encoder, bank, queries, classes, {
    k: 20,
    temperature: 0.1,
  });
  const { winners } = await logisticWinners(encoder, bank, queries, classes);
  return { knn, linear: top1(winners, queries.labels) };
}

const loaded = await loadPipeline(file, {
  set: [
    ...PROTOCOLS[protocol].settings((await loadPipeline(file)).pipeline, cifar),
    ...own,
    "evaluate.knn=false",
    "evaluate.linear=false",
  ],
});
const runsDir = await Deno.makeTempDir({ prefix: "methods-" });
try {
  const { folder, summary } = await train(loaded, { runsDir });
  const trained = await Encoder.open(folder, { checkpoint: "last" });
  const untrained = await Encoder.open(folder, {
    checkpoint: "untrained",
    engine: trained.engine,
  });
  const { loaded: data } = await judgeData(trained, {}, {
    baseDir: ".",
    cacheDir: cacheFolder(),
  });
  const outcome: Outcome = {
    epochs: loaded.pipeline.train.length.count,
    verdict: summary.verdict,
    trained: await judged(trained, data),
    untrained: await judged(untrained, data),
  };
  console.log(JSON.stringify(outcome));
} finally {
  await Deno.remove(runsDir, { recursive: true });
}
