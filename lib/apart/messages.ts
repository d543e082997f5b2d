/**
 * @file What goes to the worker that checks a stranger's modules, and what comes
 * back. The answer is data of a stranger, and is checked like a file.
 */
import { z } from "zod";
import { type DiagramNode, LEGEND } from "../graph/draw/diagram.ts";
import {
  CODES,
  type Diagnostic,
  type Path,
} from "../diagnostics/diagnostic.ts";
import type { Outline } from "../pipeline/explain/outline.ts";

/** A module of the pipeline. */
export interface ModuleRequest {
  /** As the pipeline names it. */
  readonly file: string;
  /** Its address, where it may be imported. */
  readonly url?: string;
  /** Why it may not. */
  readonly refused?: string;
  /** What is wrong with its types. */
  readonly types: readonly string[];
}

/** Asks for a check. */
export interface Request {
  /** Path of the pipeline. */
  readonly file: string;
  readonly baseDir: string;
  readonly modules: readonly ModuleRequest[];
  /** Values of its pipelines: its own, then those of its points. */
  readonly values: readonly unknown[];
}

/** What one pipeline came to. */
export interface Checked {
  readonly found: readonly Diagnostic[];
  /** What the data section came to; absent where the pipeline has an error. */
  readonly data?: {
    readonly source: string;
    readonly options?: unknown;
    readonly knn: boolean;
    readonly linear: boolean;
    /** What `evaluate.data` came to. */
    readonly judged?: {
      readonly source: string;
      readonly options?: unknown;
    } | undefined;
    /** Places where stages read labels. */
    readonly labels: readonly Path[];
  } | undefined;
  readonly outline?: Outline | undefined;
}

const path = z.array(z.union([z.string(), z.number()]));

const diagnostic = z.object({
  code: z.enum(CODES),
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  path,
  at: z.enum(["key", "value"]),
  hints: z.array(z.string()),
  related: z.array(path),
});

const outline = z.object({
  name: z.string(),
  resolved: z.record(z.string(), z.unknown()),
  channels: z.number(),
  diagram: z.object({
    title: z.string(),
    nodes: z.array(z.object({
      name: z.string(),
      // A module cannot post by itself: the worker's own code made it.
      kind: z.string(),
      look: z.custom<DiagramNode["look"]>((look) => typeof look === "string"),
      title: z.string(),
      shape: z.string(),
    })),
    edges: z.array(z.object({
      from: z.string(),
      to: z.string(),
      kind: z.enum(Object.keys(LEGEND) as (keyof typeof LEGEND)[]),
      label: z.string(),
    })),
  }),
});

const checked: z.ZodType<Checked> = z.object({
  found: z.array(diagnostic),
  data: z.object({
    source: z.string(),
    options: z.unknown(),
    knn: z.boolean(),
    linear: z.boolean(),
    judged: z.object({ source: z.string(), options: z.unknown() }).optional(),
    labels: z.array(path),
  }).optional(),
  outline: outline.optional(),
});

/** What the worker says. */
export type Message =
  /** It is there; no module was executed yet. */
  | { readonly kind: "ready" }
  /** It turns to a module, or, where none is named, to the stages. */
  | { readonly kind: "at"; readonly file: string }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "answer"; readonly checked: readonly Checked[] };

/** The same, to be checked. */
export const message: z.ZodType<Message> = z.union([
  z.object({ kind: z.literal("ready") }),
  z.object({ kind: z.literal("at"), file: z.string() }),
  z.object({ kind: z.literal("failed"), reason: z.string() }),
  z.object({ kind: z.literal("answer"), checked: z.array(checked) }),
]);
