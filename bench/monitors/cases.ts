/** @file Runs whose fate is known: the shipped pipelines, and ways to ruin them. */
import type { Fault } from "../../lib/monitor/policy.ts";

/** One run. */
export interface Case {
  readonly name: string;
  /** In `pipelines/`. */
  readonly file: string;
  /** What ruins it; nothing for a shipped pipeline as it is. */
  readonly set: readonly string[];
  /** Faults of which one must be found; none for a healthy run; absent where the scale decides. */
  readonly expect?: readonly Fault[];
}

/** Faults that a shipped pipeline does not watch for are not warned of here. */
const WATCHED: Readonly<Record<string, readonly string[]>> = {
  mae: ["monitor={collapse: off, not_learning: warn, divergence: warn}"],
  simmim: ["monitor={collapse: off, not_learning: warn, divergence: warn}"],
  ijepa: ["monitor={dimensional_collapse: off}"],
};

const healthy = (name: string): Case => ({
  name,
  file: name,
  set: WATCHED[name] ?? [],
  expect: [],
});

const COLLAPSES = ["collapse", "dimensional_collapse"] as const;

/** All cases, the healthy ones first. */
export const CASES: readonly Case[] = [
  ...[
    "simsiam",
    "byol",
    "simclr",
    "moco",
    "barlow_twins",
    "vicreg",
    "nnclr",
    "dino",
    "swav",
    "ibot",
    "msn",
    "mae",
    "simmim",
    "ijepa",
  ].map(healthy),
  {
    name: "SimSiam, no stop-gradient",
    file: "simsiam",
    set: ["stages.loss.between=[p, z]"],
    expect: COLLAPSES,
  },
  {
    name: "SimSiam, no stop-gradient, no output BN",
    file: "simsiam",
    set: [
      "stages.loss.between=[p, z]",
      "stages.z.batch_norm=hidden",
      "stages.z.output_affine=null",
    ],
    expect: COLLAPSES,
  },
  {
    name: "SimSiam, no predictor",
    file: "simsiam",
    set: [
      "stages.loss.between=[z, stop_gradient(z)]",
      "stages.p=null",
      "train.per_stage=null",
    ],
    expect: COLLAPSES,
  },
  // SimSiam works without a moving average, and so may this (see README.md).
  { name: "BYOL, tau 0", file: "byol", set: ["train.ema=0"] },
  {
    name: "BYOL, slow predictor",
    file: "byol",
    set: ["train.per_stage={p: {lr: 0.002}}"],
  },
  {
    name: "BYOL, tau 0, slow predictor",
    file: "byol",
    set: ["train.ema=0", "train.per_stage={p: {lr: 0.002}}"],
    expect: COLLAPSES,
  },
  {
    name: "BYOL, no predictor",
    file: "byol",
    set: ["stages.loss.between=[z, stop_gradient(target.z)]", "stages.p=null"],
    expect: COLLAPSES,
  },
  {
    name: "Barlow Twins, invariance only",
    file: "barlow_twins",
    set: ["stages.loss.lambda=0"],
    expect: COLLAPSES,
  },
  {
    name: "VICReg, invariance only",
    file: "vicreg",
    set: ["stages.variance=null", "stages.covariance=null"],
    expect: COLLAPSES,
  },
  {
    name: "DINO, no centring",
    file: "dino",
    set: ["stages.q.momentum=1"],
    expect: ["prototype_collapse"],
  },
  {
    name: "DINO, no sharpening",
    file: "dino",
    set: ["stages.q.temperature=0.1"],
    expect: ["prototype_collapse"],
  },
  {
    name: "SwAV, not balanced",
    file: "swav",
    set: [
      "stages.q.target=sharpen",
      "stages.q.beside=null",
      "stages.q.epsilon=null",
      "stages.q.temperature=0.05",
    ],
    expect: ["prototype_collapse", ...COLLAPSES],
  },
  {
    name: "SwAV, not sharpened",
    file: "swav",
    set: ["stages.q.epsilon=1"],
    expect: ["prototype_collapse", ...COLLAPSES],
  },
  {
    name: "iBOT, no centring",
    file: "ibot",
    set: ["stages.q.momentum=1", "stages.patches.q.momentum=1"],
    expect: ["prototype_collapse"],
  },
  {
    name: "iBOT, no sharpening",
    file: "ibot",
    set: ["stages.q.temperature=0.1", "stages.patches.q.temperature=0.1"],
    expect: ["prototype_collapse"],
  },
  {
    name: "MSN, neither balanced nor spread",
    file: "msn",
    set: ["stages.q.balance=0", "stages.spread=null"],
    expect: ["prototype_collapse"],
  },
  {
    name: "MSN, no sharpening",
    file: "msn",
    set: ["stages.q.temperature=0.1"],
    expect: ["prototype_collapse"],
  },
  {
    name: "SimMIM, lr 1e-12",
    file: "simmim",
    set: [...WATCHED["simmim"] ?? [], "train.optimizer.adamw.lr=1e-12"],
    expect: ["not_learning"],
  },
  {
    name: "I-JEPA, no moving average",
    file: "ijepa",
    set: [...WATCHED["ijepa"] ?? [], "train.ema=0"],
    expect: ["collapse"],
  },
  {
    name: "SimCLR, lr 1e-12",
    file: "simclr",
    set: ["train.optimizer.sgd.lr=1e-12"],
    expect: ["not_learning"],
  },
  {
    name: "MoCo, lr 1e-12",
    file: "moco",
    set: ["train.optimizer.sgd.lr=1e-12"],
    expect: ["not_learning"],
  },
  {
    name: "SimSiam, lr 100 times",
    file: "simsiam",
    set: ["train.optimizer.sgd.lr=15"],
    expect: ["divergence", ...COLLAPSES],
  },
  {
    name: "SimCLR, lr 100 times",
    file: "simclr",
    set: ["train.optimizer.sgd.lr=20"],
    expect: ["divergence", "stuck_at_uniform", "not_learning", ...COLLAPSES],
  },
];

/** What makes a pipeline small enough for many seeds: its rules need 250 to 800 steps. */
export interface Small {
  readonly epochs: number;
  readonly set: readonly string[];
}

const FEW_IMAGES = ["data.batch=16", "data.share=0.15"];
const crops = (stage: string, size: number): string =>
  `stages.${stage}.augment.0.random_resized_crop.size=${size}`;
const RESNET: Small = {
  epochs: 4,
  set: [
    ...FEW_IMAGES,
    "stages.y.width=4",
    crops("global", 16),
    crops("local", 8),
  ],
};
const VIT = [
  ...FEW_IMAGES,
  "stages.y.width=48",
  "stages.y.depth=2",
  crops("views", 16),
];
/** What is hidden is predicted later than images are told apart. */
const masked = (...set: readonly string[]): Small => ({
  epochs: 11,
  set: [...VIT, "train.schedule.cosine.warmup=1", ...set],
});

/** By pipeline. */
export const SMALL: Readonly<Record<string, Small>> = {
  dino: RESNET,
  // Its rate is for batches of 128.
  swav: {
    epochs: 3,
    set: [
      "data.batch=16",
      "data.share=0.25",
      "stages.y.width=4",
      "train.optimizer.sgd.lr=0.04",
    ],
  },
  ibot: {
    epochs: 4,
    set: [
      "data.batch=32",
      "data.share=0.3",
      "stages.y.depth=2",
      crops("views", 16),
    ],
  },
  msn: { epochs: 4, set: [...VIT, crops("focal", 8)] },
  // Patches that are scaled one by one are predicted the latest.
  mae: {
    epochs: 14,
    set: [
      "data.batch=64",
      "data.share=0.5",
      "stages.y.depth=2",
      "train.schedule.cosine.warmup=1",
    ],
  },
  simmim: masked(),
  ijepa: masked("stages.p.grid=4", "stages.p.out=48"),
};
