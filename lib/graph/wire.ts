/** @file From a pipeline to a graph of stages: who feeds whom, shapes, gradients. */
import { type Layer, ParameterScope, type Variable } from "../layers/layer.ts";
import type { Findings, Path } from "../pipeline/diagnostic.ts";
import type {
  LossStage,
  ModuleStage,
  Pipeline,
  Reference,
  Stage,
} from "../pipeline/pipeline.ts";
import { ShapeError, showShape, type Signature } from "../stages/define.ts";
import { nearest } from "../pipeline/nearest.ts";
import { gradientReach } from "./gradient_reach.ts";
import { type Edge, edgesOf } from "./edges.ts";

/** A stage in its place: what it reads, what it gives, what it owns. */
export interface WiredStage {
  /** Its key in the YAML. */
  readonly name: string;
  /** As it was parsed. */
  readonly stage: Stage;
  /** What comes out; a loss gives a scalar and has none. */
  readonly output?: Signature;
  /** Network of a module or of an EMA twin. */
  readonly layer?: Layer;
  /** Variables that it declared, in order. */
  readonly variables: readonly Variable[];
  /** Whether gradients train its variables. */
  readonly trainable: boolean;
}

/** A checked graph of stages. */
export interface StageGraph {
  /** Stages such that each stands after what it reads. */
  readonly order: readonly WiredStage[];
  /** The same stages by name. */
  readonly byName: ReadonlyMap<string, WiredStage>;
  /** Shape of one image: `[channels, height, width]`. */
  readonly image: readonly [number, number, number];
  /** The encoder that evaluation judges. */
  readonly encoder: WiredStage;
}

/** Reads of the images themselves. */
export const IMAGE = "image";

const at = (name: string, ...rest: (string | number)[]): Path => [
  "stages",
  name,
  ...rest,
];

/**
 * Wires a pipeline, reporting everything that is wrong with it.
 *
 * @returns The graph, or `undefined` when an error was found.
 */
export function wire(
  pipeline: Pipeline,
  findings: Findings,
): StageGraph | undefined {
  const { source, options } = pipeline.data;
  const { channels, height, width } = source.shape(options);
  const image = [channels, height, width] as const;
  checkReferences(pipeline, findings);
  const order = sorted(pipeline, findings);
  if (!order) return undefined;
  const byName = new Map<string, WiredStage>();
  for (const name of order) {
    const stage = pipeline.stages.get(name) as Stage;
    const wired = WIRE[stage.kind](
      { name, pipeline, byName, image, findings },
      stage as never,
    );
    if (wired) byName.set(name, wired);
  }
  checkUse(pipeline, findings);
  checkGradients(pipeline, findings);
  const encoder = findEncoder(pipeline, byName, findings);
  if (findings.failed || !encoder) return undefined;
  return { order: [...byName.values()], byName, image, encoder };
}

interface Wiring {
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly byName: ReadonlyMap<string, WiredStage>;
  readonly image: readonly [number, number, number];
  readonly findings: Findings;
}

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
      let shape = image;
      for (const { definition, options } of steps) {
        try {
          shape = definition.shape(shape, options);
        } catch (error) {
          if (!(error instanceof ShapeError)) throw error;
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
    if (!input) return undefined;
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
    if (!input) return undefined;
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
    if (input.shape.length !== 1 || input.rows !== undefined) {
      findings.error(
        "shape-mismatch",
        at(name, "queue"),
        `Cannot queue ${showShape(input)}: expected [batch, features]`,
      );
      return undefined;
    }
    if (stage.size < pipeline.data.batch) {
      findings.error(
        "queue-batch",
        at(name, "size"),
        `Cannot queue batches of ${pipeline.data.batch} in ${stage.size} rows`,
        { hints: ["make size a multiple of data.batch"] },
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

function buildModule(
  { findings, name }: Wiring,
  scopeName: string,
  { definition, options, role }: ModuleStage,
  input: Signature,
): Pick<WiredStage, "output" | "layer" | "variables"> | undefined {
  const scope = new ParameterScope(scopeName);
  try {
    const { shape, layer } = definition.build(scope, input.shape, options);
    const output = { views: input.views, shape };
    return { output, layer, variables: scope.variables };
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
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

/** What a reference gives; undefined where its stage already failed. */
function inputOf(
  { name, byName, findings, pipeline }: Wiring,
  reference: Reference,
  ...where: (string | number)[]
): Signature | undefined {
  if (reference.stage === IMAGE) {
    findings.error(
      "dtype-mismatch",
      at(name, ...where),
      `Cannot use "image" here: images are raw bytes until an augment stage made views of them`,
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

function checkLoss(wiring: Wiring, stage: LossStage): void {
  const { name, findings } = wiring;
  const [a, b] = stage.between.map((reference, side) =>
    inputOf(wiring, reference, "between", side)
  );
  const negatives = stage.negatives &&
    inputOf(wiring, stage.negatives, "negatives");
  for (const [side, value] of [a, b].entries()) {
    if (value && (value.shape.length !== 1 || value.rows !== undefined)) {
      findings.error(
        "shape-mismatch",
        at(name, "between", side),
        `Cannot compare ${
          showShape(value)
        } in "${stage.definition.name}": expected [batch, features]`,
      );
    }
  }
  const [left, right] = stage.between;
  if (a && b && `${a.shape}` !== `${b.shape}`) {
    findings.error(
      "shape-mismatch",
      at(name, "between", 1),
      `Cannot compare "${left.stage}" with "${right.stage}": ${
        showShape(a)
      } against ${showShape(b)}`,
      { hints: ["give both the same number of features (`out:`)"] },
    );
  }
  if (a && b && pairsOf(stage, a, b).length === 0) {
    findings.error(
      "view-mismatch",
      at(name, stage.pairs === "cross" ? "between" : "pairs"),
      `Cannot pair views in "${name}": "pairs: ${stage.pairs}" finds none between ${a.views} and ${b.views} view(s)`,
      { hints: ["make two views (`count: 2`), or choose other pairs"] },
    );
  }
  if (stage.definition.negatives === "required" && !stage.negatives) {
    findings.error(
      "missing-key",
      at(name),
      `Cannot compute "${stage.definition.name}" without "negatives"`,
      { at: "key", hints: ["name a queue stage: `negatives: <queue>`"] },
    );
  }
  if (stage.definition.negatives === "none" && stage.negatives) {
    findings.error(
      "unknown-key",
      at(name, "negatives"),
      `Cannot use "negatives" with "${stage.definition.name}": it has none`,
      { at: "key" },
    );
  }
  if (negatives && b && `${negatives.shape}` !== `${b.shape}`) {
    findings.error(
      "shape-mismatch",
      at(name, "negatives"),
      `Cannot use ${showShape(negatives)} as negatives of ${showShape(b)}`,
    );
  }
}

/** Pairs of view numbers that a loss compares. */
export function pairsOf(
  { pairs, between: [left, right] }: LossStage,
  a: Signature,
  b: Signature,
): readonly (readonly [number, number])[] {
  const views = (reference: Reference, { views }: Signature): number[] =>
    reference.view === undefined
      ? Array.from({ length: views }, (_, i) => i)
      : [reference.view];
  const all = views(left, a).flatMap((i) =>
    views(right, b).map((j) => [i, j] as const)
  );
  const keep = {
    cross: ([i, j]: readonly [number, number]) => i !== j,
    unordered: ([i, j]: readonly [number, number]) => i < j,
    same: ([i, j]: readonly [number, number]) => i === j,
    all: () => true,
  };
  return all.filter(keep[pairs]);
}

function checkReferences(pipeline: Pipeline, findings: Findings): void {
  const names = [IMAGE, ...pipeline.stages.keys()];
  for (const [name, stage] of pipeline.stages) {
    for (const { to, path } of edgesOf(stage)) {
      if (names.includes(to)) continue;
      const near = nearest(to, names);
      findings.error(
        "unknown-reference",
        at(name, ...path),
        `Cannot find the stage "${to}"`,
        {
          hints: [
            ...(near ? [`did you mean "${near}"?`] : []),
            `stages: ${names.map((n) => `"${n}"`).join(", ")}`,
          ],
        },
      );
    }
  }
}

/** Names of the stages in order of data flow; undefined where there is a cycle. */
function sorted(
  pipeline: Pipeline,
  findings: Findings,
): readonly string[] | undefined {
  const done = new Set<string>();
  const open: string[] = [];
  let cyclic = false;
  const visit = (name: string, from: string, path: Path): void => {
    if (done.has(name) || !pipeline.stages.has(name)) return;
    if (open.includes(name)) {
      cyclic = true;
      const cycle = [...open.slice(open.indexOf(name)), name];
      findings.error(
        "cycle",
        at(from, ...path),
        `Cannot order the stages: "${cycle.join('" reads "')}"`,
        { hints: ["no stage may read what depends on itself"] },
      );
      return;
    }
    open.push(name);
    for (const edge of edgesOf(pipeline.stages.get(name) as Stage)) {
      visit(edge.to, name, edge.path);
    }
    open.pop();
    done.add(name);
  };
  for (const name of pipeline.stages.keys()) visit(name, name, []);
  return cyclic ? undefined : [...done];
}

function checkUse(pipeline: Pipeline, findings: Findings): void {
  const stages = [...pipeline.stages];
  if (!stages.some(([, { kind }]) => kind === "loss")) {
    findings.error("no-loss", ["stages"], "Cannot train without a loss stage", {
      at: "key",
      hints: ["add `loss: { loss: cosine, between: [..., ...] }`"],
    });
  }
  const used = new Set<string>(
    stages.flatMap(([, stage]) => edgesOf(stage).map((edge: Edge) => edge.to)),
  );
  if (pipeline.evaluate.of) used.add(pipeline.evaluate.of);
  for (const [name, { kind }] of stages) {
    if (kind === "loss" || used.has(name)) continue;
    findings.error(
      "unused-stage",
      at(name),
      `Nothing uses the stage "${name}"`,
      { at: "key", hints: ["remove it, or read it from another stage"] },
    );
  }
}

function checkGradients(pipeline: Pipeline, findings: Findings): void {
  const reached = gradientReach(pipeline.stages);
  for (const [name, stage] of pipeline.stages) {
    if (stage.kind === "module" && !reached.has(name)) {
      findings.error(
        "no-gradient",
        at(name),
        `Cannot train "${name}": no gradient of any loss reaches its weights`,
        {
          at: "key",
          hints: [
            "every way from a loss to it passes a stop_gradient, an EMA twin or a queue",
            `make it an EMA twin if it is meant to be a target`,
          ],
        },
      );
    }
  }
}

function findEncoder(
  pipeline: Pipeline,
  byName: ReadonlyMap<string, WiredStage>,
  findings: Findings,
): WiredStage | undefined {
  const wanted = pipeline.evaluate.of;
  if (wanted !== undefined) {
    const found = byName.get(wanted);
    if (found?.layer) return found;
    if (pipeline.stages.has(wanted) && !found) return undefined;
    const names = [...byName.values()].filter(({ layer }) => layer)
      .map(({ name }) => name);
    const near = nearest(wanted, names);
    findings.error(
      "unknown-reference",
      ["evaluate", "of"],
      `Cannot evaluate "${wanted}": it is not a network stage`,
      { hints: near ? [`did you mean "${near}"?`] : [] },
    );
    return undefined;
  }
  const first = [...byName.values()].find(({ stage }) =>
    stage.kind === "module" && stage.role === "encode"
  );
  if (!first && ![...pipeline.stages.values()].some(isEncoder)) {
    findings.error(
      "missing-key",
      ["stages"],
      "Cannot train without an encode stage",
      { at: "key", hints: ["add `y: { encode: resnet, of: views }`"] },
    );
  }
  return first;
}

const isEncoder = (stage: Stage): boolean =>
  stage.kind === "module" && stage.role === "encode";
