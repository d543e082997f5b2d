/** @file Files below 1 MB are judged about as fast as ordinary ones, whatever they hold. */
import assert from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { checkText } from "../../lib/pipeline/load.ts";

const HEAD = `data: { source: photos, batch: 8 }
train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
`;

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");

/** What once took minutes, or ended in a stack trace. */
const FILES: Readonly<Record<string, string>> = {
  "15,000 stages": HEAD +
    lines(
      15_000,
      (i) => `  s${i}: { project: mlp, of: y, hidden: 4, out: 4 }`,
    ),
  "1,500 stages": HEAD +
    lines(
      1500,
      (i) => `  s${i}: { project: mlp, of: nobody${i}, hidden: 4, out: 4 }`,
    ),
  "100,000 duplicate keys": HEAD + "a: 1\n".repeat(100_000),
  "9,000 duplicate keys": HEAD + "a: 1\n".repeat(9000),
  "9,000 unknown keys": HEAD + lines(9000, (i) => `k${i}: 1`),
  "4,000 unused variables": `${HEAD}variables:\n${
    lines(4000, (i) => `  v${i}: 1`)
  }`,
  "a chain of 3,000 variables": `${HEAD}seed: "\${v0}"\nvariables:\n${
    lines(3000, (i) => `  v${i}: "\${v${i + 1}}"`)
  }\n  v3000: 1\n`,
  "1,000 lists in one another": `a: ${"[".repeat(1000)}${"]".repeat(1000)}`,
  "700 maps in one another": lines(700, (i) => `${" ".repeat(i)}a:`),
  "100,000 lists in one another": `a: ${"[".repeat(100_000)}`,
  "50,000 mistakes of syntax": "a: b: c\n".repeat(50_000),
  "a name of 900,000 letters": `name: ${"x".repeat(900_000)}\n${HEAD}`,
  "900,000 blanks": " ".repeat(900_000),
  "900,000 zeros": "\0".repeat(900_000),
};

/** An ordinary long file, which takes a fifth of a second. */
const ORDINARY = HEAD + lines(3000, (i) => `k${i}: 1`);

/** The slowest here takes about six; what grows as a square, hundreds. */
const MOST_TIMES = 50;

/** What is said of a file, and for how long it was judged. */
function judged(text: string): { said: string; ms: number } {
  const before = performance.now();
  let said: string;
  try {
    said = checkText("large.yaml", text).text;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    said = error.message;
  }
  return { said, ms: performance.now() - before };
}

for (const [what, text] of Object.entries(FILES)) {
  Deno.test(`A file with ${what} is judged in time, in words of ours`, () => {
    assert.ok(text.length < 1_000_000);
    const { said, ms } = judged(text);
    // Right after it: both have had the machine to share with the same others.
    const times = ms / judged(ORDINARY).ms;
    assert.ok(times < MOST_TIMES, `${times} times as long as an ordinary file`);
    assert.match(said, /^large\.yaml:\d+:\d+: Cannot|stands twice|Nested/m);
    assert.doesNotMatch(said, /call stack/);
    assert.ok(said.length < 200_000, `${said.length} characters`);
  });
}

Deno.test("Of very many findings the first are shown, and the others counted", () => {
  const { text, findings } = checkText(
    "many.yaml",
    HEAD + lines(500, (i) => `k${i}: 1`),
  );
  assert.equal(findings.length, 500);
  assert.equal(text.match(/\[unknown-key\]/g)?.length, 100);
  assert.match(text, /\n\nand 400 more findings$/);
});

Deno.test("An alias without an anchor is told of where it stands", () => {
  const { text } = checkText("alias.yaml", `${HEAD}seed: *nobody\n`);
  assert.match(
    text,
    /^alias\.yaml:7:7: Cannot find the anchor "&nobody" that this alias stands for \[yaml-syntax\]/,
  );
});

Deno.test("To remove what is not there is a mistake, with the nearest name", () => {
  const remove = (path: string) =>
    checkText("x.yaml", HEAD, { set: [`${path}=null`] });
  assert.throws(() => remove("stages.los"), /did you mean "loss"\?/);
  assert.throws(() => remove("monitr"), /Cannot remove "monitr": it is not/);
  assert.throws(() => remove("stages.pp"), UserError);
  assert.throws(() => remove("a.b.c"), UserError);
  // What is there can be removed, and what is nothing already.
  assert.doesNotThrow(() => remove("stages.loss"));
  assert.doesNotThrow(() =>
    checkText("x.yaml", `${HEAD}monitor: null\n`, { set: ["monitor=null"] })
  );
});
