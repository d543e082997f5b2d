/** @file How the steps of a run are computed, and what a run goes on with. */
import { z } from "zod";
import type { Device } from "../engine/open.ts";
import type { Rounding } from "../ir/rounding.ts";

/** How the steps of a run are computed; other settings round otherwise. */
export interface RunSettings {
  /** Where it runs. */
  readonly device: Device;
  /** Threads in all, on a CPU. */
  readonly threads: number;
  /** Op by op. */
  readonly eager: boolean;
  /** Clusters compiled with XLA. */
  readonly xla: boolean;
  /** Devices that share each batch; one where it is absent. */
  readonly replicas?: number | undefined;
  /** What layers multiply, where activations are kept in bfloat16. */
  readonly products?: Rounding["products"] | undefined;
}

/** Settings as `run.json` holds them. */
export const runSettings: z.ZodType<RunSettings> = z.object({
  device: z.enum(["cpu", "gpu"]),
  threads: z.int().min(1),
  eager: z.boolean(),
  xla: z.boolean(),
  replicas: z.int().min(1).optional(),
  products: z.enum(["float32", "bfloat16"]).optional(),
});

/**
 * What a run goes on with: what it began with, but for what is asked for now.
 * On another device, what belongs to the old one is decided anew.
 */
export function settingsOnward(
  begun: Partial<RunSettings>,
  asked: {
    readonly device?: Device;
    readonly threads?: number;
    readonly replicas?: number | undefined;
  },
): Partial<RunSettings> {
  const { xla: _, products: __, replicas: ___, ...anywhere } = begun;
  const moves = asked.device !== undefined && asked.device !== begun.device;
  return {
    ...moves ? anywhere : begun,
    ...(asked.device ? { device: asked.device } : {}),
    ...(asked.threads ? { threads: asked.threads } : {}),
    ...(asked.replicas ? { replicas: asked.replicas } : {}),
  };
}
