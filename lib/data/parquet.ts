/** @file Images in Parquet files. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import { decodePlan, type ImageFile } from "./decode_plan.ts";
import { imageKeys, imageShape, sameChannels } from "./image_options.ts";
import { openParquet, type ParquetTable } from "./parquet_table.ts";
import { planRows, type Rows } from "./plan_rows.ts";
import { defineSource, type SourceDefinition } from "./source.ts";
import { filesAt, sortFiles } from "./split_files.ts";
import { tooLarge } from "./stream.ts";
import { surveyPath } from "./survey.ts";

const parquetOptions = z.strictObject({
  ...imageKeys,
  image: z.string().min(1).optional().describe(
    "Column of the images; by default the one that holds some",
  ),
  label: z.string().min(1).optional().describe(
    "Column of the classes; `label` by default, where there is one",
  ),
}).superRefine(sameChannels);

const ENDINGS = [".parquet"];

interface Tables {
  readonly tables: readonly ParquetTable[];
  readonly rows: Rows;
}

async function openAll(
  files: readonly string[],
  options: z.infer<typeof parquetOptions>,
): Promise<Tables> {
  const tables: ParquetTable[] = [];
  const paths: string[] = [];
  const labels: (string | undefined)[] = [];
  for (const file of files) {
    const table = await openParquet(file, options);
    tables.push(table);
    for (const [row, label] of (await table.labels()).entries()) {
      paths.push(`row ${row} of ${file}`);
      labels.push(label);
    }
  }
  return { tables, rows: { paths, labels } };
}

/** Every image of some tables, in the order of their rows. */
async function* imagesOf(
  { tables }: Tables,
): AsyncGenerator<Uint8Array | Error> {
  for (const table of tables) yield* table.images();
}

/** Image files in the order of the tables, each in its place of the plan. */
async function* filesOf(
  parts: readonly Tables[],
  places: ReadonlyMap<string, Pick<ImageFile, "split" | "image">>,
): AsyncGenerator<ImageFile> {
  for (const part of parts) {
    let row = 0;
    for await (const bytes of imagesOf(part)) {
      const path = part.rows.paths[row++] as string;
      const place = places.get(path);
      if (!place) continue;
      yield {
        ...place,
        path,
        // deno-lint-ignore require-await -- so that it rejects
        async read() {
          if (bytes instanceof Error) throw bytes;
          return bytes;
        },
      };
    }
  }
}

/** Images in Parquet files, such as those of Hugging Face. */
export const parquet: SourceDefinition = defineSource({
  name: "parquet",
  summary:
    "Images in Parquet files, as Hugging Face's datasets write them: one file, or a folder of files such as train-00000-of-00002.parquet; classes are those of a column",
  reference: "https://huggingface.co/docs/datasets/image_dataset",
  options: parquetOptions,
  shape: (options) => imageShape(options),
  survey: ({ path }, baseDir) => surveyPath(path, baseDir),
  async load(options, context) {
    const { path, test } = options;
    const list = await filesAt(path, ENDINGS, context);
    const { where } = list;
    const elsewhere = typeof test === "string"
      ? await filesAt(test, ENDINGS, context)
      : undefined;
    const sorted = sortFiles(list, test);
    const train = await openAll(sorted.train, options);
    const heldFiles = elsewhere?.files ?? sorted.test;
    const held = heldFiles && await openAll(heldFiles, options);
    const [first] = train.tables;
    const plan = planRows(
      train.rows,
      held?.rows ?? (typeof test === "number" ? test : undefined),
      where,
      first?.classes,
    );
    if (tooLarge(plan, options)) {
      throw new UserError(
        `Cannot hold the images of ${where}: they are more than ${options.memory} MB of pixels, and Parquet cannot be read in any order.\nRaise "memory" or choose a smaller "size" under "data", or save the images as files.`,
      );
    }
    const places = new Map(
      (["train", "test"] as const).flatMap((split) =>
        (plan[split]?.paths ?? []).map((path, image) =>
          [path, { split, image }] as const
        )
      ),
    );
    const remarks = [
      `images are those of the column "${first?.image}"${
        first?.label
          ? `, classes those of "${first.label}"`
          : `; there is no column "label", others are ${
            first?.others.join(", ") || "none"
          }`
      }`,
      ...sorted.remarks,
    ];
    return await decodePlan(
      { ...plan, remarks },
      filesOf(held ? [train, held] : [train], places),
      options,
      [],
      where,
      context,
    );
  },
});
