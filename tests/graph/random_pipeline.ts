/**
 * @file Well-typed pipelines by chance: each passes the check by construction,
 * so that one which does not is a fault of the check or of this file.
 */
import type { Dice } from "../helpers/numeric.ts";

type Map = Record<string, unknown>;

/** A value that a loss can read: `[batch, features]`, one a view. */
interface Row {
  readonly name: string;
  readonly features: number;
  /** Networks that a gradient of it trains. */
  readonly trains: readonly string[];
}

const CROPS: readonly Map[] = [
  { random_resized_crop: { scale: [0.3, 1] } },
  { random_resized_crop: { scale: [0.5, 1], interpolation: "bicubic" } },
  { resize: { size: 6 } },
];

const TRANSFORMS: readonly unknown[] = [
  "horizontal_flip",
  { color_jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.2, p: 1 } },
  { color_jitter: { hue: 0.1, p: 0.8 } },
  { grayscale: { p: 0.3 } },
  { gaussian_blur: { kernel_size: 3, p: 0.5 } },
  { solarize: { p: 0.3 } },
  "normalize",
];

/** Brightness differs in each view, so that no two views are the same. */
const JITTER = { color_jitter: { brightness: 0.6, p: 1 } };

const flip = (dice: Dice, chance = 0.5): boolean => dice.unit() < chance;

function transforms(dice: Dice, crop: Map | undefined): unknown[] {
  const some = TRANSFORMS.filter(() => flip(dice, 0.3));
  return [...(crop ? [crop] : []), JITTER, ...some];
}

function augment(dice: Dice, views: number): Map {
  const crop = flip(dice) ? dice.pick(CROPS) : undefined;
  if (flip(dice, 0.3)) {
    const each = Array.from({ length: views }, () => transforms(dice, crop));
    return { augment: { each }, of: "image" };
  }
  return { augment: transforms(dice, crop), of: "image", count: views };
}

function head(dice: Dice, role: string, of: string, out: number): Map {
  return {
    [role]: "mlp",
    of,
    // Narrow layers without a norm may be zero for a whole row.
    hidden: 16 + dice.below(16),
    out,
    layers: 1 + dice.below(3),
    batch_norm: dice.pick(["none", "hidden", "all"]),
    output_bias: flip(dice),
    ...(flip(dice, 0.2) ? { output_affine: false } : {}),
  };
}

function encoder(dice: Dice, of: string, out: number): readonly [Map, number] {
  if (flip(dice, 0.7)) return [head(dice, "encode", of, out), out];
  const blocks = dice.pick([[1], [1, 1], [2]]);
  const width = 4;
  const last = width * 2 ** (blocks.length - 1);
  return [{ encode: "resnet", of, width, blocks }, last];
}

const OPTIMIZERS: readonly ((dice: Dice) => Map)[] = [
  (dice) => ({
    sgd: { lr: 0.02, momentum: dice.pick([0, 0.9]), weight_decay: 1e-4 },
  }),
  (dice) => ({
    lars: { lr: 0.2, weight_decay: 1e-4, clip: flip(dice) },
  }),
  // Where a gradient is nothing but rounding, a small epsilon would magnify it.
  () => ({ adam: { lr: 0.02, epsilon: 0.1 } }),
  () => ({ adamw: { lr: 0.02, epsilon: 0.1, weight_decay: 0.01 } }),
];

function schedule(dice: Dice): unknown {
  return dice.pick([
    "cosine",
    { cosine: { warmup: 0.5, final: 0.1 } },
    { linear: { final: 0.5 } },
    { multistep: { warmup: 0.3, first: 0.2, milestones: [0.5, 1] } },
    "constant",
  ]);
}

/** Losses with options, each with whether both its sides may be one value. */
const LOSSES: readonly {
  readonly loss: (dice: Dice) => Map;
  /** Whether a view may meet itself. */
  readonly self: boolean;
}[] = [
  { loss: () => ({ loss: "cosine" }), self: false },
  { loss: (dice) => ({ loss: "mse", normalize: flip(dice) }), self: false },
  { loss: () => ({ loss: "nt_xent", temperature: 0.5 }), self: false },
  { loss: () => ({ loss: "batch_info_nce", temperature: 0.4 }), self: false },
  {
    loss: () => ({ loss: "cross_correlation", lambda: 0.1, scale: 0.1 }),
    self: false,
  },
  { loss: () => ({ loss: "variance", target: 2 }), self: true },
  { loss: () => ({ loss: "covariance" }), self: true },
];

/** A pipeline of the source `tiny`, whose images are 4x4. */
export function randomPipeline(dice: Dice): Map {
  const views = dice.pick([2, 2, 2, 3]);
  const stages: Map = { views: augment(dice, views) };
  const rows: Row[] = [];
  const read = new Set<string>();
  const features = 6 + dice.below(6);
  const add = (name: string, stage: Map, row?: Omit<Row, "name">): void => {
    stages[name] = stage;
    if (row) rows.push({ name, ...row });
  };

  const [y, wide] = encoder(dice, "views", features);
  add("y", y, { features: wide, trains: ["y"] });
  if (flip(dice, 0.8)) {
    add("z", head(dice, "project", "y", features), {
      features,
      trains: ["y", "z"],
    });
    read.add("y");
  }
  const top = (): Row => rows.at(-1) as Row;
  if (flip(dice)) {
    const { name, trains } = top();
    const of = flip(dice, 0.2) ? `stop_gradient(${name})` : name;
    add("p", head(dice, "predict", of, top().features), {
      features: top().features,
      trains: of === name ? [...trains, "p"] : ["p"],
    });
    read.add(name);
  }
  if (flip(dice)) {
    // Twins of the encoder, and of the projector where there is one.
    const momentum = dice.pick([0.9, 0.5, { from: 0.8, to: 1 }]);
    add("t.y", { ema: "y", of: "views", momentum }, {
      features: wide,
      trains: [],
    });
    if (stages["z"]) {
      add("t.z", { ema: "z", of: "t.y" }, { features, trains: [] });
      read.add("t.y");
    }
  }
  if (flip(dice, 0.3)) {
    const { name, features } = dice.pick(rows);
    add("still", { stop_gradient: name }, { features, trains: [] });
    read.add(name);
  }
  let bank: Row | undefined;
  if (flip(dice)) {
    const { name, features } = dice.pick(rows);
    const one = flip(dice, 0.3);
    add("bank", { queue: one ? `${name}[0]` : name, size: 6 + dice.below(20) });
    read.add(name);
    bank = { name: "bank", features, trains: [] };
  }
  if (bank && flip(dice)) {
    const { name } = dice.pick(
      rows.filter(({ features }) => features === bank?.features),
    );
    add("near", { nearest: name, in: "bank" }, {
      features: bank.features,
      trains: [],
    });
    read.add(name).add("bank");
  }

  // Losses until everything is read and every network is trained.
  const trained = new Set<string>();
  let count = 0;
  const compare = (a: Row, b: Row): void => {
    // Both sides may train nothing: then the first is read and no more.
    const networks = [...a.trains, ...b.trains];
    const queue = bank && bank.features === a.features &&
      (!read.has("bank") || flip(dice, 0.3));
    const same = a.name === b.name;
    const { loss, self } = dice.pick(LOSSES);
    const pairs = dice.pick(self ? ["same", "all"] : ["cross", "unordered"]);
    const stopped = (
      { name, trains }: Row,
      other: Row,
    ): string =>
      !same && trains.length > 0 && other.trains.length > 0 && flip(dice, 0.2)
        ? `stop_gradient(${name})`
        : name;
    const right = stopped(b, a);
    stages[`loss${count === 0 ? "" : count}`] = {
      ...(queue
        ? { loss: "info_nce", temperature: 0.3, negatives: "bank" }
        : loss(dice)),
      between: [a.name, right],
      pairs: queue ? "cross" : pairs,
      ...(flip(dice, 0.3) ? { weight: 0.5 } : {}),
    };
    count++;
    read.add(a.name).add(b.name);
    if (queue) read.add("bank");
    const flows = right === b.name ? networks : a.trains;
    for (const one of flows) trained.add(one);
  };
  const partner = (row: Row): Row => {
    const fits = rows.filter((other) =>
      other.features === row.features &&
      (row.trains.length > 0 || other.trains.length > 0)
    );
    return dice.pick(fits);
  };
  const networks = ["y", "z", "p"].filter((name) => stages[name]);
  for (;;) {
    const open = rows.find(({ name }) => !read.has(name)) ??
      // What is read, but not by anything that trains it.
      rows.findLast(({ name }) =>
        networks.includes(name) && !trained.has(name)
      ) ??
      (bank && !read.has("bank")
        ? rows.find(({ features, trains }) =>
          features === bank?.features && trains.length > 0
        )
        : undefined);
    if (!open) break;
    const other = partner(open);
    // The trained one stands first, where `stop_gradient` is never written.
    if (open.trains.length > 0) compare(open, other);
    else compare(other, open);
  }
  if (flip(dice, 0.3)) compare(rows[0] as Row, rows[0] as Row);

  const perStage = flip(dice, 0.3)
    ? { per_stage: { y: { lr: 0.01, schedule: schedule(dice) } } }
    : {};
  return {
    name: "random",
    seed: dice.below(1000),
    data: { source: "tiny", batch: 4 + dice.below(3) },
    stages,
    train: {
      ...(flip(dice) ? { steps: 7 } : { epochs: 4 }),
      optimizer: dice.pick(OPTIMIZERS)(dice),
      schedule: schedule(dice),
      ema: dice.pick([0.9, { from: 0.9, to: 1 }]),
      ...perStage,
      precision: flip(dice, 0.2) ? "bfloat16" : "float32",
    },
  };
}
