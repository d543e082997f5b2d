/** @file Losses between two sides, averaged over pairs of their views. */
import * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import {
  defineStage,
  type Definition,
  type Landmarks,
  type Port,
  type Scheduled,
  showType,
  type Signature,
  type Site,
  type StageDefinition,
  type StageKind,
  type StageRun,
} from "./define.ts";
import { meanOf } from "../ops/mean_of.ts";
import { choice } from "./choice.ts";
import { PAIRS, type Pairs, pairsOf, viewNumber } from "./pairs.ts";
import { type Ramp, rampsOf } from "./ramp.ts";
import { expectShape } from "./user_code.ts";

/** The key of losses. */
export const LOSS: StageKind = {
  key: "loss",
  summary: "What training minimises",
  what: "the loss",
  look: "loss",
};

/** Values of a loss between scores and a distribution: both as probabilities. */
export const [STUDENT, TARGET] = ["student", "target"] as const;

/**
 * Values of a loss of hidden tokens: what was made of them and what they are,
 * `[batch, places, features]`; and a teacher's tokens of whole images.
 */
export const [MADE, HIDDEN, TEACHER] = ["made", "hidden", "teacher"] as const;

/** What a loss sees besides the pair. */
export interface LossContext {
  /** Negatives from a queue, `[rows, features]`, one row a negative. */
  readonly negatives?: tf.Tensor2D;
}

/** Options as a loss computes with them: ramps are numbers or scalars of the step. */
export type Resolved<Options> = {
  readonly [K in keyof Options]: Ramp extends Options[K]
    ? Exclude<Options[K], Ramp> | Scheduled
    : Options[K];
};

/** What {@linkcode defineLoss} takes. */
export interface LossSpec<Options = unknown>
  extends
    Definition<Options>,
    Partial<
      Pick<
        StageDefinition<Options>,
        "attracts" | "contrasts" | "spreads" | "risks" | "perImage" | "target"
      >
    > {
  /** Whether it takes tokens, too, each as a row. */
  readonly tokens?: boolean;
  /** Whether it reads `negatives:`. */
  readonly negatives: "required" | "none";
  /**
   * Least and collapse-related values for monitors, given rows and features.
   * `floor` is reached by a constant embedding; `uniform` is the value of a
   * classifier that tells nothing apart.
   */
  landmarks?(
    options: Options,
    sizes: { readonly batch: number; readonly negatives: number },
  ): Landmarks;
  /** Of a loss between scores and a distribution: the scores as probabilities. */
  probabilities?(a: tf.Tensor2D, options: Resolved<Options>): tf.Tensor2D;
  /**
   * Computes the loss of a pair of views.
   *
   * @param a `[batch, features]`
   * @param b `[batch, features]`
   * @returns A scalar.
   */
  apply(
    a: tf.Tensor2D,
    b: tf.Tensor2D,
    options: Resolved<Options>,
    context: LossContext,
  ): tf.Scalar;
}

const pairs = choice(
  Object.fromEntries(
    Object.entries(PAIRS).map(([name, { summary }]) => [name, summary]),
  ) as Record<Pairs, string>,
).default("cross").describe("Views that meet");

/** What every loss of two sides has beside its own options. */
interface Paired {
  readonly pairs: Pairs;
}

const BETWEEN: Port = {
  is: ["embedding"],
  gradient: true,
  sides: 2,
  summary: "The two sides that are compared",
};

/** Tokens of all images as rows, `[batch * tokens, features]`; rows as they are. */
export const asRows = (x: tf.Tensor): tf.Tensor2D =>
  (x.rank === 3 ? tf.reshape(x, [-1, x.shape[2] as number]) : x) as tf.Tensor2D;

const NEGATIVES: Port = {
  is: ["embedding"],
  rows: "queue",
  verb: "draw negatives from",
  summary: "A queue, whose rows are the negatives",
  hint: "name a queue stage: `negatives: <queue>`",
};

/** The queue's view for a view of the right side: its own, or the one for all. */
const bankOf = (banks: Signature, view: number): number =>
  banks.length > 1
    ? banks.findIndex((_, i) => viewNumber(banks, i) === view)
    : 0;

/** Ways to pair views where the chosen one finds no pair. */
function otherPairs(site: Site, left: Signature, right: Signature): string {
  const own = site.source("between.0") === site.source("between.1");
  const ways = (Object.keys(PAIRS) as Pairs[])
    // A view beside itself teaches nothing.
    .filter((way) => !own && pairsOf(way, left, right).length > 0)
    .map((way) => `\`pairs: ${way}\``);
  return ["make two views (`count: 2`)", ...ways].join(", or set ");
}

/** Reports sides that do not fit each other; says whether they do. */
function fit(
  site: Site,
  pairs: Pairs,
  left: Signature,
  right: Signature,
  negatives: Signature | undefined,
): boolean {
  let fits = true;
  const problem: Site["problem"] = (...all) => {
    fits = false;
    site.problem(...all);
  };
  const [a, b] = [left[0], right[0]];
  const places = pairsOf(pairs, left, right);
  const uneven = places.find(([i, j]) =>
    `${left[i]?.shape}` !== `${right[j]?.shape}`
  );
  const shown = uneven ? [left[uneven[0]], right[uneven[1]]] : [a, b];
  if (shown[0] && shown[1] && `${shown[0].shape}` !== `${shown[1].shape}`) {
    problem(
      "shape-mismatch",
      ["between", 1],
      `Cannot compare "${site.source("between.0")}" with "${
        site.source("between.1")
      }": ${showType(shown[0])} against ${showType(shown[1])}`,
      { hints: ["give both the same number of features (`out:`)"] },
    );
  }
  if (places.length === 0) {
    problem(
      "view-mismatch",
      [pairs === "cross" ? "between" : "pairs"],
      `Cannot pair views in "${site.name}": "pairs: ${pairs}" finds none between ${left.length} and ${right.length} view(s)`,
      { hints: [otherPairs(site, left, right)] },
    );
  }
  const [i, j] = places.find(([i, j]) => {
    const [own, other] = [left[i]?.places, right[j]?.places];
    return own !== undefined && other !== undefined && own !== other;
  }) ?? [];
  if (i !== undefined && j !== undefined) {
    problem(
      "shape-mismatch",
      ["between", 1],
      `Cannot compare the tokens of ${left[i]?.places} with those of ${
        right[j]?.places
      }`,
      { hints: ["gather both at the same places, in pairs of the same views"] },
    );
  }
  if (!negatives) return fits;
  const missing = places.map(([, j]) => viewNumber(right, j))
    .filter((view) => bankOf(negatives, view) < 0);
  if (missing.length > 0) {
    problem(
      "view-mismatch",
      ["negatives"],
      `Cannot take negatives of view ${
        Math.max(...missing)
      }: the queue has ${negatives.length} views, counted from 0`,
      { hints: ["give the queue one view for all, or as many views"] },
    );
  }
  const bank = negatives.find(({ shape }) => `${shape}` !== `${b?.shape}`);
  if (bank && b) {
    problem(
      "shape-mismatch",
      ["negatives"],
      `Cannot use ${showType(bank)} as negatives of ${showType(b)}`,
    );
  }
  return fits;
}

/** Options with the values of this step. */
export function resolved<Options>(
  options: Options,
  run: StageRun,
): Resolved<Options> {
  const ramps = rampsOf(options);
  if (ramps.length === 0) return options as Resolved<Options>;
  return {
    ...options,
    ...Object.fromEntries(ramps.map((name) => [name, run.scheduled(name)])),
  } as Resolved<Options>;
}

/**
 * Defines a loss between two sides, the mean over the pairs of their views; a
 * definition is one file and one line in its registry.
 */
export function defineLoss<O>(spec: LossSpec<O>): StageDefinition {
  const {
    tokens = false,
    negatives: reads,
    landmarks,
    probabilities,
    apply,
    options,
    ...definition
  } = spec;
  return defineStage<O & Paired>({
    ...(probabilities ? { target: "probabilities" as const } : {}),
    ...definition,
    key: LOSS,
    objective: true,
    options: (options as unknown as z.ZodObject).extend({
      pairs,
    }) as unknown as z.ZodType<O & Paired>,
    inputs: {
      between: {
        ...BETWEEN,
        ...(tokens ? { is: ["embedding", "tokens"] } : {}),
        verb: "compare",
        hint: `for example between: ${
          definition.spreads ? "[z, z]" : "[p, stop_gradient(z)]"
        }`,
      },
      ...(reads === "required" ? { negatives: NEGATIVES } : {}),
    },
    build(_scope, inputs, all, site) {
      const left = inputs["between.0"] ?? [];
      const right = inputs["between.1"] ?? [];
      const banks = inputs["negatives"];
      const { pairs, ...own } = all;
      if (!fit(site, pairs, left, right, banks)) {
        return { outputs: {}, apply: () => ({}) };
      }
      const places = pairsOf(pairs, left, right);
      const sizes = { batch: site.batch, negatives: banks?.[0]?.rows ?? 0 };
      return {
        outputs: {},
        landmarks: {
          ...landmarks?.(own as unknown as O, sizes),
          ...(probabilities ? { prototypes: left[0]?.shape.at(-1) ?? 1 } : {}),
        },
        apply(values, run) {
          const options = resolved(own as unknown as O, run);
          const of = (name: string, i: number): tf.Tensor2D =>
            asRows(values[name]?.[i] as tf.Tensor);
          const terms = places.map(([i, j]) =>
            apply(of("between.0", i), of("between.1", j), options, {
              ...(banks
                ? {
                  negatives: of(
                    "negatives",
                    bankOf(banks, viewNumber(right, j)),
                  ),
                }
                : {}),
            })
          );
          for (const term of terms) expectShape(term, []);
          return {
            loss: [meanOf(terms)],
            // For the monitors; without them nothing computes it.
            ...(probabilities
              ? {
                [STUDENT]: (values["between.0"] ?? []).map((a) =>
                  probabilities(asRows(a), options)
                ),
                [TARGET]: (values["between.1"] ?? []).map(asRows),
              }
              : {}),
          };
        },
      };
    },
  });
}
