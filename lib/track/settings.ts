/** @file The section `track`: where a run is told of beside its own folder. */
import { z } from "zod";
import type { Track } from "./track.ts";

/** Settings of TensorBoard's event files. */
export const tensorboard = z.strictObject({
  images: z.int().min(0).max(64).default(8).describe(
    "Images whose views are drawn, at the first step and with every checkpoint; 0 for none",
  ),
});

const serverUrl = z.string().refine(
  (text) => {
    const url = URL.parse(text);
    return url !== null && /^https?:$/.test(url.protocol) &&
      url.username === "" && url.password === "";
  },
  "expected an address such as http://127.0.0.1:5000, without a name and a password (those are read from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD)",
);

/** Settings of an MLflow server. */
export const mlflow = z.strictObject({
  url: serverUrl.describe(
    "Address of the server, such as http://127.0.0.1:5000; it needs --allow-net=<host>",
  ),
  experiment: z.string().min(1).max(256).optional().describe(
    "Experiment that the run belongs to, made where there is none; the pipeline's name by default",
  ),
  run_name: z.string().min(1).max(256).optional().describe(
    "Name of the run; that of its folder by default",
  ),
});

/** Keys of `track`. */
export const track = z.strictObject({
  tensorboard: z.union([z.boolean(), tensorboard]).default(false).describe(
    "Event files for TensorBoard in the run's folder: scalars, spectra, views",
  ),
  mlflow: mlflow.optional().describe(
    "An MLflow server that parameters, metrics and scores are sent to while the run trains",
  ),
});

/** The section as it was written, with what `true` stands for. */
export function completeTrack(
  { tensorboard: files, mlflow }: z.infer<typeof track>,
): Track {
  return {
    ...(files
      ? { tensorboard: files === true ? tensorboard.parse({}) : files }
      : {}),
    ...(mlflow ? { mlflow } : {}),
  };
}
