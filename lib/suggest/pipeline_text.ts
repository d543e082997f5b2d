/** @file A pipeline of chosen numbers as commented YAML. */
import { basename } from "node:path";
import { escapeVariables } from "../pipeline/language/variables.ts";
import type { Choice, Choices } from "./choose.ts";
import type { Found } from "./survey.ts";

/** Text of which no part ends a comment: names of folders may hold any sign. */
export const oneLine = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, "\ufffd");

/** A comment above a key, in lines of at most 80 columns. */
function comment(text: string, indent: number): string {
  const start = `${" ".repeat(indent)}# `;
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(" ")) {
    if (line && start.length + line.length + 1 + word.length > 80) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].map((one) => `${start}${one}\n`).join("");
}

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** A key with its reason above. */
const entry = (key: string, value: unknown, reason: string): string =>
  `${comment(sentence(reason), 2)}  ${key}: ${flow(value)}\n`;

/** A value as YAML writes it in a line; texts with signs in them are quoted. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "string" && !/^[\w./-]+$/.test(value)) {
    return JSON.stringify(escapeVariables(value));
  }
  return String(value);
}

/** Stages from the encoder's features to the loss, and how they are trained. */
interface Recipe {
  readonly title: string;
  readonly stages: string;
  /** Of the learning rate at a batch. */
  rate(batch: number): number;
  readonly decay: number;
  /** What else stands below `train`. */
  readonly more?: string;
}

const RECIPES: Readonly<Record<Choices["method"]["value"], Recipe>> = {
  simsiam: {
    title: "SimSiam (Chen and He 2020, arXiv:2011.10566)",
    stages: `  z: {
    project: mlp,
    of: y,
    hidden: 512,
    out: 512,
    batch_norm: all,
    output_affine: false,
  }
  p: { predict: mlp, of: z, hidden: 128, out: 512 }
  # The predictor has to tell one view from the other, which holds still:
  # without the stop-gradient all images would get the same features.
  loss: { loss: cosine, between: [p, stop_gradient(z)], pairs: cross }
`,
    rate: (batch) => 0.15 * batch / 128,
    decay: 0.0005,
    more: "  per_stage: { p: { schedule: constant } }\n",
  },
  simclr: {
    title: "SimCLR (Chen et al. 2020, arXiv:2002.05709)",
    stages:
      `  z: { project: mlp, of: y, hidden: 512, out: 128, batch_norm: none }
  # Each view has to find the other view of its image among all of the batch.
  loss: { loss: nt_xent, between: [z, z], pairs: unordered, temperature: 0.2 }
`,
    rate: (batch) => 0.2 * batch / 256,
    decay: 0.0001,
  },
};

/** Transforms of images that are no colours: hue and saturation mean nothing. */
const WITHOUT_COLOURS = `[
      { random_resized_crop: { scale: [0.2, 1] } },
      horizontal_flip,
      { color_jitter: { brightness: 0.4, contrast: 0.4, p: 0.8 } },
      { normalize: { mean: [0.5], std: [0.25] } },
    ]`;

function augmentText(channels: number): string {
  if (channels === 3) {
    return `${
      comment(
        "Random crops, mirroring, changes of colour. Write a list of transforms where mirrored images mean something else.",
        2,
      )
    }  views: { augment: simsiam, of: image, count: 2 }
`;
  }
  const kind = channels === 1 ? "gray" : `${channels} bands`;
  return `${
    comment(
      `Random crops, mirroring, changes of brightness: ${kind} without hue and saturation.`,
      2,
    )
  }  views: {
    augment: ${WITHOUT_COLOURS},
    of: image,
    count: 2,
  }
`;
}

/** What was found, in one line. */
export function foundText(found: Found): string {
  const { train, test, smallest, largest, channels, classes } = found;
  const count = (value: number): string => value.toLocaleString("en-US");
  const sizes = smallest === largest ? smallest : `${smallest} to ${largest}`;
  const kinds: Readonly<Record<number, string>> = { 1: "gray", 3: "colour" };
  const names = classes &&
    (classes.length <= 5
      ? classes.join(", ")
      : `${classes.slice(0, 4).join(", ")}, ...`);
  return [
    `${count(train)} images to train on${
      test > 0 ? `, ${count(test)} to test with` : ""
    }`,
    `${sizes} pixels`,
    kinds[channels] ?? `${channels} bands`,
    classes ? `${classes.length} classes (${names})` : "no labels",
  ].join(", ");
}

function dataText(
  found: Found,
  choices: Choices,
  path: string,
  table?: string,
): string {
  const { channels, range, page, tile, size, batch, test } = choices;
  const optional = (key: string, choice: Choice<unknown> | undefined): string =>
    choice ? entry(key, choice.value, choice.reason) : "";
  return [
    "data:\n  source: folder\n",
    `  path: ${flow(path)}\n`,
    table
      ? entry("labels", table, "a table with the classes of the images")
      : "",
    entry(
      "size",
      size.value,
      `images are scaled and cut to it: ${size.reason}`,
    ),
    channels === 3 ? "" : entry(
      "channels",
      channels,
      channels === 1
        ? "the images are gray"
        : `the files have ${channels} bands`,
    ),
    range
      ? entry("range", range.range, `black and white: ${range.reason}`)
      : "",
    optional("page", page),
    optional("tile", tile),
    optional("test", test),
    entry("batch", batch.value, `images a step: ${batch.reason}`),
    entry(
      "on_error",
      "skip",
      `files that cannot be read are left out, counted and listed${
        found.unread > 0 ? ` (${found.unread} of ${found.looked} now)` : ""
      }`,
    ),
  ].join("");
}

/** Where a pipeline is written, and what it names. */
export interface Places {
  readonly name: string;
  /** Paths as the pipeline has them. */
  readonly path: string;
  readonly table?: string | undefined;
  /** The JSON Schema that editors complete by. */
  readonly schema: string;
}

/** The pipeline as text. */
export function pipelineText(
  found: Found,
  choices: Choices,
  { name, path, table, schema }: Places,
): string {
  const { method, network, channels, epochs, neighbours, batch } = choices;
  const recipe = RECIPES[method.value];
  const { stem, width, blocks } = network.value;
  const warmup = Math.max(1, Math.round(epochs.value / 20));
  const rate = Number(recipe.rate(batch.value).toPrecision(3));
  return `# yaml-language-server: $schema=${schema}
${
    comment(
      `${recipe.title} for the images in ${
        basename(found.root)
      }/: ${method.reason}.`,
      0,
    )
  }${comment(sentence(foundText(found)), 0)}name: ${flow(name)}
${dataText(found, choices, path, table)}stages:
${augmentText(channels)}${
    comment(
      `The encoder: ${network.reason}. A larger \`width\` knows more and takes longer.`,
      2,
    )
  }  y: { encode: resnet, of: views, width: ${width}, blocks: ${
    flow(blocks)
  }, stem: ${stem} }
${recipe.stages}train:
${entry("epochs", epochs.value, epochs.reason)}${
    entry(
      "optimizer",
      `{ sgd: { lr: ${rate}, momentum: 0.9, weight_decay: ${recipe.decay} } }`,
      `the rate goes with the batch of ${batch.value}`,
    ).replaceAll('"', "")
  }  schedule: { cosine: { warmup: ${warmup} } }
${recipe.more ?? ""}monitor: { collapse: stop }
${
    neighbours
      ? `${
        comment(`Judged by labels: ${neighbours.reason}.`, 0)
      }evaluate: { knn: { k: ${neighbours.value} }, linear: {} }\n`
      : `${
        comment(
          found.classes
            ? "Too few labels to judge by: a class has less than 5 images."
            : "Without labels there is nothing to judge by; `similar` shows what was learnt.",
          0,
        )
      }evaluate: false\n`
  }`;
}
