/** @file Where the images of a step come from. */
import type * as tf from "@tensorflow/tfjs";
import { IMAGE, LABEL } from "../model/reference.ts";
import { unitPixels } from "../ops/pixels.ts";
import { OUTPUT, type Values } from "../stages/define.ts";
import type { Execution, VariableRef } from "../trace/execution.ts";
import { edgesOf } from "./edges.ts";
import type { Sharing } from "./sharing.ts";
import type { StageGraph } from "./stage_graph.ts";

/** Where the images of a step, and their labels, come from. */
export type ImageInput =
  /** The step gathers its batch from variables by the fed indices. */
  | {
    readonly kind: "resident";
    readonly pixels: VariableRef;
    /** Where the images have labels. */
    readonly labels?: VariableRef;
  }
  /** The batch is fed. */
  | { readonly kind: "fed" };

/** Whether some stage reads labels. */
export const readsLabels = ({ order }: Pick<StageGraph, "order">): boolean =>
  order.some(({ stage }) => edgesOf(stage).some(({ to }) => to === LABEL));

/** Labels that the stages tell apart: those that go further would be lost. */
export function classesRead(
  { order }: Pick<StageGraph, "order">,
): { readonly stage: string; readonly classes: number } | undefined {
  const all = order.flatMap(({ name, built: { classes } }) =>
    classes === undefined ? [] : [{ stage: name, classes }]
  );
  return all.toSorted((a, b) => a.classes - b.classes)[0];
}

/**
 * A batch: images, planar, float32 in 0..1, and labels, int32 `[batch]`, where
 * a stage reads them.
 */
export function readBatch(
  execution: Execution,
  input: ImageInput,
  batch: number,
  graph: StageGraph,
  sharing: Sharing,
): Map<string, Values> {
  const [channels, height, width] = graph.image;
  const labelled = readsLabels(graph);
  const values = new Map<string, Values>();
  let bytes: tf.Tensor;
  let labels: tf.Tensor | undefined;
  if (input.kind === "resident") {
    const indices = execution.feed("indices", [batch], "int32");
    bytes = execution.gather(input.pixels, indices);
    if (labelled) {
      if (!input.labels) throw new Error("internal: images without labels");
      labels = execution.gather(input.labels, indices);
    }
  } else {
    bytes = execution.feed(
      "images",
      [batch, channels, height, width],
      "uint8",
    );
    if (labelled) labels = execution.feed("labels", [batch], "int32");
  }
  values.set(IMAGE, { [OUTPUT]: [unitPixels(sharing.rows(bytes))] });
  if (labels) values.set(LABEL, { [OUTPUT]: [labels] });
  return values;
}
