/** @file Named heads: the projectors and predictors of the papers. */

/** A network of `MODULES` with options of it. */
export interface HeadRecipe {
  /** Name of the network. */
  readonly network: string;
  /** Options that a stage does not have to give; its own come first. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A method's heads, by the key under which each stands. */
export interface HeadPreset {
  /** One sentence for the editor. */
  readonly summary: string;
  /** Where the sizes come from. */
  readonly reference: string;
  /** Its heads; a role that the method does without is absent. */
  readonly heads: Readonly<Partial<Record<string, HeadRecipe>>>;
}

const mlp = (options: HeadRecipe["options"]): HeadRecipe => ({
  network: "mlp",
  options,
});

/** Presets by name; `project: <name>` and `predict: <name>` take them. */
export const HEAD_PRESETS: Readonly<Record<string, HeadPreset>> = {
  simsiam: {
    summary: "SimSiam's for ImageNet: 3 layers with batch norm, a bottleneck",
    reference:
      "Chen and He 2020, https://arxiv.org/abs/2011.10566, section 3; the last batch norm without scale: https://github.com/facebookresearch/simsiam",
    heads: {
      project: mlp({
        hidden: 2048,
        out: 2048,
        layers: 3,
        batch_norm: "all",
        output_affine: false,
      }),
      predict: mlp({ hidden: 512, out: 2048 }),
    },
  },
  simsiam_cifar: {
    summary: "SimSiam's for CIFAR: a projector of 2 layers",
    reference: "Chen and He 2020, https://arxiv.org/abs/2011.10566, appendix D",
    heads: {
      project: mlp({
        hidden: 2048,
        out: 2048,
        batch_norm: "all",
        output_affine: false,
      }),
      predict: mlp({ hidden: 512, out: 2048 }),
    },
  },
  byol: {
    summary: "BYOL's: two of 4096 to 256, batch norm within, no last bias",
    reference:
      "Grill et al. 2020, https://arxiv.org/abs/2006.07733, section 3.3; the bias: https://github.com/google-deepmind/deepmind-research, byol/utils/networks.py",
    heads: {
      project: mlp({ hidden: 4096, out: 256, output_bias: false }),
      predict: mlp({ hidden: 4096, out: 256, output_bias: false }),
    },
  },
  barlow_twins: {
    summary: "Barlow Twins': 3 layers of 8192, no last bias",
    reference:
      "Zbontar et al. 2021, https://arxiv.org/abs/2103.03230, section 2.2; the bias: https://github.com/facebookresearch/barlowtwins",
    heads: {
      project: mlp({ hidden: 8192, out: 8192, layers: 3, output_bias: false }),
    },
  },
  vicreg: {
    summary: "VICReg's expander: 3 layers of 8192, no last bias",
    reference:
      "Bardes et al. 2021, https://arxiv.org/abs/2105.04906, section 4.2; the bias: https://github.com/facebookresearch/vicreg",
    heads: {
      project: mlp({ hidden: 8192, out: 8192, layers: 3, output_bias: false }),
    },
  },
  simclr: {
    summary: "SimCLR's: 2048 to 128 without batch norm",
    reference:
      "Chen et al. 2020, https://arxiv.org/abs/2002.05709, section 2.1 and 4.2",
    heads: {
      project: mlp({ hidden: 2048, out: 128, batch_norm: "none" }),
    },
  },
  moco: {
    summary: "MoCo v2's: 2048 to 128 without batch norm",
    reference: "Chen et al. 2020, https://arxiv.org/abs/2003.04297, section 3",
    heads: {
      project: mlp({ hidden: 2048, out: 128, batch_norm: "none" }),
    },
  },
};
