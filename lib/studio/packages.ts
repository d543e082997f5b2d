/** @file Packages that the page imports, as files. */
import { Refused } from "./guard.ts";

/** A module of a package by its name. */
export function packageFile(name: string): Promise<string> {
  return Promise.reject(new Refused(404, `There is no package "${name}".`));
}
