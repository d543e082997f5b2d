/** @file Every stage that a pipeline can name: one line each. */
import { augment } from "./augment/augment.ts";
import type { StageDefinition } from "./define.ts";
import type { TransformDefinition } from "./define_transform.ts";
import { batchInfoNce } from "./losses/batch_info_nce.ts";
import { cosine } from "./losses/cosine.ts";
import { covariance } from "./losses/covariance.ts";
import { covarianceContrast } from "./losses/covariance_contrast.ts";
import { crossCorrelation } from "./losses/cross_correlation.ts";
import { labelCrossEntropy } from "./losses/cross_entropy.ts";
import { decoupled } from "./losses/decoupled.ts";
import { infoNce } from "./losses/info_nce.ts";
import { manifoldCapacity } from "./losses/manifold_capacity.ts";
import { meMax } from "./losses/me_max.ts";
import { mse } from "./losses/mse.ts";
import { ntXent } from "./losses/nt_xent.ts";
import { relational } from "./losses/relational.ts";
import { sigreg } from "./losses/sigreg.ts";
import { softCrossEntropy } from "./losses/soft_cross_entropy.ts";
import { supcon } from "./losses/supcon.ts";
import { variance } from "./losses/variance.ts";
import { convnext, convnextTiny } from "./modules/convnext.ts";
import { direct } from "./modules/direct.ts";
import { linear } from "./modules/linear.ts";
import { mlp } from "./modules/mlp.ts";
import { prototypes } from "./modules/prototypes.ts";
import {
  resnet,
  resnet101,
  resnet18,
  resnet34,
  resnet50,
  wideResnet101,
  wideResnet50,
} from "./modules/resnet.ts";
import { ema } from "./state/ema.ts";
import { queue } from "./state/queue.ts";
import { shared } from "./state/shared.ts";
import { vit, vitBase, vitSmall, vitTiny } from "./modules/vit.ts";
import { tokenTransformer } from "./modules/token_transformer.ts";
import { blockMask } from "./masks/block.ts";
import { blockwiseMask } from "./masks/blockwise.ts";
import { randomMask } from "./masks/random.ts";
import { pixels } from "./losses/pixels.ts";
import { tokens } from "./losses/tokens.ts";
import { centre } from "./targets/centre.ts";
import { sharpen } from "./targets/sharpen.ts";
import { sinkhorn } from "./targets/sinkhorn.ts";
import { autoContrast } from "./transforms/auto_contrast.ts";
import { colorJitter } from "./transforms/color_jitter.ts";
import { equalize } from "./transforms/equalize.ts";
import { gaussianBlur } from "./transforms/gaussian_blur.ts";
import { grayscale } from "./transforms/grayscale.ts";
import { horizontalFlip } from "./transforms/horizontal_flip.ts";
import { normalize } from "./transforms/normalize.ts";
import { posterize } from "./transforms/posterize.ts";
import { randAugment } from "./transforms/rand_augment.ts";
import { randomErasing } from "./transforms/random_erasing.ts";
import { randomResizedCrop } from "./transforms/random_resized_crop.ts";
import { resize } from "./transforms/resize.ts";
import { rotation } from "./transforms/rotation.ts";
import { sharpness } from "./transforms/sharpness.ts";
import { solarize } from "./transforms/solarize.ts";
import { verticalFlip } from "./transforms/vertical_flip.ts";
import { gather } from "./values/gather.ts";
import { join } from "./values/join.ts";
import { mean } from "./values/mean.ts";
import { nearest } from "./values/nearest.ts";
import { stopGradientStage } from "./values/stop_gradient.ts";
import { whiten } from "./values/whiten.ts";

/** Kinds of stages, and what stands under each of their keys. */
export const STAGES: readonly StageDefinition[] = [
  augment,
  resnet,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  wideResnet50,
  wideResnet101,
  convnext,
  convnextTiny,
  vit,
  vitTiny,
  vitSmall,
  vitBase,
  mlp,
  linear,
  prototypes,
  direct,
  tokenTransformer,
  ema,
  shared,
  stopGradientStage,
  mean,
  join,
  gather,
  queue,
  nearest,
  whiten,
  randomMask,
  blockMask,
  blockwiseMask,
  centre,
  sinkhorn,
  sharpen,
  cosine,
  mse,
  crossCorrelation,
  ntXent,
  infoNce,
  batchInfoNce,
  variance,
  covariance,
  softCrossEntropy,
  labelCrossEntropy,
  supcon,
  decoupled,
  relational,
  covarianceContrast,
  sigreg,
  manifoldCapacity,
  meMax,
  pixels,
  tokens,
];

/** Augmentation transforms. */
export const TRANSFORMS: readonly TransformDefinition[] = [
  randomResizedCrop,
  resize,
  horizontalFlip,
  verticalFlip,
  rotation,
  colorJitter,
  grayscale,
  gaussianBlur,
  sharpness,
  solarize,
  posterize,
  autoContrast,
  equalize,
  randAugment,
  randomErasing,
  normalize,
];
