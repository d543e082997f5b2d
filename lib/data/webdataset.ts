/** @file Images in WebDataset shards. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import { decodePlan, type ImageFile, slotsOf } from "./decode_plan.ts";
import { imageKeys, imageShape, sameChannels } from "./image_options.ts";
import { reasonOf } from "./place.ts";
import { planRows, type Rows } from "./plan_rows.ts";
import { checkSize } from "./read_file.ts";
import { openShard, type Sample } from "./shard.ts";
import { defineSource, type SourceDefinition } from "./source.ts";
import { filesAt, sortFiles } from "./split_files.ts";
import { type OpenFiles, streamPlan, tooLarge } from "./stream.ts";
import { surveyPath } from "./survey.ts";
import { readMemberAt } from "./tar_headers.ts";
import type { LoadContext } from "./source.ts";

const ENDINGS = [".tar"];

const shardOptions = z.strictObject({
  ...imageKeys,
  label: z.string().min(1).default("cls").describe(
    "What the class is of a sample: the ending of a file (cls), or a key of its JSON (json.label)",
  ),
}).superRefine(sameChannels);

/** Samples by the name that a plan has for them. */
type Samples = ReadonlyMap<
  string,
  { readonly file: string; readonly sample: Sample }
>;

interface Listed {
  readonly rows: Rows;
  readonly remarks: readonly string[];
}

/** Lists shards one after another. */
async function listAll(
  files: readonly string[],
  label: string,
  samples: Map<string, { file: string; sample: Sample }>,
  { cacheDir, onProgress }: LoadContext,
): Promise<Listed> {
  const paths: string[] = [];
  const labels: (string | undefined)[] = [];
  let [without, several, known] = [0, 0, 0];
  for (const [i, file] of files.entries()) {
    const shard = await openShard(file, label, cacheDir).catch((error) => {
      throw new UserError(
        `Cannot read the shard ${file}: ${
          reasonOf(error)
        }.\nExpected a plain tar archive (decompress .tar.gz) of files such as 0001.jpg and 0001.cls. Make or download it again.`,
      );
    });
    without += shard.without;
    several += shard.several;
    known += Number(shard.known);
    for (const sample of shard.samples) {
      const path = `${sample.name} in ${file}`;
      paths.push(path);
      labels.push(sample.label);
      samples.set(path, { file, sample });
    }
    onProgress?.({
      task: `Listing shards, ${i + 1} of ${files.length}`,
      done: paths.length,
      unit: "images",
    });
  }
  return {
    rows: { paths, labels },
    remarks: [
      ...(without > 0 ? [`${without} samples without an image left out`] : []),
      ...(several > 0
        ? [`${several} samples with several images: the first one counts`]
        : []),
      ...(known > 0
        ? [
          `${known} of ${files.length} shards as they were at an earlier run, by size and time`,
        ]
        : []),
    ],
  };
}

/** Reads images wherever they are. */
function openFiles(samples: Samples): OpenFiles {
  return {
    name: ({ path }) => path,
    async read({ path }, most) {
      const found = samples.get(path);
      if (!found) throw new Error("internal: a sample that is not listed");
      const { file, sample } = found;
      if (sample.size === 0) throw new Error("the file is empty");
      checkSize(sample.size);
      using shard = await Deno.open(file);
      return readMemberAt(shard, sample, most);
    },
  };
}

/** Images in WebDataset shards. */
export const webdataset: SourceDefinition = defineSource({
  name: "webdataset",
  summary:
    "WebDataset shards: tar archives with files such as 0001.jpg and 0001.cls; a folder of them, one, or a pattern such as train-{000..099}.tar",
  reference: "https://github.com/webdataset/webdataset",
  options: shardOptions,
  shape: (options) => imageShape(options),
  survey: ({ path }, baseDir) =>
    path.includes("{") ? {} : surveyPath(path, baseDir),
  async load(options, context) {
    const { path, test, label } = options;
    const files = await filesAt(path, ENDINGS, context);
    const elsewhere = typeof test === "string"
      ? await filesAt(test, ENDINGS, context)
      : undefined;
    const sorted = sortFiles(files, test);
    const samples = new Map<string, { file: string; sample: Sample }>();
    const train = await listAll(sorted.train, label, samples, context);
    const heldFiles = elsewhere?.files ?? sorted.test;
    const held = heldFiles &&
      await listAll(heldFiles, label, samples, context);
    const { where } = files;
    if (train.rows.paths.length === 0) {
      throw new UserError(
        `Cannot find images in the ${sorted.train.length} shard(s) of ${where}.\nExpected files such as 0001.jpg and 0001.cls in them.`,
      );
    }
    const plan = {
      ...planRows(
        train.rows,
        held?.rows ?? (typeof test === "number" ? test : undefined),
        where,
      ),
      remarks: [...sorted.remarks, ...train.remarks, ...held?.remarks ?? []],
    };
    const open = openFiles(samples);
    if (tooLarge(plan, options)) {
      return await streamPlan(plan, open, options, [], where, context);
    }
    function* all(): Generator<ImageFile> {
      for (const slot of slotsOf(plan)) {
        yield { ...slot, read: () => open.read(slot) };
      }
    }
    return await decodePlan(plan, all(), options, [], where, context);
  },
});
