/** @file Images in Parquet files. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import { imageKeys, imageShape, sameChannels } from "./image_options.ts";
import { loadParts, type PartFile, partKeys } from "./load_parts.ts";
import { openParquet, type ParquetTable } from "./parquet_table.ts";
import {
  defineSource,
  type LoadContext,
  type SourceDefinition,
} from "./source.ts";
import { checkApart, filesAt, sortFiles, surveyFiles } from "./split_files.ts";

const parquetOptions = z.strictObject({
  ...imageKeys,
  image: z.string().min(1).optional().describe(
    "Column of the images; by default the one that holds some",
  ),
  label: z.string().min(1).optional().describe(
    "Column of the classes; `label` by default, where there is one",
  ),
  ...partKeys,
}).superRefine(sameChannels);

const ENDINGS = [".parquet"];
/** Groups of rows that are read at a time, where they are small. */
const LANES = 16;
/** Bytes of groups that may be open: a group is read as a whole. */
const OPEN_BYTES = 2 ** 28;

interface Tables {
  readonly tables: readonly ParquetTable[];
  readonly files: readonly PartFile[];
}

async function openAll(
  paths: readonly string[],
  options: z.infer<typeof parquetOptions>,
  { onProgress }: LoadContext,
): Promise<Tables> {
  const tables: ParquetTable[] = [];
  const files: PartFile[] = [];
  let done = 0;
  for (const [i, path] of paths.entries()) {
    const table = await openParquet(path, options);
    tables.push(table);
    files.push({ path, parts: table.groups, labels: await table.labels() });
    done += table.rows;
    onProgress?.({
      task: `Reading labels, file ${i + 1} of ${paths.length}`,
      done,
      unit: "images",
    });
  }
  return { tables, files };
}

/**
 * Names of the classes in all files, some of which may have others, or have
 * them in another order.
 *
 * @throws {UserError} When only some files name theirs.
 */
function classesOf(tables: readonly ParquetTable[]): string[] | undefined {
  const named = tables.find(({ classes }) => classes);
  const bare = tables.find(({ classes }) => !classes);
  if (!named) return undefined;
  if (bare) {
    throw new UserError(
      `Cannot tell the classes of ${bare.path}: it names none, and ${named.path} does.\nKeep files of one data set together, and others in a place of their own.`,
    );
  }
  return [...new Set(tables.flatMap(({ classes = [] }) => classes))];
}

const unique = (names: readonly string[]): string =>
  [...new Set(names)].map((name) => `"${name}"`).join(", ");

/** Which columns are read. */
function columnsRemark(
  tables: readonly ParquetTable[],
  labelled: boolean,
): string {
  const images = `images are those of the column ${
    unique(tables.map(({ image }) => image))
  }`;
  const labels = unique(tables.flatMap(({ label }) => label ?? []));
  if (labels) {
    return labelled
      ? `${images}, classes those of ${labels}`
      : `${images}; ${labels} has no class in any row`;
  }
  return `${images}; there is no column "label", others are ${
    tables[0]?.others.join(", ") || "none"
  }`;
}

/** Groups that may be open at a time. */
function lanesOf({ tables }: Tables): number {
  const largest = Math.max(
    1,
    ...tables.flatMap(({ groups }) => groups.map(({ bytes }) => bytes)),
  );
  return Math.max(1, Math.min(LANES, Math.floor(OPEN_BYTES / largest)));
}

/** Images in Parquet files, such as those of Hugging Face. */
export const parquet: SourceDefinition = defineSource({
  name: "parquet",
  summary:
    "Images in Parquet files, as Hugging Face's datasets write them: one file, or a folder of files such as train-00000-of-00002.parquet; classes are those of a column",
  reference: "https://huggingface.co/docs/datasets/image_dataset",
  options: parquetOptions,
  shape: (options) => imageShape(options),
  survey: ({ path }, baseDir) => surveyFiles(path, baseDir),
  async load(options, context) {
    const { path, test } = options;
    const list = await filesAt(path, ENDINGS, context);
    const elsewhere = typeof test === "string"
      ? await filesAt(test, ENDINGS, context)
      : undefined;
    checkApart(list, elsewhere);
    const sorted = sortFiles(list, test);
    const train = await openAll(sorted.train, options, context);
    const heldFiles = elsewhere?.files ?? sorted.test;
    const held = heldFiles && await openAll(heldFiles, options, context);
    const tables = [...train.tables, ...held?.tables ?? []];
    const labelled = [...train.files, ...held?.files ?? []].some(({ labels }) =>
      labels.some((label) => label !== undefined)
    );
    return await loadParts(
      {
        train: train.files,
        test: held?.files,
        item: "row",
        called: "groups of rows",
        where: list.where,
        classes: classesOf(tables),
        remarks: [columnsRemark(tables, labelled), ...sorted.remarks],
        lanes: lanesOf(train),
      },
      options,
      context,
    );
  },
});
