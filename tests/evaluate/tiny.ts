/** @file The smallest pipeline that trains: images of 4x4 pixels, made here. */
import { z } from "zod";
import { defineSource, type ImageSet } from "../../lib/data/source.ts";
import { checkText, type LoadedPipeline } from "../../lib/pipeline/load.ts";
import { BUILT_IN, register } from "../../lib/model/registry.ts";
import { TrainingSession } from "../../lib/train/session.ts";
import { engine } from "../helpers/engine.ts";
import { Dice } from "../helpers/numeric.ts";

/** Side of the images. */
export const SIDE = 4;

/** Images of chance; their classes, if any, are told by their brightness. */
export function tinyImages(count: number, seed = 1, classes = 2): ImageSet {
  const dice = new Dice(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const area = SIDE * SIDE * 3;
  const pixels = Uint8Array.from({ length: count * area }, (_, i) => {
    const label = labels[Math.floor(i / area)] as number;
    return 255 * (label + dice.unit()) / classes;
  });
  return {
    count,
    height: SIDE,
    width: SIDE,
    channels: 3,
    pixels,
    labels,
    classes: Array.from({ length: classes }, (_, i) => `class${i}`),
  };
}

/** Images of 4x4 pixels, as a source. */
export const tiny = defineSource({
  name: "tiny",
  summary: "Images of the tests",
  options: z.strictObject({}),
  shape: () => ({ height: SIDE, width: SIDE, channels: 3 }),
  load: () => Promise.resolve({ train: tinyImages(12), skipped: [] }),
});

/** Nothing that evaluation keeps. */
const JITTER = "[{ color_jitter: { brightness: 0.5, p: 1 } }]";

/** A pipeline of the given stages; two views, by default of one size. */
export const tinyText = (
  stages: string,
  train = "",
  augment = JITTER,
): string =>
  `data: { source: tiny, batch: 4 }
stages:
  views: { augment: ${augment}, of: image }
  y: { encode: mlp, of: views, hidden: 6, out: 5, batch_norm: all }
${stages}
train: { steps: 4, optimizer: { sgd: { lr: 0.1 } }${train} }
`;

/** Loads it. */
export function tinyPipeline(
  ...parts: Parameters<typeof tinyText>
): LoadedPipeline {
  const { loaded, text } = checkText("tiny.yaml", tinyText(...parts), {
    registry: register(BUILT_IN, tiny),
  });
  if (!loaded) throw new Error(text);
  return loaded;
}

/** Runs `test` with a session of that pipeline. */
export async function withSession(
  { pipeline, graph }: LoadedPipeline,
  test: (session: TrainingSession) => Promise<void>,
): Promise<void> {
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    tinyImages(12),
  );
  try {
    await test(session);
  } finally {
    await session.close();
  }
}

/** Contrastive stages: nothing but the encoder. */
export const CONTRASTIVE =
  "  loss: { loss: nt_xent, between: [y, y], pairs: unordered }";
