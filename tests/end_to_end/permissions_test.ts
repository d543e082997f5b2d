/** @file Every task runs with the permissions of its set, and with no others. */
import assert from "@std/assert";
import { join } from "node:path";
import { setOf as setOfCommand } from "../../lib/cli/stopgrad.ts";
import {
  brief,
  inFolder,
  onlyRun,
  OWN_LOSS_PIPELINE,
  ROOT,
  sets,
  withSet,
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

Deno.test("The installed command takes a task's set, and that of a cluster where it is given one", () => {
  assert.equal(setOfCommand("run", ["FILE", "--threads", "2"]), "train");
  assert.equal(setOfCommand("embed"), "encode");
  assert.equal(
    setOfCommand("run", ["FILE", "--cluster", "a:1,b:1"]),
    "cluster",
  );
  assert.equal(setOfCommand("resume", ["RUN", "--cluster=a:1,b:1"]), "cluster");
  assert.equal(setOfCommand("nothing"), "inspect");
});

/** The set that a task names. */
function setOf(task: string): string {
  const command = CONFIG.tasks[task]?.command ?? "";
  return /^deno run -P=(\w+) lib\/cli\/main\.ts\b/.exec(command)?.[1] ?? "";
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

Deno.test("Only training touches the network, a cluster private ones, the studio the loopback, and only what computes native code and python", () => {
  assert.deepEqual(CONFIG.permissions["studio"]?.["net"], ["127.0.0.1"]);
  const more: Readonly<Record<string, readonly string[]>> = {
    train: ["net", "ffi"],
    cluster: ["net", "ffi"],
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

/** What a module tries to reach, as Deno's own calls. */
const REACHED: Readonly<Record<string, string>> = {
  "this machine's own ports":
    `Deno.connect({ hostname: "127.0.0.1", port: 9 })`,
  "another address of this machine":
    `Deno.connect({ hostname: "127.0.0.2", port: 9 })`,
  "its name": `Deno.connect({ hostname: "localhost", port: 9 })`,
  "its address in IPv6": `Deno.connect({ hostname: "::1", port: 9 })`,
  "a host": `Deno.connect({ hostname: "192.0.2.1", port: 443 })`,
  "a page": `fetch("https://example.invalid/")`,
  "CIFAR-10's host at another port":
    `Deno.connect({ hostname: "www.cs.toronto.edu", port: 80 })`,
  "to listen for others":
    `Promise.resolve(Deno.listen({ hostname: "0.0.0.0", port: 0 }))`,
  "to ask for a name": `Deno.resolveDns("example.invalid", "A")`,
};

Deno.test("A module of a pipeline that is run reaches this machine's own ports, as the page says, and nothing further", () =>
  inFolder(async (folder) => {
    const told = join(folder, "told.json");
    await Deno.writeTextFile(
      join(folder, "mine.ts"),
      `const told: Record<string, string> = {};
      const attempt = (what: string, run: () => Promise<unknown>) =>
        Promise.resolve().then(run).then(() => "done", (error) => error.name)
          .then((how) => { told[what] = how; });
      ${
        Object.entries(REACHED).map(([what, code]) =>
          `await attempt(${JSON.stringify(what)}, () => ${code});`
        ).join("\n")
      }
      Deno.writeTextFileSync(${JSON.stringify(told)}, JSON.stringify(told));`,
    );
    const file = join(folder, "mine.yaml");
    await Deno.writeTextFile(
      file,
      OWN_LOSS_PIPELINE,
    );
    const { code, stderr } = await withSet("train", "plan", file);
    assert.equal(code, 2, stderr);
    const { "this machine's own ports": own, ...others } = JSON.parse(
      await Deno.readTextFile(told),
    );
    // Nobody listens there, which is another thing than to be refused.
    assert.equal(own, "ConnectionRefused");
    for (const [what, how] of Object.entries(others)) {
      assert.equal(how, "NotCapable", what);
    }
    assert.equal(Object.keys(others).length, Object.keys(REACHED).length - 1);
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
