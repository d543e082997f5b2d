/** @file Which pipelines are methods. */
import { fileURLToPath } from "node:url";

/** Where pipelines lie. */
export const PIPELINES: string = fileURLToPath(
  new URL("../../pipelines/", import.meta.url),
);

/** A method on other data, or with something beside it: no method of its own. */
const VARIANTS: ReadonlySet<string> = new Set(["mnist", "simsiam_probe"]);

/** Files at the top of `pipelines/`, without their endings, in order. */
export const FILES: readonly string[] = [...Deno.readDirSync(PIPELINES)]
  .flatMap(({ name }) => /^(\w+)\.yaml$/.exec(name)?.[1] ?? [])
  .sort();

/** Those that are methods. */
export const METHODS: readonly string[] = FILES.filter((name) =>
  !VARIANTS.has(name)
);
