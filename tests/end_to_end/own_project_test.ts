/** @file docs/typescript.md: a project in a folder of its own, checked and run as it stands there. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, type Outcome, outcome, ROOT } from "./cli.ts";

const BLOCK = /^```(?:ts|json)\n\/\/ (\S+\.(?:ts|json))\n(.*?)^```$/gms;

function deno(folder: string, ...args: string[]): Promise<Outcome> {
  return outcome(
    new Deno.Command(Deno.execPath(), {
      args,
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn(),
  );
}

/** What is misspelt in `train.ts`, and what the type checker says of it. */
const MISTAKES: Readonly<Record<string, readonly [string, string, RegExp]>> = {
  option: ["width: 8", "widht: 8", /'widht' does not exist .*'width'/],
  stage: ['encode: "resnet"', 'encode: "resnett"', /"resnett".*"resnet"/],
  optimizer: ["sgd: {", "sdg: {", /'sdg' does not exist in type/],
  loss: [
    'use: "./spread.ts", between: ["z", "z"], strength: 0.5',
    'loss: "nt_xentt", between: ["z", "z"]',
    /'"nt_xentt"' is not assignable .*Did you mean '"nt_xent"'/,
  ],
  augmentation: ['"simsiam"', '"simsiamm"', /Did you mean '"simsiam"'/],
  section: ["optimizer: {", "stepz: 3, optimizer: {", /'stepz' does not exist/],
};

Deno.test("The project of the page checks, trains, and its mistakes are type errors", () =>
  inFolder(async (folder) => {
    const page = await Deno.readTextFile(join(ROOT, "docs/typescript.md"));
    const files = new Map<string, string>();
    for (const [, name = "", text = ""] of page.matchAll(BLOCK)) {
      files.set(name, text.replace("../stopgrad/mod.ts", `${ROOT}mod.ts`));
    }
    assert.deepEqual([...files.keys()].sort(), [
      "deno.json",
      "registered.ts",
      "spread.ts",
      "train.ts",
    ]);
    for (const [name, text] of files) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    // The versions of packages are Stopgrad's: nothing is asked for anew.
    await Deno.copyFile(join(ROOT, "deno.lock"), join(folder, "deno.lock"));
    const good = files.get("train.ts") ?? "";
    for (const [name, [from, to]] of Object.entries(MISTAKES)) {
      assert.ok(good.includes(from), from);
      await Deno.writeTextFile(
        join(folder, `wrong_${name}.ts`),
        good.replace(from, to),
      );
    }
    const check = await deno(
      folder,
      "check",
      ...[
        ...files.keys(),
        ...Object.keys(MISTAKES).map((name) => `wrong_${name}.ts`),
      ]
        .filter((name) => name.endsWith(".ts")),
    );
    for (const [name, [, , message]] of Object.entries(MISTAKES)) {
      const own = check.stderr.split(/^TS\d+ /m)
        .filter((part) => part.includes(`/wrong_${name}.ts:`));
      assert.equal(own.length, 1, `${name}: ${check.stderr}`);
      assert.match(own[0] ?? "", message);
    }
    assert.match(
      check.stderr,
      new RegExp(`Found ${Object.keys(MISTAKES).length} errors`),
    );
    const [trained, registered] = await Promise.all([
      deno(folder, "run", "-A", "--no-check", "train.ts", "3"),
      deno(folder, "run", "-A", "--no-check", "registered.ts"),
    ]);
    assert.equal(trained.code, 0, trained.stderr);
    assert.match(
      trained.stdout,
      /^3\n\S*runs\/mine\/\S+ 0\.\d+\n16 features\n$/m,
    );
    assert.deepEqual(
      [registered.code, registered.stdout],
      [0, "3\n"],
      registered.stderr,
    );
  }));

Deno.test("A module that buildPipeline cannot load is told of with the way to load it", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(
      join(folder, "wrong.ts"),
      `import { buildPipeline } from "${ROOT}mod.ts";
try {
  buildPipeline({
    data: { source: "photos", batch: 8 },
    stages: {
      views: { augment: "simsiam", of: "image" },
      y: { encode: "resnet", of: "vews" },
      loss: { use: "./mine.ts", between: ["y", "y"] },
    },
    train: { steps: 1, optimizer: { sgd: { lr: 0.1 } } },
  });
} catch (error) {
  console.log((error as Error).message);
}
`,
    );
    const { stdout } = await deno(
      folder,
      "run",
      "-A",
      "--no-check",
      `--config=${ROOT}deno.json`,
      "wrong.ts",
    );
    assert.match(
      stdout,
      /^stages\.y\.of: Cannot find the stage "vews" \[unknown-reference\]\n {2}did you mean "views"\?$/m,
    );
    assert.match(stdout, /^stages\.loss\.use: Cannot use "\.\/mine\.ts"/m);
    assert.match(stdout, /loadConfig\(\) loads modules/);
    assert.doesNotMatch(stdout, /\.yaml/);
  }));
