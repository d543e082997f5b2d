/** @file Sets as people have them: laid out oddly, twice there, of formats that say more than pixels. Each is used and told of, or refused with its own names. */
import assert from "@std/assert";
import { join } from "node:path";
import sharp from "sharp";
import { describeData } from "../../lib/data/describe.ts";
import { folder as source } from "../../lib/data/folder.ts";
import { planLayout } from "../../lib/data/layout.ts";
import { surveyFolder } from "../../lib/data/survey.ts";
import { UserError } from "../../lib/errors.ts";
import { image, load, rejects, withFolder, write } from "./fixtures.ts";
import { tiff } from "./made.ts";
import { bytesOf } from "./png.ts";

const RED = await image([255, 0, 0]);
const BLUE = await image([0, 0, 255]);
const text = (value: string) => new TextEncoder().encode(value);
const OPTIONS = { path: "data", size: 4 };

/** What is said of a set, line by line. */
async function said(
  folder: string,
  options: Record<string, unknown> = {},
): Promise<string> {
  const data = await source.load(
    source.options.parse({ ...OPTIONS, ...options }),
    { baseDir: folder, cacheDir: folder },
  );
  return describeData(data).join("\n");
}

const refusal = (...paths: string[]): string => {
  try {
    planLayout(paths, undefined, "d");
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return "";
};

Deno.test("Splits are known behind a beginning that they share, and nowhere else", () => {
  const { train, test } = planLayout(
    ["seg_train/a/1.jpg", "seg_train/b/1.jpg", "seg_test/a/2.jpg"],
    undefined,
    "d",
  );
  assert.equal(train.paths.length, 2);
  assert.equal(test?.paths.length, 1);
  assert.match(
    refusal("seg_train/a/1.jpg", "seg_test/a/1.jpg", "seg_pred/1.jpg"),
    /seg_train\/, seg_test\/ are splits by name, and seg_pred\/ beside them is not/,
  );
  const { classes } = planLayout(
    ["steam_train/1.jpg", "crash_test/1.jpg", "car/1.jpg"],
    undefined,
    "d",
  );
  assert.deepEqual(classes, ["car", "crash_test", "steam_train"]);
});

Deno.test("Names that differ in train and test alone are no classes, and refused with what they may be", () => {
  assert.match(
    refusal("trainA/1.jpg", "trainB/1.jpg", "testA/1.jpg", "testB/1.jpg"),
    /trainA\/, testA\/ seem to be splits.*\n.*path: d\/trainA and test: d\/testA/,
  );
  assert.match(
    refusal("Trainingsdaten/a/1.jpg", "Testdaten/a/1.jpg"),
    /Trainingsdaten\/, Testdaten\//,
  );
  assert.throws(
    () =>
      planLayout(["a/1.jpg", "b/1.jpg"], {
        paths: ["train/a/1.jpg", "val/a/1.jpg"],
        where: "held",
      }, "d"),
    /Cannot test with held: it has splits of its own, train\/, val\/.\nSet test: held\/val/,
  );
});

Deno.test(
  "Classes whose names are nearly the same, and gray among colours, are told of",
  withFolder(async (folder) => {
    const gray = new Uint8Array(
      await sharp(RED).toColourspace("b-w").png().toBuffer(),
    );
    await write(folder, {
      "data/Red fox/1.png": RED,
      "data/red_fox/2.png": BLUE,
      "data/owl/3.png": gray,
    });
    const lines = await said(folder);
    assert.match(lines, /nearly the same name: "Red fox" and "red_fox"/);
    assert.match(lines, /gray, the same in all 3 channels: 1 image/);
    assert.match(
      await said(folder, { channels: 1 }),
      /colours made gray: 2 im/,
    );
  }),
);

Deno.test("Folders that cannot be the classes are refused with where to look", () => {
  assert.match(
    refusal("train/train/a/1.jpg", "test/test/a/1.jpg"),
    /train\/ has nothing but train\/ in it.\nSet path: d\/train\/train and test: d\/test\/test/,
  );
  assert.match(
    refusal("set/cat/1.jpg", "set/dog/1.jpg"),
    /Cannot take set\/ for the only class of d: it has the folders cat\/, dog\/.\nSet path: d\/set .*labels: false/,
  );
  assert.match(
    refusal("images/1.jpg", "masks/1.png"),
    /Cannot take images\/ and masks\/ of d for classes/,
  );
});

Deno.test(
  "A look at a folder tells of those that are no classes, before anything is read",
  withFolder(async (folder) => {
    await write(folder, {
      "deep/set/cat/1.png": RED,
      "deep/set/dog/1.png": RED,
      "twice/train/train/cat/1.png": RED,
      "twice/test/test/cat/1.png": RED,
      "one/cat/1.png": RED,
    });
    assert.match(
      surveyFolder("deep", folder).odd ?? "",
      /deep has nothing but set\/ in it, which is no class: it has cat\/, dog\//,
    );
    assert.match(
      surveyFolder("twice", folder).odd ?? "",
      /train\/ has nothing but train\/ in it/,
    );
    assert.match(surveyFolder("one", folder).odd ?? "", /of one class, "cat"/);
  }),
);

Deno.test("Folders below those of the classes are told of, all the more where each has the same", () => {
  const of = (...paths: string[]) =>
    planLayout(paths, undefined, "d").remarks?.join() ?? "";
  assert.equal(of("a/1.jpg", "b/1.jpg"), "");
  assert.match(
    of("a/x/1.jpg", "b/1.jpg"),
    /below them, such as a\/x\/, do not/,
  );
  assert.match(
    of("fold1/a/1.jpg", "fold1/b/1.jpg", "fold2/a/1.jpg", "fold2/b/1.jpg"),
    /Each has the same ones, a\/ b\/: if these are the classes/,
  );
});

Deno.test(
  "Without classes folders are no classes, and splits are splits still",
  withFolder(async (folder) => {
    await write(folder, {
      "data/train/2024/1.png": RED,
      "data/train/2025/01/1.png": BLUE,
      "data/test/2025/x.png": RED,
    });
    const options = { ...OPTIONS, labels: false };
    const { train, test, remarks } = await load(source, options, folder);
    assert.deepEqual([train.count, test?.count], [2, 1]);
    assert.equal(train.labels ?? test?.labels, undefined);
    assert.match(remarks?.join() ?? "", /no classes \(labels: false\)/);
  }),
);

Deno.test(
  "Images that are there twice are told of, under two classes and on both sides too",
  withFolder(async (folder) => {
    const other = await image([9, 9, 9]);
    await write(folder, {
      "data/train/cat/1.png": RED,
      "data/train/cat/2.png": other,
      "data/train/dog/copy.png": RED,
      "data/test/cat/x.png": other,
      "data/test/dog/y.png": BLUE,
    });
    for (const memory of [1, 0]) {
      const lines = await said(folder, { memory });
      assert.match(
        lines,
        /2 images are there more than once \(train\/dog\/copy.png is train\/cat\/1.png\)/,
      );
      assert.match(lines, /1 image is there under another class too/);
      assert.match(
        lines,
        /both trained on and tested with \(test\/cat\/x.png is train\/cat\/2.png\)/,
      );
    }
  }),
);

Deno.test(
  "Formats that are not read are named, and what is left out is told by its kinds",
  withFolder(async (folder) => {
    await write(folder, {
      "data/1.png": RED,
      "data/2.png": BLUE,
      "data/IMG_1.HEIC": RED,
      "data/notes.txt": RED,
      "data/more.txt": RED,
      "heic/a.jpg": bytesOf("\0\0\0\x18ftypheic\0\0\0\0mif1heic", RED),
      "lfs/a.jpg": text("version https://git-lfs.github.com/spec/v1\n"),
    });
    await Deno.mkdir(join(folder, "data", "empty", "deeper"), {
      recursive: true,
    });
    const lines = await said(folder);
    assert.match(lines, /being no images by their names: 2 of \.txt/);
    assert.match(lines, /IMG_1.HEIC: \.heic is a format that is not read/);
    assert.match(lines, /no image in empty\/, empty\/deeper\//);
    const at = (path: string) => load(source, { ...OPTIONS, path }, folder);
    await rejects(at("heic"), /a HEIC image, whose compression \(HEVC\)/);
    await rejects(at("lfs"), /a pointer of Git LFS: fetch the file/);
  }),
);

Deno.test(
  "Transparency of a palette, frames, CMYK, orientation and no-data values are told of",
  withFolder(async (folder) => {
    const raw = Uint8Array.from({ length: 8 * 4 * 4 }, (_, i) => i * 7);
    const picture = sharp(raw, { raw: { width: 8, height: 4, channels: 4 } });
    const colours = picture.clone().removeAlpha();
    const bytes = async (image: typeof picture) =>
      new Uint8Array(await image.toBuffer());
    const plain = await bytes(colours.clone().png());
    // acTL, two frames, before the pixels.
    const animation = bytesOf("\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\0\0\0\0");
    await write(folder, {
      "palette/1.png": await bytes(picture.clone().png({ palette: true })),
      "animated/1.png": bytesOf(
        plain.subarray(0, 33),
        animation,
        plain.subarray(33),
      ),
      "cmyk/1.jpg": await bytes(colours.clone().toColourspace("cmyk").jpeg()),
      "turned/1.jpg": await bytes(
        colours.clone().jpeg().withMetadata({ orientation: 6 }),
      ),
      "nodata/1.tif": tiff({
        width: 2,
        height: 2,
        bits: 16,
        entries: [[42113, 2, 6, bytesOf("-9999\0")]],
        pages: [[1, 2, 3, 4]],
      }),
    });
    const of = (path: string, more = {}) => said(folder, { path, ...more });
    assert.match(
      await of("palette"),
      /all images with transparency, laid over/,
    );
    assert.match(await of("animated"), /PNG: animated, the first frame counts/);
    assert.match(await of("cmyk"), /JPEG: CMYK, turned into colours: all/);
    assert.match(
      await of("turned"),
      /files of 4x8 pixels.*\n.*turned upright by their orientation: all/,
    );
    assert.match(
      await of("nodata", { range: [0, 9], channels: 1 }),
      /TIFF: -9999 is declared as no data, and counts as a sample/,
    );
  }),
);

Deno.test(
  "Tables of spreadsheets are read, and what cannot be a class is told of",
  withFolder(async (folder) => {
    const utf16 = (value: string): Uint8Array =>
      bytesOf(
        "\xff\xfe",
        new Uint8Array(
          Uint16Array.from(value, (char) => char.charCodeAt(0)).buffer,
        ),
      );
    await write(folder, {
      "data/1.png": RED,
      "data/2.png": BLUE,
      "data/3.png": await image([7, 7, 7]),
      "wide.csv": utf16("image\tlabel\n1\ta\n2\tb\n3\tb\n"),
      "bars.csv": text("image|label\n1|a\n2|b\n3|\n"),
      "latin.csv": bytesOf("image,label\n1,K\xe4tzchen\n"),
      "bare.csv": text("1.png,0\n2.png,1\n"),
      "fold.csv": text("image,label,fold\n1,a,0\n2,b,1\n3,b,2\n"),
      "age.csv": text("image,label\n1,20.5\n2,31\n3,44\n"),
      "held.csv": text("image,label,split\n1,a,test\n2,b,test\n3,b,test\n"),
    });
    const of = (labels: string) => said(folder, { labels });
    assert.match(await of("wide.csv"), /2 classes \(a, b\)/);
    assert.match(
      await of("bars.csv"),
      /2 classes \(a, b\)[^]*1 image whose row there has no class/,
    );
    assert.match(
      await of("fold.csv"),
      /3 images to train[^]*"fold" \(0, 1, 2\) names no splits and is not used/,
    );
    assert.match(await of("age.csv"), /3 classes of 3 images: "20.5" and the/);
    await rejects(of("latin.csv"), /no UTF-8: save it as CSV in UTF-8/);
    await rejects(of("bare.csv"), /first row \(1.png, 0\) names no columns/);
    await rejects(of("held.csv"), /is to train on; its splits are test/);
  }),
);

Deno.test(
  "Classes of very different sizes are told of, and such that nothing is tested with",
  withFolder(async (folder) => {
    const paint = async (count: number, shade: number, path: string) => {
      for (let i = 0; i < count; i++) {
        const bytes = await image([shade, i, i]);
        await write(folder, { [`data/${path}/${i}.png`]: bytes });
      }
    };
    await paint(6, 10, "train/cat");
    await paint(2, 20, "train/dog");
    await paint(2, 30, "train/fox");
    await paint(2, 40, "test/cat");
    assert.match(
      await said(folder),
      /from 2 \(dog\) to 6 \(cat\) images of a class to train on\n.*no image to test with of 2 classes \(dog, fox\)/,
    );
  }),
);
