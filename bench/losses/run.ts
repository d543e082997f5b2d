/**
 * @file Losses and targets of methods beside lightly's, solo-learn's and the
 * authors' own, on the same inputs.
 *
 * `deno run -A bench/losses/run.ts --solo-learn FOLDER --luckmatters FOLDER
 * [--python FILE]`. Exit code 1 where a value or a gradient differs by more
 * than 1e-5; README.md gets the table, where both clones are given.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { UserError } from "../../lib/errors.ts";
import {
  type Case,
  CASES,
  CENTRED,
  difference,
  evaluate,
  type Evaluated,
  movedCentre,
} from "../../tests/helpers/methods.ts";
import { exitWith } from "../main.ts";
import { markdownTable, writeResult } from "../markdown.ts";
import { pythonWith } from "../python.ts";

/** Largest difference, as a share of the largest value. */
const TOLERANCE = 1e-5;

/** What a library makes of a fixture. */
interface Theirs extends Evaluated {
  readonly method: string;
  readonly library: string;
  readonly calls: string;
  /** What ours is beside it, where the definitions differ. */
  readonly relation: string;
  readonly centre?: readonly number[];
}

const here = (name: string): URL => new URL(name, import.meta.url);

/** Clones whose files are compared with, too. */
const CLONES = ["solo-learn", "luckmatters"] as const;

async function ask(
  python: string,
  clones: readonly string[],
): Promise<readonly Theirs[]> {
  const { success, stdout } = await new Deno.Command(python, {
    args: [
      "-W",
      "ignore",
      fileURLToPath(here("theirs.py")),
      fileURLToPath(here("../../tests/fixtures/methods.json")),
      ...clones,
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new UserError(`Cannot run theirs.py with ${python}.`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

interface Gap {
  readonly loss: number;
  readonly gradients: number;
  readonly centre?: number;
}

const isCentred = (method: string): method is keyof typeof CENTRED =>
  method in CENTRED;

function gapOf(theirs: Theirs): Gap {
  const { method, centre } = theirs;
  const ours = evaluate(method, CASES[method] as Case);
  const gradients = Object.entries(theirs.gradients).map(([key, values]) =>
    difference(ours.gradients[key] ?? [], values)
  );
  return {
    loss: difference([ours.loss], [theirs.loss]),
    gradients: Math.max(...gradients),
    ...(centre && isCentred(method)
      ? { centre: difference(movedCentre(method), centre) }
      : {}),
  };
}

const show = (value: number | undefined): string =>
  value === undefined ? "" : value.toExponential(0);

await exitWith(async (args) => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      python: { type: "string" },
      "solo-learn": { type: "string" },
      luckmatters: { type: "string" },
    },
  });
  const given = CLONES.flatMap((name) => {
    const folder = values[name];
    return folder === undefined ? [] : [`--${name}`, folder];
  });
  const python = values.python ?? await pythonWith({
    name: "bench-losses",
    requirements: here("requirements.txt"),
    bare: here("requirements-bare.txt"),
  });
  const all = (await ask(python, given)).map((theirs) => ({
    theirs,
    gap: gapOf(theirs),
  }));
  const rows = all.map(({ theirs, gap }) => [
    theirs.method,
    `${theirs.library}: ${theirs.calls}`,
    theirs.relation || "theirs",
    show(gap.loss),
    show(gap.gradients),
    show(gap.centre),
  ]);
  const head = ["method", "other", "ours is", "loss", "gradients", "centre"];
  const table = markdownTable([head, ...rows]);
  console.log(table);
  const seen = new Set(all.map(({ theirs }) => theirs.method));
  const alone = Object.keys(CASES).filter((method) => !seen.has(method));
  if (alone.length === 0) await writeResult(here("README.md"), table);
  else console.log(`Compared with nothing: ${alone.join(", ")}.`);
  const worst = all.flatMap(({ gap }) => Object.values<number>({ ...gap }));
  return worst.every((gap) => gap <= TOLERANCE) ? 0 : 1;
});
