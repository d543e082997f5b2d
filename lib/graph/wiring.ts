/** @file What wiring one stage works with. */
import type { Findings } from "../pipeline/diagnostic.ts";
import type { Pipeline, Reference } from "../pipeline/pipeline.ts";
import { showShape, type Signature } from "../stages/define.ts";
import { at } from "./place.ts";
import { IMAGE, type WiredStage } from "./stage_graph.ts";

/** A stage and its surroundings. */
export interface Wiring {
  readonly name: string;
  readonly pipeline: Pick<Pipeline, "data" | "stages">;
  readonly byName: ReadonlyMap<string, WiredStage>;
  readonly image: readonly [number, number, number];
  readonly findings: Findings;
}

/** Whether a value comes out of a queue; reports what does not. */
export function isQueue(
  { name, findings, pipeline }: Wiring,
  value: Signature,
  { stage }: Reference,
  verb: string,
  ...where: (string | number)[]
): boolean {
  if (value.rows !== undefined) return true;
  const queues = [...pipeline.stages].filter(([, { kind }]) => kind === "queue")
    .map(([queue]) => `"${queue}"`);
  findings.error(
    "shape-mismatch",
    at(name, ...where),
    `Cannot ${verb} "${stage}": it is ${showShape(value)} and no queue`,
    {
      hints: [
        queues.length > 0
          ? `queues: ${queues.join(", ")}`
          : `add a queue, such as \`bank: { queue: ${stage}, size: 4096 }\``,
      ],
    },
  );
  return false;
}

/** What a reference gives; undefined where its stage already failed. */
export function inputOf(
  { name, byName, findings, pipeline }: Wiring,
  reference: Reference,
  ...where: (string | number)[]
): Signature | undefined {
  if (reference.stage === IMAGE) {
    const views = [...pipeline.stages].filter(([, { kind }]) =>
      kind === "augment"
    ).map(([stage]) => `"${stage}"`);
    findings.error(
      "dtype-mismatch",
      at(name, ...where),
      `Cannot use "image" here: images are raw bytes until an augment stage made views of them`,
      {
        hints: [
          views.length > 0
            ? `read its views instead: ${views.join(", ")}`
            : "add `views: { augment: simsiam, of: image }`",
        ],
      },
    );
    return undefined;
  }
  if (pipeline.stages.get(reference.stage)?.kind === "loss") {
    findings.error(
      "shape-mismatch",
      at(name, ...where),
      `Cannot read "${reference.stage}": a loss is a scalar that no stage can use`,
    );
    return undefined;
  }
  const output = byName.get(reference.stage)?.output;
  if (!output || reference.view === undefined) return output;
  if (reference.view >= output.views) {
    findings.error(
      "view-mismatch",
      at(name, ...where),
      `Cannot take view ${reference.view} of "${reference.stage}": it has ${output.views}, counted from 0`,
    );
    return undefined;
  }
  return { ...output, views: 1 };
}
