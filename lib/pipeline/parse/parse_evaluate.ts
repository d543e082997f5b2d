/** @file `evaluate`: how the encoder is judged, and by which images. */
import type { Findings, Path } from "../../diagnostics/diagnostic.ts";
import { isRecord, validate } from "../../diagnostics/validate.ts";
import type { Evaluate } from "../../model/pipeline.ts";
import { isJudged } from "../../model/probe.ts";
import type { Registry } from "../../model/registry.ts";
import { parseSource, type Sourced } from "./parse_data.ts";
import { evaluate, OLD_LINEAR } from "./sections.ts";

/** @param trained The images to train on, where they could be read. */
export function parseEvaluate(
  value: unknown,
  trained: Sourced | undefined,
  registry: Registry,
  findings: Findings,
): Evaluate | undefined {
  const written = value === false
    ? { knn: false, linear: false }
    : withoutOld(value ?? {}, findings);
  const keys = validate(
    evaluate,
    written,
    ["evaluate"],
    `"evaluate"`,
    findings,
  );
  if (!keys) return undefined;
  const { source, ...options } = keys.data ?? {};
  const path = ["evaluate", "data"];
  const data = keys.data &&
    parseSource(source, options, path, [], registry, findings);
  if (keys.data && !data) return undefined;
  if (data && trained) checkJudgedShape(data, trained, path, findings);
  if (keys.every !== undefined && !isJudged(keys)) {
    findings.error(
      "out-of-range",
      ["evaluate", "every"],
      "Cannot judge while it trains by nothing: kNN and the linear probe are left out",
      { hints: ["take `every` away, or one of `knn: false`, `linear: false`"] },
    );
  }
  return {
    ...(keys.of === undefined ? {} : { of: keys.of }),
    ...(data ? { data } : {}),
    ...(keys.knn ? { knn: keys.knn } : {}),
    ...(keys.every === undefined ? {} : { every: keys.every }),
    ...(keys.classifier === undefined ? {} : { classifier: keys.classifier }),
    ...(keys.linear
      ? { linear: { ...keys.linear, c: [keys.linear.c].flat() } }
      : {}),
  };
}

/** Takes away what told how long a probe trains that is fitted to its end now. */
function withoutOld(value: unknown, findings: Findings): unknown {
  const linear = isRecord(value) ? value["linear"] : undefined;
  if (!isRecord(value) || !isRecord(linear)) return value;
  const old = OLD_LINEAR.filter((key) => key in linear);
  for (const key of old) {
    findings.warn(
      "unknown-key",
      ["evaluate", "linear", key],
      `"${key}" has no effect any more: the linear probe is fitted to its end`,
      {
        at: "key",
        hints: [
          `take it away; \`evaluate: { linear: { c: [0.01, 0.1, 1] } }\` sets the penalties to choose from`,
        ],
      },
    );
  }
  const kept = Object.entries(linear).filter(([key]) => !old.includes(key));
  return { ...value, linear: Object.fromEntries(kept) };
}

/** An encoder takes images of one shape. */
function checkJudgedShape(
  data: Sourced,
  trained: Sourced,
  path: Path,
  findings: Findings,
): void {
  const shapeOf = ({ source, options }: Sourced): string => {
    const { height, width, channels } = source.shape(options);
    return `[${height}, ${width}, ${channels}]`;
  };
  const [judged, own] = [shapeOf(data), shapeOf(trained)];
  if (judged === own) return;
  findings.error(
    "shape-mismatch",
    path,
    `Cannot judge by images of ${judged}: the encoder is trained on ${own}`,
    { at: "key", hints: ["give both the same `size` and `channels`"] },
  );
}
