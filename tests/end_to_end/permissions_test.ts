/** @file Every task runs with the permissions of its set, and with no others. */
import assert from "@std/assert";
import { join } from "node:path";
import {
  brief,
  inFolder,
  onlyRun,
  type Outcome,
  outcome,
  ROOT,
  sets,
} from "./cli.ts";

interface Config {
  readonly tasks: Readonly<Record<string, { readonly command: string }>>;
  readonly permissions: Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
}

const CONFIG: Config = JSON.parse(
  Deno.readTextFileSync(join(ROOT, "deno.json")),
);
const PAGE = Deno.readTextFileSync(join(ROOT, "docs/permissions.md"));

/** Tasks for developers: they run tests and tools. */
const OPEN = [
  "test",
  "install",
  "ok",
  "bench",
  "attack",
  "generate",
  "docs",
  "pictures",
];

/** Runs the command line as a task does: with a set, or with another one. */
function withSet(set: string, ...args: readonly string[]): Promise<Outcome> {
  return outcome(
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--no-prompt",
        `-P=${set}`,
        "lib/cli/main.ts",
        ...args,
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** The set that a task names. */
function setOf(task: string): string {
  const command = CONFIG.tasks[task]?.command ?? "";
  return /^deno run -P=(\w+) lib\/cli\/main\.ts /.exec(command)?.[1] ?? "";
}

Deno.test("Each task names a set, and the page names each set with its permissions", () => {
  for (const task of Object.keys(CONFIG.tasks)) {
    if (OPEN.includes(task)) continue;
    assert.ok(setOf(task) in CONFIG.permissions, `${task}: ${setOf(task)}`);
  }
  for (const [name, set] of Object.entries(CONFIG.permissions)) {
    const row = PAGE.split("\n").find((line) =>
      line.startsWith(`| \`${name}\` `)
    );
    if (!row) throw new Error(`no row for the set ${name}`);
    // Variables are told of in a paragraph.
    for (const permission of Object.keys(set)) {
      if (["env", "import"].includes(permission)) continue;
      assert.ok(row.includes(permission), `${name}: ${permission}`);
    }
  }
});

Deno.test("Only training touches the network, the studio the loopback, and only what computes native code and python", () => {
  assert.deepEqual(CONFIG.permissions["studio"]?.["net"], ["127.0.0.1"]);
  const more: Readonly<Record<string, readonly string[]>> = {
    train: ["net", "ffi"],
    studio: ["net", "ffi"],
    encode: ["ffi"],
    // Images are decoded to look at them.
    look: ["ffi"],
  };
  for (const [name, set] of Object.entries(CONFIG.permissions)) {
    const beyond = ["net", "ffi"].filter((permission) => permission in set);
    assert.deepEqual(beyond, more[name] ?? []);
    assert.notEqual(set["run"], true);
    // Without a host of its own, Deno lets code be imported from a dozen.
    assert.deepEqual(set["import"], ["nowhere.invalid"]);
    assert.notEqual(set["net"], true);
  }
});

Deno.test("Commands that only look have what they need", () =>
  inFolder(async (folder) => {
    const file = "pipelines/byol.yaml";
    const svg = join(folder, "graph.svg");
    for (
      const [task, ...args] of [
        ["config", file],
        ["check", file],
        ["graph", file, "--out", svg],
        ["schema", "--out", join(folder, "schema.json")],
      ] as const
    ) {
      const { code, stderr } = await withSet(setOf(task), task, ...args);
      assert.equal(code, 0, `${task}: ${stderr}`);
    }
    assert.match(await Deno.readTextFile(svg), /<svg/);
    const system = await withSet("draw", "graph", file, "--out", "/proc/x.svg");
    assert.equal(system.code, 2, system.stderr);
    assert.match(system.stderr, /Cannot write "\/proc\/x.svg": Deno lets no/);
    assert.doesNotMatch(system.stderr, /allow-all/);
    // The set holds: what it does not name is refused.
    const refused = await withSet("inspect", "graph", file, "--out", svg);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /write access/);
  }));

Deno.test("A run, its resumption and what comes after it have what they need", () =>
  inFolder(async (runs) => {
    const file = "pipelines/simsiam.yaml";
    const { code, stderr } = await withSet(
      setOf("run"),
      "run",
      file,
      "--studio",
      "--runs-dir",
      runs,
      ...brief(2),
      ...sets("evaluate.knn=false"),
    );
    assert.equal(code, 0, stderr);
    const run = await onlyRun(runs, "simsiam");
    const resumed = await withSet(setOf("resume"), "resume", run);
    assert.equal(resumed.code, 0, resumed.stderr);
    const out = join(runs, "features.csv");
    const embedded = await withSet(
      setOf("embed"),
      "embed",
      run,
      join(ROOT, "data/photos"),
      "--out",
      out,
    );
    assert.equal(embedded.code, 0, embedded.stderr);
    assert.match(await Deno.readTextFile(out), /^file,/);
    const exported = await withSet(
      setOf("export"),
      "export",
      run,
      "--to",
      "onnx",
      "--out",
      join(runs, "exported"),
    );
    assert.equal(exported.code, 0, exported.stderr);
  }));

Deno.test("The studio has what it needs, and ends by Ctrl-C", () =>
  inFolder(async (runs) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--no-prompt",
        `-P=${setOf("studio")}`,
        "lib/cli/main.ts",
        "studio",
        runs,
      ],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let said = "";
    let url: string | undefined;
    const reader = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    while (!url) {
      const { value, done } = await reader.read();
      if (done) break;
      said += value;
      url = /(http:\S+)\n/.exec(said)?.[1];
    }
    if (!url) throw new Error(`no address: ${said}`);
    const { origin, search } = new URL(url);
    for (
      const path of [
        "/",
        "/lib/studio/page/main.ts",
        "/npm/@codemirror/view",
        `/api/runs${search}`,
        `/api/editor/files${search}`,
      ]
    ) {
      const response = await fetch(`${origin}${path}`);
      assert.equal(response.status, 200, path);
      await response.body?.cancel();
    }
    child.kill("SIGINT");
    await reader.cancel();
    assert.equal((await child.status).code, 0);
  }));
