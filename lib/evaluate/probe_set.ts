/** @file Labelled features on the device, for probes. */
import type { TensorData } from "../ir/dtype.ts";
import type { VariableRef } from "../trace/execution.ts";
import type { Programs } from "../compile/runtime.ts";
import type { Features } from "./features.ts";
import { loadOnce } from "./load_once.ts";

/** Features with the class of each row. */
export interface Labelled {
  readonly features: Features;
  readonly labels: Int32Array;
}

/** Host tensor of a set's features. */
export function featureTensor(
  { count, width, data }: Features,
): TensorData {
  return { dtype: "float32", shape: [count, width], data };
}

/** A labelled set on the device. */
export interface Uploaded {
  readonly rows: VariableRef;
  readonly classes: VariableRef;
}

/**
 * Puts a labelled set into variables. They are those of the sets of this size
 * that were there before it for the same purpose: a run that is judged often
 * holds one.
 *
 * @param purpose Such as `knn`.
 */
export async function uploadSet(
  programs: Programs,
  { features, labels }: Labelled,
  purpose: string,
): Promise<Uploaded> {
  const { count, width } = features;
  const name = `evaluate/${purpose}/${count}x${width}`;
  const rows: VariableRef = {
    path: `${name}/rows`,
    shape: [count, width],
    dtype: "float32",
  };
  const classes: VariableRef = {
    path: `${name}/classes`,
    shape: [count],
    dtype: "int32",
  };
  const upload = loadOnce(programs, "upload_features", [name], (execution) => {
    execution.assign(rows, execution.feed("rows", rows.shape, "float32"));
    execution.assign(
      classes,
      execution.feed("classes", classes.shape, "int32"),
    );
    return {};
  });
  await upload.run({
    rows: featureTensor(features),
    classes: { dtype: "int32", shape: [count], data: labels },
  });
  return { rows, classes };
}
