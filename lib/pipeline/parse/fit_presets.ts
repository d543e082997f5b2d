/** @file Presets as images of other channels than three can have them. */
import { fitPreset } from "../../stages/presets.ts";
import type { Pipeline } from "../../model/pipeline.ts";
import type { Registry } from "../../model/registry.ts";

/** Channels of the images; 3 where they are unknown. */
export const channelsOf = (
  data: Pick<Pipeline["data"], "source" | "options"> | undefined,
): number => data?.source.shape(data.options).channels ?? 3;

/** A registry whose augmentations suit images of so many channels. */
export function fitPresets(registry: Registry, channels: number): Registry {
  if (channels === 3) return registry;
  return {
    ...registry,
    presets: Object.fromEntries(
      Object.entries(registry.presets).map((
        [name, preset],
      ) => [name, fitPreset(preset, channels)]),
    ),
  };
}
