/** @file Wires one stage: what it reads, gives and owns. */
import { ParameterScope } from "../layers/layer.ts";
import type { Stage } from "../model/pipeline.ts";
import { SOURCES } from "../model/reference.ts";
import { kindOf } from "../model/stage_kind.ts";
import {
  type BuiltStage,
  type Port,
  ShapeError,
  showType,
  type Signature,
  type Site,
  type Template,
} from "../stages/define.ts";
import { reasonIn, UserCodeFault } from "../stages/user_code.ts";
import { expectBuilt } from "../stages/built_form.ts";
import { isUserFile } from "../stages/user_file.ts";
import { buildWithoutChance } from "../trace/chance.ts";
import { passesGradient } from "./edges.ts";
import { at } from "./place.ts";
import type { WiredStage } from "./stage_graph.ts";
import { signaturesOf, sourceOf, type Wiring } from "./wiring.ts";

/** Inputs of a stage: its definition's, and those of the stage it is a copy of. */
function portsOf(
  { definition, inputs }: Stage,
  links: Readonly<Record<string, Template>>,
): Readonly<Record<string, Port>> {
  if (!definition.inputsOfLink) return definition.inputs;
  const [main] = Object.values(definition.inputs);
  const [source] = Object.values(links);
  return Object.fromEntries(
    [...inputs.keys()].map((name) => {
      const port = source?.inputs[name] ?? main as Port;
      return [name, { ...port, ...(main?.verb ? { verb: main.verb } : {}) }];
    }),
  );
}

type ByName = Wiring["byName"];

/** The stage whose weights a linked one uses. */
const ownerOf = (to: string, byName: ByName): WiredStage | undefined =>
  byName.get(byName.get(to)?.owner ?? to);

/** A stage that another one copies. */
function templateOf(
  wired: WiredStage,
  byName: ByName,
  batch: number,
  problem: Site["problem"],
): Template {
  const { name, stage, inputs } = wired;
  const links = linksOf(stage, byName, batch, problem);
  return {
    name,
    variables: wired.variables,
    inputs: portsOf(stage, links),
    reads: inputs,
    source: (input) => sourceOf(stage.inputs, input),
    build: (scope, signatures) =>
      stage.definition.build(
        scope,
        signatures,
        stage.options,
        siteOf(wired, byName, batch, problem),
      ),
  };
}

/** Where a stage is built. */
export function siteOf(
  { name, stage, inputs }:
    & Pick<WiredStage, "name" | "stage">
    & Partial<Pick<WiredStage, "inputs">>,
  byName: ByName,
  batch: number,
  problem: Site["problem"],
): Site {
  return {
    name,
    batch,
    source: (input) => sourceOf(stage.inputs, input),
    ...(inputs ? { first: inputs } : {}),
    links: linksOf(stage, byName, batch, problem),
    problem,
  };
}

function linksOf(
  { links }: Stage,
  byName: ByName,
  batch: number,
  problem: Site["problem"],
): Readonly<Record<string, Template>> {
  return Object.fromEntries(
    [...links].flatMap(([key, to]) => {
      const wired = ownerOf(to, byName);
      return wired ? [[key, templateOf(wired, byName, batch, problem)]] : [];
    }),
  );
}

/** Reports an error of a definition; rethrows one of ours. */
function report(
  { name, stage: { definition, key, inputs }, findings }: Wiring,
  signatures: Readonly<Record<string, Signature>>,
  error: unknown,
): undefined {
  const [file, fault] = error instanceof UserCodeFault
    ? [error.file, error.fault]
    : [definition.name, error];
  if (!(error instanceof ShapeError)) {
    if (!isUserFile(file)) throw error;
    findings.error(
      "custom-stage",
      at(name),
      `Cannot use "${file}": ${reasonIn(file, fault)}`,
      { at: "key" },
    );
    return undefined;
  }
  const [main = ""] = inputs.keys();
  const port = definition.inputs[main];
  const [first] = signatures[main] ?? signatures[`${main}.0`] ?? [];
  const named = definition.name === key ? "" : ` with "${definition.name}"`;
  findings.error(
    "shape-mismatch",
    at(name, main),
    `Cannot ${port?.verb ?? key}${
      first ? ` ${showType(first)}` : ""
    }${named}: ${error.message}`,
  );
  return undefined;
}

/** What the optimizer is not to move. */
const isFrozen = ({ name, pipeline }: Wiring): boolean =>
  pipeline.train.perStage.get(name)?.freeze === true;

/** Wires a stage; undefined, with a finding, where it does not fit. */
export function wireStage(wiring: Wiring): WiredStage | undefined {
  const { name, stage, byName, pipeline, findings } = wiring;
  const { definition, options } = stage;
  const problem: Site["problem"] = (code, where, message, particulars) =>
    findings.error(code, at(name, ...where), message, particulars);
  for (const [key, to] of stage.links) {
    if (SOURCES.includes(to)) {
      problem(
        "unknown-reference",
        [key],
        `Cannot use "${to}" here: it is data`,
        {
          hints: ["name a stage that has weights"],
        },
      );
    }
    const wired = ownerOf(to, byName);
    if (!wired) return undefined;
    if (wired.variables.length > 0) continue;
    problem(
      "ema-mismatch",
      [key],
      `Cannot ${
        kindOf(stage).what ?? "take part in"
      } "${to}": it has no weights`,
      { hints: ["name an encoder, a projector or another stage that has"] },
    );
    return undefined;
  }
  const batch = pipeline.data.batch / pipeline.train.accumulate;
  const site = siteOf(wiring, byName, batch, problem);
  const inputs = signaturesOf(wiring, portsOf(stage, site.links));
  if (!inputs) return undefined;
  const scope = new ParameterScope(name);
  const before = findings.errors;
  let built: BuiltStage;
  try {
    built = buildWithoutChance(
      name,
      () => definition.build(scope, inputs, options, site),
    );
    if (isUserFile(definition.name)) expectBuilt(built);
  } catch (error) {
    return report(wiring, inputs, error);
  }
  if (findings.errors > before) return undefined;
  return {
    name,
    stage,
    inputs,
    built,
    owner: definition.borrows
      ? [...stage.links.values()].map((to) => byName.get(to)?.owner)[0] ?? name
      : name,
    code: [...stage.links.values()].map((to) => byName.get(to)?.code)[0] ??
      definition.name,
    variables: scope.variables,
    trainable: passesGradient(stage) && !isFrozen(wiring),
  };
}
