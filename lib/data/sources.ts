/** @file Every data source that a pipeline can name: one line each. */
import { cifar10 } from "./cifar10.ts";
import { folder } from "./folder.ts";
import { mnist } from "./mnist.ts";
import { parquet } from "./parquet.ts";
import { photos } from "./photos.ts";
import type { SourceDefinition } from "./source.ts";
import { tar } from "./tar.ts";
import { webdataset } from "./webdataset.ts";

/** Data sources. */
export const SOURCES: readonly SourceDefinition[] = [
  photos,
  cifar10,
  mnist,
  folder,
  tar,
  parquet,
  webdataset,
];
