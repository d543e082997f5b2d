/** @file Names of a sweep's points, from what they change. */
import { stringify } from "yaml";
import type { Change } from "../language/changes.ts";

/** Characters of a value in a name. */
const MOST_CHARACTERS = 60;

/** The key whose values are repeats of one point. */
const SEED = "seed";

/** A value on one line, as YAML. */
export function valueText(value: unknown): string {
  const text = stringify(value, {
    collectionStyle: "flow",
    flowCollectionPadding: false,
    lineWidth: 0,
  }).trim().replaceAll(/\s+/g, " ");
  return text.length > MOST_CHARACTERS
    ? `${text.slice(0, MOST_CHARACTERS - 1)}…`
    : text;
}

/** Where options of stages are, which say little without their stage. */
const STAGES = "stages.";

/**
 * Short names of keys: `loss.temperature` of a stage; of all else the last part
 * of the path, or as many more as tell it from the other keys.
 */
export function labels(
  changes: readonly Change[],
): (key: string) => string {
  const keys = [...new Set(changes.map(({ key }) => key))];
  return (key) => {
    if (key.startsWith(STAGES)) return key.slice(STAGES.length);
    const parts = key.split(".");
    for (let count = 1; count < parts.length; count++) {
      const label = parts.slice(-count).join(".");
      // A place in a list says little by itself.
      if (/^\d/.test(label)) continue;
      const others = keys.filter((other) =>
        other !== key && (other === label || other.endsWith(`.${label}`))
      );
      if (others.length === 0) return label;
    }
    return key;
  };
}

/** `ema=0.99, seed=1`; empty for a point that changes nothing. */
export function pointName(
  changes: readonly Change[],
  label: (key: string) => string,
): string {
  return changes.map(({ key, value }) => `${label(key)}=${valueText(value)}`)
    .join(", ");
}

/** The name that points share when they differ in their seeds alone. */
export function rowName(name: string, changes: readonly Change[]): string {
  const seed = changes.find(({ key }) => key === SEED);
  if (!seed) return name;
  const piece = pointName([seed], (key) => key);
  const rest = name.split(", ").filter((one) => one !== piece);
  return rest.join(", ") || "base";
}

/** A name of a folder on every system, which tells its place in the sweep. */
export function pointFolder(name: string, index: number): string {
  const slug = name.replaceAll(/[^\w.=-]+/g, "-").replaceAll(
    /^[-.]+|[-.]+$/g,
    "",
  ).slice(0, 60);
  return [String(index + 1).padStart(2, "0"), ...(slug ? [slug] : [])].join(
    "-",
  );
}
