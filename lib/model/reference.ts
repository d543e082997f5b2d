/** @file References between stages: `z`, `z[1]`, `z[0:2]`, `mask.visible`, `stop_gradient(z)`. */
import type { Findings, Path } from "../diagnostics/diagnostic.ts";
import { show } from "../diagnostics/validate.ts";
import type { Reference } from "./pipeline.ts";

/** Names that a stage can have. */
export const STAGE_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** The images of the data, and their labels: sources that no stage makes. */
export const IMAGE = "image";
/** Class of each image. */
export const LABEL = "label";
/** Names that no stage can have. */
export const SOURCES: readonly string[] = [IMAGE, LABEL];

const PLAIN =
  /^([A-Za-z_][A-Za-z0-9_.-]*)(?:\[(?:(\d{1,3})|(\d{0,3}):(\d{0,3}))\])?$/;
const STOPPED = /^stop_gradient\(\s*(.*?)\s*\)$/;
const CALL = /^([A-Za-z_]\w*)\((.*)\)$/;

/** What to write in the place of a text that is no reference. */
function hintsFor(text: string, keys: readonly string[]): string[] {
  const [, called, inner] = CALL.exec(text) ?? [];
  if (called && called !== "stop_gradient") {
    return keys.includes(called)
      ? [
        `"${called}" is a stage, not a function: add \`m: { ${called}: ${inner} }\` and read "m"`,
      ]
      : ["stop_gradient(...) is the only function"];
  }
  if (/\[[^\]]*$/.test(text)) return [`close the bracket: "${text}]"`];
  if (text.includes(",")) return ["several references are a list: [a, b]"];
  if (/\[-\d/.test(text)) return ["views are counted from 0, from the front"];
  if (/\[.*\]/.test(text)) {
    return ['one view is "z[1]", several are "z[1:3]" or "z[1:]"'];
  }
  return [];
}

/** Reads a plain or stopped reference; undefined where the text is none. */
function parse(
  text: string,
  stages: ReadonlySet<string>,
): Reference | undefined {
  const stopped = STOPPED.exec(text);
  const plain = PLAIN.exec(stopped?.[1] ?? text);
  const name = plain?.[1];
  if (!plain || name === undefined) return undefined;
  const [, , view, from, to] = plain;
  const dot = name.lastIndexOf(".");
  const owner = name.slice(0, dot);
  // `mask.visible` is an output of `mask` where no stage has that name.
  const output = dot > 0 && !stages.has(name) && stages.has(owner);
  return {
    stage: output ? owner : name,
    ...(output ? { output: name.slice(dot + 1) } : {}),
    ...(view === undefined ? {} : { view: Number(view) }),
    ...(from === undefined ? {} : {
      range: [Number(from), to ? Number(to) : undefined],
    }),
    stopGradient: stopped !== null,
  };
}

/** Whether a value is a reference to one of the stages. */
export function namesStage(
  value: unknown,
  stages: ReadonlySet<string>,
): boolean {
  const found = typeof value === "string"
    ? parse(value.trim(), stages)
    : undefined;
  return found !== undefined && stages.has(found.stage);
}

/** What a reader of references knows. */
export interface References {
  /** Names of all stages. */
  readonly stages: ReadonlySet<string>;
  /** Keys that make a stage, for hints. */
  readonly keys: readonly string[];
}

/** Reads a reference; reports what cannot be one. */
export function readReference(
  value: unknown,
  path: Path,
  { stages, keys }: References,
  findings: Findings,
  hint?: string,
): Reference | undefined {
  if (typeof value === "string") {
    const found = parse(value.trim(), stages);
    if (found) return found;
  }
  findings.error(
    value === undefined ? "missing-key" : "wrong-type",
    path,
    value === undefined
      ? `Cannot do without "${path.at(-1)}"`
      : `Cannot read ${show(value)} as a reference to a stage`,
    {
      at: value === undefined ? "key" : "value",
      hints: [
        ...(typeof value === "string" ? hintsFor(value.trim(), keys) : []),
        hint ?? "expected `name`, `name[view]` or `stop_gradient(name)`",
      ],
    },
  );
  return undefined;
}

/** The text of a reference. */
export function referenceText(
  { stage, output, view, range, stopGradient }: Reference,
): string {
  const name = output === undefined ? stage : `${stage}.${output}`;
  const value = view !== undefined
    ? `${name}[${view}]`
    : range
    ? `${name}[${range[0]}:${range[1] ?? ""}]`
    : name;
  return stopGradient ? `stop_gradient(${value})` : value;
}
