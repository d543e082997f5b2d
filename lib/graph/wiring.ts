/** @file What a stage reads: signatures of its inputs, and whether they fit. */
import type { Findings } from "../diagnostics/diagnostic.ts";
import { nearest } from "../diagnostics/nearest.ts";
import type { Input, Pipeline, Reference, Stage } from "../model/pipeline.ts";
import { IMAGE, LABEL, referenceText } from "../model/reference.ts";
import { isNamed, kindOf } from "../model/stage_kind.ts";
import {
  OUTPUT,
  type Port,
  showType,
  type Signature,
  type Type,
  type ValueKind,
} from "../stages/define.ts";
import { at } from "./place.ts";
import { isObjective, type WiredStage } from "./stage_graph.ts";

/** A stage and its surroundings. */
export interface Wiring {
  readonly name: string;
  readonly stage: Stage;
  readonly pipeline: Pick<Pipeline, "data" | "stages" | "train">;
  readonly byName: ReadonlyMap<string, WiredStage>;
  readonly image: readonly [number, number, number];
  readonly findings: Findings;
}

type Where = readonly (string | number)[];

const quoted = (names: readonly string[]): string =>
  names.map((name) => `"${name}"`).join(", ");

/** Text of each kind of value, for what was expected. */
const EXPECTED: Readonly<Record<ValueKind, string>> = {
  pixels: '"image"',
  image: "[batch, height, width, channels]",
  embedding: "[batch, features]",
  tokens: "[batch, tokens, features]",
  mask: "a mask, [batch, tokens]",
  label: '"label"',
};

/** Views of the data itself. */
const source = (name: string, { image }: Wiring): Signature | undefined => {
  if (name === IMAGE) return [{ is: "pixels", shape: image, view: 0 }];
  if (name === LABEL) {
    return [{ is: "label", shape: [], dtype: "int32", view: 0 }];
  }
  return undefined;
};

/** The output that a reference names, with numbered views. */
function outputOf(
  { stage, output = OUTPUT }: Reference,
  wiring: Wiring,
  where: Where,
): Signature | undefined {
  const data = source(stage, wiring);
  if (data) return data;
  const { byName, findings, name, pipeline } = wiring;
  const read = pipeline.stages.get(stage);
  if (read && isObjective(read)) {
    findings.error(
      "shape-mismatch",
      at(name, ...where),
      `Cannot read "${stage}": a loss is a scalar that no stage can use`,
    );
    return undefined;
  }
  const outputs = byName.get(stage)?.built.outputs;
  if (!outputs) return undefined;
  const found = outputs[output];
  if (found) return found.map((type, view) => ({ ...type, view }));
  const names = Object.keys(outputs).filter((one) => one !== OUTPUT);
  const near = output === OUTPUT ? undefined : nearest(output, names);
  findings.error(
    "unknown-reference",
    at(name, ...where),
    output === OUTPUT
      ? `Cannot read "${stage}" as a whole: it has outputs of several names`
      : `Cannot find the output "${output}" of "${stage}"`,
    {
      hints: [
        ...(near ? [`did you mean "${stage}.${near}"?`] : []),
        names.length > 0
          ? `outputs: ${quoted(names.map((one) => `${stage}.${one}`))}`
          : `"${stage}" has one output: read "${stage}"`,
      ],
    },
  );
  return undefined;
}

/** Those of a value's views that a reference takes. */
function viewsOf(
  reference: Reference,
  views: Signature,
  { findings, name }: Wiring,
  where: Where,
): Signature | undefined {
  const { stage, output, view, range } = reference;
  const text = output === undefined ? stage : `${stage}.${output}`;
  if (view !== undefined) {
    if (view < views.length) return views.slice(view, view + 1);
    findings.error(
      "view-mismatch",
      at(name, ...where),
      `Cannot take view ${view} of "${text}": it has ${views.length}, counted from 0`,
    );
    return undefined;
  }
  if (!range) return views;
  const [from, to = views.length] = range;
  if (from < to && to <= views.length) return views.slice(from, to);
  findings.error(
    "view-mismatch",
    at(name, ...where),
    `Cannot take views ${from} to ${
      range[1] ?? "the last"
    } of "${text}": it has ${views.length}, counted from 0`,
    {
      hints: [
        `"${text}[0:2]" are the first two: the end is not among them`,
      ],
    },
  );
  return undefined;
}

/** Reports a type that an input does not take; says whether it does. */
function fits(
  type: Type,
  reference: Reference,
  port: Port,
  { name, stage, byName, findings, pipeline }: Wiring,
  where: Where,
): boolean {
  const { definition, key } = stage;
  const verb = port.verb ?? key;
  const text = referenceText({ ...reference, stopGradient: false });
  const inside = isNamed(kindOf(stage)) ? ` in "${definition.name}"` : "";
  const { rows = "batch" } = port;
  if (type.is === "pixels" && !port.is.includes("pixels")) {
    const views = [...byName.values()].filter(({ inputs }) =>
      Object.values(inputs).flat().some(({ is }) => is === "pixels")
    ).map((one) => one.name);
    findings.error(
      "dtype-mismatch",
      at(name, ...where),
      `Cannot use "image" here: images are raw bytes until an augment stage made views of them`,
      {
        hints: [
          views.length > 0
            ? `read its views instead: ${quoted(views)}`
            : "add `views: { augment: simsiam, of: image }`",
        ],
      },
    );
    return false;
  }
  if (!port.is.includes(type.is)) {
    const expected = port.is.map((one) => EXPECTED[one]).join(" or ");
    const given = ["pixels", "label"].some((is) => port.is[0] === is) ||
        type.is === "label" || type.is === "mask"
      ? `"${text}"`
      : showType(type);
    findings.error(
      "shape-mismatch",
      at(name, ...where),
      `Cannot ${verb} ${given}${inside}: expected ${expected}`,
    );
    return false;
  }
  if (rows === "batch" && type.rows !== undefined) {
    findings.error(
      "shape-mismatch",
      at(name, ...where),
      `Cannot ${verb} ${
        showType(type)
      }: expected a row for each image, and "${text}" is a queue`,
      {
        hints: ["read what the queue holds, or find rows of it with `nearest`"],
      },
    );
    return false;
  }
  if (rows === "queue" && type.rows === undefined) {
    const queues = [...byName.values()].filter(({ built, name }) =>
      pipeline.stages.has(name) &&
      built.outputs[OUTPUT]?.some(({ rows }) => rows !== undefined)
    ).map((one) => one.name);
    findings.error(
      "shape-mismatch",
      at(name, ...where),
      `Cannot ${verb} "${text}": it is ${showType(type)} and no queue`,
      {
        hints: [
          queues.length > 0
            ? `queues: ${quoted(queues)}`
            : `add a queue, such as \`bank: { queue: ${text}, size: 4096 }\``,
        ],
      },
    );
    return false;
  }
  return true;
}

/** What one reference gives; undefined, with a finding, where it does not fit. */
function read(
  reference: Reference,
  port: Port,
  wiring: Wiring,
  where: Where,
): Signature | undefined {
  const all = outputOf(reference, wiring, where);
  const views = all && viewsOf(reference, all, wiring, where);
  const bad = views?.some((type) =>
    !fits(type, reference, port, wiring, where)
  );
  return bad ? undefined : views;
}

/** Signatures of a stage's inputs by name; undefined where one failed. */
export function signaturesOf(
  wiring: Wiring,
  ports: Readonly<Record<string, Port>>,
): Readonly<Record<string, Signature>> | undefined {
  const { stage: { inputs } } = wiring;
  const signatures: Record<string, Signature> = {};
  let failed = false;
  for (const [name, { references, list }] of inputs) {
    const port = ports[name] as Port;
    const found = references.map((reference, i) =>
      read(reference, port, wiring, list ? [name, i] : [name])
    );
    if (found.includes(undefined)) failed = true;
    else if (port.sides !== undefined) {
      found.forEach((one, i) => {
        signatures[`${name}.${i}`] = one as Signature;
      });
    } else {
      const views = (found as Signature[]).flat();
      signatures[name] = list
        ? views.map((type, view) => ({ ...type, view }))
        : views;
    }
  }
  return failed ? undefined : signatures;
}

/** The text of what stands at an input, or at one of its sides. */
export function sourceOf(
  inputs: ReadonlyMap<string, Input>,
  name: string,
): string {
  const [port = "", side] = name.split(".");
  const all = inputs.get(port)?.references ?? [];
  const some = side === undefined
    ? all
    : all.slice(Number(side), Number(side) + 1);
  return some.map((one) => referenceText({ ...one, stopGradient: false }))
    .join(", ");
}
