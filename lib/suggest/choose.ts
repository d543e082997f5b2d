/** @file The method and its numbers for images that were looked at, each with the reason. */
import { type Found, type FoundRange, TILE } from "./survey.ts";

/** A value, and why it is that one: half a sentence. */
export interface Choice<T> {
  readonly value: T;
  readonly reason: string;
}

/** A network for images of one size. */
interface Network {
  readonly size: number;
  readonly stem: "cifar" | "imagenet";
  readonly width: number;
  readonly blocks: readonly number[];
  /** Floating-point operations of a training step, for each image; `plan` counts them. */
  readonly flops: number;
}

/** By size of the images, the largest first. */
const NETWORKS: readonly Network[] = [
  { size: 128, stem: "imagenet", width: 32, blocks: [1, 1, 1, 1], flops: 1e9 },
  { size: 96, stem: "imagenet", width: 32, blocks: [1, 1, 1, 1], flops: 555e6 },
  { size: 64, stem: "imagenet", width: 32, blocks: [1, 1, 1], flops: 198e6 },
  { size: 32, stem: "cifar", width: 16, blocks: [1, 1, 1], flops: 155e6 },
];

/** What two cores of a CPU do in a second, and how long a first run is to take. */
const FLOPS_A_SECOND = 120e9;
const SECONDS = 240;
/** Fewer times than this teach little; larger images must leave room for as many. */
const ENOUGH_EPOCHS = 40;
const [FEWEST_EPOCHS, MOST_EPOCHS] = [10, 200];
/** Smaller images are enlarged: the network would have nothing left to halve. */
const LEAST_SIZE = 16;
/** Fewer images than this are warned of. */
const FEW = 500;

const number = (value: number): string => value.toLocaleString("en-US");

/** Epochs that there is time for. */
const affordable = ({ flops }: Network, images: number): number =>
  SECONDS * FLOPS_A_SECOND / flops / images;

/** Everything that a pipeline for these images says. */
export interface Choices {
  readonly images: number;
  readonly channels: number;
  readonly range?: FoundRange;
  readonly page?: Choice<number>;
  readonly tile?: Choice<number>;
  readonly size: Choice<number>;
  readonly batch: Choice<number>;
  readonly network: Choice<Pick<Network, "stem" | "width" | "blocks">>;
  readonly method: Choice<"simsiam" | "simclr">;
  readonly epochs: Choice<number>;
  /** Share of the images to test with, where they have no split of their own. */
  readonly test?: Choice<number>;
  /** Neighbours that kNN asks; absent where nothing can be judged. */
  readonly neighbours?: Choice<number>;
  /** What to expect of so few images. */
  readonly warning?: string;
}

/** Pixels of the side that images are scaled to, and the network for it. */
function chooseSize(
  shortSide: number,
  images: number,
): { readonly size: Choice<number>; readonly network: Network } {
  const most = `the shorter side of a typical image is ${
    number(shortSide)
  } pixels`;
  const small = NETWORKS.at(-1) as Network;
  if (shortSide < small.size) {
    const size = Math.max(LEAST_SIZE, shortSide - shortSide % 4);
    return { size: { value: size, reason: most }, network: small };
  }
  const fitting = NETWORKS.filter(({ size }) => size <= shortSide);
  // The smallest two cost about the same.
  const network =
    fitting.find((one) => affordable(one, images) >= ENOUGH_EPOCHS) ??
      fitting.find(({ size }) => size <= 64) ?? small;
  const reason = network === fitting[0]
    ? network === NETWORKS[0]
      ? `${most}; more than ${network.size} would take long without a GPU`
      : most
    : `${most}; with ${
      number(images)
    } images more would take long without a GPU`;
  return { size: { value: network.size, reason }, network };
}

/** Images a step: a power of two, several steps an epoch. */
function chooseBatch(images: number): Choice<number> {
  const value = [128, 64, 32, 16, 8, 4].find((batch) => images >= 2 * batch) ??
    2;
  return {
    value,
    reason: value === 128
      ? "enough for stable statistics, and little memory"
      : `several steps an epoch with ${number(images)} images`,
  };
}

function chooseEpochs(network: Network, images: number): Choice<number> {
  const fits = Math.round(affordable(network, images));
  const value = Math.min(MOST_EPOCHS, Math.max(FEWEST_EPOCHS, fits));
  const seconds = value * images * network.flops / FLOPS_A_SECOND;
  const time = seconds < 90
    ? "a minute or two"
    : `about ${number(Math.round(seconds / 60))} minutes`;
  return { value, reason: `${time} on two CPU cores; more teaches more` };
}

function chooseJudging(
  { classes, fewest = 0, test, train }: Found,
): Pick<Choices, "test" | "neighbours"> {
  if (!classes) return {};
  if (test === 0 && fewest < 5) return {};
  const left = test > 0 ? train : 0.8 * train;
  const value = left >= 20 * classes.length ? 20 : 5;
  return {
    ...(test > 0 ? {} : {
      test: {
        value: 0.2,
        reason: "a fifth of each class is kept away from training, to judge by",
      },
    }),
    neighbours: {
      value,
      reason: `${classes.length} classes, the smallest with ${
        number(fewest)
      } images`,
    },
  };
}

/** Chooses all that a pipeline has to say. */
export function choose(found: Found): Choices {
  const judging = chooseJudging(found);
  const whole = found.huge ? found.tiles : found.train;
  const images = Math.round(whole * (judging.test ? 0.8 : 1));
  const side = found.huge ? Math.min(TILE, found.shortSide) : found.shortSide;
  const { size, network } = chooseSize(side, images);
  const { stem, width, blocks } = network;
  const batch = chooseBatch(images);
  return {
    images,
    channels: found.channels,
    ...(found.range ? { range: found.range } : {}),
    ...(found.pages
      ? {
        page: {
          value: 1,
          reason: "files hold several images: the first one counts",
        },
      }
      : {}),
    ...(found.huge
      ? {
        tile: {
          value: TILE,
          reason:
            "some files are too large to decode whole: squares of them are the images",
        },
      }
      : {}),
    size,
    batch,
    network: {
      value: { stem, width, blocks },
      reason:
        `a residual network of ${blocks.length} blocks for ${size.value} pixels, ${
          width * 2 ** (blocks.length - 1)
        } features`,
    },
    method: images < FEW
      ? {
        value: "simclr",
        reason:
          "views of other images push apart, which holds few images and small batches too",
      }
      : {
        value: "simsiam",
        reason: "needs no negatives, and so no large batch",
      },
    epochs: chooseEpochs(network, images),
    ...judging,
    ...(images < FEW
      ? {
        warning: `${
          number(images)
        } images are few: an encoder learns what they have in common, and little beyond. Some thousands are a good beginning; they need no labels.`,
      }
      : {}),
  };
}
