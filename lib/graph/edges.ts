/** @file The edges of a pipeline: which stage reads which. */
import type { Path } from "../pipeline/diagnostic.ts";
import type { Reference, Stage } from "../pipeline/pipeline.ts";

/** One stage reads another. */
export interface Edge {
  readonly to: string;
  /** Where in the stage it is written. */
  readonly path: Path;
  /** Whether gradients flow back along it. */
  readonly gradient: boolean;
  /** Whether the file writes `stop_gradient(...)` around it. */
  readonly stopped: boolean;
  /** `data`: a value flows; `ema`: weights are averaged. */
  readonly kind: "data" | "ema";
}

const data = (
  { stage, stopGradient }: Reference,
  gradient: boolean,
  ...path: (string | number)[]
): Edge => ({
  to: stage,
  path,
  gradient: gradient && !stopGradient,
  stopped: stopGradient,
  kind: "data",
});

const EDGES: {
  readonly [K in Stage["kind"]]: (
    stage: Extract<Stage, { kind: K }>,
  ) => readonly Edge[];
} = {
  augment: ({ of }) => [data(of, false, "of")],
  module: ({ of }) => [data(of, true, "of")],
  ema: ({ of, source }) => [
    data(of, false, "of"),
    {
      to: source,
      path: ["ema"],
      gradient: false,
      stopped: false,
      kind: "ema",
    },
  ],
  stop_gradient: ({ of }) => [data(of, false, "stop_gradient")],
  queue: ({ of }) => [data(of, false, "queue")],
  nearest: ({ of, queue }) => [
    data(of, false, "nearest"),
    data(queue, false, "in"),
  ],
  loss: ({ between, negatives }) => [
    ...between.map((reference, side) => data(reference, true, "between", side)),
    ...(negatives ? [data(negatives, false, "negatives")] : []),
  ],
};

/** What a stage reads. */
export function edgesOf(stage: Stage): readonly Edge[] {
  return EDGES[stage.kind](stage as never);
}
