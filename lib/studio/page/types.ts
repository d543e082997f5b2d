/** @file What the server tells the page. */
import type { Buckets } from "../../look/draw/buckets.ts";

/** A run as a row of the table. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly time: number;
  readonly state: "training" | "ended" | "not ended";
  readonly summary?: Summary | null;
  readonly differs: Readonly<Record<string, string>>;
  readonly within?: string;
}

/** What `summary.json` says. */
export interface Summary {
  readonly pipeline: string;
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  readonly images_per_second?: number | null;
  readonly loss: number | null;
  readonly knn: number | null;
  readonly linear: number | null;
  readonly accuracy?: number | null;
  readonly embedding_std?: number | null;
  readonly verdict: string;
  readonly note?: string;
  readonly engine?: string;
  readonly device?: string;
  readonly last_healthy_checkpoint?: string | null;
  readonly signals?: Readonly<Record<string, number | null>>;
}

/** A fault that was found. */
export interface Alarm {
  readonly verdict: string;
  readonly action: string;
  readonly step: number;
  readonly stage: string;
  readonly figure: string;
  readonly message: string;
  readonly cures: readonly string[];
}

/** A threshold over the run. */
export interface Threshold {
  readonly figure: string;
  readonly meaning: string;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** A chart of a run. */
export interface ChartInfo {
  readonly name: string;
  readonly keys: readonly string[];
  readonly section: string;
  readonly summary?: string;
  readonly formula?: string;
  readonly reference?: string;
  readonly unit?: string;
  readonly log?: boolean;
}

/** What changes while a run trains. */
export interface Standing {
  readonly generation: number;
  readonly rows: number;
  readonly step: number;
  readonly epoch: number | null;
  readonly verdict: string | null;
  readonly alarms: readonly Alarm[];
  readonly falls: readonly {
    readonly step: number;
    readonly message: string;
  }[];
  readonly thresholds: readonly Threshold[];
  /** The newest value of each column. */
  readonly latest: Readonly<Record<string, number>>;
  readonly charts: readonly ChartInfo[];
  readonly state: Row["state"];
  readonly summary?: Summary | null;
}

/** A run. */
export interface Run extends Row, Omit<Standing, "state" | "summary"> {
  readonly batch: number | null;
  readonly stepsPerEpoch: number | null;
  readonly pipeline: Readonly<Record<string, unknown>>;
  readonly axes: readonly Axis[];
  readonly measuredTime: boolean;
  /** Stage whose embeddings are watched. */
  readonly watched: string | null;
}

/** What runs along the bottom of a chart. */
export type Axis = "step" | "epoch" | "seconds";

/** Curves of a run. */
export interface Series {
  readonly generation: number;
  readonly rows: number;
  readonly series: Readonly<Record<string, Buckets>>;
  /** Steps and their places along the axis, where it is no simple one. */
  readonly clock?: readonly (readonly [step: number, place: number])[];
}

/** Rows that are new. */
export interface NewRows {
  readonly steps: readonly number[];
  readonly values: Readonly<
    Record<string, readonly (number | null | "lost")[]>
  >;
}
