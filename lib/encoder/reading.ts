/** @file How a run read its images. */
import type { ImageOptions } from "../data/image_options.ts";
import type { ReadingOptions } from "../data/loose.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";

/** Files are read at the encoder's size, and as the run's own source reads them. */
export function readingFor(
  { pipeline, graph }: LoadedPipeline,
): ReadingOptions {
  const [channels, height, width] = graph.image;
  const { bands, range, page } = pipeline.data.options as Partial<ImageOptions>;
  return {
    size: { height, width },
    channels,
    bands,
    range,
    page,
    on_error: "skip",
  };
}
