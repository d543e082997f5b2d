/** @file Names of weights in PyTorch's libraries. */
import { ARRANGE, type Arrangement } from "./arrange.ts";

/** What variables are called there whose path below the stage matches. */
export interface NameRule {
  readonly path: RegExp;
  /** As `String.replace` takes it. */
  readonly name: string;
  readonly as: Arrangement;
  /** Whether files need not have it: it is then as it was drawn. */
  readonly spare?: boolean;
}

/** Names of one library, for some networks. */
export interface Scheme {
  /** Whose names they are. */
  readonly library: string;
  /** Definitions of the networks. */
  readonly network: RegExp;
  readonly rules: readonly NameRule[];
  /** Names that its files have and an encoder does not. */
  readonly others: readonly {
    readonly name: RegExp;
    readonly shown: string;
    readonly why: string;
  }[];
}

const rule = (
  path: RegExp,
  name: string,
  as: Arrangement = ARRANGE.same,
): NameRule => ({ path, name, as });

/** The four values of a batch norm, wherever it stands. */
const batchNorm = (path: string, name: string): NameRule[] =>
  ([
    ["scale", "weight"],
    ["offset", "bias"],
    ["mean", "running_mean"],
    ["variance", "running_var"],
  ] as const).map(([own, theirs]) =>
    rule(new RegExp(`^${path}/${own}$`), `${name}.${theirs}`)
  );

const BLOCK = "block(\\d+)\\.(\\d+)";

/** Of `torchvision.models.resnet`. */
const torchvision: Scheme = {
  library: "torchvision",
  network: /^(wide_)?resnet/,
  rules: [
    rule(/^stem\/conv\/kernel$/, "conv1.weight", ARRANGE.conv),
    ...batchNorm("stem/bn", "bn1"),
    rule(
      new RegExp(`^${BLOCK}/conv(\\d)/kernel$`),
      "layer$1.$2.conv$3.weight",
      ARRANGE.conv,
    ),
    ...batchNorm(`${BLOCK}/bn(\\d)`, "layer$1.$2.bn$3"),
    rule(
      new RegExp(`^${BLOCK}/shortcut/conv/kernel$`),
      "layer$1.$2.downsample.0.weight",
      ARRANGE.conv,
    ),
    ...batchNorm(`${BLOCK}/shortcut/bn`, "layer$1.$2.downsample.1"),
  ],
  others: [
    { name: /(^|\.)fc\./, shown: "fc.*", why: "the classifier" },
    {
      name: /num_batches_tracked$/,
      shown: "*.num_batches_tracked",
      why: "a counter that nothing reads",
    },
  ],
};

/** Scale and offset of a layer norm. */
const layerNorm = (path: string, name: string): NameRule[] => [
  rule(new RegExp(`^${path}/scale$`), `${name}.weight`),
  rule(new RegExp(`^${path}/offset$`), `${name}.bias`),
];

/** Weights and bias of a layer of tokens. */
const tokenDense = (path: string, name: string): NameRule[] => [
  rule(new RegExp(`^${path}/kernel$`), `${name}.weight`, ARRANGE.dense),
  rule(new RegExp(`^${path}/bias$`), `${name}.bias`),
];

const AT = "block(\\d+)";
const LAYER = "encoder.layers.encoder_layer_$1";

/** Of BEiT and SimMIM; an encoder that hides nothing has none. */
const MASK_TOKEN: NameRule = {
  ...rule(/^mask_token$/, "mask_token", ARRANGE.token),
  spare: true,
};

/** Of `timm.models.vision_transformer`. */
const timm: Scheme = {
  library: "timm",
  network: /^vit/,
  rules: [
    rule(/^patch\/kernel$/, "patch_embed.proj.weight", ARRANGE.conv),
    rule(/^patch\/bias$/, "patch_embed.proj.bias"),
    rule(/^position$/, "pos_embed", ARRANGE.row),
    rule(/^class_token$/, "cls_token", ARRANGE.token),
    MASK_TOKEN,
    // Of timm's `VisionTransformerRelPos`, whose blocks share it.
    rule(
      /^relative_position$/,
      "shared_rel_pos.relative_position_bias_table",
    ),
    ...layerNorm(`${AT}/norm(\\d)`, "blocks.$1.norm$2"),
    ...tokenDense(`${AT}/attention/qkv`, "blocks.$1.attn.qkv"),
    ...tokenDense(`${AT}/attention/projection`, "blocks.$1.attn.proj"),
    ...tokenDense(`${AT}/mlp/linear(\\d)`, "blocks.$1.mlp.fc$2"),
    rule(new RegExp(`^${AT}/branch(\\d)/scale$`), "blocks.$1.ls$2.gamma"),
    ...layerNorm("norm", "norm"),
  ],
  others: [{ name: /(^|\.)head\./, shown: "head.*", why: "the classifier" }],
};

/** Of `timm.models.convnext`. */
const timmConvnext: Scheme = {
  library: "timm",
  network: /^convnext/,
  rules: [
    rule(/^stem\/patch\/kernel$/, "stem.0.weight", ARRANGE.conv),
    rule(/^stem\/patch\/bias$/, "stem.0.bias"),
    ...layerNorm("stem/norm", "stem.1"),
    ...layerNorm("down(\\d+)/norm", "stages.$1.downsample.0"),
    rule(
      /^down(\d+)\/patch\/kernel$/,
      "stages.$1.downsample.1.weight",
      ARRANGE.conv,
    ),
    rule(/^down(\d+)\/patch\/bias$/, "stages.$1.downsample.1.bias"),
    rule(
      new RegExp(`^${BLOCK}/depthwise/kernel$`),
      "stages.$1.blocks.$2.conv_dw.weight",
      ARRANGE.conv,
    ),
    rule(
      new RegExp(`^${BLOCK}/depthwise/bias$`),
      "stages.$1.blocks.$2.conv_dw.bias",
    ),
    ...layerNorm(`${BLOCK}/norm`, "stages.$1.blocks.$2.norm"),
    ...tokenDense(`${BLOCK}/mlp/linear(\\d)`, "stages.$1.blocks.$2.mlp.fc$3"),
    rule(new RegExp(`^${BLOCK}/branch/scale$`), "stages.$1.blocks.$2.gamma"),
    ...layerNorm("norm", "head.norm"),
  ],
  others: [{
    name: /(^|\.)head\.fc\./,
    shown: "head.fc.*",
    why: "the classifier",
  }],
};

/** Groups of blocks for which torchvision's ConvNeXt has names here. */
const GROUPS = 8;

/** Of `torchvision.models.convnext`, whose layers are numbered through. */
const torchvisionConvnext: Scheme = {
  library: "torchvision",
  network: timmConvnext.network,
  rules: [
    rule(/^stem\/patch\/kernel$/, "features.0.0.weight", ARRANGE.conv),
    rule(/^stem\/patch\/bias$/, "features.0.0.bias"),
    ...layerNorm("stem/norm", "features.0.1"),
    ...Array.from({ length: GROUPS }, (_, group) => {
      const [down, blocks] = [2 * group, 2 * group + 1].map((i) =>
        `features.${i}`
      );
      const block = `block${group}\\.(\\d+)`;
      return [
        ...layerNorm(`down${group}/norm`, `${down}.0`),
        rule(
          new RegExp(`^down${group}/patch/kernel$`),
          `${down}.1.weight`,
          ARRANGE.conv,
        ),
        rule(new RegExp(`^down${group}/patch/bias$`), `${down}.1.bias`),
        rule(
          new RegExp(`^${block}/depthwise/kernel$`),
          `${blocks}.$1.block.0.weight`,
          ARRANGE.conv,
        ),
        rule(
          new RegExp(`^${block}/depthwise/bias$`),
          `${blocks}.$1.block.0.bias`,
        ),
        ...layerNorm(`${block}/norm`, `${blocks}.$1.block.2`),
        ...tokenDense(`${block}/mlp/linear1`, `${blocks}.$1.block.3`),
        ...tokenDense(`${block}/mlp/linear2`, `${blocks}.$1.block.5`),
        rule(
          new RegExp(`^${block}/branch/scale$`),
          `${blocks}.$1.layer_scale`,
          ARRANGE.channel,
        ),
      ];
    }).flat(),
    ...layerNorm("norm", "classifier.0"),
  ],
  others: [{
    name: /(^|\.)classifier\.2\./,
    shown: "classifier.2.*",
    why: "the classifier",
  }],
};

/** Of `torchvision.models.vision_transformer`. */
const torchvisionVit: Scheme = {
  library: "torchvision",
  network: timm.network,
  rules: [
    rule(/^patch\/kernel$/, "conv_proj.weight", ARRANGE.conv),
    rule(/^patch\/bias$/, "conv_proj.bias"),
    rule(/^position$/, "encoder.pos_embedding", ARRANGE.row),
    rule(/^class_token$/, "class_token", ARRANGE.token),
    MASK_TOKEN,
    ...layerNorm(`${AT}/norm(\\d)`, `${LAYER}.ln_$2`),
    rule(
      new RegExp(`^${AT}/attention/qkv/kernel$`),
      `${LAYER}.self_attention.in_proj_weight`,
      ARRANGE.dense,
    ),
    rule(
      new RegExp(`^${AT}/attention/qkv/bias$`),
      `${LAYER}.self_attention.in_proj_bias`,
    ),
    ...tokenDense(
      `${AT}/attention/projection`,
      `${LAYER}.self_attention.out_proj`,
    ),
    ...tokenDense(`${AT}/mlp/linear1`, `${LAYER}.mlp.0`),
    ...tokenDense(`${AT}/mlp/linear2`, `${LAYER}.mlp.3`),
    ...layerNorm("norm", "encoder.ln"),
    // What it has no name for, such as the scales of branches.
    rule(/^(.*)$/, "$1"),
  ],
  others: [{
    name: /(^|\.)heads\./,
    shown: "heads.*",
    why: "the classifier",
  }],
};

/** Paths with dots, and PyTorch's words for what a layer has. */
const plain: Scheme = {
  library: "PyTorch",
  network: /^/,
  rules: [
    ...batchNorm("(.*bn\\d*)", "$1"),
    ...layerNorm("(.*norm\\d*)", "$1"),
    rule(/^(.*conv\d*)\/kernel$/, "$1.weight", ARRANGE.conv),
    rule(/^(.*)\/kernel$/, "$1.weight", ARRANGE.dense),
    rule(/^(.*)$/, "$1"),
  ],
  others: [],
};

/**
 * Of those that fit a network the first is what is written, and what a file is
 * read as unless it has more names of another. The last fits every network.
 */
export const SCHEMES: readonly Scheme[] = [
  torchvision,
  timm,
  torchvisionVit,
  timmConvnext,
  torchvisionConvnext,
  plain,
];
