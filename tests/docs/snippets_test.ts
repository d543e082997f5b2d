/** @file What the README and the pages show of a trained run is run as it stands there. */
import assert from "@std/assert";
import { dirname, join } from "node:path";
import { main } from "../../lib/cli/main.ts";
import { trainSmall, writeImages } from "../encoder/trained.ts";
import { commands, texts } from "./commands.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Commands that other tests run, and those that do not end by themselves. */
const ELSEWHERE = [
  "init",
  "run",
  "studio",
  "install",
  "test",
  "check",
  "finetune",
  "cluster",
];

const RUN = /^(?:runs\/[\w-]+\/\S+|RUN)$/;

/** Copies a folder; a run's holds files and folders alone. */
async function copied(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await copied(source, target);
    else await Deno.copyFile(source, target);
  }
}

/** A folder as the pages have it: runs, photographs, labelled images. */
async function setUp(folder: string): Promise<void> {
  const trained = await trainSmall(folder);
  await writeImages(join(folder, "photos"), 12, 2, [""]);
  await Deno.rename(
    join(folder, "photos/0000.png"),
    join(folder, "photos/one.jpg"),
  );
  await writeImages(join(folder, "labelled"), 40, 3);
  const named = [...texts.values()].flatMap((text) =>
    text.match(/runs\/[\w-]+\/(?:[\d-]+T[\d-]+|<time>)/g) ?? []
  );
  for (const run of new Set(["RUN", ...named])) {
    await copied(trained, join(folder, run));
  }
}

const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
const before = Deno.cwd();
await setUp(folder);
addEventListener("unload", () => {
  Deno.chdir(before);
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("Commands of the pages that begin with a run do what they say", async () => {
  const { log } = console;
  const ended = new Set<string>();
  Deno.chdir(folder);
  console.log = () => {};
  try {
    for (const { page, line, words, block } of commands(texts)) {
      const [name = "", run = ""] = words;
      if (!block || ELSEWHERE.includes(name)) continue;
      assert.match(run, RUN, `${page}: ${line}`);
      const way = words.filter((word) => /^-|^[a-z]+$/.test(word)).join(" ");
      if (ended.has(way)) continue;
      assert.equal(await main(words), 0, `${page}: ${line}`);
      ended.add(way);
      if (!words.includes("--out")) continue;
      const out = join(folder, words[words.indexOf("--out") + 1] ?? "");
      assert.ok((await Deno.stat(out)).size > 500, out);
      // Another page may write a file of that name.
      await Deno.remove(out);
    }
  } finally {
    console.log = log;
    Deno.chdir(before);
  }
  const names = [...ended].map((way) => way.split(" ")[0]);
  assert.deepEqual([...new Set(names)].sort(), [
    "embed",
    "evaluate",
    "export",
    "report",
    "resume",
    "similar",
  ]);
});

Deno.test("The encoder's examples in TypeScript run as they stand", async () => {
  const blocks = [...texts].flatMap(([path, text]) =>
    [...text.matchAll(/^```ts\n(import \{ Encoder \}.*?)^```$/gms)].map(
      ([, block = ""]) => ({ page: path.slice(ROOT.length), block }),
    )
  );
  assert.deepEqual(blocks.map(({ page }) => dirname(page)), [".", "docs"]);
  for (const [i, { block }] of blocks.entries()) {
    await Deno.writeTextFile(
      join(folder, `example${i}.ts`),
      block.replace("./mod.ts", join(ROOT, "mod.ts")),
    );
  }
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", join(ROOT, "deno.json")].concat(
      blocks.map((_, i) => `await import("${folder}/example${i}.ts");`).join(
        "",
      ),
    ),
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  // 12 rows of 5 features, twice.
  assert.equal(text.match(/^Int32Array\(12\)/gm)?.length, 2, text);
  assert.equal(text.match(/Float32Array\(60\)/g)?.length, 2, text);
});
