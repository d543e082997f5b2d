/** @file What a model is, for whoever is given it. */
import { counted } from "../counted.ts";
import { verdictText } from "../monitor/verdict.ts";
import { stringify } from "yaml";
import { z } from "zod";
import { licenceOf } from "./licences.ts";
import type { Size } from "./portable.ts";

/** Of `summary.json`, what a card repeats. */
export const scoresSchema = z.object({
  steps: z.int(),
  epochs: z.number(),
  knn: z.number().nullable(),
  linear: z.number().nullable(),
  protocol: z.object({
    knn: z.string().optional(),
    linear: z.string().optional(),
  }).optional(),
  verdict: z.unknown(),
  engine: z.string(),
});

/** What a card is written from. */
export interface CardFacts {
  /** Resolved pipeline of the run. */
  readonly pipeline: Readonly<Record<string, unknown>>;
  /** Name of the pipeline. */
  readonly name: string;
  /** Stage whose network it is, and its numbers. */
  readonly stage: string;
  /** Stage that the scores are of. */
  readonly judged: string;
  readonly parameters: number;
  /** Which checkpoint, in half a sentence. */
  readonly checkpoint: string;
  /** Name of the source of images, and how many there were. */
  readonly source: string;
  readonly images?: number | undefined;
  /** How the run ended; absent where it has not. */
  readonly scores?: z.infer<typeof scoresSchema> | undefined;
  /** Of the exported function; absent of weights alone. */
  readonly shapes?: {
    readonly images: readonly Size[];
    readonly features: readonly Size[];
  } | undefined;
  /** Files beside the card, and how they are used. */
  readonly usage: string;
  /** What else the user should know. */
  readonly remarks: readonly string[];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** One line for each score, with its protocol. */
function scoreLines(facts: CardFacts): string[] {
  const { scores } = facts;
  if (!scores) {
    return ["- The run has not ended, or left no `summary.json`: no scores."];
  }
  const line = (
    name: string,
    score: number | null,
    protocol = "how is not recorded",
  ): string[] =>
    score === null
      ? []
      : [`- ${name}: ${percent(score)} of test images; ${protocol}.`];
  const lines = [
    ...line("kNN", scores.knn, scores.protocol?.knn),
    ...line("Linear probe", scores.linear, scores.protocol?.linear),
  ];
  return [
    ...lines.length > 0 ? lines : ["- It was not judged on labels."],
    "",
    `Scores are those of the run's end${
      facts.judged === facts.stage
        ? ""
        : `, and of its encoder \`${facts.judged}\`, which this network reads`
    }; the sets of images are its own.`,
  ];
}

const shapeText = (shape: readonly Size[]): string => `[${shape.join(", ")}]`;

const training = (
  { pipeline: { stages, train, seed } }: CardFacts,
): string => stringify({ seed, stages, train }).trimEnd();

/** Where a folder lies is nobody else's business. */
const withoutPath = (data: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(data ?? {}).filter(([key]) => key !== "path"),
  );

/** The card, in Markdown. */
export function modelCard(facts: CardFacts): string {
  const { name, stage, shapes, source, scores, pipeline } = facts;
  return [
    `# ${name}: encoder \`${stage}\``,
    "",
    `An image encoder of ${
      facts.parameters.toLocaleString("en")
    } parameters, trained with Stopgrad. Weights: ${facts.checkpoint}.`,
    "",
    "## Use",
    "",
    ...shapes
      ? [
        `- in: \`images\`, uint8 \`${
          shapeText(shapes.images)
        }\`, values 0 to 255, the channels of a pixel side by side. What training did to every image (scaling, normalisation) is inside.`,
        `- out: \`features\`, float32 \`${shapeText(shapes.features)}\`.`,
        "",
      ]
      : [],
    facts.usage,
    "",
    ...facts.remarks.length > 0
      ? [...facts.remarks.map((remark) => `- ${remark}`), ""]
      : [],
    "## Data",
    "",
    `- source: \`${source}\`${
      facts.images === undefined
        ? ""
        : `, ${counted(facts.images, "image")} to train on`
    }`,
    `- licence of the images: ${licenceOf(source)}`,
    "",
    "```yaml",
    stringify({ data: withoutPath(pipeline["data"]) }).trimEnd(),
    "```",
    "",
    "## Method",
    "",
    scores
      ? `${counted(scores.steps, "step")}, ${
        counted(Number(scores.epochs.toFixed(2)), "epoch")
      }, ${scores.engine}. Verdict of the run: ${
        typeof scores.verdict === "string"
          ? verdictText(scores.verdict)
          : JSON.stringify(scores.verdict)
      }.`
      : "The run has not ended, or left no `summary.json`.",
    "",
    "```yaml",
    training(facts),
    "```",
    "",
    "## Scores",
    "",
    ...scoreLines(facts),
    "",
  ].join("\n");
}
