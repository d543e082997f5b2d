/** @file Formats that features are written in: one line each. */
import { csv } from "./csv.ts";
import { npy } from "./npy.ts";
import { parquet } from "./parquet.ts";
import { safetensors } from "./safetensors.ts";
import type { TableFormat } from "./table.ts";

/** Formats, each known by the ending of a file's name. */
export const FORMATS: readonly TableFormat[] = [
  parquet,
  npy,
  csv,
  safetensors,
];
