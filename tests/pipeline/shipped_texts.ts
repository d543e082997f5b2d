/** @file Texts of the pipelines that are shipped. */
import { SHIPPED } from "./shipped.ts";

/** By their path below `pipelines/`. */
export const TEXTS: Readonly<Record<string, string>> = Object.fromEntries(
  SHIPPED.map((file) => [
    file.split("/pipelines/").at(-1),
    Deno.readTextFileSync(file),
  ]),
);
