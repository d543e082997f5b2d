import assert from "@std/assert";
import { parse, stringify } from "yaml";
import { edgesOf } from "../../lib/graph/edges.ts";
import { IMAGE } from "../../lib/graph/stage_graph.ts";
import { SourceDocument } from "../../lib/pipeline/document.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/resolve.ts";
import { Dice } from "../helpers/numeric.ts";
import { TEXTS } from "./shipped_texts.ts";

/** What holds of any text whatever: findings in the file, or a whole pipeline. */
function survives(text: string): void {
  const { findings, text: report, loaded } = checkText("x.yaml", text);
  const document = new SourceDocument("x.yaml", text);
  const lines = text.split("\n");
  for (const { path, at, message, hints } of findings) {
    const { line, column, length, text: shown } = document.locate(path, at);
    assert.ok(line >= 1 && line <= lines.length, `line ${line}: ${message}`);
    const own = (lines[line - 1] as string).replace(/\r$/, "");
    assert.ok(
      column >= 1 && column <= own.length + 1,
      `column ${column} of ${own.length}: ${message}`,
    );
    assert.equal(shown, own, message);
    assert.ok(length >= 1 && Number.isInteger(length), message);
    for (const part of [message, ...hints]) {
      assert.ok(part.length > 0 && part.length < 2000, part);
    }
  }
  const errors = findings.some(({ severity }) => severity === "error");
  assert.equal(errors, loaded === undefined, report);
  if (!loaded) return;
  // Nothing may vanish on the way from the file to the graph.
  const names = Object.keys(parse(text).stages).sort();
  assert.deepEqual([...loaded.graph.byName.keys()].sort(), names);
  for (const { name, stage } of loaded.graph.order) {
    for (const { to } of edgesOf(stage)) {
      if (to === IMAGE) continue;
      const { output } = loaded.graph.byName.get(to) ?? {};
      assert.ok(output, `"${name}" reads "${to}", which gives nothing`);
    }
  }
  const again = checkText("y.yaml", stringify(resolve(loaded.pipeline)));
  assert.deepEqual(again.loaded?.pipeline, loaded.pipeline, again.text);
}

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e300,
  0.5,
  "",
  "text",
  "image",
  "views",
  "y",
  "z[0]",
  "loss",
  "stop_gradient(z)",
  "constructor",
  "toString",
  "__proto__",
  [],
  {},
  [[]],
  [1, "y"],
  { constructor: 1 },
  { each: [] },
  { cosine: null },
];

type Node = Record<string, unknown> | unknown[];

/** Every map and list of a value. */
function nodes(value: unknown): Node[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap(nodes);
  return [value as Node, ...inner];
}

/** Drops, renames, retypes or moves one key of a parsed file. */
function mutateTree(text: string, dice: Dice): string {
  const root: unknown = parse(text);
  for (let i = 1 + dice.below(2); i > 0; i--) {
    const all = nodes(root);
    const node = dice.pick(all) as Record<string, unknown>;
    const keys = Object.keys(node);
    if (keys.length === 0) continue;
    const key = dice.pick(keys);
    const value = node[key];
    const donor = dice.pick(all) as Record<string, unknown>;
    const kinds = [
      () =>
        Array.isArray(node) ? node.splice(Number(key), 1) : delete node[key],
      () => {
        if (Array.isArray(node)) return;
        delete node[key];
        const name = dice.pick([`${key}x`, key.slice(1), "constructor", "of"]);
        node[name] = value;
      },
      () => node[key] = structuredClone(dice.pick(VALUES)),
      () => {
        const other = Object.keys(donor);
        if (other.length > 0) {
          node[key] = structuredClone(donor[dice.pick(other)]);
        }
      },
    ];
    dice.pick(kinds)();
  }
  return stringify(root);
}

const PIECES = [
  "\t",
  "{",
  "}",
  "[",
  "]",
  ": ",
  "- ",
  "\n",
  "#",
  "&a ",
  "*a",
  "!x ",
  "|",
  '"',
  "'",
  "?",
  "\u0000",
  "\r\n",
  "\ud83d",
  "---\n",
  "%",
  "<<: *a",
];

/** Cuts, doubles, inserts or replaces characters. */
function mutateText(text: string, dice: Dice): string {
  const at = dice.below(text.length);
  const end = at + dice.below(40);
  return dice.pick([
    () => text.slice(0, at),
    () => text.slice(at),
    () => text.slice(0, at) + text.slice(end),
    () => text.slice(0, end) + text.slice(at),
    () => text.slice(0, at) + dice.pick(PIECES) + text.slice(at),
    () => text.slice(0, at) + dice.pick(PIECES) + text.slice(at + 1),
    () => text.replaceAll("\n", "\r\n").slice(0, at),
  ])();
}

for (
  const [kind, mutate] of [["keys and values", mutateTree], [
    "characters",
    mutateText,
  ]] as const
) {
  Deno.test(`A shipped pipeline with other ${kind} is either whole or reported, never a crash`, () => {
    const texts = Object.values(TEXTS);
    for (let seed = 1; seed <= 300; seed++) {
      const dice = new Dice(seed);
      const text = mutate(dice.pick(texts), dice);
      try {
        survives(text);
      } catch (error) {
        const reason = error instanceof Error ? error.stack : error;
        assert.fail(`seed ${seed} of ${kind}: ${reason}\n${text}`);
      }
    }
  });
}

const STAGES = (more: string, between = "[y, y]"): string =>
  `data: { source: cifar10, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: ${between} }
${more}
train: { steps: 9, optimizer: { sgd: { lr: 0.1 } } }
`;

/** Texts that someone may write, or that broke something once. */
const ODD: Readonly<Record<string, string>> = {
  "nothing": "",
  "blank lines": "\n\n",
  "a comment after a blank line": "\n# nothing\n",
  "one tab": "\t",
  "a NUL": "\0",
  "half a character": "\ud800",
  "a byte-order mark": "\ufeffdata: 1",
  "two documents": "a: 1\n---\nb: 2\n",
  "a tag": "data: !!binary x\n",
  "an unknown directive": "%YAML 3.0\n---\na: 1\n",
  "an alias of nothing": "data: *x\n",
  "a map that holds itself": "data: &d { source: *d, batch: *d }\n",
  "a list that holds itself": "train: &t { epochs: [*t] }\n",
  "a stage whose kind every object has": STAGES("  x: { constructor: 1 }"),
  "a stage whose kind is a method": STAGES("  x: { toString: y }"),
  "a preset that every object has": STAGES("").replace(
    "simsiam",
    "constructor",
  ),
  "a preset that is a method": STAGES("").replace("simsiam", "toString"),
  "a stage named __proto__": STAGES("  __proto__: { stop_gradient: y }"),
  "a key named __proto__": `${STAGES("")}__proto__: { x: 1 }\n`,
  "a network that reads a loss": STAGES(
    "  z: { project: mlp, of: loss, hidden: 4, out: 4 }\n  l: { loss: nt_xent, between: [z, z] }",
  ),
  "a stop_gradient of a loss": STAGES(
    "  z: { stop_gradient: loss }\n  l: { loss: nt_xent, between: [y, z] }",
  ),
  "a queue of a loss": STAGES(
    "  q: { queue: loss, size: 8 }\n  l: { loss: info_nce, between: [y, y], negatives: q }",
  ),
  "a loss between losses": STAGES("  l: { loss: nt_xent, between: [loss, y] }"),
  "an EMA twin of the images": STAGES(
    "  t: { ema: image, of: views }\n  l: { loss: nt_xent, between: [y, t] }",
  ),
  "an EMA twin of a loss": STAGES(
    "  t: { ema: loss, of: views }\n  l: { loss: nt_xent, between: [y, t] }",
  ),
  "a loss between a stage and itself, stopped": STAGES(
    "",
    "[y, stop_gradient(y)]",
  ),
  "no views": STAGES("").replace("simsiam", "{ each: [] }"),
};

for (const [what, text] of Object.entries(ODD)) {
  Deno.test(`A file of ${what} is either whole or reported`, () =>
    survives(text));
}

Deno.test("Deep nesting is reported, not a crash, and not without end", () => {
  for (
    const [open, most] of [["[", 100_000], ["{a: ", 50_000], [
      "- ",
      10_000,
    ]] as const
  ) {
    const { text, loaded } = checkText("x.yaml", open.repeat(most));
    assert.equal(loaded, undefined);
    assert.match(text, /^x\.yaml:1:/);
  }
});
