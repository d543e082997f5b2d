/** @file A stage graph as boxes and arrows, before any drawing format. */
import type { LossStage, Reference, Stage } from "../../pipeline/pipeline.ts";
import { showShape } from "../../stages/define.ts";
import { type Edge, edgesOf } from "../edges.ts";
import { gradientReach } from "../gradient_reach.ts";
import { IMAGE, type StageGraph, type WiredStage } from "../stage_graph.ts";

/** What a box stands for: the key that names the stage in YAML, or the data. */
export type NodeKind =
  | "image"
  | "augment"
  | "encode"
  | "project"
  | "predict"
  | "ema"
  | "queue"
  | "nearest"
  | "stop_gradient"
  | "loss";

/** A box. */
export interface DiagramNode {
  readonly name: string;
  readonly kind: NodeKind;
  /** What it does, such as `encode: resnet`. */
  readonly title: string;
  /** What comes out, such as `2 × [batch, 64]`. */
  readonly shape: string;
}

/**
 * What an arrow carries: a value whose gradient flows back, a value that a
 * stop-gradient cut off, a value where there is nothing to train behind it,
 * or weights that are averaged.
 */
export type EdgeKind = "gradient" | "stopped" | "value" | "ema";

/** An arrow, in the direction of the data. */
export interface DiagramEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  /** Such as `view 1`; empty for most. */
  readonly label: string;
}

/** Boxes and arrows. */
export interface Diagram {
  readonly title: string;
  readonly nodes: readonly DiagramNode[];
  readonly edges: readonly DiagramEdge[];
}

/** What the kinds of arrows mean, for legends. */
export const LEGEND: Readonly<Record<EdgeKind, string>> = {
  gradient: "a gradient flows back",
  stopped: "stop_gradient",
  value: "a value alone",
  ema: "EMA of weights",
};

const BOXES: {
  readonly [K in Stage["kind"]]: (
    stage: Extract<Stage, { kind: K }>,
  ) => Pick<DiagramNode, "kind" | "title">;
} = {
  augment: () => ({ kind: "augment", title: "augment" }),
  module: ({ role, definition }) => ({
    kind: role,
    title: `${role}: ${definition.name}`,
  }),
  ema: ({ source }) => ({ kind: "ema", title: `ema: ${source}` }),
  queue: () => ({ kind: "queue", title: "queue" }),
  nearest: () => ({ kind: "nearest", title: "nearest row" }),
  stop_gradient: () => ({ kind: "stop_gradient", title: "stop_gradient" }),
  loss: (stage) => ({ kind: "loss", title: lossTitle(stage) }),
};

const lossTitle = ({ definition, pairs, weight }: LossStage): string =>
  `loss: ${definition.name}, ${pairs} pairs${
    weight === 1 ? "" : `, × ${weight}`
  }`;

function boxOf({ name, stage, output }: WiredStage): DiagramNode {
  const { kind, title } = BOXES[stage.kind](stage as never);
  const views = output && output.views > 1 ? `${output.views} × ` : "";
  return {
    name,
    kind,
    title,
    shape: output ? `${views}${showShape(output)}` : "scalar",
  };
}

/** The reference behind an edge, which knows the view and the stop-gradient. */
function referenceAt(
  stage: Stage,
  path: readonly (string | number)[],
): Reference | undefined {
  const [key, side] = path;
  if (stage.kind === "loss") {
    return key === "negatives" ? stage.negatives : stage.between[Number(side)];
  }
  return stage.kind === "nearest" && key === "in" ? stage.queue : stage.of;
}

/** Stages whose value depends, by a path that gradients take, on trained weights. */
function trainedBelow(graph: StageGraph): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { name, stage, trainable } of graph.order) {
    const reads = edgesOf(stage).some(({ gradient, to }) =>
      gradient && found.has(to)
    );
    if (trainable || reads) found.add(name);
  }
  return found;
}

/** The boxes and arrows of a graph. */
export function diagramOf(
  title: string,
  graph: StageGraph,
): Diagram {
  const { order, image } = graph;
  const stages = new Map(order.map(({ name, stage }) => [name, stage]));
  const reached = gradientReach(stages);
  const trained = trainedBelow(graph);
  const kindOf = (
    reader: WiredStage,
    edge: Edge,
    reference: Reference | undefined,
  ): EdgeKind => {
    if (edge.kind === "ema") return "ema";
    const stops = reference?.stopGradient ||
      reader.stage.kind === "stop_gradient";
    if (stops) return "stopped";
    return edge.gradient && reached.has(reader.name) && trained.has(edge.to)
      ? "gradient"
      : "value";
  };
  const edges = order.flatMap((reader) =>
    edgesOf(reader.stage).map((edge): DiagramEdge => {
      const reference = edge.kind === "ema"
        ? undefined
        : referenceAt(reader.stage, edge.path);
      const parts = [
        ...(reference?.stopGradient ? ["stop_gradient"] : []),
        ...(reference?.view === undefined ? [] : [`view ${reference.view}`]),
        ...(edge.path[0] === "negatives" ? ["negatives"] : []),
        ...(edge.path[0] === "in" ? ["searched"] : []),
      ];
      return {
        from: edge.to,
        to: reader.name,
        kind: kindOf(reader, edge, reference),
        label: parts.join(", "),
      };
    })
  );
  const source: DiagramNode = {
    name: IMAGE,
    kind: "image",
    title: "data",
    shape: showShape({ views: 1, shape: image }),
  };
  return { title, nodes: [source, ...order.map(boxOf)], edges };
}
