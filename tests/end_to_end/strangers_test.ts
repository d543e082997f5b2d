/** @file A stranger's module that a pipeline names harms nobody when it is looked at. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, OWN_LOSS_PIPELINE, ownLoss, ROOT, withSet } from "./cli.ts";

/** Commands that only look, each with its set; checking types takes longest. */
const LOOKING = [
  ["config", "inspect"],
  ["graph", "draw"],
  ["config", "inspect"],
  ["graph", "draw"],
  ["check", "check"],
] as const;

/** Runs `body` with a pipeline beside a module. */
const beside = (
  more: string,
  body: (file: string, folder: string) => Promise<void>,
): Promise<void> =>
  inFolder(async (parent) => {
    const folder = join(parent, "own");
    await Deno.mkdir(folder);
    const file = join(folder, "own.yaml");
    await Deno.writeTextFile(file, OWN_LOSS_PIPELINE);
    await Deno.writeTextFile(join(folder, "mine.ts"), ownLoss(more));
    await body(file, folder);
  });

/**
 * Ways out of a set, each by itself: code that writes down how far it came. A
 * module that a scan refuses does not come to it at all.
 */
const WAYS: Readonly<Record<string, string>> = {
  "reads a file": 'Deno.readTextFileSync("/etc/hosts");',
  "lists the root": 'Deno.readDirSync("/").next();',
  "writes a file": 'Deno.writeTextFileSync(MARK, "left");',
  "reads a variable": 'Deno.env.get("HOME");',
  "starts a program": 'new Deno.Command("id").outputSync();',
  "starts deno":
    'new Deno.Command("deno", { args: ["--version"] }).outputSync();',
  "asks python3": 'new Deno.Command("python3", { args: ["-V"] }).outputSync();',
  "asks a host": "await fetch(HOST);",
  "loads native code": 'Deno.dlopen("libc.so.6", {});',
  "ends the process": "Deno.exit(0);",
  "ends it by Node": "globalThis.process.exit(0);",
  "takes a signal": 'Deno.addSignalListener("SIGINT", () => {});',
  "starts a worker":
    'new Worker("data:text/javascript,0", { type: "module" });',
  "fills the web cache": 'await caches.open("mine");',
  "makes code of text": 'new Function("return 1")();',
  "makes it by a detour": '(() => {}).constructor("return 1")();',
  "imports a package as it runs": 'await import("npm:left-pad");',
  "imports a module as it runs": "await import(`${HOST}mod.js`);",
};

Deno.test("Looking at a pipeline gives its module no rights, whichever way it tries", async (t) => {
  const asked: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => {
      asked.push(url);
      return new Response("export default 1", {
        headers: { "content-type": "text/javascript" },
      });
    },
  );
  const host = `http://127.0.0.1:${server.addr.port}/`;
  try {
    for (const [way, code] of Object.entries(WAYS)) {
      const turn = Object.keys(WAYS).indexOf(way) % LOOKING.length;
      const [command, set] = LOOKING[turn] ?? LOOKING[0];
      await t.step(`${command}, of a module that ${way}`, () =>
        beside(
          `const MARK = import.meta.dirname + "/mark"; const HOST = "${host}";
          // @ts-ignore: what is tried need not have types
          ${code}`,
          async (file, folder) => {
            const { code, stdout, stderr } = await withSet(set, command, file);
            assert.equal(code, 2, stdout + stderr);
            assert.match(stderr, /own\.yaml:6:16: Cannot use ".\/mine\.ts": /);
            assert.doesNotMatch(stderr, /\n\s+at /);
            assert.doesNotMatch(stdout, /ok/);
            const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
            assert.deepEqual(left.sort(), ["mine.ts", "own.yaml"]);
          },
        ));
    }
    assert.deepEqual(asked, []);
  } finally {
    await server.shutdown();
  }
});

Deno.test("A module that never ends is told of after its time, in its place", async (t) => {
  for (
    const more of [
      "await new Promise(() => {});",
      "for (;;);",
    ]
  ) {
    await t.step(more, () =>
      beside(more, async (file) => {
        const { code, stderr } = await withSet("inspect", "config", file);
        assert.equal(code, 2, stderr);
        assert.match(
          stderr,
          /own\.yaml:6:16: Cannot use ".\/mine\.ts": it did not come to an end/,
        );
      }));
  }
});

Deno.test("What a module prints while it is looked at reaches no terminal", () =>
  beside(
    'console.log("\\u001b[2Jmine"); console.error("\\u001b[2Jmine");',
    async (file) => {
      const { code, stdout, stderr } = await withSet("draw", "graph", file);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stdout + stderr, /\[2J/);
    },
  ));

/** Imports that a module may not have. */
const IMPORTS: Readonly<Record<string, RegExp>> = {
  'import "npm:left-pad";': /it imports "npm:left-pad" in line 5: expected/,
  'export * from "https://example.invalid/x.ts";': /example\.invalid/,
  'import fs from "node:fs"; fs;': /it imports "node:fs"/,
  'import "\\x6epm:left-pad";': /left-pad" in line 5/,
  'import /* */ "npm:left-pad";': /a comment follows the word "import"/,
  'import "/etc/hosts";': /it imports "\/etc\/hosts"/,
  'import "../other.ts";': /it imports "\.\.\/other\.ts"/,
  'import "./link.ts";': /it imports "\.\/link\.ts"/,
  'import "./helper.ts";': /helper\.ts: it imports "npm:left-pad" in line 1/,
  '/// <reference types="npm:left-pad" />': /it has "<reference"/,
};

Deno.test("A module imports what lies beside it and what Stopgrad has, and nothing else", async (t) => {
  const lock = await Deno.readTextFile(join(ROOT, "deno.lock"));
  for (const [more, message] of Object.entries(IMPORTS)) {
    await t.step(more, () =>
      beside(more, async (file, folder) => {
        const outside = join(folder, "..", "other.ts");
        await Deno.writeTextFile(outside, "export {};");
        await Deno.symlink(outside, join(folder, "link.ts"));
        await Deno.writeTextFile(
          join(folder, "helper.ts"),
          'import "npm:left-pad";',
        );
        // What a look refuses, a run refuses too.
        for (
          const [set, command] of [["inspect", "config"], ["train", "ir"]]
        ) {
          const { code, stderr } = await withSet(set!, command!, file);
          assert.equal(code, 2, stderr);
          assert.match(stderr, message);
          assert.doesNotMatch(stderr, /Executing/);
        }
      }));
  }
  assert.equal(await Deno.readTextFile(join(ROOT, "deno.lock")), lock);
});

Deno.test("A run says which file it is about to execute, and what that may do", () =>
  beside('import { half } from "./helper.ts"; half;', async (file, folder) => {
    await Deno.writeTextFile(
      join(folder, "helper.ts"),
      "export const half = 0.5;",
    );
    const { code, stderr } = await withSet("train", "ir", file);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^Executing mine\.ts with helper\.ts of \S+, which may do what this command may: read files, write files, call native code, start python3, reach www\.cs\.toronto\.edu and this machine's own ports$/m,
    );
  }));

Deno.test("Training holds a module to the hosts, programs and variables of its set", async (t) => {
  for (
    const code of [
      'new Deno.Command("id").outputSync();',
      'await fetch("http://192.0.2.1/");',
      'if (Deno.env.get("PATH")) throw new Error("it has PATH");',
      "Deno.hostname();",
    ]
  ) {
    await t.step(code, () =>
      beside(
        `try { ${code}; } catch (error) { console.log("held", String(error)); }`,
        async (file) => {
          const { code: end, stdout, stderr } = await withSet(
            "train",
            "ir",
            file,
            "--pass",
            "dead-code",
          );
          assert.equal(end, 0, stderr);
          if (code.includes("PATH")) assert.doesNotMatch(stdout, /held/);
          else assert.match(stdout, /held NotCapable/);
        },
      ));
  }
});
