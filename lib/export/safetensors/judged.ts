/** @file What happens to images before the network, in words. */
import { chainTo } from "../../graph/encoder_chain.ts";
import type { StageGraph } from "../../graph/stage_graph.ts";
import type { TransformStep } from "../../stages/augment/steps.ts";

/** What an augment stage's options are. */
interface Kept {
  readonly views: readonly (readonly TransformStep[])[];
}

/** Pixels, and the transforms that evaluation keeps. */
export function judgedText(graph: StageGraph): string {
  const { links, view } = chainTo(graph.byName, graph.encoder);
  const [first] = links;
  const { definition, options } = first?.wired.stage ?? {};
  const type = { is: "pixels", shape: graph.image, view: 0 } as const;
  const kept = definition?.judged?.(options, view, type);
  const { views: [steps = []] = [] } = (kept ?? {}) as Partial<Kept>;
  const texts = steps.map(({ definition: { name }, options: own }) =>
    `${name} ${JSON.stringify(own)}`
  );
  return ["pixels / 255", ...texts].join(", then ");
}
