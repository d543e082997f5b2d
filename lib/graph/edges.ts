/** @file The edges of a pipeline: which stage reads which. */
import type { Path } from "../diagnostics/diagnostic.ts";
import type { Reference, Stage } from "../model/pipeline.ts";

/** One stage reads another, or takes part in its weights. */
export interface Edge {
  readonly to: string;
  /** Where in the stage it is written. */
  readonly path: Path;
  /** Whether gradients flow back along it. */
  readonly gradient: boolean;
  /** Whether the file writes `stop_gradient(...)` around it. */
  readonly stopped: boolean;
  /** `data`: a value flows; `weights`: the stage uses or follows weights. */
  readonly kind: "data" | "weights";
  /** What is read, of a value. */
  readonly reference?: Reference;
}

/** Whether gradients pass through some input of a stage. */
export const passesGradient = ({ definition }: Stage): boolean =>
  Object.values(definition.inputs).some(({ gradient }) => gradient);

/** What a stage depends on. */
export function edgesOf(stage: Stage): readonly Edge[] {
  const { definition, inputs, links } = stage;
  const [main] = Object.values(definition.inputs);
  const data = [...inputs].flatMap(([name, { references, list }]) => {
    // A twin has inputs of its source: all are as its own is.
    const { gradient = false } = definition.inputs[name] ?? main ?? {};
    return references.map((reference, i): Edge => ({
      to: reference.stage,
      path: list ? [name, i] : [name],
      gradient: gradient && !reference.stopGradient,
      stopped: reference.stopGradient,
      kind: "data",
      reference,
    }));
  });
  const weights = [...links].map(([key, to]): Edge => ({
    to,
    path: [key],
    gradient: passesGradient(stage),
    stopped: false,
    kind: "weights",
  }));
  return [...data, ...weights];
}
