/** @file `data`: a source of images with its options. */
import { z } from "zod";
import { expectImageShape } from "../../data/own_source.ts";
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import {
  keysOf,
  reportUnknownKeys,
  unknownName,
  validate,
} from "../../diagnostics/validate.ts";
import type { Pipeline } from "../../model/pipeline.ts";
import type { Registry } from "../../model/registry.ts";
import { reasonIn } from "../../stages/user_code.ts";
import { isUserFile } from "../../stages/user_file.ts";
import { section } from "./section.ts";
import { share } from "./sections.ts";

/** A source, and how it is read. */
export type Sourced = Pick<Pipeline["data"], "source" | "options">;

/** The images to train on, and the batch. */
export function parseData(
  value: unknown,
  registry: Registry,
  findings: Findings,
): Pipeline["data"] | undefined {
  const example = "data: { source: photos, batch: 128 }";
  const keys = section(value, "data", example, findings);
  if (!keys) return undefined;
  const { source: name, batch: size, share: part, ...rest } = keys;
  const batch = validate(
    z.int().min(1).max(1_000_000),
    size,
    ["data", "batch"],
    `"batch"`,
    findings,
  );
  const some = part === undefined
    ? undefined
    : validate(share, part, ["data", "share"], `"share"`, findings);
  const found = parseSource(
    name,
    rest,
    ["data"],
    ["batch", "share"],
    registry,
    findings,
  );
  return batch !== undefined && found
    ? { ...found, batch, ...(some === undefined ? {} : { share: some }) }
    : undefined;
}

/**
 * A data source by its name, with its options.
 *
 * @param others Keys beside it that are no options.
 */
export function parseSource(
  name: unknown,
  written: Record<string, unknown>,
  path: Path,
  others: readonly string[],
  registry: Registry,
  findings: Findings,
): Sourced | undefined {
  const source = registry.sources.find((one) => one.name === name);
  if (!source) {
    const options = registry.sources.flatMap((one) => keysOf(one.options));
    reportUnknownKeys(
      Object.keys(written),
      [...new Set(["source", ...others, ...options])],
      path,
      `"${path.at(-1)}"`,
      findings,
    );
    unknownName(
      name,
      [...path, "source"],
      "the data source",
      registry.sources.map((one) => one.name),
      findings,
    );
    return undefined;
  }
  const options = validate(
    source.options,
    written,
    path,
    `"source: ${source.name}"`,
    findings,
    {
      of: source.name,
      keys: () =>
        Object.fromEntries(
          registry.sources.map((one) => [one.name, keysOf(one.options)]),
        ),
    },
  );
  if (options === undefined) return undefined;
  if (isUserFile(source.name)) {
    try {
      expectImageShape(source.shape(options));
    } catch (error) {
      findings.error(
        "custom-stage",
        [...path, "source"],
        `Cannot use "${source.name}": ${reasonIn(source.name, error)}`,
      );
      return undefined;
    }
  }
  return { source, options };
}
