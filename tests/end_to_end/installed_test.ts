/** @file `stopgrad` as an installed command, in a home of its own, from another folder. */
import assert from "@std/assert";
import { join } from "node:path";
import { writeImages } from "../encoder/trained.ts";
import { inFolder, type Outcome, outcome, ROOT } from "./cli.ts";

/** Where Deno keeps packages: the home is a new one, they need not be fetched anew. */
async function packages(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** A folder on the path in which this Deno is called `deno`. */
async function pathWithDeno(home: string): Promise<string> {
  const bin = join(home, "path");
  await Deno.mkdir(bin);
  await Deno.symlink(Deno.execPath(), join(bin, "deno"));
  return `${bin}:${Deno.env.get("PATH")}`;
}

const CONFIG = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));

/** Installs the command as the task does, and gives what starts it. */
async function installed(
  home: string,
): Promise<(cwd: string, ...args: string[]) => Deno.ChildProcess> {
  const env = {
    NO_COLOR: "1",
    HOME: home,
    DENO_DIR: await packages(),
    PATH: await pathWithDeno(home),
    STOPGRAD_CACHE: Deno.env.get("STOPGRAD_CACHE") ??
      join(
        Deno.env.get("XDG_CACHE_HOME") ??
          join(Deno.env.get("HOME") ?? "", ".cache"),
        "stopgrad",
      ),
  };
  const [, install = ""] = CONFIG.tasks.install.command.split(" && deno ");
  const { success, stderr } = await new Deno.Command("deno", {
    args: install.split(" "),
    cwd: ROOT,
    env,
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return (cwd, ...args) =>
    new Deno.Command(join(home, ".deno", "bin", "stopgrad"), {
      args,
      cwd,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
}

Deno.test("From any folder: init, check and run with relative paths, and a signal that ends a run as Ctrl-C does", () =>
  inFolder(async (home) => {
    const stopgrad = await installed(home);
    const here = join(home, "here");
    await writeImages(join(here, "photos"), 12, 1, [""]);
    const ends = async (...args: string[]): Promise<Outcome> =>
      await outcome(stopgrad(here, ...args));

    const made = await ends("init", "photos");
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, /^Next: stopgrad run photos\.yaml$/m);
    const check = await ends("check", "photos.yaml");
    assert.deepEqual(check, {
      code: 0,
      stdout: "photos.yaml: ok\n",
      stderr: "",
    });
    const missing = await ends("check", "nowhere.yaml");
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /^Cannot read the pipeline "nowhere\.yaml"/);
    const help = await ends("--help");
    assert.match(help.stdout, /^Usage: stopgrad /);

    const run = stopgrad(
      here,
      "run",
      "photos.yaml",
      "--set",
      "train.epochs=100000",
    );
    const decoder = new TextDecoder();
    let [printed, told] = ["", false];
    const errors = new Response(run.stderr).text();
    for await (const chunk of run.stdout) {
      printed += decoder.decode(chunk, { stream: true });
      if (told || !/step \d+\//.test(printed)) continue;
      told = true;
      run.kill("SIGTERM");
    }
    const { code } = await run.status;
    assert.equal(code, 130, printed + await errors);
    assert.match(printed, /^To go on: stopgrad resume runs\/photos\/\S+$/m);
    const runs = [...Deno.readDirSync(join(here, "runs", "photos"))];
    assert.equal(runs.length, 1);
  }));

Deno.test("Each command is started with the set of its task", () =>
  inFolder(async (home) => {
    // In the place of Deno something that prints what it was asked for.
    const deno = join(home, "deno");
    await Deno.writeTextFile(deno, '#!/bin/sh\necho "$@"\nexit 7\n', {
      mode: 0o755,
    });
    const asked = (...args: string[]): Promise<Outcome> =>
      outcome(
        new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-config", "--allow-run=deno"].concat(
            join(ROOT, "lib/cli/stopgrad.ts"),
            args,
          ),
          env: { PATH: home },
          stdout: "piped",
          stderr: "piped",
        }).spawn(),
      );
    const tasks = Object.entries(CONFIG.tasks).flatMap(([name, task]) => {
      const [, set] = /^deno run -P=(\w+) lib\/cli\/main\.ts /
        .exec((task as { command: string }).command) ?? [];
      return set ? [[name, set] as const] : [];
    });
    assert.ok(tasks.length >= 15);
    const all = await Promise.all(
      [...tasks, ["--help", "inspect"], ["test", "inspect"]].map(
        async ([name = "", set]) => ({
          name,
          set,
          ...await asked(name, "a b"),
        }),
      ),
    );
    for (const { name, set, code, stdout } of all) {
      assert.equal(code, 7);
      assert.equal(
        stdout,
        `run --quiet -P=${set} --config ${ROOT}deno.json ${ROOT}lib/cli/installed.ts ${name} a b\n`,
      );
    }
  }));
