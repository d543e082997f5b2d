/** @file Our side: a pipeline of `pipelines/cifar10`, as `deno task run` trains it. */
import { fileURLToPath } from "node:url";
import { UserError } from "../../lib/errors.ts";
import { type LoadedPipeline, loadPipeline } from "../../lib/pipeline/load.ts";
import type { Train } from "../../lib/model/pipeline.ts";
import type { StepProgress } from "../../lib/train/events.ts";
import { train } from "../../lib/train/train.ts";
import type { BenchData } from "./data.ts";
import type { Outcome, Training } from "./training.ts";

/** Gathers the losses of an epoch, and reports it at its end. */
class EpochLoss {
  #sum = 0;
  #steps = 0;
  #started = 0;
  /** Mean over the last whole epoch. */
  mean = Number.NaN;

  /** The first epoch starts now. */
  start(): void {
    this.#started = performance.now();
  }

  observe({ epoch, epochs, imagesPerSecond, metrics }: StepProgress): void {
    this.#sum += metrics["loss"] ?? Number.NaN;
    this.#steps++;
    if (!Number.isInteger(epoch)) return;
    this.mean = this.#sum / this.#steps;
    const now = performance.now();
    const seconds = (now - this.#started) / 1000;
    console.error(
      `  epoch ${epoch}/${epochs}: loss ${this.mean.toFixed(4)}, ${
        seconds.toFixed(0)
      } s, ${imagesPerSecond.toFixed(0)} images/s`,
    );
    [this.#sum, this.#steps, this.#started] = [0, 0, now];
  }
}

/** The small pipeline of a method, on images that are already loaded. */
export async function smallPipeline(
  { method, seed, epochs }: Training,
  { train, test }: BenchData,
  precision: Train["precision"] = "float32",
): Promise<LoadedPipeline> {
  const file = new URL(
    `../../pipelines/cifar10/${method}-small.yaml`,
    import.meta.url,
  );
  const loaded = await loadPipeline(fileURLToPath(file), {
    set: [
      `seed=${seed}`,
      `train.epochs=${epochs}`,
      `train.precision=${precision}`,
      "evaluate.linear=false",
      // The other side has no monitor: a stopped run would have no accuracy.
      "monitor.collapse=warn",
    ],
  });
  const { pipeline } = loaded;
  const source = {
    ...pipeline.data.source,
    load: () => Promise.resolve({ train, test, skipped: [] }),
  };
  return {
    ...loaded,
    pipeline: { ...pipeline, data: { ...pipeline.data, source } },
  };
}

/** Trains and evaluates; nothing is left on disk. */
export async function trainOurs(
  training: Training,
  data: BenchData,
  precision: Train["precision"],
): Promise<Outcome> {
  const loaded = await smallPipeline(training, data, precision);
  const runsDir = await Deno.makeTempDir({ prefix: "accuracy-runs-" });
  const loss = new EpochLoss();
  try {
    const { summary, alarm } = await train(loaded, {
      runsDir,
      device: "cpu",
      threads: training.threads,
      onEvent(event) {
        if (event.kind === "ready") loss.start();
        if (event.kind === "step") loss.observe(event.progress);
      },
    });
    if (alarm) console.error(`  looks collapsed: ${summary.verdict}`);
    if (summary.knn === null) {
      throw new UserError(
        `No kNN accuracy of "${training.method}": ${summary.note ?? "?"}.`,
      );
    }
    return {
      knn: summary.knn,
      loss: loss.mean,
      seconds: summary.seconds,
      versions: [`Deno ${Deno.version.deno}`, summary.engine],
    };
  } finally {
    await Deno.remove(runsDir, { recursive: true });
  }
}
