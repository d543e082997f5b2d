/** @file Wires one stage: what it reads, gives and owns. One entry a kind. */
import { ParameterScope } from "../layers/layer.ts";
import type { ModuleStage, Stage } from "../pipeline/pipeline.ts";
import { ShapeError, showShape, type Signature } from "../stages/define.ts";
import { checkLoss } from "./check_loss.ts";
import { at } from "./place.ts";
import { IMAGE, type WiredStage } from "./stage_graph.ts";
import { reasonIn } from "./guard.ts";
import { isUserFile } from "../pipeline/custom.ts";
import { inputOf, isQueue, type Wiring } from "./wiring.ts";

type Wire<S extends Stage> = (
  wiring: Wiring,
  stage: S,
) => WiredStage | undefined;

const WIRE: {
  readonly [K in Stage["kind"]]: Wire<Extract<Stage, { kind: K }>>;
} = {
  augment(wiring, stage) {
    const { name, image, findings } = wiring;
    if (stage.of.stage !== IMAGE) {
      findings.error(
        "shape-mismatch",
        at(name, "of"),
        `Cannot augment "${stage.of.stage}": an augment stage reads "image"`,
      );
      return undefined;
    }
    const shapes = stage.views.map((steps, view) => {
      // Views that share a list share its mistakes.
      const first = stage.views.indexOf(steps) === view;
      let shape = image;
      for (const { definition, options } of steps) {
        try {
          shape = definition.shape(shape, options);
        } catch (error) {
          if (!first) continue;
          if (!(error instanceof ShapeError)) {
            ownFault(wiring, definition.name, error);
            continue;
          }
          findings.error(
            "shape-mismatch",
            at(name, "augment"),
            `Cannot apply "${definition.name}" in view ${view} of "${name}": ${error.message}`,
          );
        }
      }
      return shape;
    });
    const [first] = shapes as [readonly [number, number, number]];
    const other = shapes.findIndex((shape) => `${shape}` !== `${first}`);
    if (other > 0) {
      findings.error(
        "view-mismatch",
        at(name, "augment"),
        `Cannot mix view shapes in "${name}": view 0 is [${first}], view ${other} is [${
          shapes[other]
        }]`,
        { hints: ["give every view's crop the same size"] },
      );
      return undefined;
    }
    const [channels, height, width] = first;
    const output = {
      views: stage.views.length,
      shape: [height, width, channels],
    };
    return { name, stage, output, variables: [], trainable: false };
  },

  module(wiring, stage) {
    const input = inputOf(wiring, stage.of, "of");
    if (!input || !isOfBatch(wiring, input, stage.role)) return undefined;
    const built = buildModule(wiring, wiring.name, stage, input);
    return built &&
      { name: wiring.name, stage, trainable: true, ...built };
  },

  ema(wiring, stage) {
    const { name, pipeline, byName, findings } = wiring;
    const source = pipeline.stages.get(stage.source);
    if (source?.kind !== "module") {
      if (source || stage.source === IMAGE) {
        findings.error(
          "ema-mismatch",
          at(name, "ema"),
          `Cannot make an EMA twin of "${stage.source}": it is not an encoder, projector or predictor`,
        );
      }
      return undefined;
    }
    const input = inputOf(wiring, stage.of, "of");
    const twin = byName.get(source.of.stage)?.output;
    if (!input || !isOfBatch(wiring, input, "average")) return undefined;
    if (twin && `${twin.shape}` !== `${input.shape}`) {
      findings.error(
        "ema-mismatch",
        at(name, "of"),
        `Cannot twin "${stage.source}": it reads ${
          showShape(twin)
        }, but "${name}" reads ${showShape(input)}`,
        { hints: ["a twin needs an input of the same shape as its source"] },
      );
      return undefined;
    }
    const built = buildModule(wiring, name, source, input);
    return built && { name, stage, trainable: false, ...built };
  },

  stop_gradient(wiring, stage) {
    const output = inputOf(wiring, stage.of, "stop_gradient");
    return output && {
      name: wiring.name,
      stage,
      output,
      variables: [],
      trainable: false,
    };
  },

  queue(wiring, stage) {
    const { name, findings, pipeline } = wiring;
    const input = inputOf(wiring, stage.of, "queue");
    if (!input) return undefined;
    if (!isRowsOfBatch(wiring, input, "queue", "queue")) return undefined;
    if (stage.size < pipeline.data.batch) {
      findings.error(
        "queue-batch",
        at(name, "size"),
        `Cannot queue batches of ${pipeline.data.batch} in ${stage.size} rows`,
        {
          hints: [
            `expected at least ${pipeline.data.batch} rows; the oldest leave, a whole number of batches is not needed`,
          ],
        },
      );
    }
    const scope = new ParameterScope(name);
    const shape = [stage.size, ...input.shape];
    for (let view = 0; view < input.views; view++) {
      scope.declare(`view${view}`, shape, "buffer", { kind: "unit_rows" });
    }
    return {
      name,
      stage,
      output: { ...input, rows: stage.size },
      variables: scope.variables,
      trainable: false,
    };
  },

  nearest(wiring, stage) {
    const { name, byName, findings } = wiring;
    const input = inputOf(wiring, stage.of, "nearest");
    const bank = inputOf(wiring, stage.queue, "in");
    if (!input || !bank) return undefined;
    const fits = isRowsOfBatch(wiring, input, "find neighbours of", "nearest");
    if (!isQueue(wiring, bank, stage.queue, "search", "in") || !fits) {
      return undefined;
    }
    if (`${bank.shape}` !== `${input.shape}`) {
      findings.error(
        "shape-mismatch",
        at(name, "in"),
        `Cannot find neighbours of ${showShape(input)} in ${showShape(bank)}`,
        { hints: ["queue a value with the same number of features (`out:`)"] },
      );
      return undefined;
    }
    const views = byName.get(stage.of.stage)?.output?.views ?? 0;
    const last = stage.of.view ?? views - 1;
    if (bank.views > 1 && last >= bank.views) {
      findings.error(
        "view-mismatch",
        at(name, "in"),
        `Cannot find neighbours of view ${last}: the queue has ${bank.views} views, counted from 0`,
        { hints: ["give the queue one view for all, or as many views"] },
      );
      return undefined;
    }
    return { name, stage, output: input, variables: [], trainable: false };
  },

  loss(wiring, stage) {
    checkLoss(wiring, stage);
    return {
      name: wiring.name,
      stage,
      variables: [],
      trainable: false,
    };
  },
};

/** Whether a value has a row for each image; reports where it is a queue. */
function isOfBatch(
  { name, findings }: Wiring,
  input: Signature,
  verb: string,
): boolean {
  if (input.rows === undefined) return true;
  findings.error(
    "shape-mismatch",
    at(name, "of"),
    `Cannot ${verb} ${
      showShape(input)
    }: a network reads the batch, and this is a queue`,
    { hints: ["read what the queue holds, or find rows of it with `nearest`"] },
  );
  return false;
}

/** Whether a value is `[batch, features]`; reports what is not. */
function isRowsOfBatch(
  { name, findings }: Wiring,
  input: Signature,
  verb: string,
  key: string,
): boolean {
  if (input.shape.length === 1 && input.rows === undefined) return true;
  findings.error(
    "shape-mismatch",
    at(name, key),
    `Cannot ${verb} ${showShape(input)}: expected [batch, features]`,
  );
  return false;
}

/** Reports an error of a user's module; rethrows one of ours. */
function ownFault(
  { findings, name }: Wiring,
  file: string,
  error: unknown,
): undefined {
  if (!isUserFile(file)) throw error;
  findings.error(
    "custom-stage",
    at(name),
    `Cannot use "${file}": ${reasonIn(file, error)}`,
    { at: "key" },
  );
  return undefined;
}

function buildModule(
  wiring: Wiring,
  scopeName: string,
  { definition, options, role }: ModuleStage,
  input: Signature,
): Pick<WiredStage, "output" | "layer" | "variables"> | undefined {
  const { findings, name } = wiring;
  const scope = new ParameterScope(scopeName);
  try {
    const { shape, layer } = definition.build(scope, input.shape, options);
    const output = { views: input.views, shape };
    return { output, layer, variables: scope.variables };
  } catch (error) {
    if (!(error instanceof ShapeError)) {
      return ownFault(wiring, definition.name, error);
    }
    findings.error(
      "shape-mismatch",
      at(name, "of"),
      `Cannot ${role} ${
        showShape(input)
      } with "${definition.name}": ${error.message}`,
    );
    return undefined;
  }
}

/** Wires a stage; undefined, with a finding, where it does not fit. */
export function wireStage(
  wiring: Wiring,
  stage: Stage,
): WiredStage | undefined {
  return WIRE[stage.kind](wiring, stage as never);
}
