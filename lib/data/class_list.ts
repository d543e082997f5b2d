/** @file Classes of images from a table beside them, in place of class folders. */
import { resolve } from "node:path";
import { UserError } from "../errors.ts";
import { parseCsv, textOf } from "./csv.ts";
import type { HeldOut, Plan } from "./layout.ts";
import { byCodePoint, notAnImage } from "./layout.ts";
import { reasonOf } from "./place.ts";
import { planRows, type Rows } from "./plan_rows.ts";
import { byTop, findSplits, roleOf } from "./splits.ts";

/** Which table, and which of its columns. */
export interface ClassListOptions {
  readonly file: string;
  readonly image?: string | undefined;
  readonly label?: string | undefined;
}

/** Usual names of the columns, in the order of trust. */
const IMAGE = [
  "image",
  "file",
  "filename",
  "file_name",
  "path",
  "filepath",
  "image_path",
  "image_id",
  "image_name",
  "id",
  "name",
];
const LABEL = [
  "label",
  "class",
  "class_name",
  "category",
  "target",
  "class_id",
  "label_id",
  "diagnosis",
  "species",
];
const SPLIT = ["split", "set", "subset", "fold"];

/** Rows of a table: an image's name, its class, and its split where it says. */
interface Entry {
  readonly image: string;
  readonly label: string;
  readonly split?: string;
}

/** A table as it was read. */
interface Table {
  readonly entries: readonly Entry[];
  readonly file: string;
  /** A column that is called as splits are, and names none. */
  readonly unused?: string;
}

const fail = (file: string, reason: string, cure: string): UserError =>
  new UserError(`Cannot read the classes in ${file}: ${reason}.\n${cure}`);

function columnOf(
  file: string,
  header: readonly string[],
  asked: string | undefined,
  usual: readonly string[],
  key: string,
): number {
  const names = header.map((name) => name.toLowerCase());
  const wanted = asked === undefined ? usual : [asked.toLowerCase()];
  const name = wanted.find((one) => names.includes(one));
  if (name !== undefined) return names.indexOf(name);
  if (header.some((cell) => notAnImage(cell) === undefined)) {
    throw fail(
      file,
      `its first row (${header.join(", ")}) names no columns but an image`,
      "Expected a first row with the names of the columns, such as image,label.",
    );
  }
  const other = key === "label" ? header.at(-1) : header[0];
  throw fail(
    file,
    `no column is called ${
      asked === undefined
        ? `like ${usual.slice(0, 5).join(", ")}`
        : `"${asked}"`
    }; its columns are ${header.join(", ")}`,
    `Say which one: labels: { file: ..., ${key}: ${other} } under "data"; commas, semicolons, tabs or bars lie between columns.`,
  );
}

async function readEntries(
  { file, image, label }: ClassListOptions,
  baseDir: string,
): Promise<Table> {
  const full = resolve(baseDir, file);
  let rows: string[][];
  try {
    rows = parseCsv(textOf(await Deno.readFile(full)));
  } catch (error) {
    throw fail(full, reasonOf(error), 'Check "labels" under "data".');
  }
  const [header, ...body] = rows;
  if (!header || body.length === 0) {
    throw fail(
      full,
      "it has no rows below its first one",
      "Expected a first row with the names of the columns, such as image,label.",
    );
  }
  const [from, to] = [
    columnOf(full, header, image, IMAGE, "image"),
    columnOf(full, header, label, LABEL, "label"),
  ];
  const named = header.findIndex((name) => SPLIT.includes(name.toLowerCase()));
  const values = new Set(body.map((cells) => cells[named] ?? ""));
  // A fold of a cross-validation is a number, and no split.
  const split = [...values].some((value) => roleOf(value)) ? named : -1;
  return {
    file: full,
    ...(named >= 0 && split < 0
      ? {
        unused: `its column "${header[named]}" (${
          [...values].slice(0, 3).join(", ")
        }${values.size > 3 ? ", ..." : ""}) names no splits and is not used`,
      }
      : {}),
    entries: body.map((cells) => ({
      image: (cells[from] ?? "").replaceAll("\\", "/").replace(/^\.\//, ""),
      label: cells[to] ?? "",
      ...(split < 0 ? {} : { split: cells[split] ?? "" }),
    })),
  };
}

const stem = (path: string): string => path.replace(/\.[^./]+$/, "");
const base = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Ways in which tables name images: by path, by file name, each with its ending or without. */
const NAMINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  stem,
  base,
  (path) => stem(base(path)),
];

/** Finds the row of a path, by the first naming that all rows are unique in. */
function finder(
  file: string,
  entries: readonly Entry[],
  paths: readonly string[],
): (path: string) => Entry | undefined {
  const byName = new Map(entries.map((entry) => [entry.image, entry]));
  if (byName.size < entries.length) {
    const seen = new Set<string>();
    const twice = entries.find(({ image }) =>
      seen.has(image) || !seen.add(image)
    );
    throw fail(
      file,
      `"${twice?.image}" stands in it twice`,
      "Leave one row for each image.",
    );
  }
  const counts = NAMINGS.map((naming) =>
    paths.filter((path) => byName.has(naming(path))).length
  );
  const best = counts.indexOf(Math.max(...counts));
  const naming = NAMINGS[best] as (path: string) => string;
  if (new Set(paths.map(naming)).size < paths.length) {
    throw fail(
      file,
      `it names images by file name, and several images have the same one`,
      "Write paths into it, from the folder of the images.",
    );
  }
  return (path) => byName.get(naming(path));
}

/** Splits that a column of the table tells, or that folders have as names. */
function roles(
  paths: readonly string[],
  rowOf: (path: string) => Entry | undefined,
): ((path: string) => "train" | "test" | "unused") | undefined {
  if (paths.some((path) => rowOf(path)?.split)) {
    const used = new Set(paths.map((path) => roleOf(rowOf(path)?.split ?? "")));
    const held = used.has("test") ? "test" : "validation";
    return (path) => {
      const role = roleOf(rowOf(path)?.split ?? "");
      if (role === "train" || role === undefined) return role ?? "unused";
      return role === held ? "test" : "unused";
    };
  }
  const splits = findSplits([...byTop(paths).keys()]);
  if (!splits || "unclear" in splits || !splits.test) return undefined;
  const { train, test } = splits;
  return (path) =>
    path.startsWith(`${train}/`)
      ? "train"
      : path.startsWith(`${test}/`)
      ? "test"
      : "unused";
}

/**
 * A plan of images whose classes a table tells. Folders count as splits where
 * their names say so, and as nothing else.
 *
 * @throws {UserError} When the table cannot be read or does not fit the images.
 */
export async function planClassList(
  paths: readonly string[],
  test: number | HeldOut | undefined,
  where: string,
  options: ClassListOptions,
  baseDir: string,
): Promise<Plan> {
  const { entries, file, unused: column } = await readEntries(options, baseDir);
  const sorted = [...paths].sort(byCodePoint);
  const held = typeof test === "object"
    ? [...test.paths].sort(byCodePoint)
    : [];
  const rowOf = finder(file, entries, [...sorted, ...held]);
  const rows = (some: readonly string[]): Rows => {
    const known = some.filter((path) => rowOf(path)?.label);
    return { paths: known, labels: known.map((path) => rowOf(path)?.label) };
  };
  const all = [...sorted, ...held];
  const found = rows(all).paths.length;
  if (found === 0) {
    throw fail(
      file,
      `none of its ${entries.length} rows names one of the ${all.length} images in ${where}; the first row has "${
        entries[0]?.image
      }", the first image is ${all[0]}`,
      `Say which column has the names: labels: { file: ..., image: ... } under "data".`,
    );
  }
  const role = typeof test === "object" ? undefined : roles(sorted, rowOf);
  if (role && test !== undefined) {
    throw new UserError(
      `Cannot use "test" under "data": ${where} has images to test with already, as ${file} or its folders say.\nLeave "test" out.`,
    );
  }
  const of = (name: "train" | "test"): Rows =>
    rows(sorted.filter((path) => role?.(path) === name));
  const plan = role ? planRows(of("train"), of("test"), where) : planRows(
    rows(sorted),
    typeof test === "object" ? rows(held) : test,
    where,
  );
  if (plan.train.paths.length === 0) {
    throw fail(
      file,
      `none of its rows with an image and a class is to train on; its splits are ${
        [...new Set(entries.map(({ split }) => split ?? ""))].slice(0, 5)
          .map((split) => split || "(empty)").join(", ")
      }`,
      "Expected train in some rows.",
    );
  }
  const unlabelled = all.filter((path) => rowOf(path)?.label === "").length;
  const without = all.length - found - unlabelled;
  const lost = entries.length - found - unlabelled;
  const unused = role
    ? sorted.filter((path) => role(path) === "unused").length
    : 0;
  return {
    ...plan,
    remarks: [
      `classes are those of ${file}`,
      ...(column ? [column] : []),
      ...(unlabelled > 0
        ? [`${unlabelled} images whose row there has no class are left out`]
        : []),
      ...(without > 0
        ? [`${without} images without a row there are left out`]
        : []),
      ...(lost > 0 ? [`${lost} rows there have no image`] : []),
      ...(2 * (plan.classes?.length ?? 0) > found && found > 2
        ? [
          `${plan.classes?.length} classes of ${found} images: "${
            plan.classes?.[0]
          }" and the others may be values and no classes`,
        ]
        : []),
      ...(unused > 0
        ? [
          `${unused} images of other splits are neither trained on nor tested with`,
        ]
        : []),
    ],
  };
}
