/** @file Texts of the pipelines that are shipped. */
import { SHIPPED } from "./shipped.ts";

const FOLDER = "/pipelines/";

/** By their path below `pipelines/`. */
export const TEXTS: Readonly<Record<string, string>> = Object.fromEntries(
  SHIPPED.map((file) => [
    file.split(FOLDER).at(-1),
    Deno.readTextFileSync(file),
  ]),
);

/** Where one of them lies. */
export const pathOf = (name: string): string =>
  SHIPPED.find((file) => file.endsWith(FOLDER + name)) ?? name;

/** Those that are whole by themselves: they extend no other. */
export const WHOLE: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(TEXTS).filter(([, text]) => !/^extends:/m.test(text)),
);
