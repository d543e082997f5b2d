import assert from "@std/assert";
import {
  isMap,
  isNode,
  isScalar,
  isSeq,
  parse,
  parseDocument,
  type Scalar,
  stringify,
} from "yaml";
import { edgesOf } from "../../lib/graph/edges.ts";
import { SOURCES } from "../../lib/model/reference.ts";
import type {
  Code,
  Diagnostic,
  Path,
} from "../../lib/diagnostics/diagnostic.ts";
import {
  OFFSET,
  SourceDocument,
} from "../../lib/pipeline/language/document.ts";
import { checkText, type LoadedPipeline } from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { OUTPUT } from "../../lib/stages/define.ts";
import { printed } from "../cli/console.ts";
import { Dice } from "../helpers/numeric.ts";
import { MUTATORS } from "./mutations.ts";
import { WHOLE } from "./shipped_texts.ts";

/** Line and column of an offset, counted from 1. */
function placeOf(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  return `${lines.length}:${(lines.at(-1) as string).length + 1}`;
}

/** How much of a path there is, and where its last part stands. */
function follow(
  text: string,
  path: Path,
  at: "key" | "value",
): { readonly depth: number; readonly from: number } {
  const root = parseDocument(text);
  let node: unknown = root.contents;
  let [depth, from] = [0, isNode(node) ? node.range?.[0] ?? 0 : 0];
  for (const key of path) {
    let start: number | undefined;
    if (isMap(node)) {
      const pair = node.items.find((item) =>
        isScalar(item.key) && String(item.key.value) === String(key)
      );
      if (!pair) break;
      const keyStart = (pair.key as Scalar).range?.[0];
      const valueStart = isNode(pair.value) ? pair.value.range?.[0] : undefined;
      const last = depth === path.length - 1;
      // A value that is left out has no place of its own.
      const written = isNode(pair.value) && pair.value.range &&
        pair.value.range[0] < pair.value.range[1];
      start = written && !(last && at === "key") ? valueStart : keyStart;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      if (!isNode(node)) break;
      start = node.range?.[0];
    } else break;
    depth++;
    from = start ?? from;
  }
  return { depth, from };
}

/** Codes of what is not there, so that it has no place of its own. */
const ABSENT = new Set<Code>(["missing-key", "collapse-risk", "out-of-range"]);

/**
 * What holds of any text whatever: a whole pipeline, or findings that point at
 * something which exists.
 */
function survives(text: string): {
  readonly findings: readonly Diagnostic[];
  readonly report: string;
  readonly loaded: LoadedPipeline | undefined;
} {
  const { findings, text: report, loaded } = checkText("x.yaml", text);
  const document = new SourceDocument("x.yaml", text);
  const lines = text.split("\n");
  for (const { path, at, code, message, hints } of findings) {
    const { line, column, length, text: shown } = document.locate(path, at);
    assert.ok(line >= 1 && line <= lines.length, `line ${line}: ${message}`);
    const own = (lines[line - 1] as string).replace(/\r$/, "");
    assert.ok(
      column >= 1 && column <= own.length + 1,
      `column ${column} of ${own.length}: ${message}`,
    );
    assert.equal(shown, own, message);
    assert.ok(length >= 1 && Number.isInteger(length), message);
    assert.ok(column - 1 + length <= Math.max(own.length, column), message);
    for (const part of [message, ...hints]) {
      assert.ok(part.length > 0 && part.length < 2000, part);
    }
    if (path[0] === OFFSET) continue;
    // The path leads to that place, by another way of finding it.
    const { depth, from } = follow(text, path, at);
    const missing = path.length - depth;
    assert.ok(
      missing === 0 || (missing === 1 && ABSENT.has(code)),
      `${path.join(".")} is not there: ${message}`,
    );
    if (text.trim() !== "" && !text.includes("\r")) {
      assert.equal(`${line}:${column}`, placeOf(text, from), message);
    }
    // Carets under blanks point at nothing.
    if (missing === 0 && text.trim() !== "") {
      assert.match(own.slice(column - 1), /^[^ \t]|^$/, message);
    }
  }
  const errors = findings.some(({ severity }) => severity === "error");
  assert.equal(errors, loaded === undefined, report);
  if (!loaded) return { findings, report, loaded };
  // Nothing may vanish on the way from the file to the graph.
  const names = Object.keys(parse(text).stages).sort();
  assert.deepEqual([...loaded.graph.byName.keys()].sort(), names);
  for (const { name, stage } of loaded.graph.order) {
    for (const { to, reference } of edgesOf(stage)) {
      if (SOURCES.includes(to)) continue;
      const { outputs } = loaded.graph.byName.get(to)?.built ?? {};
      assert.ok(
        outputs?.[reference?.output ?? OUTPUT],
        `"${name}" reads "${to}", which gives nothing`,
      );
    }
  }
  const again = checkText("y.yaml", stringify(resolve(loaded.pipeline)));
  assert.deepEqual(again.loaded?.pipeline, loaded.pipeline, again.text);
  return { findings, report, loaded };
}

/** The command line: exit code 2 and no stack trace, or 0. */
async function refused(text: string, whole: boolean): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(file, text);
    const { code, stdout, stderr } = await printed("check", file);
    assert.equal(code, whole ? 0 : 2, stderr);
    if (whole) return;
    assert.equal(stdout.trim(), "");
    assert.ok(stderr.includes(`${file}:`), stderr);
    assert.doesNotMatch(stderr, /\n\s+at |internal:/);
  } finally {
    await Deno.remove(file);
  }
}

/** Sorted by name, so that the order of a file does not matter. */
const byName = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].sort(([a], [b]) => a < b ? -1 : 1);

for (const [kind, { count, mutate }] of Object.entries(MUTATORS)) {
  Deno.test(`A shipped pipeline with ${kind}, seeds 1 to ${count}, is either whole or reported in its place`, async () => {
    const files = Object.entries(WHOLE);
    let mutated = 0;
    for (let seed = 1; seed <= count; seed++) {
      const dice = new Dice(seed);
      const [file, original] = dice.pick(files);
      const mutation = mutate(original, dice);
      if (!mutation) continue;
      mutated++;
      const { text, error, same } = mutation;
      try {
        const { report, loaded } = survives(text);
        if (error !== undefined) {
          const [from, to] = error;
          const places = Array.from(
            { length: to - from },
            (_, i) => `x.yaml:${placeOf(text, from + i)}: `,
          );
          assert.ok(
            report.split("\n").some((line) =>
              places.some((place) => line.startsWith(place)) &&
              !line.includes(": warning: ")
            ),
            `expected an error at ${places}:\n${report}`,
          );
        }
        if (same) {
          const before = checkText(file, original).loaded?.pipeline;
          if (!before || !loaded) throw new Error(report);
          const after = { ...loaded.pipeline, name: before.name };
          assert.deepEqual(byName(after.stages), byName(before.stages));
          assert.deepEqual({ ...after, stages: 0 }, { ...before, stages: 0 });
        }
        // The same through the command line, for some.
        if (seed % 20 === 0) await refused(text, loaded !== undefined);
      } catch (error) {
        const reason = error instanceof Error ? error.stack : error;
        assert.fail(`seed ${seed} of "${kind}": ${reason}\n${text}`);
      }
    }
    assert.ok(mutated > 0.9 * count, `${mutated} of ${count}`);
  });
}

Deno.test("At least 2,000 mutations of the shipped pipelines are tried", () => {
  const counts = Object.values(MUTATORS).map(({ count }) => count);
  assert.ok(counts.reduce((sum, count) => sum + count, 0) >= 2000);
});

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
  "a key that is nothing": ": 1\n",
  "a key that is nothing in a stage": STAGES("  x: { : y }"),
  "a key that is a list": STAGES("  [a, b]: { stop_gradient: y }"),
  "a key that is an alias": "a: &a x\n*a : 1\n",
  "no views": STAGES("").replace("simsiam", "{ each: [] }"),
};

for (const [what, text] of Object.entries(ODD)) {
  Deno.test(`A file of ${what} is either whole or reported`, () => {
    survives(text);
  });
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
