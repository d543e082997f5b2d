/** @file The table of signals: a new one is a file and a line here. */
import type { SignalAt, SignalDefinition } from "./define.ts";
import { alignment } from "./signals/alignment.ts";
import { alphaReq } from "./signals/alpha_req.ts";
import { correlation } from "./signals/correlation.ts";
import { correlationRank } from "./signals/correlation_rank.ts";
import { effectiveRank } from "./signals/effective_rank.ts";
import { emaDistance } from "./signals/ema_distance.ts";
import { embeddingStd } from "./signals/embedding_std.ts";
import { explained } from "./signals/explained.ts";
import { gradientNorm } from "./signals/gradient_norm.ts";
import { lossToFloor } from "./signals/loss_to_floor.ts";
import { lossToUniform } from "./signals/loss_to_uniform.ts";
import { nonfinite } from "./signals/nonfinite.ts";
import { prototypeInformation } from "./signals/prototype_information.ts";
import { prototypeUse } from "./signals/prototype_use.ts";
import { rankme } from "./signals/rankme.ts";
import { studentEntropy } from "./signals/student_entropy.ts";
import { targetEntropy } from "./signals/target_entropy.ts";
import { targetSpread } from "./signals/target_spread.ts";
import { uniformity } from "./signals/uniformity.ts";

/** All signals, in the order of `metrics.jsonl` and of the documentation. */
export const SIGNALS: readonly SignalDefinition[] = [
  embeddingStd,
  gradientNorm,
  targetEntropy,
  studentEntropy,
  prototypeUse,
  prototypeInformation,
  explained,
  targetSpread,
  lossToFloor,
  lossToUniform,
  correlation,
  correlationRank,
  alignment,
  uniformity,
  emaDistance,
  nonfinite,
  effectiveRank,
  rankme,
  alphaReq,
];

/** Those that are computed in one place. */
export function signalsAt<P extends SignalDefinition["at"]>(
  place: P,
): readonly SignalAt<P>[] {
  return SIGNALS.filter((one): one is SignalAt<P> => one.at === place);
}
