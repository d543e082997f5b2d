/** @file A pipeline as plain data: what can be shown of it without its code. */
import { type Diagram, diagramOf } from "../../graph/draw/diagram.ts";
import type { StageGraph } from "../../graph/stage_graph.ts";
import { channelsOf } from "../parse/fit_presets.ts";
import type { LoadedPipeline, LoadedSweep } from "../load.ts";
import type { Pipeline } from "../../model/pipeline.ts";
import { type Plain, resolve } from "./resolve.ts";
import type { Paper, SweepPoint } from "../sweep/sweep.ts";

/** One checked pipeline. */
export interface Outline {
  readonly name: string;
  /** Every value written out. */
  readonly resolved: Plain;
  /** Channels of its images. */
  readonly channels: number;
  readonly diagram: Diagram;
}

/** A sweep's points, as far as they are data. */
export interface OutlinedSweep {
  readonly paper: Paper;
  readonly points: readonly (SweepPoint & Pick<Outline, "resolved">)[];
}

/** A checked file: its own pipeline, and its sweep. */
export interface OutlinedFile extends Outline {
  readonly sweep?: {
    readonly paper: Paper;
    readonly points: readonly (SweepPoint & Outline)[];
  };
}

/** The outline of one pipeline. */
export const outlineOf = (
  { pipeline, graph }: {
    readonly pipeline: Pipeline;
    readonly graph: StageGraph;
  },
): Outline => ({
  name: pipeline.name,
  resolved: resolve(pipeline),
  channels: channelsOf(pipeline.data),
  diagram: diagramOf(pipeline.name, graph),
});

/** The points of a sweep with what they resolve to. */
export const outlineSweep = (
  { paper, points }: LoadedSweep,
): OutlinedSweep => ({
  paper,
  points: points.map(({ loaded, ...point }) => ({
    ...point,
    resolved: resolve(loaded.pipeline),
  })),
});

/** The outline of a file that was loaded. */
export const outlineFile = (
  { sweep, ...own }: LoadedPipeline,
): OutlinedFile => ({
  ...outlineOf(own),
  ...(sweep
    ? {
      sweep: {
        paper: sweep.paper,
        points: sweep.points.map(({ loaded, ...point }) => ({
          ...point,
          ...outlineOf(loaded),
        })),
      },
    }
    : {}),
});
