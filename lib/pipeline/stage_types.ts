/**
 * @file Types of stages, transforms, optimizers and sources in pipelines that are
 * written in TypeScript. Generated from the definitions by `deno task generate`.
 */

/** `z`, `z[1]`, `z[0:2]`, `mask.visible` or `stop_gradient(z)`. */
export type ReferenceText = string;

/** A definition of your own; its file knows its options. */
export interface OwnStageConfig {
  /** Path of the module, from the pipeline's folder. */
  readonly use: string;
  /** What it reads, and its options. */
  readonly [key: string]: unknown;
}

/** Views of the images, each with its own randomness */
export interface AugmentConfig {
  /** The images of the data */
  readonly of: "image";
  /** A preset, a list of transforms, or { each: [...] } with one of these a view */
  readonly augment: PresetName | readonly TransformConfig[] | {
    /** The first is view 0 */
    readonly each: readonly (PresetName | readonly TransformConfig[])[];
  };
  /** Views of each image; 2, or the length of `each` */
  readonly count?: number;
  /** Side of the views that a preset's crops give, in pixels: in place of the preset's own, which by default is the images' height */
  readonly size?: number;
}

/** Residual network of any size; each group of blocks doubles the channels and halves the side (https://arxiv.org/abs/1512.03385) */
export interface EncodeResnetConfig {
  /** Residual network of any size; each group of blocks doubles the channels and halves the side (https://arxiv.org/abs/1512.03385) */
  readonly encode: "resnet";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Channels of the first group of blocks */
  readonly width?: number;
  /** Residual blocks in each group */
  readonly blocks?: readonly number[];
  /** Layers of a residual block. `basic`: two 3x3 convolutions; `bottleneck`: 1x1, 3x3 and 1x1 convolutions, to 4 times the channels */
  readonly block?: "basic" | "bottleneck";
  /** Channels of a bottleneck's 3x3 convolution, as a multiple of its group's (https://arxiv.org/abs/1605.07146) */
  readonly widen?: number;
  /** First layers. `cifar`: one 3x3 convolution, for 32 pixels; `pooled`: the same and a max pool at stride 2, for 64 to 96; `imagenet`: a 7x7 convolution at stride 2 and a max pool */
  readonly stem?: "cifar" | "pooled" | "imagenet";
  /** Zeros around the image for the first convolution; half its kernel when absent. solo-learn's CIFAR networks have 2 */
  readonly stem_padding?: number;
  /** Start the last scale of every block at 0, so that blocks begin as identities */
  readonly zero_init?: boolean;
  /** What stands after each convolution. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of channels of `norm: group` */
  readonly groups?: number;
  /** Kernels of mean 0 and variance 1, for `norm: group` (https://arxiv.org/abs/1903.10520) */
  readonly weight_standardisation?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Residual network with 2, 2, 2, 2 basic blocks, 64 channels wide at first (https://arxiv.org/abs/1512.03385) */
export interface EncodeResnet18Config {
  /** Residual network with 2, 2, 2, 2 basic blocks, 64 channels wide at first (https://arxiv.org/abs/1512.03385) */
  readonly encode: "resnet18";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** First layers. `cifar`: one 3x3 convolution, for 32 pixels; `pooled`: the same and a max pool at stride 2, for 64 to 96; `imagenet`: a 7x7 convolution at stride 2 and a max pool */
  readonly stem?: "cifar" | "pooled" | "imagenet";
  /** Zeros around the image for the first convolution; half its kernel when absent. solo-learn's CIFAR networks have 2 */
  readonly stem_padding?: number;
  /** Start the last scale of every block at 0, so that blocks begin as identities */
  readonly zero_init?: boolean;
  /** What stands after each convolution. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of channels of `norm: group` */
  readonly groups?: number;
  /** Kernels of mean 0 and variance 1, for `norm: group` (https://arxiv.org/abs/1903.10520) */
  readonly weight_standardisation?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Residual network with 3, 4, 6, 3 basic blocks, 64 channels wide at first (https://arxiv.org/abs/1512.03385) */
export interface EncodeResnet34Config {
  /** Residual network with 3, 4, 6, 3 basic blocks, 64 channels wide at first (https://arxiv.org/abs/1512.03385) */
  readonly encode: "resnet34";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** First layers. `cifar`: one 3x3 convolution, for 32 pixels; `pooled`: the same and a max pool at stride 2, for 64 to 96; `imagenet`: a 7x7 convolution at stride 2 and a max pool */
  readonly stem?: "cifar" | "pooled" | "imagenet";
  /** Zeros around the image for the first convolution; half its kernel when absent. solo-learn's CIFAR networks have 2 */
  readonly stem_padding?: number;
  /** Start the last scale of every block at 0, so that blocks begin as identities */
  readonly zero_init?: boolean;
  /** What stands after each convolution. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of channels of `norm: group` */
  readonly groups?: number;
  /** Kernels of mean 0 and variance 1, for `norm: group` (https://arxiv.org/abs/1903.10520) */
  readonly weight_standardisation?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Residual network with 3, 4, 6, 3 bottleneck blocks, 64 channels wide at first (https://arxiv.org/abs/1512.03385) */
export interface EncodeResnet50Config {
  /** Residual network with 3, 4, 6, 3 bottleneck blocks, 64 channels wide at first (https://arxiv.org/abs/1512.03385) */
  readonly encode: "resnet50";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** First layers. `cifar`: one 3x3 convolution, for 32 pixels; `pooled`: the same and a max pool at stride 2, for 64 to 96; `imagenet`: a 7x7 convolution at stride 2 and a max pool */
  readonly stem?: "cifar" | "pooled" | "imagenet";
  /** Zeros around the image for the first convolution; half its kernel when absent. solo-learn's CIFAR networks have 2 */
  readonly stem_padding?: number;
  /** Start the last scale of every block at 0, so that blocks begin as identities */
  readonly zero_init?: boolean;
  /** What stands after each convolution. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of channels of `norm: group` */
  readonly groups?: number;
  /** Kernels of mean 0 and variance 1, for `norm: group` (https://arxiv.org/abs/1903.10520) */
  readonly weight_standardisation?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Residual network with 3, 4, 23, 3 bottleneck blocks, 64 channels wide at first (https://arxiv.org/abs/1512.03385) */
export interface EncodeResnet101Config {
  /** Residual network with 3, 4, 23, 3 bottleneck blocks, 64 channels wide at first (https://arxiv.org/abs/1512.03385) */
  readonly encode: "resnet101";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** First layers. `cifar`: one 3x3 convolution, for 32 pixels; `pooled`: the same and a max pool at stride 2, for 64 to 96; `imagenet`: a 7x7 convolution at stride 2 and a max pool */
  readonly stem?: "cifar" | "pooled" | "imagenet";
  /** Zeros around the image for the first convolution; half its kernel when absent. solo-learn's CIFAR networks have 2 */
  readonly stem_padding?: number;
  /** Start the last scale of every block at 0, so that blocks begin as identities */
  readonly zero_init?: boolean;
  /** What stands after each convolution. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of channels of `norm: group` */
  readonly groups?: number;
  /** Kernels of mean 0 and variance 1, for `norm: group` (https://arxiv.org/abs/1903.10520) */
  readonly weight_standardisation?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Residual network with 3, 4, 6, 3 bottleneck blocks, 64 channels wide at first, 2 times as many in 3x3 convolutions (https://arxiv.org/abs/1512.03385, https://arxiv.org/abs/1605.07146) */
export interface EncodeWideResnet502Config {
  /** Residual network with 3, 4, 6, 3 bottleneck blocks, 64 channels wide at first, 2 times as many in 3x3 convolutions (https://arxiv.org/abs/1512.03385, https://arxiv.org/abs/1605.07146) */
  readonly encode: "wide_resnet50_2";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** First layers. `cifar`: one 3x3 convolution, for 32 pixels; `pooled`: the same and a max pool at stride 2, for 64 to 96; `imagenet`: a 7x7 convolution at stride 2 and a max pool */
  readonly stem?: "cifar" | "pooled" | "imagenet";
  /** Zeros around the image for the first convolution; half its kernel when absent. solo-learn's CIFAR networks have 2 */
  readonly stem_padding?: number;
  /** Start the last scale of every block at 0, so that blocks begin as identities */
  readonly zero_init?: boolean;
  /** What stands after each convolution. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of channels of `norm: group` */
  readonly groups?: number;
  /** Kernels of mean 0 and variance 1, for `norm: group` (https://arxiv.org/abs/1903.10520) */
  readonly weight_standardisation?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Residual network with 3, 4, 23, 3 bottleneck blocks, 64 channels wide at first, 2 times as many in 3x3 convolutions (https://arxiv.org/abs/1512.03385, https://arxiv.org/abs/1605.07146) */
export interface EncodeWideResnet1012Config {
  /** Residual network with 3, 4, 23, 3 bottleneck blocks, 64 channels wide at first, 2 times as many in 3x3 convolutions (https://arxiv.org/abs/1512.03385, https://arxiv.org/abs/1605.07146) */
  readonly encode: "wide_resnet101_2";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** First layers. `cifar`: one 3x3 convolution, for 32 pixels; `pooled`: the same and a max pool at stride 2, for 64 to 96; `imagenet`: a 7x7 convolution at stride 2 and a max pool */
  readonly stem?: "cifar" | "pooled" | "imagenet";
  /** Zeros around the image for the first convolution; half its kernel when absent. solo-learn's CIFAR networks have 2 */
  readonly stem_padding?: number;
  /** Start the last scale of every block at 0, so that blocks begin as identities */
  readonly zero_init?: boolean;
  /** What stands after each convolution. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of channels of `norm: group` */
  readonly groups?: number;
  /** Kernels of mean 0 and variance 1, for `norm: group` (https://arxiv.org/abs/1903.10520) */
  readonly weight_standardisation?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** ConvNeXt of any size: depthwise 7x7 convolutions, layer norm, GELU; each group of blocks doubles the channels and halves the side (https://arxiv.org/abs/2201.03545) */
export interface EncodeConvnextConfig {
  /** ConvNeXt of any size: depthwise 7x7 convolutions, layer norm, GELU; each group of blocks doubles the channels and halves the side (https://arxiv.org/abs/2201.03545) */
  readonly encode: "convnext";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Channels of the first group of blocks */
  readonly width?: number;
  /** Blocks in each group */
  readonly blocks?: readonly number[];
  /** Side in pixels of the first convolution, which is its stride; images of 32 x 32 want 1 or 2 */
  readonly patch?: number;
  /** First value of the learned scale of each branch */
  readonly layer_scale?: number;
  /** Share of samples in which training leaves out the branch of the last block; less in earlier ones */
  readonly drop_path?: number;
}

/** ConvNeXt with 3, 3, 9, 3 blocks, 96 channels wide at first (https://arxiv.org/abs/2201.03545) */
export interface EncodeConvnextTinyConfig {
  /** ConvNeXt with 3, 3, 9, 3 blocks, 96 channels wide at first (https://arxiv.org/abs/2201.03545) */
  readonly encode: "convnext_tiny";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Side in pixels of the first convolution, which is its stride; images of 32 x 32 want 1 or 2 */
  readonly patch?: number;
  /** First value of the learned scale of each branch */
  readonly layer_scale?: number;
  /** Share of samples in which training leaves out the branch of the last block; less in earlier ones */
  readonly drop_path?: number;
}

/** Vision transformer of any size; `.tokens` are its patches' features (https://arxiv.org/abs/2010.11929) */
export interface EncodeVitConfig {
  /** Vision transformer of any size; `.tokens` are its patches' features (https://arxiv.org/abs/2010.11929) */
  readonly encode: "vit";
  /** Images */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches that it sees, such as `mask.visible` */
  readonly keep?: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches in whose place a learned token stands, such as `mask.hidden` */
  readonly hide?: ReferenceText | readonly ReferenceText[];
  /** Side of a patch in pixels; images of 32 x 32 want 4 */
  readonly patch?: number;
  /** How tokens know their place. `learned`: a weight for each place; `sincos`: fixed sines and cosines; `relative`: a bias of attention for each distance of two patches, learned once for all blocks, as SimMIM's ViT has it */
  readonly position?: "learned" | "sincos" | "relative";
  /** Which features the image has. `class`: those of a token of its own; `mean`: the mean of the patches' tokens */
  readonly pool?: "class" | "mean";
  /** Whether queries, keys and values have a bias */
  readonly qkv_bias?: boolean;
  /** Share of samples in which training leaves out a branch of the last block; less in earlier ones */
  readonly drop_path?: number;
  /** Side of the images that learned positions are for, in pixels; by default that of the first view. For other sizes they are resized */
  readonly image_size?: number;
  /** First value of a learned scale of each branch; none where it is left out */
  readonly layer_scale?: number;
  /** Features of a token */
  readonly width?: number;
  /** Transformer blocks */
  readonly depth?: number;
  /** Heads of the attention */
  readonly heads?: number;
  /** Hidden features of a block's perceptron, as a multiple of the width */
  readonly mlp_ratio?: number;
}

/** Vision transformer of 12 blocks with 3 heads, 192 features (https://arxiv.org/abs/2010.11929) */
export interface EncodeVitTinyConfig {
  /** Vision transformer of 12 blocks with 3 heads, 192 features (https://arxiv.org/abs/2010.11929) */
  readonly encode: "vit_tiny";
  /** Images */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches that it sees, such as `mask.visible` */
  readonly keep?: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches in whose place a learned token stands, such as `mask.hidden` */
  readonly hide?: ReferenceText | readonly ReferenceText[];
  /** Side of a patch in pixels; images of 32 x 32 want 4 */
  readonly patch?: number;
  /** How tokens know their place. `learned`: a weight for each place; `sincos`: fixed sines and cosines; `relative`: a bias of attention for each distance of two patches, learned once for all blocks, as SimMIM's ViT has it */
  readonly position?: "learned" | "sincos" | "relative";
  /** Which features the image has. `class`: those of a token of its own; `mean`: the mean of the patches' tokens */
  readonly pool?: "class" | "mean";
  /** Whether queries, keys and values have a bias */
  readonly qkv_bias?: boolean;
  /** Share of samples in which training leaves out a branch of the last block; less in earlier ones */
  readonly drop_path?: number;
  /** Side of the images that learned positions are for, in pixels; by default that of the first view. For other sizes they are resized */
  readonly image_size?: number;
  /** First value of a learned scale of each branch; none where it is left out */
  readonly layer_scale?: number;
}

/** Vision transformer of 12 blocks with 6 heads, 384 features (https://arxiv.org/abs/2010.11929) */
export interface EncodeVitSmallConfig {
  /** Vision transformer of 12 blocks with 6 heads, 384 features (https://arxiv.org/abs/2010.11929) */
  readonly encode: "vit_small";
  /** Images */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches that it sees, such as `mask.visible` */
  readonly keep?: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches in whose place a learned token stands, such as `mask.hidden` */
  readonly hide?: ReferenceText | readonly ReferenceText[];
  /** Side of a patch in pixels; images of 32 x 32 want 4 */
  readonly patch?: number;
  /** How tokens know their place. `learned`: a weight for each place; `sincos`: fixed sines and cosines; `relative`: a bias of attention for each distance of two patches, learned once for all blocks, as SimMIM's ViT has it */
  readonly position?: "learned" | "sincos" | "relative";
  /** Which features the image has. `class`: those of a token of its own; `mean`: the mean of the patches' tokens */
  readonly pool?: "class" | "mean";
  /** Whether queries, keys and values have a bias */
  readonly qkv_bias?: boolean;
  /** Share of samples in which training leaves out a branch of the last block; less in earlier ones */
  readonly drop_path?: number;
  /** Side of the images that learned positions are for, in pixels; by default that of the first view. For other sizes they are resized */
  readonly image_size?: number;
  /** First value of a learned scale of each branch; none where it is left out */
  readonly layer_scale?: number;
}

/** Vision transformer of 12 blocks with 12 heads, 768 features (https://arxiv.org/abs/2010.11929) */
export interface EncodeVitBaseConfig {
  /** Vision transformer of 12 blocks with 12 heads, 768 features (https://arxiv.org/abs/2010.11929) */
  readonly encode: "vit_base";
  /** Images */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches that it sees, such as `mask.visible` */
  readonly keep?: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches in whose place a learned token stands, such as `mask.hidden` */
  readonly hide?: ReferenceText | readonly ReferenceText[];
  /** Side of a patch in pixels; images of 32 x 32 want 4 */
  readonly patch?: number;
  /** How tokens know their place. `learned`: a weight for each place; `sincos`: fixed sines and cosines; `relative`: a bias of attention for each distance of two patches, learned once for all blocks, as SimMIM's ViT has it */
  readonly position?: "learned" | "sincos" | "relative";
  /** Which features the image has. `class`: those of a token of its own; `mean`: the mean of the patches' tokens */
  readonly pool?: "class" | "mean";
  /** Whether queries, keys and values have a bias */
  readonly qkv_bias?: boolean;
  /** Share of samples in which training leaves out a branch of the last block; less in earlier ones */
  readonly drop_path?: number;
  /** Side of the images that learned positions are for, in pixels; by default that of the first view. For other sizes they are resized */
  readonly image_size?: number;
  /** First value of a learned scale of each branch; none where it is left out */
  readonly layer_scale?: number;
}

/** Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image */
export interface EncodeMlpConfig {
  /** Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image */
  readonly encode: "mlp";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Features of hidden layers */
  readonly hidden: number;
  /** Features of the output */
  readonly out: number;
  /** Linear layers, the last one included */
  readonly layers?: number;
  /** After which layers batch norm stands. `none`: after no layer; `hidden`: after every layer but the last; `all`: after every layer, the last one included */
  readonly batch_norm?: "none" | "hidden" | "all";
  /** What stands where `batch_norm` says. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of features of `norm: group` */
  readonly groups?: number;
  /** What stands after hidden layers. `relu`: what is below 0 becomes 0; `gelu`: a smooth ReLU, that of transformers (https://arxiv.org/abs/1606.08415) */
  readonly activation?: "relu" | "gelu";
  /** Whether the batch norm of the last layer has a scale and an offset */
  readonly output_affine?: boolean;
  /** Whether the last layer has a bias where no batch norm follows it */
  readonly output_bias?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image */
export interface ProjectMlpConfig {
  /** Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image */
  readonly project: "mlp";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Features of hidden layers */
  readonly hidden: number;
  /** Features of the output */
  readonly out: number;
  /** Linear layers, the last one included */
  readonly layers?: number;
  /** After which layers batch norm stands. `none`: after no layer; `hidden`: after every layer but the last; `all`: after every layer, the last one included */
  readonly batch_norm?: "none" | "hidden" | "all";
  /** What stands where `batch_norm` says. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of features of `norm: group` */
  readonly groups?: number;
  /** What stands after hidden layers. `relu`: what is below 0 becomes 0; `gelu`: a smooth ReLU, that of transformers (https://arxiv.org/abs/1606.08415) */
  readonly activation?: "relu" | "gelu";
  /** Whether the batch norm of the last layer has a scale and an offset */
  readonly output_affine?: boolean;
  /** Whether the last layer has a bias where no batch norm follows it */
  readonly output_bias?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image */
export interface ProjectMlpPresetConfig {
  /** Projector: a head on the features. `simsiam`: SimSiam's for ImageNet: 3 layers with batch norm, a bottleneck; `simsiam_cifar`: SimSiam's for CIFAR: a projector of 2 layers; `byol`: BYOL's: two of 4096 to 256, batch norm within, no last bias; `barlow_twins`: Barlow Twins': 3 layers of 8192, no last bias; `vicreg`: VICReg's expander: 3 layers of 8192, no last bias; `simclr`: SimCLR's: 2048 to 128 without batch norm; `moco`: MoCo v2's: 2048 to 128 without batch norm */
  readonly project:
    | "simsiam"
    | "simsiam_cifar"
    | "byol"
    | "barlow_twins"
    | "vicreg"
    | "simclr"
    | "moco";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Features of hidden layers */
  readonly hidden?: number;
  /** Features of the output */
  readonly out?: number;
  /** Linear layers, the last one included */
  readonly layers?: number;
  /** After which layers batch norm stands. `none`: after no layer; `hidden`: after every layer but the last; `all`: after every layer, the last one included */
  readonly batch_norm?: "none" | "hidden" | "all";
  /** What stands where `batch_norm` says. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of features of `norm: group` */
  readonly groups?: number;
  /** What stands after hidden layers. `relu`: what is below 0 becomes 0; `gelu`: a smooth ReLU, that of transformers (https://arxiv.org/abs/1606.08415) */
  readonly activation?: "relu" | "gelu";
  /** Whether the batch norm of the last layer has a scale and an offset */
  readonly output_affine?: boolean;
  /** Whether the last layer has a bias where no batch norm follows it */
  readonly output_bias?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image */
export interface PredictMlpConfig {
  /** Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image */
  readonly predict: "mlp";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Features of hidden layers */
  readonly hidden: number;
  /** Features of the output */
  readonly out: number;
  /** Linear layers, the last one included */
  readonly layers?: number;
  /** After which layers batch norm stands. `none`: after no layer; `hidden`: after every layer but the last; `all`: after every layer, the last one included */
  readonly batch_norm?: "none" | "hidden" | "all";
  /** What stands where `batch_norm` says. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of features of `norm: group` */
  readonly groups?: number;
  /** What stands after hidden layers. `relu`: what is below 0 becomes 0; `gelu`: a smooth ReLU, that of transformers (https://arxiv.org/abs/1606.08415) */
  readonly activation?: "relu" | "gelu";
  /** Whether the batch norm of the last layer has a scale and an offset */
  readonly output_affine?: boolean;
  /** Whether the last layer has a bias where no batch norm follows it */
  readonly output_bias?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** Linear layers with batch norm and ReLU or GELU between them, of an embedding, of each token or of a flat image */
export interface PredictMlpPresetConfig {
  /** Predictor: a head on one side of a loss. `simsiam`: SimSiam's for ImageNet: 3 layers with batch norm, a bottleneck; `simsiam_cifar`: SimSiam's for CIFAR: a projector of 2 layers; `byol`: BYOL's: two of 4096 to 256, batch norm within, no last bias */
  readonly predict: "simsiam" | "simsiam_cifar" | "byol";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Features of hidden layers */
  readonly hidden?: number;
  /** Features of the output */
  readonly out?: number;
  /** Linear layers, the last one included */
  readonly layers?: number;
  /** After which layers batch norm stands. `none`: after no layer; `hidden`: after every layer but the last; `all`: after every layer, the last one included */
  readonly batch_norm?: "none" | "hidden" | "all";
  /** What stands where `batch_norm` says. `batch`: batch norm, by the statistics of the batch; `group`: group norm, which needs no batch (https://arxiv.org/abs/1803.08494) */
  readonly norm?: "batch" | "group";
  /** Groups of features of `norm: group` */
  readonly groups?: number;
  /** What stands after hidden layers. `relu`: what is below 0 becomes 0; `gelu`: a smooth ReLU, that of transformers (https://arxiv.org/abs/1606.08415) */
  readonly activation?: "relu" | "gelu";
  /** Whether the batch norm of the last layer has a scale and an offset */
  readonly output_affine?: boolean;
  /** Whether the last layer has a bias where no batch norm follows it */
  readonly output_bias?: boolean;
  /** How weights start. `fan_out`: normal of variance 2 / fan-out (torchvision's residual networks); `fan_in`: normal of variance 2 / fan-in; `torch`: uniform in ± 1 / sqrt(fan-in), as PyTorch's layers by default */
  readonly init?: "fan_out" | "fan_in" | "torch";
}

/** One linear layer, of an embedding or of each token */
export interface ProjectLinearConfig {
  /** One linear layer, of an embedding or of each token */
  readonly project: "linear";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Features of the output */
  readonly out: number;
  /** Whether a bias is added */
  readonly bias?: boolean;
}

/** One linear layer, of an embedding or of each token */
export interface PredictLinearConfig {
  /** One linear layer, of an embedding or of each token */
  readonly predict: "linear";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Features of the output */
  readonly out: number;
  /** Whether a bias is added */
  readonly bias?: boolean;
}

/** One linear layer, of an embedding or of each token */
export interface DecodeLinearConfig {
  /** One linear layer, of an embedding or of each token */
  readonly decode: "linear";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Features of the output */
  readonly out: number;
  /** Whether a bias is added */
  readonly bias?: boolean;
}

/** Cosine similarities with prototypes, which are learnt (Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.1; Caron et al. 2021, https://arxiv.org/abs/2104.14294, appendix C) */
export interface PredictPrototypesConfig {
  /** Cosine similarities with prototypes, which are learnt (Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.1; Caron et al. 2021, https://arxiv.org/abs/2104.14294, appendix C) */
  readonly predict: "prototypes";
  /** What the network reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Prototypes */
  readonly out: number;
  /** Whether each prototype has a learned length, 1 at first, as DINO with `--norm_last_layer false` */
  readonly lengths?: boolean;
}

/** Linear predictor set from the spectrum of what it reads, without training (Tian et al. 2021, https://arxiv.org/abs/2102.06810, section 4) */
export interface PredictDirectConfig {
  /** Linear predictor set from the spectrum of what it reads, without training (Tian et al. 2021, https://arxiv.org/abs/2102.06810, section 4) */
  readonly predict: "direct";
  /** Embeddings of the online network */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Share of the old correlation that is kept (rho) */
  readonly momentum?: number;
  /** Share of the largest eigenvalue that is added to all */
  readonly epsilon?: number;
}

/** Transformer that fills in tokens at the places asked for, from those of other places (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3; Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3) */
export interface DecodeVitConfig {
  /** Transformer that fills in tokens at the places asked for, from those of other places (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3; Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3) */
  readonly decode: "vit";
  /** Tokens of the places that were seen, such as `y.tokens` */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Numbers of those places, such as `mask.visible` */
  readonly at: ReferenceText | readonly ReferenceText[];
  /** Numbers of the places to fill in, such as `mask.hidden` */
  readonly ask: ReferenceText | readonly ReferenceText[];
  /** Numbers that come out for each place: pixels of a patch, or the width of the target's tokens */
  readonly out: number;
  /** Patches of a side of the image, or [rows, columns] */
  readonly grid: number | readonly [number, number];
  /** Features of its own tokens; a multiple of 4 and of `heads` */
  readonly width?: number;
  /** Transformer blocks */
  readonly depth?: number;
  /** Heads of the attention */
  readonly heads?: number;
  /** Hidden features of a block's perceptron, as a multiple of the width */
  readonly mlp_ratio?: number;
}

/** Transformer that fills in tokens at the places asked for, from those of other places (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3; Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3) */
export interface PredictVitConfig {
  /** Transformer that fills in tokens at the places asked for, from those of other places (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3; Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3) */
  readonly predict: "vit";
  /** Tokens of the places that were seen, such as `y.tokens` */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Numbers of those places, such as `mask.visible` */
  readonly at: ReferenceText | readonly ReferenceText[];
  /** Numbers of the places to fill in, such as `mask.hidden` */
  readonly ask: ReferenceText | readonly ReferenceText[];
  /** Numbers that come out for each place: pixels of a patch, or the width of the target's tokens */
  readonly out: number;
  /** Patches of a side of the image, or [rows, columns] */
  readonly grid: number | readonly [number, number];
  /** Features of its own tokens; a multiple of 4 and of `heads` */
  readonly width?: number;
  /** Transformer blocks */
  readonly depth?: number;
  /** Heads of the attention */
  readonly heads?: number;
  /** Hidden features of a block's perceptron, as a multiple of the width */
  readonly mlp_ratio?: number;
}

/** A twin of a network: the same layers, its weights a moving average (Grill et al. 2020, https://arxiv.org/abs/2006.07733, section 3.1; He et al. 2019, https://arxiv.org/abs/1911.05722, equation 2) */
export interface EmaConfig {
  /** The stage whose twin this is */
  readonly ema: string;
  /** What the twin reads */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Share of the old value that it keeps (tau); that of `train.ema` by default */
  readonly momentum?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Further inputs: those of the stage that it takes part in. */
  readonly [key: string]: unknown;
}

/** A stage again, with the same weights, on another input */
export interface WithConfig {
  /** The stage whose weights this one uses */
  readonly with: string;
  /** What the stage reads here */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Further inputs: those of the stage that it takes part in. */
  readonly [key: string]: unknown;
}

/** The same value, through which no gradient flows (Chen and He 2020, https://arxiv.org/abs/2011.10566, section 3) */
export interface StopGradientConfig {
  /** What is passed on */
  readonly stop_gradient: ReferenceText | readonly ReferenceText[];
}

/** The mean of a value's views: of all, or for each view of the others (Pototzky et al. 2022, https://doi.org/10.1007/978-3-031-16788-1_4 (FastSiam)) */
export interface MeanConfig {
  /** Views whose mean is taken */
  readonly mean: ReferenceText | readonly ReferenceText[];
  /** Which views a mean is taken of. `all`: one view, the mean of all; `others`: as many views, each the mean of the others */
  readonly over?: "all" | "others";
  /** Whether rows are scaled to length 1 before the mean is taken */
  readonly normalize?: boolean;
}

/** Views of several values, one after another */
export interface JoinConfig {
  /** Values whose views are joined */
  readonly join: ReferenceText | readonly ReferenceText[];
}

/** Tokens of some places, such as those that a mask hid (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3, whose masks are lists of places) */
export interface GatherConfig {
  /** Tokens of all places, such as `y.tokens` */
  readonly gather: ReferenceText | readonly ReferenceText[];
  /** Numbers of the places, such as `mask.hidden` */
  readonly at: ReferenceText | readonly ReferenceText[];
}

/** The newest rows of a value, kept from step to step (He et al. 2019, https://arxiv.org/abs/1911.05722, section 3.2) */
export interface QueueConfig {
  /** What is kept */
  readonly queue: ReferenceText | readonly ReferenceText[];
  /** Rows that it holds */
  readonly size: number;
  /** Whether rows are scaled to length 1 as they come in */
  readonly normalize?: boolean;
}

/** The row of a queue that is most similar to each row of a value; no gradient flows (Dwibedi et al. 2021, https://arxiv.org/abs/2104.14548, section 3) */
export interface NearestConfig {
  /** What neighbours are looked for */
  readonly nearest: ReferenceText | readonly ReferenceText[];
  /** The queue that is searched */
  readonly in: ReferenceText | readonly ReferenceText[];
}

/** Embeddings made uncorrelated, each feature of variance 1, over the batch (Ermolov et al. 2020, https://arxiv.org/abs/2007.06346, section 3 (W-MSE); Huang et al. 2019, https://arxiv.org/abs/1904.03441 (iterative normalisation)) */
export interface WhitenConfig {
  /** What is whitened */
  readonly whiten: ReferenceText | readonly ReferenceText[];
  /** How the whitening is computed. `cholesky`: exact, as in W-MSE; `newton`: iterative normalisation, as in VIbCReg */
  readonly by?: "cholesky" | "newton";
  /** Rows that are whitened together, a divisor of the batch; all by default */
  readonly size?: number;
  /** Groups of features that are whitened apart; `newton` only */
  readonly groups?: number;
  /** Of Newton's iteration */
  readonly iterations?: number;
  /** `cholesky`: share of the identity in the covariance; `newton`: added to its diagonal */
  readonly epsilon?: number;
  /** Whether a learned scale and offset of each feature follow, as in solo-learn's VIbCReg */
  readonly affine?: boolean;
}

/** A random share of the patches is hidden; `.visible` and `.hidden` are their numbers (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3) */
export interface MaskRandomConfig {
  /** A random share of the patches is hidden; `.visible` and `.hidden` are their numbers (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3) */
  readonly mask: "random";
  /** Images, whose sizes count alone */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Side of a patch in pixels, as the encoder has it */
  readonly patch?: number;
  /** Side in pixels of the squares that are hidden whole, a multiple of `patch`, which is the default */
  readonly mask_patch?: number;
  /** Share of the patches that is hidden */
  readonly ratio?: number;
}

/** Blocks at random places are targets; `.context` are places outside of all of them, `.target` has a view for each block (Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3) */
export interface MaskBlockConfig {
  /** Blocks at random places are targets; `.context` are places outside of all of them, `.target` has a view for each block (Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3) */
  readonly mask: "block";
  /** Images, whose sizes count alone */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Side of a patch in pixels, as the encoder has it */
  readonly patch?: number;
  /** Target blocks */
  readonly targets?: number;
  /** Share of the image that a target block covers */
  readonly scale?: number;
}

/** Blocks of many shapes are hidden, up to a share of the patches; `.visible` and `.hidden` are their numbers (Bao et al. 2021, https://arxiv.org/abs/2106.08254, algorithm 1; https://github.com/bytedance/ibot, loader.py) */
export interface MaskBlockwiseConfig {
  /** Blocks of many shapes are hidden, up to a share of the patches; `.visible` and `.hidden` are their numbers (Bao et al. 2021, https://arxiv.org/abs/2106.08254, algorithm 1; https://github.com/bytedance/ibot, loader.py) */
  readonly mask: "blockwise";
  /** Images, whose sizes count alone */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Side of a patch in pixels, as the encoder has it */
  readonly patch?: number;
  /** Share of the patches that is hidden */
  readonly ratio?: number;
  /** Least patches of a block; by default a third of the shorter side squared, 16 of 14 x 14, where so many are hidden */
  readonly least?: number;
  /** Least height of a block as a multiple of its width; the most is 1 over it */
  readonly aspect?: number;
}

/** Scores centred by their moving mean and sharpened to probabilities by a low temperature (Caron et al. 2021, https://arxiv.org/abs/2104.14294, section 3.1 and algorithm 1) */
export interface TargetCentreConfig {
  /** Scores centred by their moving mean and sharpened to probabilities by a low temperature (Caron et al. 2021, https://arxiv.org/abs/2104.14294, section 3.1 and algorithm 1) */
  readonly target: "centre";
  /** The teacher's scores, a column a prototype */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Share of the old centre that is kept; 1 keeps it at 0 */
  readonly momentum?: number;
  /** Divides the centred scores: sharpens below the student's */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
}

/** Assignments to prototypes, balanced so that each gets an equal share (Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.1 and appendix A) */
export interface TargetSinkhornConfig {
  /** Assignments to prototypes, balanced so that each gets an equal share (Caron et al. 2020, https://arxiv.org/abs/2006.09882, section 3.1 and appendix A) */
  readonly target: "sinkhorn";
  /** Scores of the batch, a column a prototype */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Scores of queued rows, which take part in the balance; a view for each of `of` */
  readonly beside?: ReferenceText | readonly ReferenceText[];
  /** Weight of the entropy: the smaller, the harder the assignments */
  readonly epsilon?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Rounds of normalisation */
  readonly iterations?: number;
  /** How much a row of `beside` counts, against 1 of the batch's; `{ from: 0, to: 1, epochs: 15, shape: step }` is the authors' queue that starts after 15 epochs */
  readonly beside_weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
}

/** Scores sharpened to probabilities by a low temperature (Assran et al. 2022, https://arxiv.org/abs/2204.07141, section 3, and https://github.com/facebookresearch/msn) */
export interface TargetSharpenConfig {
  /** Scores sharpened to probabilities by a low temperature (Assran et al. 2022, https://arxiv.org/abs/2204.07141, section 3, and https://github.com/facebookresearch/msn) */
  readonly target: "sharpen";
  /** The teacher's scores, a column a prototype */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Divides the scores: sharpens below the student's */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Rounds of Sinkhorn's normalisation after it, which gives every prototype an equal share */
  readonly balance?: number;
}

/** Negative cosine similarity, -1 where all pairs agree (Chen and He 2020, https://arxiv.org/abs/2011.10566, equation 1) */
export interface LossCosineConfig {
  /** Negative cosine similarity, -1 where all pairs agree (Chen and He 2020, https://arxiv.org/abs/2011.10566, equation 1) */
  readonly loss: "cosine";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Squared distance of vectors: scaled to length 1 (2 - 2 cos), or as they are (Grill et al. 2020, https://arxiv.org/abs/2006.07733, equation 2) */
export interface LossMseConfig {
  /** Squared distance of vectors: scaled to length 1 (2 - 2 cos), or as they are (Grill et al. 2020, https://arxiv.org/abs/2006.07733, equation 2) */
  readonly loss: "mse";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Scale the vectors to length 1 and add up the features; otherwise the mean over them as they are */
  readonly normalize?: boolean;
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Cross-correlation of the features pulled to the identity: invariance on the diagonal, redundancy off it (Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, equation 1) */
export interface LossCrossCorrelationConfig {
  /** Cross-correlation of the features pulled to the identity: invariance on the diagonal, redundancy off it (Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, equation 1) */
  readonly loss: "cross_correlation";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Weight of the redundancy (off-diagonal) term */
  readonly lambda?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Weight of the invariance (diagonal) term */
  readonly invariance?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Factor of the whole loss, for optimizers that are not scale-free */
  readonly scale?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Added to the variance of a feature */
  readonly epsilon?: number;
  /** Scale each feature to variance 1; otherwise the cross-covariance takes the place of the correlation */
  readonly standardize?: boolean;
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Normalised temperature-scaled cross-entropy; every other embedding of the batch is a negative (Chen et al. 2020, https://arxiv.org/abs/2002.05709, equation 1) */
export interface LossNtXentConfig {
  /** Normalised temperature-scaled cross-entropy; every other embedding of the batch is a negative (Chen et al. 2020, https://arxiv.org/abs/2002.05709, equation 1) */
  readonly loss: "nt_xent";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides the cosine similarities */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Cross-entropy of the matching key against a queue of negatives (He et al. 2019, https://arxiv.org/abs/1911.05722, equation 1, with temperature 0.07; 0.2 is that of MoCo v2, https://arxiv.org/abs/2003.04297) */
export interface LossInfoNceConfig {
  /** Cross-entropy of the matching key against a queue of negatives (He et al. 2019, https://arxiv.org/abs/1911.05722, equation 1, with temperature 0.07; 0.2 is that of MoCo v2, https://arxiv.org/abs/2003.04297) */
  readonly loss: "info_nce";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** A queue, whose rows are the negatives */
  readonly negatives: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides the cosine similarities */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Cross-entropy of the first side's match among the second side's batch (Dwibedi et al. 2021, https://arxiv.org/abs/2104.14548, section 3) */
export interface LossBatchInfoNceConfig {
  /** Cross-entropy of the first side's match among the second side's batch (Dwibedi et al. 2021, https://arxiv.org/abs/2104.14548, section 3) */
  readonly loss: "batch_info_nce";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides the cosine similarities */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Hinge on the standard deviation of each feature over the batch (Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equation 1) */
export interface LossVarianceConfig {
  /** Hinge on the standard deviation of each feature over the batch (Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equation 1) */
  readonly loss: "variance";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Standard deviation (gamma) from which on nothing is lost */
  readonly target?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Added to the variance of a feature */
  readonly epsilon?: number;
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Squared covariances, or correlations, between different features over the batch (Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equations 3 and 4) */
export interface LossCovarianceConfig {
  /** Squared covariances, or correlations, between different features over the batch (Bardes et al. 2021, https://arxiv.org/abs/2105.04906, equations 3 and 4) */
  readonly loss: "covariance";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Correlations in place of covariances, and their mean, as in VIbCReg (https://arxiv.org/abs/2109.00783) */
  readonly normalize?: boolean;
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Cross-entropy of the first side's scores with the probabilities of the second, of images or of tokens (Caron et al. 2020, https://arxiv.org/abs/2006.09882, equation 2; Caron et al. 2021, https://arxiv.org/abs/2104.14294, equation 2) */
export interface LossSoftCrossEntropyConfig {
  /** Cross-entropy of the first side's scores with the probabilities of the second, of images or of tokens (Caron et al. 2020, https://arxiv.org/abs/2006.09882, equation 2; Caron et al. 2021, https://arxiv.org/abs/2104.14294, equation 2) */
  readonly loss: "soft_cross_entropy";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides the scores of the first side */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Cross-entropy of logits with the labels; reports the batch's accuracy as `accuracy` (Goodfellow et al. 2016, Deep Learning, section 6.2.2.3) */
export interface LossCrossEntropyConfig {
  /** Cross-entropy of logits with the labels; reports the batch's accuracy as `accuracy` (Goodfellow et al. 2016, Deep Learning, section 6.2.2.3) */
  readonly loss: "cross_entropy";
  /** Logits, a column a class */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** `label`, the class of each image */
  readonly labels: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
}

/** Contrastive loss in which all images of a class are positives of each other (Khosla et al. 2020, https://arxiv.org/abs/2004.11362, equations 2 and 3) */
export interface LossSupconConfig {
  /** Contrastive loss in which all images of a class are positives of each other (Khosla et al. 2020, https://arxiv.org/abs/2004.11362, equations 2 and 3) */
  readonly loss: "supcon";
  /** Embeddings of two or more views */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** `label`, the class of each image */
  readonly labels: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides the cosine similarities */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Where the mean over positives stands. `outside`: of the logarithm: L_out, which the paper finds better; `inside`: of the logarithm: L_in, as solo-learn has it */
  readonly sum?: "outside" | "inside";
}

/** NT-Xent without the positive among the negatives, which lets batches be small (Yeh et al. 2021, https://arxiv.org/abs/2110.06848, equation 6; weights: section 3.2) */
export interface LossDclConfig {
  /** NT-Xent without the positive among the negatives, which lets batches be small (Yeh et al. 2021, https://arxiv.org/abs/2110.06848, equation 6; weights: section 3.2) */
  readonly loss: "dcl";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides the cosine similarities */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** How much each pair counts. `none`: all alike (DCL); `von_mises_fisher`: pairs that differ more count more (DCLW) */
  readonly weights?: "none" | "von_mises_fisher";
  /** Divides the similarities of which DCLW's weights are made */
  readonly sigma?: number;
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** How alike the first side is to each row of a queue is to be as the second side has it (Zheng et al. 2021, https://arxiv.org/abs/2107.09282, equation 4) */
export interface LossRelationalConfig {
  /** How alike the first side is to each row of a queue is to be as the second side has it (Zheng et al. 2021, https://arxiv.org/abs/2107.09282, equation 4) */
  readonly loss: "relational";
  /** The two sides that are compared */
  readonly between: readonly [ReferenceText, ReferenceText];
  /** A queue, whose rows are the negatives */
  readonly negatives: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides the cosine similarities of the first side */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides those of the second side; smaller than `temperature`, it sharpens the target */
  readonly target_temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Views that meet. `cross`: every ordered pair of different views; `unordered`: every pair once, for losses that treat both sides alike; `same`: each view with itself; `all`: every pair, a view with itself included */
  readonly pairs?: "cross" | "unordered" | "same" | "all";
}

/** Squared length of each row along the directions that all rows had, a moving mean over the steps (Zhu et al. 2022, https://arxiv.org/abs/2206.10698, algorithm 1) */
export interface LossCovarianceContrastConfig {
  /** Squared length of each row along the directions that all rows had, a moving mean over the steps (Zhu et al. 2022, https://arxiv.org/abs/2206.10698, algorithm 1) */
  readonly loss: "covariance_contrast";
  /** Embeddings, of any number of views */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Share of the old covariance that is kept (beta) */
  readonly momentum?: number;
}

/** How far the embeddings of a batch are from an isotropic Gaussian, along random directions (Balestriero and LeCun 2025, https://arxiv.org/abs/2511.08544, section 4 (SIGReg)) */
export interface LossSigregConfig {
  /** How far the embeddings of a batch are from an isotropic Gaussian, along random directions (Balestriero and LeCun 2025, https://arxiv.org/abs/2511.08544, section 4 (SIGReg)) */
  readonly loss: "sigreg";
  /** Embeddings, each view by itself */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Random directions of each step */
  readonly directions?: number;
  /** Points at which the characteristic functions are compared */
  readonly knots?: number;
  /** The largest of these points */
  readonly most?: number;
}

/** Minus the nuclear norm of the images' centroids: long where views agree, of full rank where images differ (Yerxa et al. 2023, https://arxiv.org/abs/2303.03307, equation 3, without the term that its authors set to 0) */
export interface LossManifoldCapacityConfig {
  /** Minus the nuclear norm of the images' centroids: long where views agree, of full rank where images differ (Yerxa et al. 2023, https://arxiv.org/abs/2303.03307, equation 3, without the term that its authors set to 0) */
  readonly loss: "manifold_capacity";
  /** Embeddings of two or more views */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
}

/** How far the mean assignment of a batch is from using all prototypes alike (mean-entropy maximisation) (Assran et al. 2022, https://arxiv.org/abs/2204.07141, section 3, and https://github.com/facebookresearch/msn) */
export interface LossMeMaxConfig {
  /** How far the mean assignment of a batch is from using all prototypes alike (mean-entropy maximisation) (Assran et al. 2022, https://arxiv.org/abs/2204.07141, section 3, and https://github.com/facebookresearch/msn) */
  readonly loss: "me_max";
  /** The student's scores, a column a prototype */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Divides the scores */
  readonly temperature?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
}

/** Mean error of the pixels of patches that were hidden (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3, and https://github.com/facebookresearch/mae; Xie et al. 2021, https://arxiv.org/abs/2111.09886, section 3.4) */
export interface LossPixelsConfig {
  /** Mean error of the pixels of patches that were hidden (He et al. 2021, https://arxiv.org/abs/2111.06377, section 3, and https://github.com/facebookresearch/mae; Xie et al. 2021, https://arxiv.org/abs/2111.09886, section 3.4) */
  readonly loss: "pixels";
  /** What the decoder made of each patch */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** The images */
  readonly target: ReferenceText | readonly ReferenceText[];
  /** Numbers of the patches, such as `mask.hidden` */
  readonly at: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Side of a patch in pixels, as the mask has it */
  readonly patch?: number;
  /** Scale the pixels of each patch to mean 0 and variance 1 first */
  readonly normalize?: boolean;
  /** How far pixels are apart. `squared`: as in MAE; `l1`: as in SimMIM */
  readonly distance?: "squared" | "l1";
}

/** Smooth L1 distance of predicted tokens from a teacher's (Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3, and https://github.com/facebookresearch/ijepa) */
export interface LossTokensConfig {
  /** Smooth L1 distance of predicted tokens from a teacher's (Assran et al. 2023, https://arxiv.org/abs/2301.08243, section 3, and https://github.com/facebookresearch/ijepa) */
  readonly loss: "tokens";
  /** What was predicted at the places */
  readonly of: ReferenceText | readonly ReferenceText[];
  /** The teacher's tokens of the whole image, such as `t.tokens` */
  readonly target: ReferenceText | readonly ReferenceText[];
  /** Numbers of the places, such as `mask.target` */
  readonly at: ReferenceText | readonly ReferenceText[];
  /** Factor in the sum of the losses */
  readonly weight?: number | {
    /** At the start of the run */
    readonly from: number;
    /** At the end of the ramp, and from then on */
    readonly to: number;
    /** Epochs that the ramp takes; the whole run by default */
    readonly epochs?: number;
    /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
    readonly shape?: "cosine" | "linear" | "step";
  };
  /** Scale the features of each target token to mean 0 and variance 1 first */
  readonly normalize?: boolean;
  /** How far tokens are apart. `smooth_l1`: as in the authors' code; `squared`: as in the paper */
  readonly distance?: "smooth_l1" | "squared";
}

/** Keys that make a stage. */
export type StageKey =
  | "augment"
  | "encode"
  | "project"
  | "predict"
  | "decode"
  | "ema"
  | "with"
  | "stop_gradient"
  | "mean"
  | "join"
  | "gather"
  | "queue"
  | "nearest"
  | "whiten"
  | "mask"
  | "target"
  | "loss";

/** Properties of a type that are named. */
export type Named<T> = keyof {
  [K in keyof T as string extends K ? never : K]: T[K];
};

/** A stage without the keys of the other kinds, so that its own tells which it is. */
export type StageOf<T, Key extends StageKey> =
  & T
  & { readonly [K in Exclude<StageKey, Key | Named<T>>]?: never };

/** One stage; the key that names its kind tells which. */
export type StageConfig =
  | StageOf<AugmentConfig, "augment">
  | StageOf<EncodeResnetConfig, "encode">
  | StageOf<EncodeResnet18Config, "encode">
  | StageOf<EncodeResnet34Config, "encode">
  | StageOf<EncodeResnet50Config, "encode">
  | StageOf<EncodeResnet101Config, "encode">
  | StageOf<EncodeWideResnet502Config, "encode">
  | StageOf<EncodeWideResnet1012Config, "encode">
  | StageOf<EncodeConvnextConfig, "encode">
  | StageOf<EncodeConvnextTinyConfig, "encode">
  | StageOf<EncodeVitConfig, "encode">
  | StageOf<EncodeVitTinyConfig, "encode">
  | StageOf<EncodeVitSmallConfig, "encode">
  | StageOf<EncodeVitBaseConfig, "encode">
  | StageOf<EncodeMlpConfig, "encode">
  | StageOf<ProjectMlpConfig, "project">
  | StageOf<ProjectMlpPresetConfig, "project">
  | StageOf<PredictMlpConfig, "predict">
  | StageOf<PredictMlpPresetConfig, "predict">
  | StageOf<ProjectLinearConfig, "project">
  | StageOf<PredictLinearConfig, "predict">
  | StageOf<DecodeLinearConfig, "decode">
  | StageOf<PredictPrototypesConfig, "predict">
  | StageOf<PredictDirectConfig, "predict">
  | StageOf<DecodeVitConfig, "decode">
  | StageOf<PredictVitConfig, "predict">
  | StageOf<EmaConfig, "ema">
  | StageOf<WithConfig, "with">
  | StageOf<StopGradientConfig, "stop_gradient">
  | StageOf<MeanConfig, "mean">
  | StageOf<JoinConfig, "join">
  | StageOf<GatherConfig, "gather">
  | StageOf<QueueConfig, "queue">
  | StageOf<NearestConfig, "nearest">
  | StageOf<WhitenConfig, "whiten">
  | StageOf<MaskRandomConfig, "mask">
  | StageOf<MaskBlockConfig, "mask">
  | StageOf<MaskBlockwiseConfig, "mask">
  | StageOf<TargetCentreConfig, "target">
  | StageOf<TargetSinkhornConfig, "target">
  | StageOf<TargetSharpenConfig, "target">
  | StageOf<LossCosineConfig, "loss">
  | StageOf<LossMseConfig, "loss">
  | StageOf<LossCrossCorrelationConfig, "loss">
  | StageOf<LossNtXentConfig, "loss">
  | StageOf<LossInfoNceConfig, "loss">
  | StageOf<LossBatchInfoNceConfig, "loss">
  | StageOf<LossVarianceConfig, "loss">
  | StageOf<LossCovarianceConfig, "loss">
  | StageOf<LossSoftCrossEntropyConfig, "loss">
  | StageOf<LossCrossEntropyConfig, "loss">
  | StageOf<LossSupconConfig, "loss">
  | StageOf<LossDclConfig, "loss">
  | StageOf<LossRelationalConfig, "loss">
  | StageOf<LossCovarianceContrastConfig, "loss">
  | StageOf<LossSigregConfig, "loss">
  | StageOf<LossManifoldCapacityConfig, "loss">
  | StageOf<LossMeMaxConfig, "loss">
  | StageOf<LossPixelsConfig, "loss">
  | StageOf<LossTokensConfig, "loss">
  | OwnStageConfig
    & {
      readonly [
        K in
          | "augment"
          | "encode"
          | "project"
          | "predict"
          | "decode"
          | "ema"
          | "with"
          | "mask"
          | "loss"
      ]?: never;
    };

/** Named augmentations. */
export type PresetName =
  | "none"
  | "simsiam"
  | "symmetric_weak"
  | "simclr"
  | "asymmetric"
  | "byol"
  | "vicreg"
  | "moco_v2"
  | "moco_v3"
  | "barlow_twins"
  | "dino_global"
  | "dino_local"
  | "swav_global"
  | "swav_local"
  | "msn_large"
  | "msn_focal"
  | "lejepa_global"
  | "lejepa_local"
  | "ijepa"
  | "simmim"
  | "mae";

/** A transform: its name, `{ name: options }`, or `{ use: file }`. */
export type TransformConfig =
  | "random_resized_crop"
  | "horizontal_flip"
  | "vertical_flip"
  | "rotation"
  | "color_jitter"
  | "grayscale"
  | "gaussian_blur"
  | "sharpness"
  | "solarize"
  | "posterize"
  | "auto_contrast"
  | "equalize"
  | "rand_augment"
  | "random_erasing"
  | "normalize"
  | {
    /** A part of random place, area and aspect ratio, resized to a square with antialiasing. Evaluation takes the largest centred square instead, resized to the same side (Szegedy et al. 2014, https://arxiv.org/abs/1409.4842, section 6) */
    readonly random_resized_crop?: {
      /** Side of the result in pixels; the image's own height when absent */
      readonly size?: number;
      /** Least and most area, as a share of the image */
      readonly scale?: readonly [number, number];
      /** Least and most width over height */
      readonly ratio?: readonly [number, number];
      /** Kernel of the resize. `bilinear`: a triangle over 2 pixels; `bicubic`: a cubic over 4 pixels, sharper */
      readonly interpolation?: "bilinear" | "bicubic";
    };
    /** The image resized to a square with antialiasing */
    readonly resize?: {
      /** Side of the result in pixels */
      readonly size: number;
      /** What becomes the result. `stretch`: all of the image, each side scaled by itself; `cover`: its largest centred square */
      readonly fit?: "stretch" | "cover";
    };
    /** Left and right exchanged */
    readonly horizontal_flip?: {
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** Top and bottom exchanged, for images without an upright: from above, from a microscope */
    readonly vertical_flip?: {
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** A turn about the middle, by an angle that is uniform in ± `degrees` */
    readonly rotation?: {
      /** Largest angle, to either side */
      readonly degrees?: number;
      /** How pixels between pixels are computed. `nearest`: that of the nearest pixel; `bilinear`: a mean of the four around, nearer ones count more */
      readonly interpolation?: "nearest" | "bilinear";
      /** Value of what lies outside of the image, 0..1 */
      readonly fill?: number;
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** Random brightness, contrast, saturation and hue; channels that are not three have no hue, and their gray is their mean (Howard 2013, https://arxiv.org/abs/1312.5402, section 2) */
    readonly color_jitter?: {
      /** The brightness factor is uniform in 1 ± this */
      readonly brightness?: number;
      /** The contrast factor is uniform in 1 ± this */
      readonly contrast?: number;
      /** The saturation factor is uniform in 1 ± this */
      readonly saturation?: number;
      /** The hue shift is uniform in ± this, in turns of the colour circle */
      readonly hue?: number;
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** Colours replaced by their luma (ITU-R BT.601); channels that are not three by their mean */
    readonly grayscale?: {
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** Gaussian blur of random width (Chen et al. 2020, https://arxiv.org/abs/2002.05709, appendix A) */
    readonly gaussian_blur?: {
      /** Side of the kernel in pixels, odd; a tenth of the image when absent */
      readonly kernel_size?: number;
      /** Least and most standard deviation in pixels */
      readonly sigma?: readonly [number, number];
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** Edges made sharper, or softer */
    readonly sharpness?: {
      /** 1 changes nothing, 0 is a soft image, 2 a sharp one */
      readonly factor?: number;
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** Values at or above a threshold inverted (Grill et al. 2020, https://arxiv.org/abs/2006.07733, appendix B) */
    readonly solarize?: {
      /** Least value that is inverted, 0..1 */
      readonly threshold?: number;
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** Values cut off to so many bits, in each channel */
    readonly posterize?: {
      /** Bits that are left: 2^bits values */
      readonly bits?: number;
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** The values of each channel stretched to 0..1 */
    readonly auto_contrast?: {
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** The values of each channel spread evenly (its histogram equalized) (https://github.com/vturrisi/solo-learn, Equalization) */
    readonly equalize?: {
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** For each image some of 14 operations, drawn alike: shears, moves, a turn, light, colour, contrast, sharpness, posterize, solarize, auto-contrast, equalize, none (Cubuk et al. 2019, https://arxiv.org/abs/1909.13719, section 3) */
    readonly rand_augment?: {
      /** Operations one after another (the paper's N) */
      readonly operations?: number;
      /** Strength of all of them, 0..30 (the paper's M); what 30 stands for is torchvision's */
      readonly magnitude?: number;
      /** How pixels between pixels are computed. `nearest`: that of the nearest pixel; `bilinear`: a mean of the four around, nearer ones count more */
      readonly interpolation?: "nearest" | "bilinear";
      /** Value of what lies outside of the image, 0..1 */
      readonly fill?: number;
    };
    /** A box of random place, area and aspect ratio is hidden; best after a `normalize`, whose mean is then 0 (Zhong et al. 2017, https://arxiv.org/abs/1708.04896, section 3) */
    readonly random_erasing?: {
      /** Least and most area, as a share of the image */
      readonly scale?: readonly [number, number];
      /** Least and most height over width */
      readonly ratio?: readonly [number, number];
      /** What the box is filled with: a number, or `random` for a standard normal in each pixel */
      readonly value?: number | "random";
      /** Probability for each sample, 0..1 */
      readonly p?: number;
    };
    /** Mean subtracted and standard deviation divided, for each channel */
    readonly normalize?: {
      /** Mean of each channel, for values in 0..1; ImageNet's by default */
      readonly mean?: readonly number[];
      /** Standard deviation of each channel; ImageNet's by default */
      readonly std?: readonly number[];
    };
  }
  | OwnStageConfig;

/** An optimizer with its options. */
export type OptimizerConfig = {
  /** Stochastic gradient descent with momentum */
  readonly sgd?: {
    /** Learning rate where the schedule's factor is 1 */
    readonly lr: number;
    /** Share of the moving gradient that each step keeps */
    readonly momentum?: number;
    /** Pull of weights towards 0 */
    readonly weight_decay?: number | {
      /** At the start of the run */
      readonly from: number;
      /** At the end of the ramp, and from then on */
      readonly to: number;
      /** Epochs that the ramp takes; the whole run by default */
      readonly epochs?: number;
      /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
      readonly shape?: "cosine" | "linear" | "step";
    };
    /** Leave biases, scales and offsets of norms out of weight decay */
    readonly exclude_bias_and_norm?: boolean;
  };
  /** SGD with momentum and a rate for each weight, for large batches (You et al. 2017, https://arxiv.org/abs/1708.03888, in the form of the released code of BYOL and Barlow Twins) */
  readonly lars?: {
    /** Learning rate where the schedule's factor is 1 */
    readonly lr: number;
    /** Share of the moving gradient that each step keeps */
    readonly momentum?: number;
    /** Pull of weights towards 0 */
    readonly weight_decay?: number | {
      /** At the start of the run */
      readonly from: number;
      /** At the end of the ramp, and from then on */
      readonly to: number;
      /** Epochs that the ramp takes; the whole run by default */
      readonly epochs?: number;
      /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
      readonly shape?: "cosine" | "linear" | "step";
    };
    /** Trust coefficient (eta): length of a step as a share of the weight's length */
    readonly trust?: number;
    /** Whether a weight's rate is at most that of SGD; where it is below, the step does not depend on lr */
    readonly clip?: boolean;
    /** What the rate is divided by. `together`: the length of slope and decay together, |g + wd w|; `apart`: of each apart, |g| + wd |w|, as the paper and solo-learn */
    readonly divisor?: "together" | "apart";
    /** Leave biases, scales and offsets of norms out of weight decay and adaptation */
    readonly exclude_bias_and_norm?: boolean;
  };
  /** Adam: moving mean and square of each gradient (Kingma and Ba 2014, https://arxiv.org/abs/1412.6980) */
  readonly adam?: {
    /** Learning rate where the schedule's factor is 1 */
    readonly lr: number;
    /** Share kept of the moving gradient */
    readonly beta1?: number;
    /** Share kept of the moving square */
    readonly beta2?: number;
    /** Added to the root of the moving square */
    readonly epsilon?: number;
    /** Pull of weights towards 0 */
    readonly weight_decay?: number | {
      /** At the start of the run */
      readonly from: number;
      /** At the end of the ramp, and from then on */
      readonly to: number;
      /** Epochs that the ramp takes; the whole run by default */
      readonly epochs?: number;
      /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
      readonly shape?: "cosine" | "linear" | "step";
    };
    /** Leave biases, scales and offsets of norms out of weight decay */
    readonly exclude_bias_and_norm?: boolean;
  };
  /** Adam with decoupled weight decay (Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101) */
  readonly adamw?: {
    /** Learning rate where the schedule's factor is 1 */
    readonly lr: number;
    /** Share kept of the moving gradient */
    readonly beta1?: number;
    /** Share kept of the moving square */
    readonly beta2?: number;
    /** Added to the root of the moving square */
    readonly epsilon?: number;
    /** Pull of weights towards 0 */
    readonly weight_decay?: number | {
      /** At the start of the run */
      readonly from: number;
      /** At the end of the ramp, and from then on */
      readonly to: number;
      /** Epochs that the ramp takes; the whole run by default */
      readonly epochs?: number;
      /** How it goes from one to the other. `cosine`: half a cosine, the default; `linear`: a line; `step`: all at once, when the epochs are over */
      readonly shape?: "cosine" | "linear" | "step";
    };
    /** Leave biases, scales and offsets of norms out of weight decay */
    readonly exclude_bias_and_norm?: boolean;
  };
} | OwnOptionsConfig;

/** Options of an optimizer or a source of your own, by the path of its file. */
export interface OwnOptionsConfig {
  /** By the names of the definition's schema. */
  readonly [file: `./${string}` | `/${string}` | `../${string}`]: unknown;
}

/** Where images come from, and how many a step takes. */
export type DataConfig = {
  /** Patches of 15 photographs that come with Stopgrad, 32x32, labelled by photograph; train and test share no pixel */
  readonly source: "photos";
  /** Images a step */
  readonly batch: number;
  /** Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay */
  readonly share?: number;
} | {
  /** CIFAR-10, 32x32 in colours, ten classes: 50,000 images to train, 10,000 to test; downloaded (170 MB) unless `path` is given */
  readonly source: "cifar10";
  /** Images a step */
  readonly batch: number;
  /** Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay */
  readonly share?: number;
  /** Archive or unpacked folder, the binary or the python version; without it the data is downloaded */
  readonly path?: string;
  /** Where to download the archive from */
  readonly url?: string;
  /** Checksum of the downloaded archive */
  readonly md5?: string;
} | {
  /** MNIST, Fashion-MNIST and others of that form: a folder with train-images-idx3-ubyte and t10k-images-idx3-ubyte, 28x28 in gray; .gz or not, labels if there are any */
  readonly source: "mnist";
  /** Images a step */
  readonly batch: number;
  /** Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay */
  readonly share?: number;
  /** Folder with the IDX files */
  readonly path: string;
} | {
  /** Image files in a folder: <class>/<image>, or <image> without labels; either may stand below folders such as train/ and test/ (or valid/) */
  readonly source: "folder";
  /** Images a step */
  readonly batch: number;
  /** Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay */
  readonly share?: number;
  /** Where the training images are */
  readonly path: string;
  /** Images are scaled and cropped to it */
  readonly size: number | {
    /** Pixels from top to bottom */
    readonly height: number;
    /** Pixels from left to right */
    readonly width: number;
  };
  /** Values of a pixel: 3 for colours, 1 for gray, or the number of bands that the files have. By default as many as `bands` names, else 3 */
  readonly channels?: number;
  /** Bands of each file to read, in this order; the first is 1. By default all of them, where they are as many as the channels */
  readonly bands?: readonly number[];
  /** Samples that become black and white, such as [0, 4095] or [-1000, 400], or `full` for all that their type can be. Needed for more than 8 bits, signed and float samples */
  readonly range?: "full" | readonly [number, number];
  /** Which page to read of files with several (TIFF stacks, DICOM frames); the first is 1 */
  readonly page?: number;
  /** Images to test with: where they are, or their share */
  readonly test?: number | string;
  /** What to do about an image that cannot be read. `fail`: an error that ends the run; `skip`: they are left out, and counted */
  readonly on_error?: "fail" | "skip";
  /** `sharp` decodes all files with sharp. By default libtensorflow decodes ordinary JPEGs, to the same pixels and faster */
  readonly decode?: "sharp";
  /** Megabytes (2^20 bytes) of pixels to hold; larger sets are decoded as they are needed, in every epoch */
  readonly memory?: number;
  /** A CSV file with the class of each image, in place of class folders; or { file, image, label } with the names of its columns; or false, where folders are no classes */
  readonly labels?: false | string | {
    /** The CSV file */
    readonly file: string;
    /** Column with the images' paths or names */
    readonly image?: string;
    /** Column with their classes */
    readonly label?: string;
  };
  /** Keeps decoded, resized images in one file of Stopgrad's cache, for sets that are larger than `memory`: from the second epoch on, and in later runs, nothing is decoded */
  readonly cache?: boolean;
  /** Cuts each image into squares of so many of its pixels, which are images of their own then; for images that are larger than can be decoded whole */
  readonly tile?: number;
} | {
  /** Image files in an archive (.tar, .tar.gz), laid out as for `folder`; nothing is unpacked to disk */
  readonly source: "tar";
  /** Images a step */
  readonly batch: number;
  /** Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay */
  readonly share?: number;
  /** Where the training images are */
  readonly path: string;
  /** Images are scaled and cropped to it */
  readonly size: number | {
    /** Pixels from top to bottom */
    readonly height: number;
    /** Pixels from left to right */
    readonly width: number;
  };
  /** Values of a pixel: 3 for colours, 1 for gray, or the number of bands that the files have. By default as many as `bands` names, else 3 */
  readonly channels?: number;
  /** Bands of each file to read, in this order; the first is 1. By default all of them, where they are as many as the channels */
  readonly bands?: readonly number[];
  /** Samples that become black and white, such as [0, 4095] or [-1000, 400], or `full` for all that their type can be. Needed for more than 8 bits, signed and float samples */
  readonly range?: "full" | readonly [number, number];
  /** Which page to read of files with several (TIFF stacks, DICOM frames); the first is 1 */
  readonly page?: number;
  /** Images to test with: where they are, or their share */
  readonly test?: number | string;
  /** What to do about an image that cannot be read. `fail`: an error that ends the run; `skip`: they are left out, and counted */
  readonly on_error?: "fail" | "skip";
  /** `sharp` decodes all files with sharp. By default libtensorflow decodes ordinary JPEGs, to the same pixels and faster */
  readonly decode?: "sharp";
  /** Megabytes (2^20 bytes) of pixels to hold; larger sets are decoded as they are needed, in every epoch */
  readonly memory?: number;
  /** A CSV file with the class of each image, in place of class folders; or { file, image, label } with the names of its columns; or false, where folders are no classes */
  readonly labels?: false | string | {
    /** The CSV file */
    readonly file: string;
    /** Column with the images' paths or names */
    readonly image?: string;
    /** Column with their classes */
    readonly label?: string;
  };
  /** Keeps decoded, resized images in one file of Stopgrad's cache, for sets that are larger than `memory`: from the second epoch on, and in later runs, nothing is decoded */
  readonly cache?: boolean;
  /** Cuts each image into squares of so many of its pixels, which are images of their own then; for images that are larger than can be decoded whole */
  readonly tile?: number;
} | {
  /** Images in Parquet files, as Hugging Face's datasets write them: one file, or a folder of files such as train-00000-of-00002.parquet; classes are those of a column */
  readonly source: "parquet";
  /** Images a step */
  readonly batch: number;
  /** Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay */
  readonly share?: number;
  /** Where the training images are */
  readonly path: string;
  /** Images are scaled and cropped to it */
  readonly size: number | {
    /** Pixels from top to bottom */
    readonly height: number;
    /** Pixels from left to right */
    readonly width: number;
  };
  /** Values of a pixel: 3 for colours, 1 for gray, or the number of bands that the files have. By default as many as `bands` names, else 3 */
  readonly channels?: number;
  /** Bands of each file to read, in this order; the first is 1. By default all of them, where they are as many as the channels */
  readonly bands?: readonly number[];
  /** Samples that become black and white, such as [0, 4095] or [-1000, 400], or `full` for all that their type can be. Needed for more than 8 bits, signed and float samples */
  readonly range?: "full" | readonly [number, number];
  /** Which page to read of files with several (TIFF stacks, DICOM frames); the first is 1 */
  readonly page?: number;
  /** Images to test with: where they are, or their share */
  readonly test?: number | string;
  /** What to do about an image that cannot be read. `fail`: an error that ends the run; `skip`: they are left out, and counted */
  readonly on_error?: "fail" | "skip";
  /** `sharp` decodes all files with sharp. By default libtensorflow decodes ordinary JPEGs, to the same pixels and faster */
  readonly decode?: "sharp";
  /** Megabytes (2^20 bytes) of pixels to hold; larger sets are decoded as they are needed, in every epoch */
  readonly memory?: number;
  /** Column of the images; by default the one that holds some */
  readonly image?: string;
  /** Column of the classes; `label` by default, where there is one */
  readonly label?: string;
  /** Images read one after another that are mixed, where the set is larger than `memory`: more are mixed better, and held as files while they wait */
  readonly shuffle_buffer?: number;
} | {
  /** WebDataset shards: tar archives (.tar, .tar.gz) with files such as 0001.jpg and 0001.cls; a folder of them, one, or a pattern such as train-{000..099}.tar */
  readonly source: "webdataset";
  /** Images a step */
  readonly batch: number;
  /** Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay */
  readonly share?: number;
  /** Where the training images are */
  readonly path: string;
  /** Images are scaled and cropped to it */
  readonly size: number | {
    /** Pixels from top to bottom */
    readonly height: number;
    /** Pixels from left to right */
    readonly width: number;
  };
  /** Values of a pixel: 3 for colours, 1 for gray, or the number of bands that the files have. By default as many as `bands` names, else 3 */
  readonly channels?: number;
  /** Bands of each file to read, in this order; the first is 1. By default all of them, where they are as many as the channels */
  readonly bands?: readonly number[];
  /** Samples that become black and white, such as [0, 4095] or [-1000, 400], or `full` for all that their type can be. Needed for more than 8 bits, signed and float samples */
  readonly range?: "full" | readonly [number, number];
  /** Which page to read of files with several (TIFF stacks, DICOM frames); the first is 1 */
  readonly page?: number;
  /** Images to test with: where they are, or their share */
  readonly test?: number | string;
  /** What to do about an image that cannot be read. `fail`: an error that ends the run; `skip`: they are left out, and counted */
  readonly on_error?: "fail" | "skip";
  /** `sharp` decodes all files with sharp. By default libtensorflow decodes ordinary JPEGs, to the same pixels and faster */
  readonly decode?: "sharp";
  /** Megabytes (2^20 bytes) of pixels to hold; larger sets are decoded as they are needed, in every epoch */
  readonly memory?: number;
  /** Which image of samples with several: the ending of its file, such as png or left.png. By default the first */
  readonly image?: string;
  /** What the class is of a sample: the ending of a file (cls), or a key of its JSON (json.label) */
  readonly label?: string;
  /** Images read one after another that are mixed, where the set is larger than `memory`: more are mixed better, and held as files while they wait */
  readonly shuffle_buffer?: number;
} | {
  /** Path of a module of your own. */
  readonly source: `./${string}` | `/${string}` | `../${string}`;
  /** Images a step. */
  readonly batch: number;
  /** Share of the images to train on that is trained on, such as 0.01: of each class, at least one, drawn by the seed; images to test with stay. */
  readonly share?: number;
  /** Options of the module. */
  readonly [option: string]: unknown;
};
