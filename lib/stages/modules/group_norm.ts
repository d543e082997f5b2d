/** @file Group norm as networks offer it: one option, one message. */
import { z } from "zod";
import { groupNorm, type GroupNormOptions } from "../../layers/group_norm.ts";
import type { Layer, ParameterScope } from "../../layers/layer.ts";
import { ShapeError } from "../define.ts";

/** Norms that networks offer. */
export const NORMS = {
  batch: "batch norm, by the statistics of the batch",
  group: "group norm, which needs no batch (https://arxiv.org/abs/1803.08494)",
} as const;

/** Schema of `groups`. */
export const groups = z.int().min(1).max(1024).default(16);

/** @throws {ShapeError} When the channels cannot be parted so. */
export function groupNormIn(
  scope: ParameterScope,
  options: GroupNormOptions,
): Layer {
  const { channels, groups } = options;
  if (channels % groups !== 0) {
    throw new ShapeError(
      `${channels} channels do not make ${groups} groups; set \`groups\` to a divisor`,
    );
  }
  return groupNorm(scope, options);
}
