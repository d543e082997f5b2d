/** @file `init FOLDER`: a pipeline that fits a folder of images. */
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../command.ts";
import { UserError } from "../errors.ts";
import { checkText } from "../pipeline/load.ts";
import { type Choices, choose } from "../suggest/choose.ts";
import { foundText, pipelineText } from "../suggest/pipeline_text.ts";
import { survey } from "../suggest/survey.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { checkNew, writeNew } from "./new_file.ts";
import { complain, print } from "./say.ts";
import { SCHEMA_FILE } from "./schema.ts";

/** Options of the command. */
export interface InitCommand {
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
}

/** A name that runs and files can have. */
const slug = (text: string): string =>
  text.normalize("NFKD").replace(/[^\w.-]+/g, "-").replace(/^[-.]+|-+$/g, "")
    .slice(0, 60) || "pipeline";

/** A path from a folder, as a pipeline has it. */
function pathFrom(folder: string, path: string): string {
  const way = relative(folder, path) || ".";
  return /^\.\.?($|\/)/.test(way) ? way : `./${way}`;
}

/** Each choice in a line, with its reason. */
function choiceLines(
  {
    size,
    channels,
    range,
    page,
    tile,
    batch,
    network,
    method,
    epochs,
    test,
    neighbours,
  }: Choices,
): string[] {
  const { width, blocks, stem } = network.value;
  const rows: readonly (readonly [string, unknown, string])[] = [
    ["method", method.value, method.reason],
    ["size", size.value, size.reason],
    ...(channels === 3
      ? []
      : [["channels", channels, "as the files have"] as const]),
    ...(range
      ? [["range", JSON.stringify(range.range), range.reason] as const]
      : []),
    ...(page ? [["page", page.value, page.reason] as const] : []),
    ...(tile ? [["tile", tile.value, tile.reason] as const] : []),
    ...(test ? [["test", test.value, test.reason] as const] : []),
    ["batch", batch.value, batch.reason],
    [
      "width",
      `${width}, blocks ${blocks.join(", ")}, stem ${stem}`,
      network.reason,
    ],
    ["epochs", epochs.value, epochs.reason],
    [
      "evaluate",
      neighbours ? "kNN, linear probe" : "false",
      neighbours?.reason ?? "no labels to judge by",
    ],
  ];
  return rows.map(([key, value, reason]) =>
    `  ${key.padEnd(9)} ${value}: ${reason}`
  );
}

/** Runs the command. */
export async function init(
  folder: string,
  { out, force }: InitCommand,
): Promise<ExitCode> {
  const found = await survey(folder);
  if (found.train < 2) {
    throw new UserError(
      `Cannot train on ${found.train} image in ${found.root}: a step compares several.\nGive a folder with some hundreds of images.`,
    );
  }
  const name = slug(basename(resolve(folder)));
  const file = out ?? `${name}.yaml`;
  await checkNew(file, { force });
  const from = dirname(resolve(file));
  const choices = choose(found);
  const text = pipelineText(found, choices, {
    name,
    path: pathFrom(from, found.root),
    table: found.table && pathFrom(from, found.table),
    schema: join(
      fileURLToPath(new URL("../../", import.meta.url)),
      SCHEMA_FILE,
    ),
  });
  const checked = checkText(file, text);
  if (!checked.loaded) {
    throw new Error(
      `init wrote a pipeline that does not pass:\n${checked.text}`,
    );
  }
  await writeNew(file, text);
  const remarks = [
    ...found.unread > 0
      ? [
        `${found.unread} of ${found.looked} files cannot be read and are left out, such as ${found.firstUnread}`,
      ]
      : [],
    ...found.remarks,
  ];
  print([
    `${found.root}: ${foundText(found)}`,
    ...remarks.map((line) => `  ${line}`),
    `Chosen, and said in ${file}:`,
    ...choiceLines(choices),
  ].join("\n"));
  if (choices.warning) complain(`warning: ${choices.warning}`);
  if (checked.text) complain(checked.text);
  print(`Next: ${command(`run ${file}`)}`);
  return EXIT.success;
}
