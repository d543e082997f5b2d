/** @file The pipeline that trains a run's encoder with labels. */
import { resolve as resolvePath } from "node:path";
import { UserError } from "../errors.ts";
import { chainTo } from "../graph/encoder_chain.ts";
import type { WiredStage } from "../graph/stage_graph.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import { type Plain, resolve } from "../pipeline/explain/resolve.ts";
import { shapeAfter } from "../stages/augment/steps.ts";
import type { AugmentOptions } from "../stages/augment/syntax.ts";

/** How a run's encoder is trained on. */
export interface FinetuneSettings {
  /** The encoder stays as it is. */
  readonly headOnly: boolean;
  /** Its batch norms keep the statistics that they have. */
  readonly frozenStatistics: boolean;
  /** Factor of the learning rate from each layer to the one before it. */
  readonly layerDecay?: number | undefined;
  /** Learning rate; by default by the network. */
  readonly lr?: number | undefined;
  readonly epochs?: number | undefined;
  readonly batch?: number | undefined;
  /** Side of the images in pixels, where they are read at another than the run's. */
  readonly size?: number | undefined;
}

/** What is fine-tuned, and on what. */
export interface FinetuneSubject {
  readonly loaded: LoadedPipeline;
  readonly network: WiredStage;
  /** Weights to begin with: a checkpoint; absent for drawn ones. */
  readonly weights: string | undefined;
  /** Source of the images with its options, as a pipeline writes them. */
  readonly data: Plain;
  /** Images to train on, and their classes. */
  readonly images: number;
  readonly classes: number;
}

/** What follows from the kind of network. */
interface Recipe {
  readonly network: RegExp;
  readonly optimizer: (lr: number) => Plain;
  readonly lr: number;
  readonly layerDecay?: number;
}

/** The first that fits is taken. */
const RECIPES: readonly Recipe[] = [
  {
    // He et al. 2021, arXiv:2111.06377, table 9; for batches of some dozens.
    network: /^vit/,
    optimizer: (lr) => ({ adamw: { lr, weight_decay: 0.05 } }),
    lr: 5e-4,
    layerDecay: 0.75,
  },
  {
    // Chen et al. 2020, arXiv:2002.05709, appendix B.8, by the batch's size.
    network: /^/,
    optimizer: (lr) => ({ sgd: { lr, momentum: 0.9, weight_decay: 1e-4 } }),
    lr: 0.02,
  },
];

/** Of the head alone, which has its minimum soon. */
const HEAD: Recipe = {
  network: /^/,
  optimizer: (lr) => ({ sgd: { lr, momentum: 0.9 } }),
  lr: 0.1,
};

const EPOCHS = 30;
/** Fewer steps would end before anything was learnt. */
const LEAST_STEPS = 300;
const MOST_BATCH = 64;
/** New weights may move so much faster than those that are there. */
const HEAD_FACTOR = 10;

/** Paths in a stage's options start at another folder now. */
const relocated = (stage: Plain, baseDir: string): Plain =>
  Object.fromEntries(
    Object.entries(stage).map(([key, value]) => [
      key,
      typeof value === "string" && /^\.\.?\//.test(value)
        ? resolvePath(baseDir, value)
        : value,
    ]),
  );

/** The side of the views that the network saw, where it is not the images' own. */
function viewSize(
  steps: AugmentOptions["views"][number],
  image: LoadedPipeline["graph"]["image"],
): Plain {
  const [, height, width] = shapeAfter(steps, image);
  return height === image[1] || height !== width ? {} : { size: height };
}

/** What evaluation keeps of the images' transforms, behind crops and flips. */
function augmentation(
  { loaded, network }: FinetuneSubject,
  { size }: FinetuneSettings,
): unknown[] {
  const { links, view } = chainTo(loaded.graph.byName, network);
  const { stage } = links[0]?.wired ?? {};
  const { views = [] } = (stage?.options ?? {}) as Partial<AugmentOptions>;
  const steps = views[view] ?? [];
  const kept = steps.filter(({ definition }) =>
    definition.evaluation && definition.name !== "resize"
  );
  return [
    {
      random_resized_crop: {
        ...(size === undefined ? viewSize(steps, loaded.graph.image) : {}),
        scale: [0.4, 1],
      },
    },
    "horizontal_flip",
    ...kept.map(({ definition, options }) => ({ [definition.name]: options })),
  ];
}

/** The network, as one that reads images alone; a twin is what it follows. */
function encoderOf({ loaded, network }: FinetuneSubject): Plain {
  const stages = resolve(loaded.pipeline)["stages"] as Record<string, Plain>;
  const { links } = chainTo(loaded.graph.byName, network);
  if (links.length > 2) {
    throw new UserError(
      `Cannot fine-tune "${network.name}": it reads "${
        links.at(-2)?.wired.name
      }", another network.\nName the encoder that reads the views with --of.`,
    );
  }
  let name = network.name;
  for (let twin = stages[name]?.["ema"]; twin; twin = stages[name]?.["ema"]) {
    name = String(twin);
  }
  const written = stages[name] ?? {};
  const { inputs } = loaded.pipeline.stages.get(name) ?? {};
  const [main] = inputs?.keys() ?? [];
  const others = new Set(inputs?.keys() ?? []);
  const options = Object.entries(written).filter(([key]) => !others.has(key));
  const [[key, value] = [], ...rest] = options;
  return relocated(
    {
      [String(key)]: value,
      [main ?? "of"]: "views",
      ...Object.fromEntries(rest),
    },
    loaded.baseDir,
  );
}

/**
 * A pipeline like any other: the encoder with the weights that it has, a linear
 * head, cross-entropy with the labels, and the head's accuracy as a score.
 *
 * @throws {UserError} When the network reads more than views.
 */
export function finetunePipeline(
  subject: FinetuneSubject,
  settings: FinetuneSettings,
): Plain {
  const { loaded, network, weights, data, images, classes } = subject;
  const { headOnly, frozenStatistics } = settings;
  const y = network.name;
  const encoder = encoderOf(subject);
  const kind = String(Object.values(encoder)[0]);
  const recipe = headOnly
    ? HEAD
    : RECIPES.find((one) => one.network.test(kind)) as Recipe;
  const lr = settings.lr ?? recipe.lr;
  const batch = settings.batch ??
    Math.max(2, Math.min(MOST_BATCH, Math.floor(images / 2)));
  const each = Math.max(1, Math.floor(images / batch));
  const epochs = settings.epochs ??
    Math.max(EPOCHS, Math.ceil(LEAST_STEPS / each));
  const layerDecay = settings.layerDecay ?? recipe.layerDecay;
  const own = headOnly ? { freeze: true } : {
    ...(layerDecay === undefined ? {} : { layer_decay: layerDecay }),
    ...(frozenStatistics ? { statistics: "frozen" } : {}),
  };
  return {
    name: `${loaded.pipeline.name}-finetuned`,
    seed: loaded.pipeline.seed,
    data: { ...data, batch },
    stages: {
      views: {
        augment: augmentation(subject, settings),
        of: "image",
        count: 1,
      },
      [y]: encoder,
      logits: {
        predict: "mlp",
        of: y,
        layers: 1,
        hidden: 1,
        out: classes,
        batch_norm: "none",
      },
      loss: { loss: "cross_entropy", of: "logits", labels: "label" },
    },
    ...(weights === undefined ? {} : { init: { [y]: weights } }),
    train: {
      epochs,
      optimizer: recipe.optimizer(lr),
      schedule: { cosine: { warmup: Math.min(1, epochs / 10) } },
      per_stage: {
        ...(Object.keys(own).length > 0 ? { [y]: own } : {}),
        ...(headOnly ? {} : { logits: { lr: HEAD_FACTOR * lr } }),
      },
    },
    monitor: { collapse: "warn", dimensional_collapse: "off" },
    evaluate: { of: y, classifier: "logits", knn: false, linear: false },
  };
}
