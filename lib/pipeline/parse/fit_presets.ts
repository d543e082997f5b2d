/** @file Presets as the images of a pipeline can have them. */
import { fitPreset, fitSide } from "../../stages/presets.ts";
import type { Pipeline } from "../../model/pipeline.ts";
import type { Registry } from "../../model/registry.ts";

/** What of the images presets depend on. */
export interface Fitted {
  readonly channels: number;
  /** Pixels of the shorter side, where they are known. */
  readonly side?: number;
}

/** That of a pipeline's images; 3 channels where they are unknown. */
export function fittedTo(
  data: Pick<Pipeline["data"], "source" | "options"> | undefined,
): Fitted {
  if (!data) return { channels: 3 };
  const { channels, height, width } = data.source.shape(data.options);
  return { channels, side: Math.min(height, width) };
}

/** Channels of a pipeline's images. */
export const channelsOf = (data: Parameters<typeof fittedTo>[0]): number =>
  fittedTo(data).channels;

/** A registry whose augmentations suit such images. */
export function fitPresets(
  registry: Registry,
  { channels, side = Infinity }: Fitted,
): Registry {
  return {
    ...registry,
    presets: Object.fromEntries(
      Object.entries(registry.presets).map((
        [name, preset],
      ) => [name, fitSide(fitPreset(preset, channels), side)]),
    ),
  };
}
