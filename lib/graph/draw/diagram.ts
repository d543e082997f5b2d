/** @file A stage graph as boxes and arrows, before any drawing format. */
import type { Stage } from "../../model/pipeline.ts";
import { IMAGE, LABEL, SOURCES } from "../../model/reference.ts";
import { kindOf } from "../../model/stage_kind.ts";
import { type Look, showSignature } from "../../stages/define.ts";
import { isRamp } from "../../stages/ramp.ts";
import { type Edge, edgesOf } from "../edges.ts";
import { trainedBelow } from "../forward.ts";
import { gradientReach } from "../gradient_reach.ts";
import { outputOf, type StageGraph, type WiredStage } from "../stage_graph.ts";

/** A box. */
export interface DiagramNode {
  readonly name: string;
  /** The key that makes the stage in YAML, or the data's name. */
  readonly kind: string;
  /** How it is drawn. */
  readonly look: Look | "data";
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
export type EdgeKind = "gradient" | "stopped" | "value" | "weights";

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
  weights: "the weights, shared or followed",
};

/** What a stage does: its key and the definition's name, and what tells losses apart. */
function titleOf({ key, definition, options, links, weight }: Stage): string {
  const [source] = links.values();
  const named = definition.name === key ? key : `${key}: ${definition.name}`;
  const { pairs } = options as { readonly pairs?: string };
  return [
    source === undefined ? named : `${key}: ${source}`,
    ...(pairs === undefined ? [] : [`${pairs} pairs`]),
    ...(weight === 1
      ? []
      : [`× ${isRamp(weight) ? `${weight.from} to ${weight.to}` : weight}`]),
  ].join(", ");
}

const lookOf = (stage: Stage): Look => kindOf(stage).look ?? "value";

function boxOf(wired: WiredStage): DiagramNode {
  const { name, stage, built } = wired;
  const output = outputOf(wired);
  const named = Object.entries(built.outputs).map(([key, views]) =>
    `${key} ${showSignature(views)}`
  );
  return {
    name,
    kind: stage.key,
    look: lookOf(stage),
    title: titleOf(stage),
    shape: output
      ? showSignature(output)
      : stage.definition.objective
      ? "scalar"
      : named.join(", "),
  };
}

/** What stands at an arrow: which views, which output, which input beside the main one. */
function labelOf({ definition }: Stage, { path, reference }: Edge): string {
  if (!reference) return "";
  const { stopGradient, view, range, output } = reference;
  const [input = ""] = path;
  const main = Object.keys(definition.inputs)[0] === input;
  return [
    ...(stopGradient ? ["stop_gradient"] : []),
    ...(output === undefined ? [] : [output]),
    ...(view === undefined ? [] : [`view ${view}`]),
    ...(range ? [`views ${range[0]}:${range[1] ?? ""}`] : []),
    ...(main ? [] : [`${input}`]),
  ].join(", ");
}

/** The boxes and arrows of a graph. */
export function diagramOf(
  title: string,
  graph: StageGraph,
): Diagram {
  const { order, image: [channels, height, width] } = graph;
  const stages = new Map(order.map(({ name, stage }) => [name, stage]));
  const reached = gradientReach(stages);
  const trained = trainedBelow(order);
  const kindOf = ({ name, stage }: WiredStage, edge: Edge): EdgeKind => {
    if (edge.kind === "weights") return "weights";
    if (edge.stopped || lookOf(stage) === "stop") return "stopped";
    return edge.gradient && reached.has(name) && trained.has(edge.to)
      ? "gradient"
      : "value";
  };
  const edges = order.flatMap((reader) =>
    edgesOf(reader.stage).map((edge): DiagramEdge => ({
      from: edge.to,
      to: reader.name,
      kind: kindOf(reader, edge),
      label: labelOf(reader.stage, edge),
    }))
  );
  const read = new Set(edges.map(({ from }) => from));
  const shapes: Readonly<Record<string, string>> = {
    [IMAGE]: showSignature([
      // As views have it, whatever order pixels are kept in.
      { is: "image", shape: [height, width, channels] },
    ]),
    [LABEL]: showSignature([{ is: "label", shape: [] }]),
  };
  const sources = SOURCES.filter((name) => read.has(name)).map((
    name,
  ): DiagramNode => ({
    name,
    kind: name,
    look: "data",
    title: "data",
    shape: shapes[name] ?? "",
  }));
  return { title, nodes: [...sources, ...order.map(boxOf)], edges };
}
