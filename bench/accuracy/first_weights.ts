/** @file The weights that both sides of a pair start from. */
import { openEngine } from "../../lib/engine/open.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { writeTensors } from "../parity/tensors.ts";
import type { BenchData } from "./data.ts";
import { smallPipeline } from "./ours.ts";
import type { Training } from "./training.ts";

/** Variables that a pipeline has beside its networks. */
const OTHERS = /^(?:optimizer|monitor)\//;

/** Writes `folder/<path>.npy` for what {@linkcode Training} starts from here. */
export async function writeFirstWeights(
  training: Training,
  data: BenchData,
  folder: string,
): Promise<void> {
  const { pipeline, graph } = await smallPipeline(training, data);
  const engine = await openEngine({ device: "cpu" });
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    data.train,
  );
  try {
    const networks = Object.entries(await session.save()).filter(
      ([path, { dtype }]) => dtype === "float32" && !OTHERS.test(path),
    );
    await writeTensors(folder, Object.fromEntries(networks));
  } finally {
    await session.close();
  }
}
