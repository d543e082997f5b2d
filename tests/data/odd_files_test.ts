/** @file What else a folder can hold: odd names, links, pipes, devices, files that may not be read. */
import assert from "@std/assert";
import { join } from "node:path";
import { folder as source } from "../../lib/data/folder.ts";
import {
  firstPixels,
  image,
  load,
  rejects,
  withFolder,
  write,
} from "./fixtures.ts";

const RED = await image([255, 0, 0]);
const BLUE = await image([0, 0, 255]);
const OPTIONS = { path: "data", size: 4, on_error: "skip" };

/** Names that have tripped programs up. */
const NAMES: readonly string[] = [
  " leading and trailing .png",
  "-rf.png",
  "a[1].png",
  "a{1}.png",
  "back\\slash.png",
  "dollar$HOME`id`.png",
  "emoji 🦊.png",
  "hash#percent%20.png",
  "line\nbreak.png",
  "nfc é.png",
  "nfd e\u0301.png",
  "option[page=1].png",
  "quote'\".png",
  "right\u202eto left.png",
  "star*question?.png",
  "tab\tand\u0007bell.png",
  "UPPER.PNG",
  "中文.png",
  `${"long".repeat(62)}.png`,
];

Deno.test({
  name: "Images of any name are read",
  ignore: Deno.build.os === "windows",
  fn: withFolder(async (folder) => {
    await write(
      join(folder, "data"),
      Object.fromEntries(NAMES.map((name, i) => [name, i % 2 ? BLUE : RED])),
    );
    const { train, skipped } = await load(source, OPTIONS, folder);
    assert.deepEqual(skipped, []);
    assert.equal(train.count, NAMES.length);
    const blue = firstPixels(train).filter((pixel) => pixel === "0,0,255");
    assert.equal(blue.length, Math.floor(NAMES.length / 2));
  }),
});

/** Runs a shell command in a folder. */
async function shell(cwd: string, command: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", command],
    cwd,
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** Things that are called images, how to make one, and what is said of it. */
const ODD: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a pipe": ["mkfifo odd.png", /not a file/],
  "a link to a pipe": ["mkfifo pipe; ln -s pipe odd.png", /not a file/],
  "a socket": [
    `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("odd.png")'`,
    /not a file/,
  ],
  "a link to a device without end": ["ln -s /dev/zero odd.png", /not a file/],
  "a link to the terminal": ["ln -s /dev/tty odd.png", /not a file|not exist/],
  "a link to nothing": ["ln -s nothing odd.png", /does not exist/],
  "a link to itself": ["ln -s odd.png odd.png", /symbolic links|loop/i],
  "a file whose reading fails": ["ln -s /proc/self/mem odd.png", /./],
  "a file of a terabyte": ["truncate -s 1T odd.png", /1099511627776 bytes/],
  "a file whose name is no text": [
    `cp 1.png "$(printf 'odd\\377\\376.png')"`,
    /its name is no UTF-8 text/,
  ],
};

for (const [what, [command, reason]] of Object.entries(ODD)) {
  Deno.test({
    name: `Among the images, ${what} is left out with a reason`,
    ignore: Deno.build.os !== "linux",
    fn: withFolder(async (folder) => {
      const data = join(folder, "data");
      await write(data, { "1.png": RED, "2.png": BLUE });
      assert.ok(await shell(data, command), command);
      for (const memory of [1, 0]) {
        const options = { ...OPTIONS, memory };
        const { train, skipped } = await source.load(
          source.options.parse(options),
          { baseDir: folder, cacheDir: folder },
        );
        assert.equal(train.count, 2);
        const odd = skipped.filter(({ path }) => /odd.*\.png$/s.test(path));
        assert.equal(odd.length, 1, JSON.stringify(skipped));
        assert.match(odd[0]?.reason ?? "", reason);
      }
    }),
  });
}

Deno.test(
  "A folder that is called an image is a folder; a class of it has its images",
  withFolder(async (folder) => {
    await write(join(folder, "data"), {
      "a.jpg/1.png": RED,
      "b.png/deeper.png/2.png": BLUE,
    });
    await Deno.mkdir(join(folder, "data", "a.jpg", "empty.png"));
    const { train, skipped } = await load(source, OPTIONS, folder);
    assert.deepEqual(train.classes, ["a.jpg", "b.png"]);
    assert.deepEqual([train.count, skipped], [2, []]);
  }),
);

Deno.test({
  name: "Links that go round in a circle, or meet in one folder, end",
  ignore: Deno.build.os === "windows",
  fn: withFolder(async (folder) => {
    const data = join(folder, "data");
    await write(data, { "a/1.png": RED, "b/2.png": BLUE });
    // Each folder inside of the other, and both inside of themselves.
    for (const [from, to] of [["a", "b"], ["b", "a"], ["a", "a"], ["b", "b"]]) {
      await Deno.symlink(join(data, to!), join(data, from!, `to_${to}`));
    }
    const { train, skipped } = await load(source, OPTIONS, folder);
    assert.deepEqual(train.classes, ["a", "b"]);
    // a/1, a/to_b/2, b/2, b/to_a/1.
    assert.equal(train.count, 4);
    assert.equal(skipped.length, 6);
    for (const { reason } of skipped) {
      assert.equal(reason, "it is a link to a folder that it lies in");
    }
  }),
});

/** Root reads everything, unless it gives up that power. */
async function unprivileged(): Promise<string[] | undefined> {
  if (Deno.uid() !== 0) return [];
  const command = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
  ];
  const probe = await new Deno.Command("setpriv", {
    args: [...command.slice(1), "true"],
    stderr: "null",
  }).output().catch(() => undefined);
  return probe?.success ? command : undefined;
}

const privileges = Deno.build.os === "linux" ? await unprivileged() : undefined;

Deno.test({
  name: "Files and folders that may not be read are told by their permission",
  ignore: privileges === undefined,
  fn: withFolder(async (folder) => {
    const data = join(folder, "data");
    await write(data, { "a/1.png": RED, "a/2.png": BLUE, "b/3.png": BLUE });
    await Deno.chmod(join(data, "a", "2.png"), 0);
    const script = `
      import { folder } from ${
      JSON.stringify(new URL("../../lib/data/folder.ts", import.meta.url).href)
    };
      const context = { baseDir: ${JSON.stringify(folder)}, cacheDir: "." };
      const of = async (on_error) => {
        try {
          const options = folder.options.parse({ path: "data", size: 4, on_error });
          const { train, skipped } = await folder.load(options, context);
          return { count: train.count, skipped };
        } catch (error) { return { name: error.name, message: error.message }; }
      };
      console.log(JSON.stringify([await of("skip"), await of("fail")]));
    `;
    const run = async (): Promise<Record<string, unknown>[]> => {
      const [program = "", ...args] = [
        ...privileges ?? [],
        Deno.execPath(),
        "eval",
        "--no-check",
        script,
      ];
      const { stdout, stderr } = await new Deno.Command(program, {
        args,
        cwd: new URL("../../", import.meta.url),
      }).output();
      const text = new TextDecoder().decode(stdout);
      assert.ok(text.startsWith("["), new TextDecoder().decode(stderr));
      return JSON.parse(text);
    };
    const [lax, strict] = await run();
    assert.equal(lax?.["count"], 2);
    assert.match(
      JSON.stringify(lax?.["skipped"]),
      /2\.png.*permission is denied/,
    );
    assert.equal(strict?.["name"], "UserError");
    assert.match(String(strict?.["message"]), /2\.png: permission is denied/);
    await Deno.chmod(join(data, "b"), 0);
    const [closed] = await run();
    assert.match(
      String(closed?.["message"]),
      /Cannot read the folders below .*permission is denied/,
    );
    await Deno.chmod(join(data, "b"), 0o755);
  }),
});

Deno.test(
  "Files that come and go while a folder is loaded end in images or reasons",
  withFolder(async (folder) => {
    const data = join(folder, "data");
    await write(
      data,
      Object.fromEntries(
        Array.from({ length: 60 }, (_, i) => [`${i}.png`, i % 2 ? BLUE : RED]),
      ),
    );
    let changes = 0;
    const change = (): void => {
      const i = 59 - changes++;
      const path = join(data, `${i}.png`);
      if (i < 20) return;
      if (i % 3 === 0) Deno.removeSync(path);
      else if (i % 3 === 1) Deno.truncateSync(path, 20);
      else Deno.writeFileSync(join(data, `new${i}.png`), RED);
    };
    const { train, skipped } = await load(source, OPTIONS, folder, change);
    assert.equal(train.count + skipped.length, 60);
    assert.ok(skipped.length > 0 && train.count >= 20);
    for (const pixel of firstPixels(train)) {
      assert.ok(["255,0,0", "0,0,255"].includes(pixel), pixel);
    }
    await rejects(
      load(source, { ...OPTIONS, path: "data/0.png" }, folder),
      /it is a file, expected a folder/,
    );
  }),
);
