/** @file Features with the names of their files, row by row. */
import { UserError } from "../errors.ts";
import type { Write } from "../checkpoint/write_atomic.ts";

/** Some rows in a row. */
export interface Chunk {
  /** The first row. */
  readonly from: number;
  /** How many. */
  readonly count: number;
  /** `[count, width]`. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** Features of images, which need not be in memory. */
export interface FeatureTable {
  /** Rows. */
  readonly count: number;
  /** Numbers of a row. */
  readonly width: number;
  /** File of each row. */
  readonly names: readonly string[];
  /** Class of each row, -1 where it is not known; absent without labels. */
  readonly labels?: Int32Array;
  /** Names of the classes. */
  readonly classes?: readonly string[];
  /** Where the features come from, by name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The features, from the first row on. */
  chunks(): AsyncIterable<Chunk>;
}

/** The name of a row's class. */
export function className(
  { labels, classes }: FeatureTable,
  row: number,
): string | undefined {
  const label = labels?.[row] ?? -1;
  return label < 0 ? undefined : classes?.[label] ?? String(label);
}

/** A way to write a table. */
export interface TableFormat {
  /** What files of it end in. */
  readonly ending: string;
  /** Writes the bytes of the file. */
  write(table: FeatureTable, write: Write): Promise<void>;
  /** A second file with what the first cannot hold: its name. */
  beside?(path: string): string;
  /** Writes the second file. */
  writeBeside?(table: FeatureTable, write: Write): Promise<void>;
}

/**
 * The format that a file's name says.
 *
 * @throws {UserError} When it says none.
 */
export function formatOf(
  path: string,
  formats: readonly TableFormat[],
): TableFormat {
  const found = formats.find(({ ending }) =>
    path.toLowerCase().endsWith(ending)
  );
  if (found) return found;
  const known = formats.map(({ ending }) => ending).join(", ");
  throw new UserError(
    `Cannot write features to "${path}": its name has to end in one of ${known}.`,
  );
}
