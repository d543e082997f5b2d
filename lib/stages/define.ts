/**
 * @file What a stage is: the contract between pipelines, graphs and tfjs code.
 *
 * A stage has named inputs, named outputs and options. It declares variables
 * in a scope, and computes its outputs in a run. Networks, losses, targets,
 * queues and twins are all that; {@linkcode defineStage} defines any of them,
 * `defineModule` and `defineLoss` are shorter for the two most common shapes.
 */
import type * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import type { Code, Particulars } from "../diagnostics/diagnostic.ts";
import type { ParameterScope, Run, Variable } from "../layers/layer.ts";
import type { Syntax } from "./syntax.ts";

/**
 * What a value stands for. `pixels` are images as they are loaded,
 * `[channels, height, width]`; an augment stage makes `image`s of them,
 * `[height, width, channels]`. An `embedding` is `[features]`, `tokens` are
 * `[tokens, features]`, a `mask` is `[tokens]`, a `label` has no dimensions.
 */
export type ValueKind =
  | "pixels"
  | "image"
  | "embedding"
  | "tokens"
  | "mask"
  | "label";

/** One view of a value that flows between stages. */
export interface Type {
  /** What it stands for. */
  readonly is: ValueKind;
  /** Lengths of its dimensions after the first, which is the batch. */
  readonly shape: readonly number[];
  /** First dimension where it is not the batch (a queue). */
  readonly rows?: number;
  /** Type of its elements; float32 by default. */
  readonly dtype?: "float32" | "int32";
  /** Its number among the views of the stage that it is read from. */
  readonly view?: number;
  /** Rows and columns of the patches that a mask has numbers of. */
  readonly grid?: readonly [number, number];
  /**
   * Which of the patches a mask's numbers, or tokens, are, such as
   * `mask.visible[0]`; where tokens have none, they are of all, or of unknown.
   */
  readonly places?: string;
}

/** What an input or an output holds: one type a view; they may differ in shape. */
export type Signature = readonly Type[];

/** Text of a type's tensor, such as `[batch, 512]`. */
export const showType = ({ shape, rows }: Type): string =>
  `[${[rows ?? "batch", ...shape].join(", ")}]`;

/** Text of a signature, such as `2 × [batch, 512]`. */
export function showSignature(views: Signature): string {
  const runs: { readonly text: string; count: number }[] = [];
  for (const text of views.map(showType)) {
    const last = runs.at(-1);
    if (last?.text === text) last.count++;
    else runs.push({ text, count: 1 });
  }
  return runs.map(({ text, count }) => count > 1 ? `${count} × ${text}` : text)
    .join(", ");
}

/** The kind of a value that a network gives, by the rank of a sample. */
export const kindOfRank = (shape: readonly number[]): ValueKind =>
  shape.length === 1 ? "embedding" : shape.length === 2 ? "tokens" : "image";

/** An input of a stage. */
export interface Port {
  /** What it takes. */
  readonly is: readonly ValueKind[];
  /** Whether gradients flow back through it; they do not by default. */
  readonly gradient?: boolean;
  /** Whether it may be left out. Evaluation leaves it out always. */
  readonly optional?: boolean;
  /**
   * References that it takes one by one, so that inputs `name.0`, `name.1`
   * come in; without it a list of references is joined, view after view.
   */
  readonly sides?: number;
  /** Whether rows are images of the batch (the default), a queue's, or either. */
  readonly rows?: "batch" | "queue" | "any";
  /** What the stage does with it, for messages: `Cannot <verb> [batch, 4]`. */
  readonly verb?: string;
  /** One sentence for the editor and the reference page. */
  readonly summary?: string;
  /** How to write it, for messages where it is missing. */
  readonly hint?: string;
}

/** Tensors of each input or output, one a view. */
export type Values = Readonly<Record<string, readonly tf.Tensor[]>>;

/** A number, or the scalar of an option that changes from step to step. */
export type Scheduled = number | tf.Scalar;

/** What a stage sees of the step that runs it. */
export interface StageRun extends Run {
  /**
   * Value of a numeric option in this step: a number where it is constant, a
   * scalar where the pipeline gives it as `{ from, to }`.
   */
  scheduled(option: string): Scheduled;
  /**
   * Runs `body` once the weights have moved: where a twin follows, or a queue
   * takes rows. With `train.accumulate`, `pass` means after each part of the
   * batch, `step` (the default) after the last one.
   */
  after(body: () => void, when?: "pass" | "step"): void;
  /**
   * Whether another stage, or what is asked of the run, reads an output by its
   * name; others need not be given.
   */
  reads(output: string): boolean;
  /** Adds a scalar to the step's metrics, as `<name>:<stage>`. */
  report(name: string, value: tf.Scalar): void;
}

/** Values of a loss that monitors compare it with. */
export interface Landmarks {
  /** Reached by a constant embedding. */
  readonly floor?: number;
  /** Value of a classifier that tells nothing apart. */
  readonly uniform?: number;
  /** Prototypes that it assigns images to. */
  readonly prototypes?: number;
  /** Whether it predicts what was hidden. */
  readonly hidden?: boolean;
}

/** A stage in its place, ready to run. */
export interface BuiltStage {
  /** By name; `output` is what a plain reference reads. A loss has none. */
  readonly outputs: Readonly<Record<string, Signature>>;
  /** Computes the outputs; a loss gives `loss`, one scalar. */
  apply(inputs: Values, run: StageRun): Values;
  /** Of a loss. */
  readonly landmarks?: Landmarks;
  /** Variables that follow others: `[follower, followed]`; they start as copies. */
  readonly follows?: readonly (readonly [Variable, Variable])[];
  /** Labels that it tells apart, where it reads them: they go from 0 to one less. */
  readonly classes?: number;
}

/** A stage whose network is built again, on other inputs. */
export interface Template {
  /** Name of the stage. */
  readonly name: string;
  /** What it declared. */
  readonly variables: readonly Variable[];
  /** Its inputs. */
  readonly inputs: Readonly<Record<string, Port>>;
  /** What it reads. */
  readonly reads: Readonly<Record<string, Signature>>;
  /** The text of an input's reference, such as `y`. */
  source(input: string): string;
  /**
   * Builds it again.
   *
   * @throws {ShapeError} When it cannot take the inputs.
   */
  build(
    scope: ParameterScope,
    inputs: Readonly<Record<string, Signature>>,
  ): BuiltStage;
}

/** Where a stage is built. */
export interface Site {
  /** Name of the stage. */
  readonly name: string;
  /** Images of a step. */
  readonly batch: number;
  /** The text of an input's reference, such as `z`. */
  source(input: string): string;
  /**
   * What the stage reads in its own place, where it is built again for others:
   * for a copy, a twin, evaluation.
   */
  readonly first?: Readonly<Record<string, Signature>>;
  /** Stages whose weights it takes part in, by the key that names them. */
  readonly links: Readonly<Record<string, Template>>;
  /** Reports what does not fit, at a key of the stage. */
  problem(
    code: Code,
    at: readonly (string | number)[],
    message: string,
    particulars?: Particulars,
  ): void;
}

/** A stage cannot take the shapes or the options it was given. */
export class ShapeError extends Error {
  /** Tells it from other errors. */
  override readonly name = "ShapeError";
}

/** What every definition has. */
export interface Definition<Options> {
  /** Name in YAML, such as `resnet18`. */
  readonly name: string;
  /** One sentence for the reference page and the editor. */
  readonly summary: string;
  /** Paper or source of the formula, with its address. */
  readonly reference?: string;
  /** Schema of its keys in YAML. */
  readonly options: z.ZodType<Options>;
}

/** How a stage is drawn. */
export type Look =
  | "views"
  | "encoder"
  | "projector"
  | "predictor"
  | "twin"
  | "queue"
  | "value"
  | "stop"
  | "loss";

/** A key of the YAML that makes a stage, such as `encode`. */
export interface StageKind {
  /** The key. */
  readonly key: string;
  /**
   * What the key's value is: the name of a definition (the default), or the
   * input, the linked stage or the option of the same name as the key.
   */
  readonly value?: "name" | "input" | "link" | "option";
  /** One sentence for the editor. */
  readonly summary: string;
  /**
   * What its definitions are called in messages: `Cannot find <what> "resnt"`; of
   * a link, what is done with the stage: `Cannot <what> "views"`.
   */
  readonly what?: string;
  /** How its stages are drawn; `value` by default. */
  readonly look?: Look;
  /** Part of the method that its networks play, for checks and evaluation. */
  readonly part?: "encoder" | "projector" | "predictor";
}

/** Something that papers saw collapse, told of as a warning. */
export interface Risk {
  /** Key of the stage that it is about. */
  readonly at: string;
  /** What is wrong. */
  readonly message: string;
  /** What it leads to, with its source, and what to do. */
  readonly hints: readonly string[];
}

/** A kind of stage, or one of several under a key. */
export interface StageDefinition<Options = unknown>
  extends Definition<Options> {
  /** Tells definitions apart. */
  readonly kind: "stage";
  /** Keys under which it stands. */
  readonly kinds: readonly StageKind[];
  /** By key. The first is the one that evaluation feeds. */
  readonly inputs: Readonly<Record<string, Port>>;
  /** Keys that name a stage whose weights this one takes part in. */
  readonly links?: readonly string[];
  /** Whether it has the inputs of the stage that it links to, too. */
  readonly inputsOfLink?: boolean;
  /** Whether it uses the weights of the stage that it links to, and has none. */
  readonly borrows?: boolean;
  /** Options that are settings of `train` where the stage has none of its own. */
  readonly inherits?: Readonly<Record<string, "ema">>;
  /**
   * Whether what it gives of an image follows from that image and the weights,
   * batch norms aside; a loss has to be the mean of such values. Replicas then
   * run it on their own rows. All else runs once, and sees the whole batch.
   */
  readonly perImage?: boolean;
  /**
   * Whether each view of what it gives shows what the same view of its first
   * input shows, so that views can be told apart behind it.
   */
  readonly keepsViews?: boolean;
  /** Scalars that it reports, each as `<name>:<stage>`. */
  readonly reports?: readonly string[];
  /** Whether its `loss` is a term of what training minimises. */
  readonly objective?: boolean;
  /** Whether a constant embedding minimises it, with nothing in it against that. */
  readonly attracts?: boolean;
  /**
   * Of an objective of two sides: that the second is the target of the first,
   * of which nothing is to learn; `probabilities` that it is a distribution.
   */
  readonly target?: "values" | "probabilities";
  /** Whether other images, of the batch or of a queue, are its negatives. */
  readonly contrasts?: boolean;
  /**
   * What it keeps from collapsing: each feature of a side (`variance`), two
   * features to the same (`covariance`), or both. Of a value that a loss
   * compares, such as a whitened one: that its sides cannot be constant.
   */
  readonly spreads?: "variance" | "covariance" | "both";
  /** Whether its last layer is normalised over the batch. */
  normalizesOutput?(options: Options): boolean;
  /**
   * The input that is watched in its place, where it gives no embedding of its
   * own. Of an objective: what is watched of what it reads, the last side or
   * input by default; `null` for the encoder.
   */
  readonly standsFor?: string | null;
  /** What the papers saw go wrong with such options. */
  risks?(options: Options): readonly Risk[];
  /**
   * Reads and writes its options where a schema alone cannot.
   *
   * @internal
   */
  readonly syntax?: Syntax<Options>;
  /** Options with which a single view is made for evaluation, without randomness. */
  judged?(options: Options, view: number, input: Type): Options;
  /**
   * Declares its variables and returns what runs it.
   *
   * @param inputs One signature for each input that is given.
   * @throws {ShapeError} When it cannot take them.
   */
  build(
    scope: ParameterScope,
    inputs: Readonly<Record<string, Signature>>,
    options: Options,
    site: Site,
  ): BuiltStage;
}

/** What {@linkcode defineStage} takes. */
export type StageSpec<Options> =
  & Omit<StageDefinition<Options>, "kind" | "kinds">
  & (
    | { readonly key: StageKind | readonly StageKind[] | string }
    | { readonly kinds: readonly StageKind[] }
  );

/**
 * Defines a stage; a definition is one file and one line in its registry.
 *
 * @example
 * ```ts
 * import { defineStage } from "stopgrad";
 * import * as tf from "@tensorflow/tfjs";
 * import { z } from "zod";
 *
 * export default defineStage({
 *   key: "target",
 *   name: "sharpen",
 *   summary: "Softmax of scores over a small temperature",
 *   options: z.strictObject({ temperature: z.number().positive() }),
 *   inputs: { of: { is: ["embedding"] } },
 *   build: (_scope, { of = [] }, { temperature }) => ({
 *     outputs: { output: of },
 *     apply: ({ of = [] }) => ({
 *       output: of.map((x) => tf.softmax(tf.div(x, temperature))),
 *     }),
 *   }),
 * });
 * ```
 */
export function defineStage<O>(spec: StageSpec<O>): StageDefinition {
  const kinds = "kinds" in spec
    ? spec.kinds
    : [spec.key].flat().map((key): StageKind =>
      typeof key === "string" ? { key, summary: spec.summary } : key
    );
  return { ...spec, kind: "stage", kinds } as unknown as StageDefinition;
}

/** Name of the output that a plain reference reads. */
export const OUTPUT = "output";
