/**
 * @file A page for each method, from its file, and one table of all of them.
 * What cannot be read off a file stands in `facts.ts`; our figures are those of
 * `bench/methods/results.json`, where there are some.
 */
import { existsSync } from "node:fs";
import type { LoadedPipeline } from "../../lib/pipeline/load.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { trainedOf, type WiredStage } from "../../lib/graph/stage_graph.ts";
import { sizeOf } from "../../lib/ir/dtype.ts";
import { markdownTable } from "../../bench/markdown.ts";
import {
  type Protocol,
  type ProtocolName,
  PROTOCOLS,
} from "../../bench/methods/protocols.ts";
import {
  asFiled,
  imagesPerSecond,
  percent,
  type Result,
  type Timed,
} from "../../bench/methods/results.ts";
import { median } from "../../bench/speed/statistics.ts";
import { CIFAR, FACTS, type Facts } from "./facts.ts";
import { METHODS, PIPELINES } from "./names.ts";
import { lossesOf, TRAITS, traitsOf } from "./traits.ts";

/** Folder of the pages, below the repository. */
export const PAGES = "docs/methods/";

/** What a bench left; nothing where there is no file. */
function readList<T>(file: string): readonly T[] {
  const url = new URL(`../../bench/methods/${file}`, import.meta.url);
  return existsSync(url) ? JSON.parse(Deno.readTextFileSync(url)) : [];
}

const results = readList<Result>("results.json");
const timed = readList<Timed>("speed.json");

/** A method as its page and its row tell it. */
interface Method {
  readonly name: string;
  readonly title: string;
  /** The comment at the head of its file. */
  readonly comment: string;
  readonly facts: Facts | undefined;
  readonly loaded: LoadedPipeline;
  /** What was measured of it. */
  readonly ours: Readonly<Record<ProtocolName, readonly Result[]>>;
}

/** The comment at the head of a file, as one paragraph. */
function commentOf(text: string): string {
  const lines = text.split("\n").filter((line) =>
    !line.startsWith("# yaml-language-server")
  );
  const end = lines.findIndex((line) => !line.startsWith("#"));
  return lines.slice(0, end).map((line) => line.slice(1).trim()).join(" ");
}

/** Trainings of a method as its file has it. */
const trained = (name: string, protocol: ProtocolName): Result[] =>
  asFiled(results, protocol).filter(({ method }) => method === name);

async function read(name: string): Promise<Method> {
  const file = `${PIPELINES}${name}.yaml`;
  const comment = commentOf(await Deno.readTextFile(file));
  const facts = FACTS[name];
  return {
    name,
    title: facts?.title ?? /^([^(,:]+?) \(/.exec(comment)?.[1] ?? name,
    comment,
    facts,
    loaded: await loadPipeline(file),
    ours: {
      photos: trained(name, "photos"),
      cifar10: trained(name, "cifar10"),
    },
  };
}

const all: readonly Promise<Method>[] = METHODS.map(read);

/** Images a second of CPU time, and megabytes; undefined where nothing was measured. */
function speedOf(name: string): [string, string] | undefined {
  const own = timed.filter(({ method }) => method === name);
  const rate = imagesPerSecond(own);
  const shown = (value: number): string =>
    Math.round(value).toLocaleString("en");
  return rate === undefined
    ? undefined
    : [shown(rate), shown(median(own.map(({ megabytes }) => megabytes)))];
}

/** How many numbers some stages hold. */
const numbersIn = (
  stages: readonly WiredStage[],
  of: (stage: WiredStage) => readonly { readonly shape: readonly number[] }[],
): number =>
  stages.flatMap(of).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Views of an image, and the numbers that training holds. */
function costOf({ loaded: { graph } }: Method): string {
  const views = graph.order.flatMap(({ stage, built }) =>
    stage.key === "augment" ? Object.values(built.outputs).flat() : []
  );
  const sides = [...new Set(views.map(({ shape }) => shape[0]))];
  const trained = numbersIn(graph.order, trainedOf);
  const followers = numbersIn(
    graph.order,
    ({ built }) => (built.follows ?? []).map(([twin]) => twin),
  );
  const kept = numbersIn(
    graph.order.filter(({ stage }) => stage.key === "queue"),
    ({ variables }) => variables,
  );
  const number = (n: number): string => n.toLocaleString("en");
  return [
    `${views.length} view${views.length > 1 ? "s" : ""} of an image (${
      sides.join(" and ")
    } pixels)`,
    `${number(trained)} trained weights`,
    ...followers ? [`${number(followers)} that follow them`] : [],
    ...kept ? [`${number(kept)} numbers in queues`] : [],
  ].join(", ");
}

/** Files of the method on other data, and what takes it apart. */
function filesOf(name: string): readonly string[] {
  const folders = [...Deno.readDirSync(PIPELINES)]
    .filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
  return folders.flatMap((folder) =>
    [`${folder}/${name}.yaml`, `${folder}/${name}-small.yaml`]
      .filter((file) => existsSync(PIPELINES + file))
  );
}

const link = (file: string): string =>
  `[\`pipelines/${file}\`](../../pipelines/${file})`;

const section = (title: string, body: string): string =>
  `## ${title}\n\n${body}\n`;

function published({ facts }: Method): string {
  if (!facts || facts.published.length === 0) {
    return "No figure is cited here yet.";
  }
  return markdownTable([
    ["what", "accuracy", "source"],
    ...facts.published.map(({ what, value, source }) => [
      what,
      `${value.toFixed(1)} %`,
      source,
    ]),
  ]);
}

/** Accuracies by one protocol, beside those of the first weights. */
function accuracies([name, { said }]: [string, Protocol], { ours }: Method) {
  const results = ours[name as ProtocolName];
  if (results.length === 0) return [];
  const row = (kind: "trained" | "untrained"): string[] => [
    kind,
    percent(results, kind, "knn"),
    percent(results, kind, "linear"),
  ];
  const seeds = results.length > 1 ? `${results.length} seeds` : "1 seed";
  return [
    `On ${said}, ${seeds}:\n\n${
      markdownTable([["", "kNN", "linear"], row("trained"), row("untrained")])
    }`,
  ];
}

function measured(method: Method): string {
  const { name, ours: { photos } } = method;
  if (photos.length === 0) {
    return `Not measured yet: \`deno run -A bench/methods/run.ts --only ${name}\`.`;
  }
  const speed = speedOf(name);
  return [
    "Short runs with the small network of the file ([protocol](../../bench/methods/README.md)), top-1 in per cent.",
    ...Object.entries(PROTOCOLS).flatMap((one) => accuracies(one, method)),
    ...speed
      ? [`${speed[0]} images a second of one CPU core, and ${speed[1]} MB.`]
      : [],
  ].join("\n\n");
}

/** The page of one method. */
function page(method: Method): string {
  const { name, title, comment, facts, loaded } = method;
  const traits = new Set(traitsOf(loaded.pipeline));
  const has = TRAITS.filter((trait) => traits.has(trait.name));
  const hasNot = TRAITS.filter((trait) => !traits.has(trait.name));
  const losses = new Map(
    lossesOf(loaded.pipeline).map(({ definition }) => [
      definition.name,
      definition.summary,
    ]),
  );
  const files = filesOf(name);
  const missing = hasNot.map(({ name }) => name).join(", ");
  return [
    `# ${title}\n`,
    `${comment}\n`,
    `![${title} as a graph of stages](../pictures/graph-${name}.svg)\n`,
    `The file is ${
      link(`${name}.yaml`)
    }; \`deno task run pipelines/${name}.yaml\` trains it on the photographs that come with Stopgrad.${
      files.length > 0 ? ` Others: ${files.map(link).join(", ")}.` : ""
    }\n`,
    ...(facts ? [section("What keeps it from collapsing", facts.holds)] : []),
    section(
      "What it has",
      `${has.map(({ name, means }) => `- **${name}**: ${means}`).join("\n")}${
        has.length > 0 ? "\n\n" : ""
      }It has no ${
        missing.replace(/, ([^,]*)$/, " and no $1").replaceAll(", ", ", no ")
      }.`,
    ),
    section(
      "What is minimised",
      [...losses].map(([name, summary]) => `- \`${name}\`: ${summary}`).join(
        "\n",
      ),
    ),
    section("What it costs", `${costOf(method)}.`),
    ...(facts
      ? [
        section("When to choose it", facts.choose),
        section(
          "How it fails",
          facts.fails.map((one) => `- ${one}`).join("\n"),
        ),
      ]
      : []),
    section("Published", published(method)),
    section("Ours", measured(method)),
  ].join("\n");
}

/** kNN and linear, or nothing where nothing was measured. */
const scores = (results: readonly Result[]): string[] =>
  (["knn", "linear"] as const).map((score) =>
    results.length > 0 ? percent(results, "trained", score) : ""
  );

function row(method: Method): string[] {
  const { name, title, facts, loaded, ours } = method;
  const traits = new Set(traitsOf(loaded.pipeline));
  const known = facts?.published.find(({ what }) => what === CIFAR);
  return [
    `[${title}](${name}.md)`,
    ...TRAITS.map(({ name }) => traits.has(name) ? "x" : ""),
    known ? known.value.toFixed(1) : "",
    ...scores(ours.photos),
    ...scores(ours.cifar10),
    ...speedOf(name) ?? ["", ""],
  ];
}

/** One table of all methods. */
async function index(): Promise<string> {
  const methods = await Promise.all(all);
  const table = markdownTable([
    [
      "method",
      ...TRAITS.map(({ name }) => name),
      "published",
      "kNN, photographs",
      "linear, photographs",
      "kNN, CIFAR-10",
      "linear, CIFAR-10",
      "images/s",
      "MB",
    ],
    ...methods.map(row),
  ]);
  return `# Methods

Each method is a file in \`pipelines/\` and has a page here that is made from it:
its graph, what keeps it from collapsing, what it costs, when to choose it, how it
fails. \`x\` says what it has, read off its stages:

${TRAITS.map(({ name, means }) => `- **${name}**: ${means}`).join("\n")}

${table}

*Published* is ${CIFAR}, in per cent (README of github.com/vturrisi/solo-learn); the pages have others. Ours are short runs with a small network, on ${
    Object.values(PROTOCOLS).map(({ said }) => said).join(", and on ")
  }: kNN and a linear probe in per cent, mean ± standard deviation over the seeds,
images a second of CPU time on one thread, and memory ([protocol](../../bench/methods/README.md)); a
cell is empty where nothing was measured. Vision transformers begin lower than
ResNets: the page of a method has the scores of its network untrained, too.
`;
}

/** Pages by their path below the repository. */
export const METHOD_PAGES: Readonly<Record<string, () => Promise<string>>> =
  Object.fromEntries([
    [`${PAGES}README.md`, index] as const,
    ...METHODS.map((name, i) =>
      [
        `${PAGES}${name}.md`,
        async () => page(await (all[i] as Promise<Method>)),
      ] as const
    ),
  ]);
