/** @file Every stage that a pipeline can name: one line each. */
import type {
  LossDefinition,
  ModuleDefinition,
  TransformDefinition,
} from "./define.ts";
import { batchInfoNce } from "./losses/batch_info_nce.ts";
import { cosine } from "./losses/cosine.ts";
import { covariance } from "./losses/covariance.ts";
import { crossCorrelation } from "./losses/cross_correlation.ts";
import { infoNce } from "./losses/info_nce.ts";
import { mse } from "./losses/mse.ts";
import { ntXent } from "./losses/nt_xent.ts";
import { variance } from "./losses/variance.ts";
import { mlp } from "./modules/mlp.ts";
import { resnet, resnet18, resnet34, resnet50 } from "./modules/resnet.ts";
import { vit, vitBase, vitSmall, vitTiny } from "./modules/vit.ts";
import { colorJitter } from "./transforms/color_jitter.ts";
import { gaussianBlur } from "./transforms/gaussian_blur.ts";
import { grayscale } from "./transforms/grayscale.ts";
import { horizontalFlip } from "./transforms/horizontal_flip.ts";
import { normalize } from "./transforms/normalize.ts";
import { randomResizedCrop } from "./transforms/random_resized_crop.ts";
import { resize } from "./transforms/resize.ts";
import { solarize } from "./transforms/solarize.ts";

/** Networks: encoders, projectors, predictors. */
export const MODULES: readonly ModuleDefinition[] = [
  resnet,
  resnet18,
  resnet34,
  resnet50,
  vit,
  vitTiny,
  vitSmall,
  vitBase,
  mlp,
];

/** Augmentation transforms. */
export const TRANSFORMS: readonly TransformDefinition[] = [
  randomResizedCrop,
  resize,
  horizontalFlip,
  colorJitter,
  grayscale,
  gaussianBlur,
  solarize,
  normalize,
];

/** Losses. */
export const LOSSES: readonly LossDefinition[] = [
  cosine,
  mse,
  crossCorrelation,
  ntXent,
  infoNce,
  batchInfoNce,
  variance,
  covariance,
];
