/** @file A Parquet file with a column of images, as Hugging Face's datasets write it. */
import type { FileMetaData, SchemaTree } from "hyparquet";
import { UserError } from "../errors.ts";
import { otherFormat } from "./formats/other.ts";
import { checkItem } from "./load_parts.ts";
import type { Item, Part } from "./parts.ts";
import { reasonOf } from "./place.ts";
import { readFully } from "./read_file.ts";

/** Columns to read; found by what they hold where they are not named. */
export interface ParquetColumns {
  readonly image?: string | undefined;
  readonly label?: string | undefined;
}

/** An open table. */
export interface ParquetTable {
  readonly path: string;
  readonly rows: number;
  readonly image: string;
  /** Absent where there is none. */
  readonly label?: string;
  /** Other columns, for the line about labels. */
  readonly others: readonly string[];
  /** Names of the classes, where the file tells them. */
  readonly classes?: readonly string[];
  /** Labels of all rows; read without the images. */
  labels(): Promise<(string | undefined)[]>;
  /** Groups of rows, each of which is read as a whole. */
  readonly groups: readonly RowGroup[];
}

/** Rows that are stored together. */
export interface RowGroup extends Part {
  /** Of its images. */
  readonly bytes: number;
}

const fail = (
  path: string,
  reason: string,
  cure =
    "Expected a Parquet file with a column of images (bytes, or a struct of bytes and path), as Hugging Face's datasets write it.",
): UserError =>
  new UserError(`Cannot read images from ${path}: ${reason}.\n${cure}`);

const LABELS =
  'Mend it, or say by "label" under "data" which column has the classes.';

const named = ({ children }: SchemaTree, name: string) =>
  children.find(({ element }) => element.name === name);

/** Whether a column holds files: `{ bytes, path }`, or bytes that are no text. */
function holdsImages(column: SchemaTree): boolean {
  const { element } = named(column, "bytes") ?? column;
  return element.type === "BYTE_ARRAY" && element.converted_type !== "UTF8" &&
    element.logical_type?.type !== "STRING";
}

function imageColumn(
  path: string,
  columns: readonly SchemaTree[],
  asked: string | undefined,
): string {
  const names = columns.map(({ element }) => element.name);
  const found = columns.filter(holdsImages).map(({ element }) => element.name);
  if (asked !== undefined) {
    if (found.includes(asked)) return asked;
    throw fail(
      path,
      names.includes(asked)
        ? `its column "${asked}" holds no images`
        : `no column is called "${asked}"; its columns are ${names.join(", ")}`,
    );
  }
  const [first] = found;
  if (first === undefined) {
    const lists = columns.find(({ children }) =>
      children.length === 1 &&
      children[0]?.element.repetition_type === "REPEATED"
    );
    throw fail(
      path,
      `none of its columns (${names.join(", ")}) holds images${
        lists
          ? `; "${lists.element.name}" holds lists, expected one image a row`
          : ""
      }`,
    );
  }
  if (found.length > 1 && !found.includes("image")) {
    throw new UserError(
      `Cannot tell the images of ${path}: its columns ${
        found.join(", ")
      } all hold some.\nSay which one, such as image: ${first} under "data".`,
    );
  }
  return found.includes("image") ? "image" : first;
}

/** Names of the classes of a column, from what Hugging Face's datasets add. */
function classNames(
  { key_value_metadata: pairs = [] }: FileMetaData,
  column: string,
): string[] | undefined {
  const text = pairs.find(({ key }) => key === "huggingface")?.value;
  try {
    const names = JSON.parse(text ?? "{}")?.info?.features?.[column]?.names;
    return Array.isArray(names) ? names.map(String) : undefined;
  } catch {
    return undefined;
  }
}

const isWhole = (value: unknown): value is number | bigint =>
  typeof value === "bigint" || Number.isInteger(value);

/**
 * The class in a cell; none where it is empty, or -1, as of test sets whose
 * labels are kept secret.
 *
 * @throws {Error} When it is no class.
 */
function classIn(
  cell: unknown,
  names: readonly string[] | undefined,
): string | undefined {
  if (cell === null || cell === undefined || Number(cell) === -1) {
    return undefined;
  }
  if (cell instanceof Uint8Array) {
    const text = new TextDecoder().decode(cell);
    return text === "" ? undefined : text;
  }
  if (typeof cell === "object") {
    throw new Error(
      `it holds ${
        Array.isArray(cell) ? "a list" : "a record"
      }, expected one class: a number or a text`,
    );
  }
  if (!names || !isWhole(cell)) return cell === "" ? undefined : String(cell);
  const name = names[Number(cell)];
  if (name !== undefined) return name;
  throw new Error(
    `it holds the class ${cell}, and the file names ${names.length}, from 0 to ${
      names.length - 1
    }`,
  );
}

/** A cell's image; a copy, so that the others of its group can go. */
function itemOf(cell: unknown): Item {
  const found = bytesIn(cell);
  const bytes = found instanceof Error ? found : found.slice();
  return {
    // deno-lint-ignore require-await -- so that it rejects
    async read(most) {
      if (bytes instanceof Error) throw bytes;
      checkItem(bytes.length);
      return bytes.subarray(0, most);
    },
  };
}

const bytesIn = (cell: unknown): Uint8Array | Error => {
  const value = typeof cell === "object" && cell !== null && "bytes" in cell
    ? cell.bytes
    : cell;
  if (value instanceof Uint8Array && value.length > 0) return value;
  const path = typeof cell === "object" && cell !== null && "path" in cell
    ? cell.path
    : undefined;
  return new Error(
    path
      ? `the table holds only its path, "${path}", and not its bytes`
      : "the cell is empty",
  );
};

/** First bytes of a file. @throws {Error} When there are none. */
async function startOf(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const bytes = await readFully(file, 400);
  if (bytes.length === 0) throw new Error("the file is empty");
  return bytes;
}

/**
 * Opens a table.
 *
 * @throws {UserError} When it is none, or its columns cannot be told.
 */
export async function openParquet(
  path: string,
  { image: wanted, label: asked }: ParquetColumns,
): Promise<ParquetTable> {
  const parquet = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  let file: Awaited<ReturnType<typeof parquet.asyncBufferFromFile>>;
  let metadata: FileMetaData;
  try {
    const other = otherFormat(await startOf(path));
    if (other) throw new Error(other);
    file = await parquet.asyncBufferFromFile(path);
    metadata = await parquet.parquetMetadataAsync(file);
  } catch (error) {
    throw fail(path, reasonOf(error));
  }
  const columns = parquet.parquetSchema(metadata).children;
  const names = columns.map(({ element }) => element.name);
  const image = imageColumn(path, columns, wanted);
  if (asked !== undefined && !names.includes(asked)) {
    throw fail(
      path,
      `no column is called "${asked}"; its columns are ${names.join(", ")}`,
    );
  }
  const label = asked ?? (names.includes("label") ? "label" : undefined);
  const classes = label === undefined ? undefined : classNames(metadata, label);
  const twice = classes?.find((name, i) => classes.indexOf(name) < i);
  if (twice !== undefined) {
    const reason = `it names the class "${twice}" of "${label}" twice`;
    throw fail(path, reason, LABELS);
  }
  const rows = Number(metadata.num_rows);
  const read = async (column: string, rowStart: number, rowEnd: number) => {
    try {
      const found = await parquet.parquetReadObjects({
        file,
        metadata,
        compressors,
        columns: [column],
        rowStart,
        rowEnd,
        utf8: false,
      });
      return found.map((row) => row[column] as unknown);
    } catch (error) {
      throw new Error(`it is damaged or cut off (${reasonOf(error)})`);
    }
  };
  let from = 0;
  const groups = metadata.row_groups.map((group): RowGroup => {
    const [start, count] = [from, Number(group.num_rows)];
    from += count;
    const bytes = group.columns
      .filter(({ meta_data }) => meta_data?.path_in_schema[0] === image)
      .reduce(
        (sum, { meta_data }) =>
          sum + Number(meta_data?.total_uncompressed_size ?? 0),
        0,
      );
    return {
      count,
      bytes,
      async *open() {
        const cells = await read(image, start, start + count);
        for (let row = 0; row < count; row++) {
          const item = itemOf(cells[row]);
          cells[row] = undefined;
          yield item;
        }
      },
    };
  });
  return {
    path,
    rows,
    image,
    groups,
    others: names.filter((name) => name !== image && name !== label),
    ...(label === undefined ? {} : { label }),
    ...(classes ? { classes } : {}),
    async labels() {
      if (label === undefined) return Array<undefined>(rows).fill(undefined);
      const cells = await read(label, 0, rows).catch((error) => {
        throw fail(path, reasonOf(error));
      });
      return cells.map((cell, row) => {
        try {
          return classIn(cell, classes);
        } catch (error) {
          const reason = `row ${row} of "${label}": ${reasonOf(error)}`;
          throw fail(path, reason, LABELS);
        }
      });
    },
  };
}
