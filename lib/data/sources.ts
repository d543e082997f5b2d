/** @file Every data source that a pipeline can name: one line each. */
import { photos } from "./photos.ts";
import type { SourceDefinition } from "./source.ts";

/** Data sources. */
export const SOURCES: readonly SourceDefinition[] = [photos];
