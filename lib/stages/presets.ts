/** @file Named lists of transforms: the papers' and the libraries' augmentations. */

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
}

const CIFAR = {
  normalize: {
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.247, 0.2435, 0.2616],
  },
} as const;

interface Recipe {
  readonly area?: number;
  /** Brightness, contrast, saturation, hue. */
  readonly jitter: readonly [number, number, number, number];
  readonly blur?: number;
  readonly solarize?: number;
}

function list(recipe: Recipe): readonly TransformEntry[] {
  const [brightness, contrast, saturation, hue] = recipe.jitter;
  return [
    { random_resized_crop: { scale: [recipe.area ?? 0.08, 1] } },
    "horizontal_flip",
    { color_jitter: { brightness, contrast, saturation, hue, p: 0.8 } },
    { grayscale: { p: 0.2 } },
    ...(recipe.blur ? [{ gaussian_blur: { p: recipe.blur } }] : []),
    ...(recipe.solarize ? [{ solarize: { p: recipe.solarize } }] : []),
    CIFAR,
  ];
}

const WEAK = [0.4, 0.4, 0.4, 0.1] as const;
const STRONG = [0.8, 0.8, 0.8, 0.2] as const;
const BYOL = [0.4, 0.4, 0.2, 0.1] as const;

/** Presets by name; each ends with CIFAR-10's mean and standard deviation. */
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
    summary: "BYOL's and Barlow Twins' for ImageNet, view by view",
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
};

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
    leftOut: `Images of ${channels} channel${channels > 1 ? "s" : ""} ${
      coloured
        ? "have no saturation, no hue and no colour to take away: the preset is used without, and"
        : "have no means of colours: the preset"
    } centres values on 0.5`,
  };
}
