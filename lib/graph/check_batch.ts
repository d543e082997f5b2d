/** @file Whether the batch fits the data and the batch norms. */
import { knownImages } from "../data/share.ts";
import type { Findings } from "../diagnostics/diagnostic.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { hasBatchNorm, type WiredStage } from "./stage_graph.ts";

const PATH = ["data", "batch"];

/** Reports a batch that the data cannot fill, or that has no statistics. */
export function checkBatch(
  { data, train: { accumulate } }: Pipeline,
  order: readonly WiredStage[],
  findings: Findings,
): void {
  const { batch } = data;
  const normed = order.find((wired) => wired.trainable && hasBatchNorm(wired));
  if (batch % accumulate !== 0) {
    findings.error(
      "out-of-range",
      ["train", "accumulate"],
      `Cannot divide a batch of ${batch} into ${accumulate} parts`,
      { hints: ["make data.batch a multiple of it"], related: [PATH] },
    );
  } else if (batch === accumulate && normed) {
    findings.error(
      "batch-norm-batch",
      PATH,
      `Cannot normalise batches of 1: "${normed.name}" has batch norm`,
      {
        hints: ["one image has no variance; make batches of 2 or more"],
        ...(accumulate > 1 ? { related: [["train", "accumulate"]] } : {}),
      },
    );
  }
  const images = knownImages(data);
  if (images === undefined) return;
  if (batch > images) {
    findings.error(
      "batch-too-large",
      PATH,
      `Cannot fill a batch of ${batch}: the training set has ${images} images`,
      { hints: [`set data.batch to ${images} or less`] },
    );
  }
}
