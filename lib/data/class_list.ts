/** @file Classes of images from a table beside them, in place of class folders. */
import { resolve } from "node:path";
import { counted } from "../counted.ts";
import { UserError } from "../errors.ts";
import { parseCsv, textOf } from "./csv.ts";
import type { HeldOut, Plan } from "./layout.ts";
import { byCodePoint, notAnImage } from "./layout.ts";
import { reasonOf } from "./place.ts";
import { planRows, type Rows, valuesRemark } from "./plan_rows.ts";
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
  if (name !== undefined) {
    const at = names.indexOf(name);
    if (names.lastIndexOf(name) === at) return at;
    throw fail(
      file,
      `several of its columns are called "${header[at]}"`,
      "Give each column a name of its own.",
    );
  }
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

/** Refuses rows whose cells are under no column: a separator that is not quoted would cut a class short. */
function checkCells(
  file: string,
  header: readonly string[],
  body: readonly (readonly string[])[],
): void {
  const long = body.findIndex((cells) =>
    cells.slice(header.length).some((cell) => cell !== "")
  );
  if (long < 0) return;
  const cells = body[long] as readonly string[];
  throw fail(
    file,
    `row ${
      long + 1
    } below the names of the columns has ${cells.length} cells (${
      cells.join(" | ")
    }), and ${header.length} columns have a name`,
    "Put cells that hold the separator between double quotes.",
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
  checkCells(full, header, body);
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

/** How many folders at the beginning of all rows are left out, so that most paths have a row. */
function foldersAbove(
  entries: readonly Entry[],
  known: ReadonlySet<string>,
): number {
  const parts = entries.map(({ image }) => image.split("/"));
  const shared = (depth: number): boolean =>
    parts.every((own) =>
      own.length > depth + 1 && own[depth] === parts[0]?.[depth]
    );
  let [best, most] = [0, 0];
  for (let depth = 0; depth === 0 || shared(depth - 1); depth++) {
    const found = parts.filter((own) =>
      known.has(own.slice(depth).join("/"))
    ).length;
    if (found > most) [best, most] = [depth, found];
  }
  return best;
}

/** Rows by the paths of images, and from where on these stand in the rows. */
interface Found {
  readonly rowOf: (path: string) => Entry | undefined;
  /** Folders that all rows begin with and the images' paths do not, with a slash behind. */
  readonly above: string;
}

/** Finds the row of a path, by the first naming that all rows are unique in. */
function finder(
  file: string,
  entries: readonly Entry[],
  paths: readonly string[],
): Found {
  const names = new Set(NAMINGS.flatMap((naming) => paths.map(naming)));
  const depth = foldersAbove(entries, names);
  const nameOf = ({ image }: Entry): string =>
    depth === 0 ? image : image.split("/").slice(depth).join("/");
  const byName = new Map(entries.map((entry) => [nameOf(entry), entry]));
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
  const first = entries[0]?.image ?? "";
  const above = first.split("/").slice(0, depth).map((part) => `${part}/`);
  return { rowOf: (path) => byName.get(naming(path)), above: above.join("") };
}

/** What images are for, by a column of the table or by their folders. */
interface Roles {
  readonly of: (path: string) => "train" | "test" | "unused";
  /** Whether some are to test with. */
  readonly held: boolean;
}

/** Splits that a column of the table tells, or that folders have as names. */
function roles(
  paths: readonly string[],
  rowOf: (path: string) => Entry | undefined,
): Roles | undefined {
  if (paths.some((path) => rowOf(path)?.split)) {
    const used = new Set(paths.map((path) => roleOf(rowOf(path)?.split ?? "")));
    const held = used.has("test") ? "test" : "validation";
    return {
      of(path) {
        const role = roleOf(rowOf(path)?.split ?? "");
        if (role === "train" || role === undefined) return role ?? "unused";
        return role === held ? "test" : "unused";
      },
      held: used.has(held),
    };
  }
  const splits = findSplits([...byTop(paths).keys()]);
  if (!splits || "unclear" in splits || !splits.test) return undefined;
  const { train, test } = splits;
  return {
    of: (path) =>
      path.startsWith(`${train}/`)
        ? "train"
        : path.startsWith(`${test}/`)
        ? "test"
        : "unused",
    held: true,
  };
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
  const { rowOf, above } = finder(file, entries, [...sorted, ...held]);
  const rows = (some: readonly string[]): Rows => {
    const known = some.filter((path) => rowOf(path)?.label);
    return { paths: known, labels: known.map((path) => rowOf(path)?.label) };
  };
  const all = [...sorted, ...held];
  const images = new Set(all.map(rowOf));
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
  if (role?.held && test !== undefined) {
    throw new UserError(
      `Cannot use "test" under "data": ${where} has images to test with already, as ${file} or its folders say.\nLeave "test" out.`,
    );
  }
  const of = (name: "train" | "test"): Rows =>
    rows(role ? sorted.filter((path) => role.of(path) === name) : sorted);
  const own = of("train");
  if (own.paths.length === 0) {
    throw fail(
      file,
      `none of its rows with an image and a class is to train on; its splits are ${
        [...new Set(entries.map(({ split }) => split ?? ""))].slice(0, 5)
          .map((split) => split || "(empty)").join(", ")
      }`,
      "Expected train in some rows.",
    );
  }
  const judged = role?.held
    ? of("test")
    : typeof test === "object"
    ? rows(held)
    : undefined;
  // Where none of them has a class there is nothing to test with.
  const plan = planRows(
    own,
    judged ? judged.paths.length > 0 ? judged : undefined : test as
      | number
      | undefined,
    where,
  );
  const unlabelled = all.filter((path) => rowOf(path)?.label === "").length;
  const without = all.length - found - unlabelled;
  const lost = entries.length - found - unlabelled;
  const unused = role
    ? sorted.filter((path) => rowOf(path) && role.of(path) === "unused")
    : [];
  const others = [
    ...new Set(unused.map((path) => rowOf(path)?.split || "none")),
  ];
  const absent = lost > 0
    ? entries.find((entry) => entry.label && !images.has(entry))
    : undefined;
  return {
    ...plan,
    remarks: [
      `classes are those of ${file}${
        above ? `, whose rows name images from ${above} on` : ""
      }`,
      ...(column ? [column] : []),
      ...(unlabelled > 0
        ? [
          `${
            counted(unlabelled, "image")
          } whose row there has no class left out`,
        ]
        : []),
      ...(without > 0
        ? [`${counted(without, "image")} without a row there left out`]
        : []),
      ...(absent
        ? [
          `no image for ${counted(lost, "row")} there, such as ${absent.image}`,
        ]
        : []),
      ...valuesRemark(plan),
      ...(unused.length > 0
        ? [
          `${counted(unused.length, "image")} of other splits (${
            others.slice(0, 5).join(", ")
          }) neither trained on nor tested with`,
        ]
        : []),
    ],
  };
}
