/** @file Images in WebDataset shards. */
import { z } from "zod";
import { counted } from "../counted.ts";
import { UserError } from "../errors.ts";
import { imageKeys, imageShape, sameChannels } from "./image_options.ts";
import { loadParts, type PartFile, partKeys } from "./load_parts.ts";
import { reasonOf } from "./place.ts";
import {
  openShard,
  type SampleKeys,
  type Shard,
  shardImages,
} from "./shard.ts";
import { systemRemark } from "./system_files.ts";
import {
  defineSource,
  type LoadContext,
  type SourceDefinition,
} from "./source.ts";
import { checkApart, filesAt, sortFiles, surveyFiles } from "./split_files.ts";

const ENDINGS = [".tar", ".tar.gz", ".tgz"];
/** Shards that are read at a time: as many as other readers have workers. */
const LANES = 16;

const shardOptions = z.strictObject({
  ...imageKeys,
  image: z.string().min(1).optional().describe(
    "Which image of samples with several: the ending of its file, such as png or left.png. By default the first",
  ),
  label: z.string().min(1).default("cls").describe(
    "What the class is of a sample: the ending of a file (cls), or a key of its JSON (json.label)",
  ),
  ...partKeys,
}).superRefine(sameChannels);

/** Shards with what was found in them. */
interface Listed {
  readonly files: readonly PartFile[];
  readonly shards: readonly Shard[];
}

/** Looks at shards one after another. */
async function listAll(
  paths: readonly string[],
  keys: SampleKeys,
  { cacheDir, onProgress }: LoadContext,
): Promise<Listed> {
  const shards: Shard[] = [];
  let done = 0;
  for (const [i, path] of paths.entries()) {
    const shard = await openShard(path, keys, cacheDir).catch((error) => {
      if (error instanceof UserError) throw error;
      throw new UserError(
        `Cannot read the shard ${path}: ${
          reasonOf(error)
        }.\nExpected a tar archive (.tar or .tar.gz) of files such as 0001.jpg and 0001.cls. Make or download it again.`,
      );
    });
    shards.push(shard);
    done += shard.count;
    onProgress?.({
      task: `Counting samples, shard ${i + 1} of ${paths.length}`,
      done,
      unit: "images",
    });
  }
  const files = shards.map(({ count, labels }, i) => {
    const path = paths[i] as string;
    const open = () => shardImages(path, keys.image);
    return { path, labels, parts: [{ count, open }] };
  });
  return { files, shards };
}

const number = (value: number): string => value.toLocaleString("en-US");

function* remarksOf(
  shards: readonly Shard[],
  label: string,
): Generator<string> {
  const sum = (of: (shard: Shard) => number): number =>
    shards.reduce((sum, shard) => sum + of(shard), 0);
  const known = sum(({ known }) => Number(known));
  const samples = counted(sum(({ count }) => count), "sample");
  const files = counted(shards.length, "shard");
  yield `${samples} in ${files}, counted by their headers${
    known > 0
      ? `; ${number(known)} of them at an earlier run, by size and time`
      : ""
  }`;
  const empty = sum(({ count }) => Number(count === 0));
  if (empty > 0) yield `shards without a sample: ${number(empty)}`;
  const without = sum(({ without }) => without);
  if (without > 0) yield `${number(without)} samples without an image left out`;
  const several = sum(({ several }) => several);
  if (several > 0) {
    const [first, ...others] = shards.find(({ several }) =>
      several > 0
    )?.choices ?? [];
    yield `${
      number(several)
    } samples with several images: the first one counts, ${first} and not ${
      others.join(", ")
    } ("image" says which)`;
  }
  const again = sum(({ again }) => again);
  if (again > 0) {
    yield `${
      number(again)
    } samples have the name of one before: files of a sample have to follow each other (tar --sort=name)`;
  }
  yield* systemRemark(shards.flatMap(({ system }) => system));
  if (shards.every(({ labels }) => labels.every((one) => one === undefined))) {
    yield `no sample has a file "${
      label.replace(/^json\..*/, "json")
    }" with its class; the first one has ${
      shards[0]?.endings.join(", ")
    } ("label" says which tells the class)`;
  }
}

/** Images in WebDataset shards. */
export const webdataset: SourceDefinition = defineSource({
  name: "webdataset",
  summary:
    "WebDataset shards: tar archives (.tar, .tar.gz) with files such as 0001.jpg and 0001.cls; a folder of them, one, or a pattern such as train-{000..099}.tar",
  reference: "https://github.com/webdataset/webdataset",
  options: shardOptions,
  shape: (options) => imageShape(options),
  survey: ({ path }, baseDir) => surveyFiles(path, baseDir),
  async load(options, context) {
    const { path, test, label, image } = options;
    const keys = { label, image };
    const files = await filesAt(path, ENDINGS, context);
    const elsewhere = typeof test === "string"
      ? await filesAt(test, ENDINGS, context)
      : undefined;
    checkApart(files, elsewhere);
    const sorted = sortFiles(files, test);
    const train = await listAll(sorted.train, keys, context);
    const heldFiles = elsewhere?.files ?? sorted.test;
    const held = heldFiles && await listAll(heldFiles, keys, context);
    const { where } = files;
    if (train.shards.every(({ count }) => count === 0)) {
      throw new UserError(
        `Cannot find images in the ${sorted.train.length} shard(s) of ${where}${
          image === undefined ? "" : ` that end in .${image} (image)`
        }.\nExpected files such as 0001.jpg and 0001.cls in them.`,
      );
    }
    const shards = [...train.shards, ...held?.shards ?? []];
    return await loadParts(
      {
        train: train.files,
        test: held?.files,
        item: "sample",
        called: "shards",
        where,
        remarks: [...sorted.remarks, ...remarksOf(shards, label)],
        lanes: LANES,
      },
      options,
      context,
    );
  },
});
