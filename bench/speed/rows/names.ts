/** @file What rows are called, and what pipeline stands behind them. */
import {
  type Method,
  METHODS,
  type Precision,
  PRECISIONS,
  type Size,
  SIZES,
} from "../jobs.ts";

/** One combination of what is compared. */
export interface Case {
  readonly method: Method;
  readonly size: Size;
  readonly precision: Precision;
}

/** All of them. */
export const CASES: readonly Case[] = METHODS.flatMap((method) =>
  SIZES.flatMap((size) =>
    PRECISIONS.map((precision) => ({ method, size, precision }))
  )
);

const METHOD_NAMES: Readonly<Record<Method, string>> = {
  simsiam: "SimSiam",
  byol: "BYOL",
};
const SIZE_NAMES: Readonly<Record<Size, string>> = {
  small: "small ResNet",
  resnet18: "ResNet-18",
};

/** Such as `SimSiam, small ResNet, float32`. */
export const caseName = ({ method, size, precision }: Case): string =>
  `${METHOD_NAMES[method]}, ${SIZE_NAMES[size]}, ${precision}`;

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

/** Changes that every run of a bench makes. */
export const changes = (
  { method, size, precision }: Case,
  batch: number,
): string[] => [
  `data.batch=${batch}`,
  `train.precision=${precision}`,
  ...ALIKE[pipelineOf({ method, size })] ?? [],
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
