/**
 * @file Pipelines in the language server of editors, with the committed schema.
 *
 * `deno run -A bench/editor/run.ts`. Exit code 1 when something that is asked
 * does not come, or something that is right is flagged; README.md gets the table.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { UserError } from "../../lib/errors.ts";
import { exitWith } from "../main.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { LanguageServer, type Position } from "./server.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCHEMA = join(ROOT, "pipelines/pipeline.schema.json");

/** Lines of a pipeline whose stages are to be completed; `|` is the cursor. */
interface Case {
  readonly what: string;
  /** Lines of the section, two spaces in. */
  readonly section: string;
  readonly lines: string;
  /** What is offered at the cursor, with its documentation. */
  readonly offers?: Readonly<Record<string, RegExp>>;
  /** What must not be offered. */
  readonly never?: readonly string[];
  /** The only complaint; without it there is none to be. */
  readonly complaint?: RegExp;
  /** What is shown of the word before the cursor. */
  readonly shows?: RegExp;
}

const CASES: readonly Case[] = [
  {
    what: "kinds of stages",
    section: "stages",
    lines: "y:\n    |",
    offers: { encode: /Encoder/, loss: /minimises/, ema: /twin/ },
  },
  {
    what: "networks, each with its description",
    section: "stages",
    lines: "y:\n    encode: |",
    offers: { resnet: /Residual network/, vit_tiny: /ransformer/ },
    never: ["nt_xent"],
  },
  {
    what: "options of a network",
    section: "stages",
    lines: "y:\n    encode: resnet\n    of: image\n    |",
    offers: { width: /Channels/, stem: /First layers/ },
    never: ["patch", "temperature"],
  },
  {
    what: "the same in braces",
    section: "stages",
    lines: "y: { encode: resnet, of: image, w| }",
    offers: { width: /Channels/ },
    never: ["patch"],
  },
  {
    what: "values of an option, each with its description",
    section: "stages",
    lines: "y:\n    encode: resnet\n    of: image\n    stem: |",
    offers: { cifar: /3x3/, imagenet: /7x7/ },
  },
  {
    what: "values of a loss's option",
    section: "stages",
    lines: "l:\n    loss: cosine\n    between: [y, y]\n    pairs: |",
    offers: { cross: /different/, same: /itself/ },
  },
  {
    what: "augmentations",
    section: "stages",
    lines: "v:\n    of: image\n    augment: |",
    offers: { simsiam: /./, byol: /./ },
  },
  {
    what: "sources of data",
    section: "data",
    lines: "source: |",
    offers: { folder: /Image files/, photos: /photographs/ },
  },
  {
    what: "options of a source",
    section: "data",
    lines: "source: folder\n  path: x\n  size: 8\n  batch: 4\n  |",
    offers: { on_error: /cannot be read/ },
  },
  {
    what: "options of an optimizer",
    section: "train",
    lines: "epochs: 1\n  optimizer:\n    sgd:\n      lr: 1\n      |",
    offers: { momentum: /./, weight_decay: /./ },
    never: ["beta1"],
  },
  {
    what: "what an option means, under the pointer",
    section: "stages",
    lines: "y: { encode: resnet, of: image, width|: 8 }",
    shows: /Channels of the first group/,
  },
  {
    what: "a misspelt option is flagged",
    section: "stages",
    lines: "y: { encode: resnet, of: image, widht: 8 }",
    complaint: /widht/,
  },
  {
    what: "a misspelt network is flagged",
    section: "stages",
    lines: "y: { encode: resnett, of: image }",
    complaint: /"resnet18"/,
  },
  {
    what: "a misspelt key of data is flagged",
    section: "data",
    lines: "source: photos\n  batch: 4\n  shaer: 0.1",
    complaint: /shaer/,
  },
  {
    what: "a stage of your own passes, with its options",
    section: "stages",
    lines: "l: { use: ./mine.ts, between: [y, y], strength: 2 }",
  },
  {
    what: "a source of your own passes",
    section: "data",
    lines: "source: ./mine.ts\n  batch: 4\n  quality: 2",
  },
];

/** What only a file with bases can hold: parts without their kind. */
const PARTS: readonly Case[] = [
  {
    what: "options of a stage whose kind is in the base",
    section: "stages",
    lines: "y:\n    |",
    offers: { width: /Channels/, encode: /./, temperature: /./ },
  },
  {
    what: "a misspelt option of such a stage is flagged",
    section: "stages",
    lines: "y: { widht: 8 }",
    complaint: /widht/,
  },
  {
    what: "an option of a stage of your own passes, without its `use:`",
    section: "stages",
    lines: "mine: { strength: 2 }",
  },
  {
    what: "`null` passes, which takes away what the base has",
    section: "stages",
    lines: "y: { width: null }\n  p: null",
  },
];

/** Sections that a pipeline cannot do without. */
const WHOLE: Readonly<Record<string, string>> = {
  data: "source: photos\n  batch: 4",
  stages: "a: { encode: resnet, of: image }",
  train: "epochs: 1\n  optimizer: { sgd: { lr: 1 } }",
};

/** The text of a case, its cursor, and where that is. */
function textOf(
  { section, lines }: Case,
  bases: boolean,
): { readonly text: string; readonly cursor: Position } {
  const others = bases
    ? "extends: base.yaml\n"
    : Object.entries(WHOLE).filter(([key]) => key !== section)
      .map(([key, body]) => `${key}:\n  ${body}\n`).join("");
  const marked =
    `# yaml-language-server: $schema=${SCHEMA}\n${others}${section}:\n  ${lines}\n`;
  const before = marked.slice(0, marked.indexOf("|")).split("\n");
  return {
    text: marked.replace("|", ""),
    cursor: {
      line: before.length - 1,
      character: before.at(-1)?.length ?? 0,
    },
  };
}

const plain = (text: unknown): string =>
  typeof text === "string"
    ? text
    : String((text as { value?: string } | undefined)?.value ?? "");

/** What is wrong with the answers to a case; nothing where all is as it should be. */
async function faultsOf(
  server: LanguageServer,
  one: Case,
  bases: boolean,
  file: string,
): Promise<readonly string[]> {
  const { text, cursor } = textOf(one, bases);
  const complaints = await server.open(file, text);
  const said = complaints.map(({ message }) => message);
  const { offers, never = [], complaint, shows } = one;
  if (shows) {
    const shown = await server.hover(file, {
      ...cursor,
      character: cursor.character - 1,
    });
    return shows.test(shown) ? [] : [`shows "${shown}"`];
  }
  if (offers) {
    const all = new Map(
      (await server.complete(file, cursor)).map((
        { label, documentation },
      ) => [label, plain(documentation)]),
    );
    return [
      ...Object.entries(offers).filter(([label, told]) =>
        !told.test(all.get(label) ?? "")
      ).map(([label]) => `no "${label}": "${all.get(label)}"`),
      ...never.filter((label) => all.has(label))
        .map((label) => `offers "${label}"`),
    ];
  }
  if (!complaint) return said;
  return said.length === 1 && complaint.test(said[0] ?? "")
    ? []
    : [`says ${JSON.stringify(said)}`];
}

/** Every pipeline that comes with Stopgrad. */
async function* shipped(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* shipped(path);
    else if (name.endsWith(".yaml")) yield path;
  }
}

/** The server of `packages.json`, which Node's npm fetches, once. */
async function serverFolder(): Promise<string> {
  const folder = join(cacheFolder(), "editor");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.copyFile(
    fileURLToPath(new URL("packages.json", import.meta.url)),
    join(folder, "package.json"),
  );
  const { success } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--loglevel", "error"],
    cwd: folder,
    stdout: "null",
  }).output();
  if (!success) throw new UserError("npm could not fetch the language server.");
  return folder;
}

async function main(): Promise<number> {
  const folder = await serverFolder();
  const server = await LanguageServer.start(
    Deno.execPath(),
    [
      "run",
      "-A",
      "node_modules/yaml-language-server/bin/yaml-language-server",
      "--stdio",
    ],
    folder,
    {
      yaml: {
        schemaStore: { enable: false },
        validate: true,
        completion: true,
        hover: true,
      },
    },
  );
  const bad: string[] = [];
  let files = 0;
  const ask = async (one: Case, bases: boolean): Promise<string> => {
    const file = join(ROOT, `case${++files}.yaml`);
    const faults = await faultsOf(server, one, bases, file);
    bad.push(...faults.map((fault) => `${one.what}: ${fault}`));
    return faults.length === 0 ? "yes" : "no";
  };
  let opened = 0;
  for await (const file of shipped(join(ROOT, "pipelines"))) {
    const said = await server.open(file, await Deno.readTextFile(file));
    bad.push(...said.map(({ message }) => `${file}: ${message}`));
    if (said.length === 0) opened++;
  }
  const rows: string[][] = [["asked", "a whole file", "with `extends:`"]];
  rows.push([
    "pipelines of this repository without a complaint",
    String(opened),
    "–",
  ]);
  for (const one of CASES) {
    rows.push([one.what, await ask(one, false), await ask(one, true)]);
  }
  for (const one of PARTS) rows.push([one.what, "–", await ask(one, true)]);
  await server.stop();
  const table = markdownTable(rows);
  console.log(table);
  for (const line of bad) console.log(line);
  await writeResult(new URL("README.md", import.meta.url), table);
  return bad.length === 0 ? 0 : 1;
}

if (import.meta.main) await exitWith(main);
