/** @file Pipelines that are shipped with their images. */
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { METHOD_NAMES } from "../graph/methods.ts";
import { ROOT, sets, SMALL_RESNET } from "./cli.ts";

/** One of them. */
export interface Shipped {
  /** Its file, without the ending. */
  readonly method: string;
  /** Names the folder of its runs. */
  readonly name: string;
  /** The network that it trains, such as `resnet`. */
  readonly encoder: string;
  /** What makes it small, or it needs where batches are, as arguments. */
  readonly small: readonly string[];
}

/** By encoder: tests look at the run, not at the network. */
const NARROW: Readonly<Record<string, readonly string[]>> = {
  resnet: SMALL_RESNET,
  // Three heads of four features, two blocks.
  vit: sets("stages.y.width=12", "stages.y.depth=2"),
};

const SMALL: Readonly<Record<string, readonly string[]>> = {
  // More rows than features are whitened.
  w_mse: sets("stages.z.out=8", "stages.w.size=null"),
  // What is predicted is as wide as the encoder's tokens.
  ijepa: sets("stages.p.out=12"),
};

/** All of them, in order. */
export const SHIPPED: readonly Shipped[] =
  (await Promise.all(METHOD_NAMES.map(async (method) => {
    const { pipeline, graph } = await loadPipeline(
      `${ROOT}pipelines/${method}.yaml`,
    );
    const { name, data: { source } } = pipeline;
    const encoder = graph.encoder.stage.definition.name;
    return source.name === "photos"
      ? [{
        method,
        name,
        encoder,
        small: [...NARROW[encoder] ?? [], ...SMALL[method] ?? []],
      }]
      : [];
  }))).flat();
