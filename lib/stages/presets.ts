/** @file Named lists of transforms: the papers' and the libraries' augmentations. */
import { counted } from "../counted.ts";

/** A transform as a pipeline writes it: its name, or its name and options. */
export type TransformEntry = string | Readonly<Record<string, unknown>>;

/** A named augmentation. */
export interface AugmentPreset {
  /** One sentence for the reference page. */
  readonly summary: string;
  /** Where the list comes from. */
  readonly reference?: string;
  /** One list for all views, or one for each. */
  readonly views: readonly (readonly TransformEntry[])[];
  /** What images cannot have and the preset is without, in a sentence. */
  readonly leftOut?: string;
  /** That its crops are larger than the images, in a sentence, and what to do. */
  readonly enlarges?: readonly [string, string];
}

const CIFAR = {
  normalize: {
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.247, 0.2435, 0.2616],
  },
} as const;

/** ImageNet's mean and standard deviation. */
const IMAGENET = "normalize";

interface Recipe {
  /** Least area of a crop, or least and most. */
  readonly area?: number | readonly [number, number];
  /** Side of the result; the image's own when absent. */
  readonly size?: number;
  readonly interpolation?: "bicubic";
  /** Brightness, contrast, saturation, hue. */
  readonly jitter: readonly [number, number, number, number];
  readonly blur?: number;
  readonly solarize?: number;
}

/** What of a preset has a size. */
export const CROP = "random_resized_crop";

const crop = (
  { area = 0.08, size, interpolation }: Recipe,
): TransformEntry => ({
  [CROP]: {
    ...(size === undefined ? {} : { size }),
    scale: typeof area === "number" ? [area, 1] : area,
    ...(interpolation === undefined ? {} : { interpolation }),
  },
});

function list(
  recipe: Recipe,
  normalize: TransformEntry = CIFAR,
): readonly TransformEntry[] {
  const [brightness, contrast, saturation, hue] = recipe.jitter;
  return [
    crop(recipe),
    "horizontal_flip",
    { color_jitter: { brightness, contrast, saturation, hue, p: 0.8 } },
    { grayscale: { p: 0.2 } },
    ...(recipe.blur ? [{ gaussian_blur: { p: recipe.blur } }] : []),
    ...(recipe.solarize ? [{ solarize: { p: recipe.solarize } }] : []),
    normalize,
  ];
}

/** A list for ImageNet: {@linkcode list} with its mean and deviation. */
const imagenet = (recipe: Recipe): readonly TransformEntry[] =>
  list(recipe, IMAGENET);

const WEAK = [0.4, 0.4, 0.4, 0.1] as const;
const STRONG = [0.8, 0.8, 0.8, 0.2] as const;
const BYOL = [0.4, 0.4, 0.2, 0.1] as const;

/** BYOL's two views for ImageNet: the first is always blurred, the second solarized at times. */
const asymmetricViews = (
  recipe: Omit<Recipe, "jitter">,
): AugmentPreset["views"] => [
  imagenet({ jitter: BYOL, ...recipe, blur: 1 }),
  imagenet({ jitter: BYOL, ...recipe, blur: 0.1, solarize: 0.2 }),
];

/**
 * Presets by name; the first ones end with CIFAR-10's mean and standard
 * deviation, those for ImageNet with its own.
 */
export const AUGMENT_PRESETS: Readonly<Record<string, AugmentPreset>> = {
  none: {
    summary: "Normalisation alone",
    views: [[CIFAR]],
  },
  simsiam: {
    summary: "SimSiam's for CIFAR: crops from 0.2, weak jitter, no blur",
    reference: "Chen and He 2020, https://arxiv.org/abs/2011.10566, appendix D",
    views: [list({ area: 0.2, jitter: WEAK })],
  },
  symmetric_weak: {
    summary: "Weak jitter and blur, the same for every view",
    reference: "https://github.com/vturrisi/solo-learn, symmetric_weak.yaml",
    views: [list({ jitter: WEAK, blur: 0.5 })],
  },
  simclr: {
    summary: "SimCLR's: strong jitter and blur, the same for every view",
    reference: "Chen et al. 2020, https://arxiv.org/abs/2002.05709, appendix A",
    views: [list({ jitter: STRONG, blur: 0.5 })],
  },
  asymmetric: {
    summary: "No blur; the second view is solarized at times",
    reference: "https://github.com/vturrisi/solo-learn, asymmetric.yaml",
    views: [list({ jitter: BYOL }), list({ jitter: BYOL, solarize: 0.2 })],
  },
  byol: {
    summary:
      "BYOL's, view by view, with CIFAR-10's mean and deviation; `barlow_twins` is the same for ImageNet",
    reference:
      "Grill et al. 2020, https://arxiv.org/abs/2006.07733, appendix B",
    views: [
      list({ jitter: BYOL, blur: 1 }),
      list({ jitter: BYOL, blur: 0.1, solarize: 0.2 }),
    ],
  },
  vicreg: {
    summary: "Crops from 0.2, solarization at times, no blur",
    reference: "https://github.com/vturrisi/solo-learn, vicreg.yaml",
    views: [list({ area: 0.2, jitter: BYOL, solarize: 0.1 })],
  },
  moco_v2: {
    summary:
      "MoCo v2's and SimSiam's for ImageNet: crops from 0.2, weak jitter, blur",
    reference:
      "https://github.com/facebookresearch/moco, main_moco.py; https://github.com/facebookresearch/simsiam, main_simsiam.py",
    views: [imagenet({ area: 0.2, jitter: WEAK, blur: 0.5 })],
  },
  moco_v3: {
    summary: "MoCo v3's for ImageNet: BYOL's with crops from 0.2",
    reference: "https://github.com/facebookresearch/moco-v3, main_moco.py",
    views: asymmetricViews({ area: 0.2 }),
  },
  barlow_twins: {
    summary: "Barlow Twins' for ImageNet: BYOL's with bicubic crops",
    reference: "https://github.com/facebookresearch/barlowtwins, main.py",
    views: asymmetricViews({ interpolation: "bicubic" }),
  },
  dino_global: {
    summary: "DINO's two large crops for ImageNet, view by view",
    reference: "https://github.com/facebookresearch/dino, main_dino.py",
    views: asymmetricViews({ area: [0.4, 1], interpolation: "bicubic" }),
  },
  dino_local: {
    summary: "DINO's small crops for ImageNet, of 96 pixels",
    reference: "https://github.com/facebookresearch/dino, main_dino.py",
    views: [imagenet({
      area: [0.05, 0.4],
      size: 96,
      interpolation: "bicubic",
      jitter: BYOL,
      blur: 0.5,
    })],
  },
  swav_global: {
    summary: "SwAV's large crops for ImageNet",
    reference: "https://github.com/facebookresearch/swav, multicropdataset.py",
    views: [imagenet({ area: 0.14, jitter: STRONG, blur: 0.5 })],
  },
  swav_local: {
    summary: "SwAV's small crops for ImageNet, of 96 pixels",
    reference: "https://github.com/facebookresearch/swav, multicropdataset.py",
    views: [
      imagenet({ area: [0.05, 0.14], size: 96, jitter: STRONG, blur: 0.5 }),
    ],
  },
  msn_large: {
    summary: "MSN's two large crops for ImageNet",
    reference: "https://github.com/facebookresearch/msn, src/data_manager.py",
    views: [imagenet({ area: 0.3, jitter: WEAK, blur: 0.5 })],
  },
  msn_focal: {
    summary: "MSN's small crops for ImageNet, of 96 pixels",
    reference: "https://github.com/facebookresearch/msn, src/data_manager.py",
    views: [
      imagenet({ area: [0.05, 0.3], size: 96, jitter: WEAK, blur: 0.5 }),
    ],
  },
  lejepa_global: {
    summary: "LeJEPA's two large crops for ImageNet",
    reference: "https://github.com/rbalestr-lab/lejepa, README.md",
    views: [imagenet({ area: 0.3, jitter: BYOL, blur: 0.5, solarize: 0.2 })],
  },
  lejepa_local: {
    summary: "LeJEPA's small crops for ImageNet, of 98 pixels",
    reference: "https://github.com/rbalestr-lab/lejepa, README.md",
    views: [imagenet({
      area: [0.05, 0.3],
      size: 98,
      jitter: BYOL,
      blur: 0.5,
      solarize: 0.2,
    })],
  },
  ijepa: {
    summary: "I-JEPA's for ImageNet: crops from 0.3, no flips, no colours",
    reference: "https://github.com/facebookresearch/ijepa, src/transforms.py",
    views: [[{ random_resized_crop: { scale: [0.3, 1] } }, IMAGENET]],
  },
  simmim: {
    summary: "SimMIM's for ImageNet: crops from 0.67 and flips, no colours",
    reference: "https://github.com/microsoft/SimMIM, data/data_simmim.py",
    views: [[
      { random_resized_crop: { scale: [0.67, 1] } },
      "horizontal_flip",
      IMAGENET,
    ]],
  },
  mae: {
    summary: "MAE's for ImageNet: crops from 0.2 and flips, no colours",
    reference: "https://github.com/facebookresearch/mae, main_pretrain.py",
    views: [[
      { random_resized_crop: { scale: [0.2, 1], interpolation: "bicubic" } },
      "horizontal_flip",
      IMAGENET,
    ]],
  },
};

/** Options of an entry that is a crop. */
const cropOf = (
  entry: TransformEntry,
): Readonly<Record<string, unknown>> | undefined =>
  typeof entry === "string"
    ? undefined
    : entry[CROP] as Readonly<Record<string, unknown>> | undefined;

/**
 * A preset whose crops have another size than its own.
 *
 * @returns `undefined` where there is no size, or no crop.
 */
export function sizedPreset(
  preset: AugmentPreset,
  size: unknown,
): AugmentPreset | undefined {
  const crops = preset.views.flat().some((entry) => cropOf(entry));
  if (size === undefined || !crops) return undefined;
  return {
    ...preset,
    views: preset.views.map((entries) =>
      entries.map((entry) => {
        const options = cropOf(entry);
        return options ? { [CROP]: { ...options, size } } : entry;
      })
    ),
  };
}

/** Values in 0..1 to about -2..2, of channels that nothing more is known of. */
const CENTRED = { normalize: { mean: [0.5], std: [0.25] } } as const;

/** Transforms of colours, as images without them can have them; `undefined` for not at all. */
const WITHOUT_COLOURS: Readonly<
  Record<string, (options: unknown) => TransformEntry | undefined>
> = {
  grayscale: () => undefined,
  color_jitter(options) {
    const { saturation: _, hue: __, ...rest } = options as Readonly<
      Record<string, unknown>
    >;
    return { color_jitter: rest };
  },
  normalize: () => CENTRED,
};

function withoutColours(entry: TransformEntry): TransformEntry | undefined {
  const [name, options]: readonly [string, unknown] = typeof entry === "string"
    ? [entry, {}]
    : Object.entries(entry)[0] ?? ["", {}];
  const fit = WITHOUT_COLOURS[name];
  return fit ? fit(options) : entry;
}

/** A preset for images whose shorter side has so many pixels. */
export function fitSide(preset: AugmentPreset, side: number): AugmentPreset {
  const sizes = preset.views.flat().map((entry) =>
    Number(cropOf(entry)?.["size"])
  )
    .filter((size) => size > side);
  if (sizes.length === 0) return preset;
  return {
    ...preset,
    enlarges: [
      `Crops of ${
        Math.max(...sizes)
      } pixels are larger than the images, of ${side}: all are enlarged`,
      `give the side of its views by \`size\`, such as \`size: ${
        Math.max(1, Math.round(side / 2))
      }\``,
    ],
  };
}

/**
 * A preset for images of so many channels. Only three are taken for colours;
 * of others, hue and saturation mean nothing, brightness and contrast do.
 */
export function fitPreset(
  preset: AugmentPreset,
  channels: number,
): AugmentPreset {
  if (channels === 3) return preset;
  const views: AugmentPreset["views"] = preset.views.map((entries) =>
    entries.map(withoutColours).filter((entry) => entry !== undefined)
  );
  const coloured = preset.views.flat().some((entry) =>
    typeof entry !== "string" && !("normalize" in entry) &&
    Object.keys(entry)[0]! in WITHOUT_COLOURS
  );
  return {
    ...preset,
    views,
    leftOut: `Images of ${counted(channels, "channel")} ${
      coloured
        ? "have no saturation, no hue and no colour to take away: the preset is used without, and"
        : "have no means of colours: the preset"
    } centres values on 0.5`,
  };
}
