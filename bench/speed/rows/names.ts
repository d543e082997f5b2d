/** @file What rows are called, and what pipeline stands behind them. */
import {
  type Method,
  METHODS,
  type Precision,
  PRECISIONS,
  type Size,
  SIZES,
  type StepSize,
} from "../jobs.ts";

/** One combination of what is compared. */
export interface Case<Of extends StepSize = StepSize> {
  readonly method: Method;
  readonly size: Of;
  readonly precision: Precision;
}

/** All of them. */
export const CASES: readonly Case<Size>[] = METHODS.flatMap((method) =>
  SIZES.flatMap((size) =>
    PRECISIONS.map((precision) => ({ method, size, precision }))
  )
);

/** Those whose step is compared. */
export const STEP_CASES: readonly Case[] = [
  ...CASES,
  ...PRECISIONS.map((precision): Case => ({
    method: "simsiam",
    size: "vit_tiny",
    precision,
  })),
];

/** For people. */
export const METHOD_TITLES: Readonly<Record<Method, string>> = {
  simsiam: "SimSiam",
  byol: "BYOL",
};
/** For people. */
export const SIZE_TITLES: Readonly<Record<StepSize, string>> = {
  small: "small ResNet",
  resnet18: "ResNet-18",
  vit_tiny: "ViT-Ti/4",
};

/** Such as `SimSiam, small ResNet, float32`. */
export const caseName = ({ method, size, precision }: Case): string =>
  `${METHOD_TITLES[method]}, ${SIZE_TITLES[size]}, ${precision}`;

/** Such as `simsiam-small-float32`. */
export const caseId = ({ method, size, precision }: Case): string =>
  `${method}-${size}-${precision}`;

/** File in `pipelines/cifar10`, without its ending. */
export const pipelineOf = (
  { method, size }: Pick<Case, "method" | "size">,
): string => size === "small" ? `${method}-small` : method;

/** What lightly's and PyTorch's side has, where a file follows another recipe. */
const ALIKE: Readonly<Record<string, readonly string[]>> = {
  byol: ["stages.y.stem_padding=1", "stages.views.augment=asymmetric"],
};

/** Encoders that the files do not have, and what trains them. */
const ENCODERS: Partial<Record<StepSize, readonly string[]>> = {
  vit_tiny: [
    "stages.y={encode: vit_tiny, of: views, patch: 4}",
    "train.optimizer={adamw: {lr: 0.0005, weight_decay: 0.05}}",
  ],
};

/** Changes that every run of a bench makes. */
export const changes = (
  { method, size, precision }: Case,
  batch: number,
): string[] => [
  `data.batch=${batch}`,
  `train.precision=${precision}`,
  ...ALIKE[pipelineOf({ method, size })] ?? [],
  ...ENCODERS[size] ?? [],
];

/** Changes that give both views without augmentation, as `images.py` has them. */
export const givenViews = (): string[] => {
  const views = [
    { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
    { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  ];
  const each = views.map((normalize) => [{ normalize }]);
  return [`stages.views.augment=${JSON.stringify({ each })}`];
};
