/**
 * @file Pipelines by chance of the families that are no pair of views and a
 * loss between them: targets, prototypes, masks, labels, shared weights. Each
 * passes the check by construction, as those of `random_pipeline.ts` do.
 */
import type { Dice } from "../helpers/numeric.ts";

type Map = Record<string, unknown>;

const flip = (dice: Dice, chance = 0.5): boolean => dice.unit() < chance;

/** Brightness differs in each view, so that no two views are the same. */
const JITTER = { color_jitter: { brightness: 0.6, p: 1 } };

/** Views of a side of so many pixels; images have 4. */
const views = (side: number, count: number): Map => ({
  augment: [...(side === 4 ? [] : [{ resize: { size: side } }]), JITTER],
  of: "image",
  count,
});

/** A number, or one that changes from a tenth below to a tenth above. */
const perhapsRamp = (dice: Dice, value: number): unknown =>
  flip(dice)
    ? {
      from: value * 0.9,
      to: value * 1.1,
      ...(flip(dice) ? { epochs: 1, shape: "linear" } : {}),
    }
    : value;

const head = (dice: Dice, role: string, of: unknown, out: number): Map => ({
  [role]: "mlp",
  of,
  hidden: 16 + dice.below(8),
  out,
  batch_norm: dice.pick(["none", "hidden", "all"]),
});

const vit = (dice: Dice, more: Map): Map => ({
  encode: "vit",
  patch: 2,
  width: 8,
  heads: 2,
  depth: 1 + dice.below(2),
  mlp_ratio: 2,
  pool: dice.pick(["class", "mean"]),
  position: dice.pick(["learned", "sincos", "relative"]),
  ...more,
});

const encoder = (dice: Dice, of: unknown): Map =>
  flip(dice)
    ? { encode: "resnet", of, width: 8, blocks: [1] }
    : vit(dice, { of });

interface Family {
  readonly stages: Map;
  readonly train?: Map;
}

/** A teacher's scores, centred, are the target of large and small crops. */
function selfDistillation(dice: Dice): Family {
  const out = 6 + dice.below(4);
  return {
    stages: {
      global: views(8, 2),
      local: views(4, 1 + dice.below(2)),
      y: encoder(dice, ["global", "local"]),
      h: head(dice, "project", "y", 8),
      s: { predict: "prototypes", of: "h", out },
      "t.y": { ema: "y", of: "global" },
      "t.h": { ema: "h", of: "t.y" },
      "t.s": { ema: "s", of: "t.h" },
      q: {
        target: "centre",
        of: "t.s",
        temperature: perhapsRamp(dice, 0.2),
        momentum: 0.5,
      },
      loss: {
        loss: "soft_cross_entropy",
        between: ["s", "q"],
        temperature: perhapsRamp(dice, 0.3),
      },
    },
    train: { per_stage: { s: { freeze: dice.pick([0.34, 1, true]) } } },
  };
}

/** Balanced assignments of one view are predicted from others. */
function clustering(dice: Dice): Family {
  const few = flip(dice);
  return {
    stages: {
      global: views(8, 2),
      local: views(4, 1),
      y: encoder(dice, ["global", "local"]),
      z: head(dice, "project", "y", 8),
      ...(few ? {} : { bank: { queue: "z[0:2]", size: 9 } }),
      p: {
        predict: "prototypes",
        of: few ? "z" : ["z", "bank"],
        out: 6,
      },
      q: {
        target: "sinkhorn",
        of: "p[0:2]",
        ...(few ? {} : { beside: "p[3:5]" }),
        epsilon: perhapsRamp(dice, 0.5),
        iterations: 1 + dice.below(3),
      },
      loss: {
        loss: "soft_cross_entropy",
        between: [few ? "p" : "p[0:3]", "q"],
        temperature: 0.5,
      },
    },
  };
}

/** The target is the mean of other views; some views come from elsewhere. */
function means(dice: Dice): Family {
  const over = dice.pick(["all", "others"]);
  return {
    stages: {
      views: views(4, 2),
      more: views(4, 1),
      all: { join: ["views", "more"] },
      y: encoder(dice, "all"),
      z: head(dice, "project", "y", 8),
      p: head(dice, "predict", "z", 8),
      t: { mean: "stop_gradient(z)", over, normalize: flip(dice) },
      loss: {
        loss: dice.pick(["cosine", "mse"]),
        between: ["p", "t"],
        pairs: over === "all" ? "all" : "same",
        weight: perhapsRamp(dice, 1),
      },
    },
  };
}

/** Pixels of patches that were hidden are filled in. */
function reconstruction(dice: Dice): Family {
  return {
    stages: {
      views: views(8, 1 + dice.below(2)),
      mask: {
        mask: "random",
        of: "views",
        patch: 2,
        ratio: dice.pick([0.5, 0.75]),
      },
      y: vit(dice, { of: "views", keep: "mask.visible" }),
      d: {
        decode: "vit",
        of: "y.tokens",
        at: "mask.visible",
        ask: "mask.hidden",
        grid: 4,
        out: 12,
        width: 8,
        heads: 2,
        depth: 1,
      },
      loss: {
        loss: "pixels",
        of: "d",
        target: "views",
        at: "mask.hidden",
        patch: 2,
        normalize: flip(dice),
      },
    },
  };
}

/** Tokens of blocks are predicted from those around them. */
function prediction(dice: Dice): Family {
  return {
    stages: {
      views: views(8, 1),
      mask: {
        mask: "block",
        of: "views",
        patch: 2,
        targets: 1 + dice.below(2),
        scale: 0.25,
      },
      y: vit(dice, { of: "views", keep: "mask.context" }),
      t: { ema: "y", of: "views", momentum: perhapsRamp(dice, 0.8) },
      p: {
        predict: "vit",
        of: "y.tokens",
        at: "mask.context",
        ask: "mask.target",
        grid: 4,
        out: 8,
        width: 8,
        heads: 2,
        depth: 1,
      },
      loss: {
        loss: "tokens",
        of: "p",
        target: "t.tokens",
        at: "mask.target",
        distance: dice.pick(["smooth_l1", "squared"]),
      },
    },
  };
}

/** A token stands for each hidden patch; what it became is decoded. */
function hiding(dice: Dice): Family {
  return {
    stages: {
      views: views(8, 1 + dice.below(2)),
      mask: {
        mask: dice.pick(["blockwise", "random"]),
        of: "views",
        patch: 2,
        ratio: 0.5,
      },
      y: vit(dice, { of: "views", hide: "mask.hidden" }),
      hidden: { gather: "y.tokens", at: "mask.hidden" },
      d: { decode: "linear", of: "hidden", out: 12, bias: flip(dice) },
      loss: {
        loss: "pixels",
        of: "d",
        target: "views",
        at: "mask.hidden",
        patch: 2,
        normalize: false,
        distance: dice.pick(["l1", "squared"]),
      },
    },
  };
}

/** Scores of a view that is seen in part are those of the whole, made sharper. */
function maskedSiamese(dice: Dice): Family {
  return {
    stages: {
      views: views(8, 2),
      mask: { mask: "random", of: "views[1]", patch: 2, ratio: 0.25 },
      y: vit(dice, { of: "views[1]", keep: "mask.visible" }),
      s: { predict: "prototypes", of: "y", out: 6 },
      "t.y": { ema: "y", of: "views[0]" },
      "t.s": { with: "s", of: "t.y" },
      q: {
        target: "sharpen",
        of: "t.s",
        temperature: perhapsRamp(dice, 0.3),
        balance: dice.pick([0, 2]),
      },
      loss: {
        loss: "soft_cross_entropy",
        between: ["s", "q"],
        pairs: "all",
        temperature: 0.5,
      },
      spread: { loss: "me_max", of: "s", temperature: 0.5 },
    },
  };
}

/** Transforms of all kinds, and what changes nothing on one device. */
function transformed(dice: Dice): Family {
  const seen = dice.pick(["all", "per_replica"]);
  return {
    stages: {
      views: {
        augment: [
          { resize: { size: 8 } },
          JITTER,
          "vertical_flip",
          { rotation: { degrees: 20, p: 1 } },
          { sharpness: { p: 0.5 } },
          { posterize: { bits: 6, p: 0.5 } },
          { auto_contrast: { p: 0.5 } },
          { equalize: { p: 0.3 } },
          { rand_augment: { operations: 1, magnitude: 3 } },
          { random_erasing: { p: 0.5 } },
        ],
        of: "image",
      },
      y: {
        encode: "convnext",
        of: "views",
        patch: 2,
        width: 8,
        blocks: dice.pick([[1], [1, 1]]),
        layer_scale: 0.5,
      },
      z: head(dice, "project", "y", 8),
      loss: { loss: "nt_xent", between: ["z", "z"] },
    },
    train: {
      replicas: { batch_norm: seen },
      per_stage: { y: { replicas: seen } },
    },
  };
}

/** Labels are learnt, by the encoder or by a probe beside it. */
function labelled(dice: Dice): Family {
  const probe = flip(dice);
  return {
    stages: {
      views: views(4, 2),
      y: encoder(dice, "views"),
      z: head(dice, "project", "y", 8),
      c: {
        ...head(dice, "predict", probe ? "stop_gradient(y)" : "y", 3),
        batch_norm: "none",
      },
      loss: {
        loss: "supcon",
        of: "z",
        labels: "label",
        temperature: perhapsRamp(dice, 0.5),
      },
      probe: { loss: "cross_entropy", of: "c", labels: "label", weight: 0.5 },
    },
    train: {
      per_stage: {
        c: {
          optimizer: { adam: { lr: 0.01, epsilon: 0.1 } },
          schedule: "constant",
        },
      },
    },
  };
}

/** What spreads embeddings, and a predictor that is computed. */
function spreading(dice: Dice): Family {
  return {
    stages: {
      views: views(4, 2),
      y: encoder(dice, "views"),
      z: head(dice, "project", "y", 8),
      w: { whiten: "z", by: "newton", groups: 4, epsilon: 0.1 },
      p: { predict: "direct", of: "z" },
      "t.y": { ema: "y", of: "views" },
      "t.z": { ema: "z", of: "t.y" },
      bank: { queue: "t.z", size: 12 },
      white: { loss: "mse", between: ["w", "w"], pairs: "unordered" },
      predicted: { loss: "cosine", between: ["p", "t.z"] },
      alike: { loss: "relational", between: ["z", "t.z"], negatives: "bank" },
      apart: { loss: "dcl", between: ["z", "z"], pairs: "unordered" },
      along: { loss: "covariance_contrast", of: "z", weight: 0.5 },
      normal: { loss: "sigreg", of: "z", directions: 5, weight: 0.1 },
      centroids: { loss: "manifold_capacity", of: "z", weight: 0.1 },
    },
    train: {
      per_stage: dice.pick([{ y: { statistics: "frozen" } }, {}]),
    },
  };
}

/** One network in two places. */
function twoPlaces(dice: Dice): Family {
  const side = dice.pick([4, 8]);
  return {
    stages: {
      views: views(4, 2),
      others: views(side, 2),
      y: { encode: "resnet", of: "views", width: 8, blocks: [1, 1] },
      w: { with: "y", of: "others" },
      z: head(dice, "project", "y", 8),
      v: { with: "z", of: "w" },
      loss: { loss: "nt_xent", between: ["z", "v"], pairs: "same" },
    },
    train: { per_stage: { y: { layer_decay: 0.7, weight_decay: 0.01 } } },
  };
}

/** The families. */
export const FAMILIES = {
  selfDistillation,
  clustering,
  means,
  reconstruction,
  prediction,
  spreading,
  labelled,
  twoPlaces,
  hiding,
  maskedSiamese,
  transformed,
} as const;

const OPTIMIZERS: readonly Map[] = [
  { sgd: { lr: 0.02, weight_decay: { from: 0, to: 1e-3 } } },
  { lars: { lr: 0.2, weight_decay: 1e-4 } },
  // Where a gradient is nothing but rounding, a small epsilon would magnify it.
  { adamw: { lr: 0.01, epsilon: 0.1, weight_decay: { from: 0.01, to: 0.1 } } },
  { adam: { lr: 0.01, epsilon: 0.1 } },
];

/** A pipeline of one of the families, on the source `tiny`. */
export function randomFamily(name: keyof typeof FAMILIES, dice: Dice): Map {
  const { stages, train = {} } = FAMILIES[name](dice);
  return {
    name: "random",
    seed: dice.below(1000),
    data: { source: "tiny", batch: 4 },
    stages,
    train: {
      epochs: 4,
      optimizer: dice.pick(OPTIMIZERS),
      schedule: dice.pick(["constant", { cosine: { warmup: 0.5 } }]),
      ema: { from: 0.8, to: 1 },
      ...(flip(dice) ? { clip: dice.pick([0.1, 10]) } : {}),
      ...(flip(dice, 0.4) ? { accumulate: 2 } : {}),
      ...train,
    },
    ...(flip(dice, 0.3) ? { monitor: { of: "y" } } : {}),
  };
}
