/** @file Commands that run nothing: bad input is exit code 2, a message on stderr, and no more. */
import assert from "@std/assert";
import { join } from "node:path";
import { path, printed } from "./console.ts";

const GOOD = path("pipelines/simsiam.yaml");

/** Bad input of every command that reads a pipeline, and what is said of it. */
const EVERY: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /missing required argument 'file/],
  [["nowhere.yaml"], /Cannot read the pipeline "nowhere.yaml"/],
  [[path("pipelines")], /Cannot read the pipeline/],
  [[path("deno.json")], /deno\.json:1:1: Cannot train without "data"/],
  [[path("data/photos/cat-test.jpg")], /cat-test\.jpg:\d+:\d+: .*\[yaml-/],
  [[GOOD, "--nope"], /unknown option '--nope'/],
  [[GOOD, "--set", "train.epochs"], /expected key=value/],
  [[GOOD, "--set", "stages=[1"], /is not YAML/],
  [[GOOD, "--set", "stages.y=3"], /"stages\.y" is from --set stages\.y=3/],
  [
    [GOOD, "--set", "train.epochs=1"],
    /warm up.*\n.*\n.*\n.*\n.*--set train\.schedule\.cosine\.warmup=0\n.*"train\.epochs" is from --set train\.epochs=1/,
  ],
];

/** Bad input of one command. */
const OWN: readonly (readonly [readonly string[], RegExp])[] = [
  [["graph", GOOD, "--format", "pdf"], /mermaid, dot, svg/],
  [["graph", GOOD, "--out", "/nowhere/x.svg"], /Cannot write/],
  [["ir", GOOD, "--pass", "dead-cod"], /did you mean "dead-code"/],
  [["plan", GOOD, "--images", "0"], /whole number of at least 1/],
  [["plan", GOOD, "--images", "9"], /Cannot fill a batch of 128/],
  [["schema", "--out", "/nowhere/x.json"], /Cannot write/],
  [["studio", GOOD], /Cannot open the studio on ".*": it is a file/],
  [["config", GOOD, GOOD], /too many arguments/],
  [["chekc", GOOD], /unknown command 'chekc'/],
  [["init", ""], /Cannot run "init": an argument is empty/],
  [["resume", " "], /Cannot run "resume": an argument is empty/],
  [["run", GOOD, "--runs-dir", ""], /--runs-dir is empty/],
];

const CASES = [
  ...["check", "config", "graph", "plan", "ir", "profile"].flatMap((command) =>
    EVERY.map(([args, message]) => [[command, ...args], message] as const)
  ),
  ...OWN,
];

Deno.test("Bad input of commands that run nothing ends with exit code 2, a message, and nothing written", async () => {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  const before = Deno.cwd();
  Deno.chdir(folder);
  try {
    for (const [args, message] of CASES) {
      const what = args.join(" ");
      const { code, stdout, stderr } = await printed(...args);
      assert.equal(code, 2, `${what}: ${stderr}`);
      assert.equal(stdout.trim(), "", what);
      assert.match(stderr, message, what);
      assert.doesNotMatch(stderr, /\n\s+at |internal:/, what);
      // Nor may a file that is no text reach the terminal's controls.
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(stderr, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/, what);
      assert.deepEqual([...Deno.readDirSync(folder)], [], what);
    }
  } finally {
    Deno.chdir(before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--version names all that a report of a defect needs", async () => {
  const { code, stdout } = await printed("--version");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^stopgrad \d+\.\d+\.\d+, TensorFlow 2\.\d+\.\d+, Deno 2\./,
  );
});

Deno.test("check goes on to the next file where one cannot be read", async () => {
  const { code, stdout, stderr } = await printed(
    "check",
    "nowhere.yaml",
    GOOD,
  );
  assert.equal(code, 2);
  assert.match(stderr, /nowhere\.yaml/);
  assert.match(stdout, /simsiam\.yaml: ok/);
});

/** The permissions of a task, as deno.json has them. */
async function task(name: string): Promise<readonly string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(path("deno.json")));
  const [, ...args] = String(tasks[name].command).split(" ");
  return args;
}

for (
  const [name, args, expected] of [
    ["check", [GOOD], /simsiam\.yaml: ok/],
    ["config", [GOOD], /^name: simsiam/],
    ["graph", [GOOD, "--format", "svg"], /<svg/],
    ["schema", [], /"title": "Stopgrad pipeline"/],
  ] as const
) {
  Deno.test(`${name} needs no engine, and no permission to load one`, async () => {
    const permissions = await task(name);
    const allowed = permissions.filter((one) => one.startsWith("--allow"));
    for (const one of ["ffi", "net", "all"]) {
      assert.ok(!allowed.includes(`--allow-${one}`), one);
    }
    const nowhere = join(path("."), "nowhere");
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        permissions[0] as string,
        "--no-check",
        ...permissions.slice(1),
        ...args,
      ],
      cwd: path("."),
      env: {
        NO_COLOR: "1",
        STOPGRAD_LIBTENSORFLOW: nowhere,
        STOPGRAD_CACHE: nowhere,
      },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assert.equal(code, 0, decoder.decode(stderr));
    assert.match(decoder.decode(stdout), expected);
  });
}
