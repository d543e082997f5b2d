/** @file Presets as images of other channels than three can have them. */
import { fitPreset } from "../stages/presets.ts";
import type { Pipeline } from "../model/pipeline.ts";
import type { Registry } from "../model/registry.ts";

/** A registry whose augmentations suit the images; the same where they are unknown. */
export function fitPresets(
  registry: Registry,
  data: Pipeline["data"] | undefined,
): Registry {
  const { channels } = data?.source.shape(data.options) ?? { channels: 3 };
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
