/** @file Copies a folder. */
import { cp } from "node:fs/promises";

/** Copies a folder with all that is in it. */
export const copy = (from: string, to: string): Promise<void> =>
  cp(from, to, { recursive: true });
