/** @file The table of verdicts: a new one is a file and a line here. */
import type { Fault } from "./policy.ts";
import { collapse } from "./verdicts/collapse.ts";
import type { VerdictDefinition } from "./verdicts/define.ts";
import { dimensionalCollapse } from "./verdicts/dimensional_collapse.ts";
import { divergence } from "./verdicts/divergence.ts";
import { notLearning } from "./verdicts/not_learning.ts";
import { prototypeCollapse } from "./verdicts/prototype_collapse.ts";
import { stuckAtUniform } from "./verdicts/stuck_at_uniform.ts";

/** All verdicts, the gravest first. */
export const VERDICTS: Readonly<Record<Fault, VerdictDefinition>> = {
  divergence,
  collapse,
  dimensional_collapse: dimensionalCollapse,
  prototype_collapse: prototypeCollapse,
  stuck_at_uniform: stuckAtUniform,
  not_learning: notLearning,
};
