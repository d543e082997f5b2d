/** @file `init` writes pipelines that fit the images, pass the check and train. */
import assert from "@std/assert";
import { join } from "node:path";
import sharp from "sharp";
import { checkPipeline, loadPipeline } from "../../lib/pipeline/load.ts";
import { choose } from "../../lib/suggest/choose.ts";
import type { Found } from "../../lib/suggest/survey.ts";
import { train } from "../../lib/train/train.ts";
import { printed } from "../cli/console.ts";
import { writeImages } from "../encoder/trained.ts";
import { tiff } from "../data/made.ts";
import { Dice } from "../helpers/numeric.ts";

const dice = new Dice(3);

/** Writes noise as an image of a kind that its ending tells. */
async function write(
  path: string,
  width: number,
  height: number,
  channels: 1 | 3 = 3,
): Promise<void> {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  const pixels = Uint8Array.from(
    { length: width * height * channels },
    () => 255 * dice.unit(),
  );
  await sharp(pixels, { raw: { width, height, channels } }).toFile(path);
}

/** What `init` made of a folder. */
interface Made {
  readonly stdout: string;
  readonly stderr: string;
  readonly text: string;
  readonly file: string;
  readonly warnings: string;
}

/** Fills a folder, and looks at what `init` says and writes. */
async function made(
  fill: (folder: string) => Promise<void>,
  look: (made: Made) => Promise<void> | void,
): Promise<void> {
  const parent = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  try {
    const folder = join(parent, "my photos");
    await Deno.mkdir(folder);
    await fill(folder);
    const out = join(parent, "pipeline.yaml");
    const { code, stdout, stderr } = await printed(
      "init",
      folder,
      "--out",
      out,
    );
    assert.equal(code, 0, stderr);
    const { loaded, text: warnings } = await checkPipeline(out);
    assert.ok(loaded, warnings);
    const text = await Deno.readTextFile(out);
    await look({ stdout, stderr, text, file: out, warnings });
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

/** Trains two steps. */
async function trains(file: string): Promise<void> {
  const runsDir = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  try {
    const set = [
      "train.epochs=null",
      "train.steps=2",
      "train.schedule=constant",
    ];
    const loaded = await loadPipeline(file, { set });
    const { end } = await train(loaded, { runsDir, device: "cpu" });
    assert.equal(end, "finished");
  } finally {
    await Deno.remove(runsDir, { recursive: true });
  }
}

Deno.test("A flat folder of mixed sizes, a damaged file among them, trains without labels", () =>
  made(
    async (folder) => {
      for (let i = 0; i < 20; i++) {
        await write(join(folder, `${i}.png`), 40 + i, 36 + (i % 3));
      }
      await Deno.writeTextFile(join(folder, "bad.jpg"), "no image");
    },
    async ({ stdout, stderr, text, file, warnings }) => {
      assert.equal(warnings, "");
      assert.match(
        stdout,
        /: 21 images to train on, 40x36 to 59x37 pixels, colour, no labels\n {2}1 of 21 files cannot be read and are left out, such as bad\.jpg: /,
      );
      for (const key of ["method", "size", "batch", "width", "epochs"]) {
        assert.match(stdout, new RegExp(`^  ${key} +\\S.*: \\S`, "m"));
      }
      assert.match(stdout, /^Next: deno task run \S+pipeline\.yaml$/m);
      assert.match(stderr, /^warning: 21 images are few/);
      assert.match(text, /path: "\.\/my photos"/);
      assert.match(text, /^ {2}size: 32$/m);
      for (const line of text.split("\n").slice(1)) {
        assert.ok(line.length <= 90, line);
      }
      await trains(file);
    },
  ));

Deno.test("Multi-band floats get their channels and a range, and no changes of hue", () =>
  made(
    async (folder) => {
      for (let i = 0; i < 6; i++) {
        const pages = [
          Array.from({ length: 20 * 20 * 5 }, () => 1.9 * dice.unit()),
        ];
        await Deno.writeFile(
          join(folder, `${i}.tif`),
          tiff({ width: 20, height: 20, bands: 5, bits: 32, format: 3, pages }),
        );
      }
    },
    async ({ stdout, text, file, warnings }) => {
      assert.equal(warnings, "");
      assert.match(stdout, /20x20 pixels, 5 bands, no labels/);
      assert.match(stdout, /range +\[0,(1\.9|2)\]: 32-bit float samples/);
      assert.match(text, /^ {2}channels: 5$/m);
      assert.doesNotMatch(text, /hue:|saturation:|grayscale/);
      await trains(file);
    },
  ));

Deno.test("Class folders are judged by a share held out, gray ones that hold colours are gray", () =>
  made(
    async (folder) => {
      for (let i = 0; i < 12; i++) {
        // sharp writes three equal channels of one.
        await write(join(folder, i % 2 ? "a" : "b", `${i}.jpg`), 32, 32, 1);
      }
    },
    ({ stdout, text, warnings }) => {
      assert.equal(warnings, "");
      assert.match(stdout, /gray, 2 classes \(a, b\)/);
      assert.match(text, /^ {2}test: 0\.2$/m);
      assert.match(text, /^ {2}channels: 1$/m);
      assert.match(text, /^evaluate: \{ knn: \{ k: 5 \}/m);
    },
  ));

Deno.test("Splits are taken by their names, 16-bit samples get the usual range around them", () =>
  made(
    async (folder) => {
      for (let i = 0; i < 8; i++) {
        const at = join(folder, i < 6 ? "train" : "test", i % 2 ? "x" : "y");
        await Deno.mkdir(at, { recursive: true });
        const pages = [
          Array.from({ length: 24 * 24 }, () => Math.floor(4000 * dice.unit())),
        ];
        await Deno.writeFile(
          join(at, `${i}.tif`),
          tiff({ width: 24, height: 24, bits: 16, pages }),
        );
      }
    },
    ({ stdout, text, warnings }) => {
      assert.equal(warnings, "");
      assert.match(stdout, /6 images to train on, 2 to test with/);
      assert.match(text, /^ {2}range: \[0, 4095\]$/m);
      assert.match(text, /^ {2}size: 24$/m);
      assert.doesNotMatch(text, /^ {2}test:/m);
      assert.match(text, /^evaluate: \{ knn/m);
    },
  ));

Deno.test("A table beside the images gives their labels", () =>
  made(
    async (folder) => {
      for (let i = 0; i < 10; i++) {
        await write(join(folder, `${i}.png`), 16, 16);
      }
      await Deno.writeTextFile(
        join(folder, "labels.csv"),
        "file,label\n" +
          Array.from({ length: 10 }, (_, i) => `${i}.png,${i % 2}\n`).join(""),
      );
    },
    ({ stdout, text, warnings }) => {
      assert.equal(warnings, "");
      assert.match(stdout, /2 classes \(0, 1\)/);
      assert.match(text, /labels: "\.\/my photos\/labels\.csv"/);
    },
  ));

Deno.test("A folder in a folder is no class", () =>
  made(
    async (folder) => {
      for (let i = 0; i < 4; i++) {
        await write(join(folder, "2026", `${i}.png`), 16, 16);
      }
    },
    ({ stdout, text, warnings }) => {
      assert.equal(warnings, "");
      assert.match(stdout, /no labels\n {2}all images are below 2026\//);
      assert.match(text, /path: "\.\/my photos\/2026"/);
    },
  ));

Deno.test("A file that exists is kept, and what is no folder of images is said", async () => {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  try {
    for (let i = 0; i < 3; i++) {
      await write(join(folder, "p", `${i}.png`), 16, 16);
    }
    await Deno.mkdir(join(folder, "empty"));
    await write(join(folder, "one", "1.png"), 16, 16);
    const out = join(folder, "mine.yaml");
    await Deno.writeTextFile(out, "mine");
    for (
      const [path, message] of [
        [join(folder, "p"), /Cannot write "\S+mine\.yaml": it exists already/],
        [
          join(folder, "empty"),
          /Cannot find images in \S+empty: .*\nGive a folder of images\.$/s,
        ],
        [join(folder, "one"), /Cannot train on 1 image/],
        [
          join(folder, "nowhere"),
          /Cannot look at \S+nowhere: it does not exist/,
        ],
        [out, /Cannot look at \S+mine\.yaml: it is a file/],
      ] as const
    ) {
      const { code, stderr } = await printed("init", path, "--out", out);
      assert.equal(code, 2);
      assert.match(stderr.trim(), message);
      assert.equal(await Deno.readTextFile(out), "mine");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Names that mean something in YAML, in a comment, or in a terminal. */
const HOSTILE = [
  "a\nb",
  "\u001b[2Jx",
  "${x}",
  "con: 1",
  "- [",
  "#x",
  "'\"",
  "__proto__",
  "x..",
  "a\u2028b",
];

Deno.test("Folders and classes of any name become a pipeline that passes the check", async () => {
  const parent = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  const out = join(parent, "pipeline.yaml");
  try {
    for (const name of HOSTILE) {
      const folder = join(parent, name);
      await writeImages(folder, 4, 1, [name, "other"]);
      const { code, stdout, stderr } = await printed(
        ...["init", folder, "--out", out, "--force"],
      );
      assert.equal(code, 0, stderr);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(stdout + stderr, /[\x00-\x08\x0b-\x1f]/);
      const text = await Deno.readTextFile(out);
      // What is run by it are these images, and no others.
      const { loaded, text: problems } = await checkPipeline(out);
      if (!loaded) throw new Error(`${problems}${text}`);
      const { path } = loaded.pipeline.data.options as { path: string };
      assert.equal(join(parent, path), folder);
    }
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

/** A folder of photographs. */
const photos = (train: number, shortSide: number): Found => ({
  root: "/photos",
  train,
  test: 0,
  looked: Math.min(train, 2000),
  shortSide,
  smallest: "",
  largest: "",
  channels: 3,
  pages: false,
  huge: false,
  tiles: 0,
  unread: 0,
  remarks: [],
});

Deno.test("More images are seen smaller and less often, up to a bound", () => {
  const rows = [60, 1_000, 5_000, 50_000, 1_000_000].map((count) => {
    const { size, batch, epochs, method } = choose(photos(count, 480));
    return [size.value, batch.value, epochs.value, method.value];
  });
  assert.deepEqual(rows, [
    [128, 16, 200, "simclr"],
    [96, 128, 52, "simsiam"],
    [64, 128, 29, "simsiam"],
    [64, 128, 10, "simsiam"],
    [64, 128, 10, "simsiam"],
  ]);
});

Deno.test("Images are not enlarged, but for those of a few pixels", () => {
  const sizes = [480, 100, 63, 28, 7].map((side) =>
    choose(photos(60, side)).size.value
  );
  assert.deepEqual(sizes, [128, 96, 32, 28, 16]);
});
