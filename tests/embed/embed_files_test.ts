/** @file Features in files: read back by other readers, resumed, and never half-written. */
import assert from "@std/assert";
import { join } from "node:path";
import { parquetReadObjects } from "hyparquet";
import { decodeSafetensors } from "../../lib/checkpoint/safetensors.ts";
import { embedFiles } from "../../lib/embed/embed_files.ts";
import { Encoder } from "../../lib/encoder/encoder.ts";
import { gatherFeatures } from "../../lib/evaluate/features.ts";
import { rejects, withFolder } from "../data/fixtures.ts";
import { trainSmall, writeImages } from "../encoder/trained.ts";
import { engine } from "../helpers/engine.ts";
import { close } from "../helpers/numeric.ts";

interface Given {
  readonly folder: string;
  readonly encoder: Encoder;
  readonly images: string;
}

/** An encoder, and 21 images in two folders. */
function given(test: (given: Given) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const run = await trainSmall(folder);
    const images = join(folder, "new");
    await writeImages(images, 21, 7);
    const encoder = await Encoder.open(run, { engine, batch: 4 });
    try {
      await test({ folder, encoder, images });
    } finally {
      encoder.close();
    }
  });
}

const names = async (folder: string): Promise<string[]> =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();

Deno.test(
  "Each format holds the features, the files and the classes",
  given(async ({ folder, encoder, images }) => {
    const found = await encoder.images([images]);
    const { data } = await gatherFeatures(
      found.images,
      encoder.embed(found.images),
    );
    const rowOf = (i: number) => Array.from(data.subarray(5 * i, 5 * i + 5));
    const write = async (name: string) => {
      const out = join(folder, name);
      const { count } = await embedFiles(encoder, found, { out });
      assert.equal(count, 21);
      return await Deno.readFile(out);
    };
    assert.deepEqual(found.images.names.slice(0, 2), [
      "bright/0000.png",
      "bright/0002.png",
    ]);

    const parquet = await write("f.parquet");
    const rows = await parquetReadObjects({ file: parquet.buffer });
    assert.equal(rows.length, 21);
    assert.deepEqual([rows[0]!["file"], rows[0]!["label"]], [
      "bright/0000.png",
      "bright",
    ]);
    assert.deepEqual(rows[20]!["label"], "dark");
    rows.forEach((row, i) => close(row["features"], rowOf(i), 1e-7));

    const npy = await write("f.npy");
    const view = new DataView(npy.buffer);
    const start = 10 + view.getUint16(8, true);
    assert.match(
      new TextDecoder().decode(npy.subarray(10, start)),
      /'descr': '<f4', 'fortran_order': False, 'shape': \(21, 5\)/,
    );
    assert.equal(start % 64, 0);
    close(new Float32Array(npy.slice(start).buffer), data, 1e-7);
    const table = await Deno.readTextFile(join(folder, "f.names.csv"));
    assert.equal(table.split("\n")[1], "bright/0000.png,bright");

    const csv = new TextDecoder().decode(await write("f.csv")).trim();
    const [head, first] = csv.split("\n").map((line) => line.split(","));
    assert.deepEqual(head, ["file", "label", "f0", "f1", "f2", "f3", "f4"]);
    assert.deepEqual(
      first!.slice(2).map((text) => Math.fround(+text)),
      rowOf(0),
    );

    const { tensors, metadata } = decodeSafetensors(
      await write("f.safetensors"),
    );
    assert.deepEqual(tensors["features"]!.shape, [21, 5]);
    assert.deepEqual(tensors["features"]!.data, data);
    assert.deepEqual([...tensors["labels"]!.data], [...found.images.labels!]);
    assert.deepEqual(JSON.parse(metadata["files"]!), found.images.names);
    assert.equal(metadata["of"], "y");
  }),
);

Deno.test(
  "What was interrupted goes on, and ends with the same bytes",
  given(async ({ folder, encoder, images }) => {
    const found = await encoder.images([images]);
    const [whole, out] = [join(folder, "whole.csv"), join(folder, "out.csv")];
    await embedFiles(encoder, found, { out: whole });
    const stop = new AbortController();
    await assert.rejects(embedFiles(encoder, found, {
      out,
      signal: stop.signal,
      onProgress: (done) => done >= 8 && stop.abort(),
    }));
    assert.ok((await names(folder)).includes("out.csv.rows"));
    await Deno.truncate(
      `${out}.rows`,
      (await Deno.stat(`${out}.rows`)).size - 3,
    );
    const { before } = await embedFiles(encoder, found, { out });
    assert.ok(before >= 4 && before < 21, `${before}`);
    assert.equal(
      await Deno.readTextFile(out),
      await Deno.readTextFile(whole),
    );
    assert.deepEqual(
      (await names(folder)).filter((name) => name.startsWith("out")),
      ["out.csv"],
    );
  }),
);

Deno.test(
  "A list, files, loose images and damaged ones are embedded, and told of",
  given(async ({ folder, encoder, images }) => {
    const some = ["bright/0000.png", "dark/0001.png"];
    const list = join(images, "some.txt");
    await Deno.writeTextFile(list, `# two\n${some.join("\n")}\n`);
    const listed = await encoder.images([list]);
    assert.deepEqual(listed.images.names, some);
    assert.equal(listed.images.labels, undefined);
    const files = await encoder.images(some.map((name) => join(images, name)));
    assert.equal(files.images.count, 2);

    await Deno.copyFile(join(images, some[0]!), join(images, "loose.png"));
    await Deno.writeTextFile(join(images, "bad.png"), "no image");
    const { images: all, skipped, remarks } = await encoder.images([images]);
    assert.equal(all.count, 22);
    assert.equal(all.labels, undefined);
    assert.match(remarks.join(), /no labels: Cannot tell the classes/);
    assert.ok(skipped.some(({ path }) => path.endsWith("bad.png")));
    const out = join(folder, "all.csv");
    assert.equal(
      (await embedFiles(encoder, { images: all, skipped, remarks }, { out }))
        .count,
      22,
    );
  }),
);

Deno.test(
  "A file that is there, another ending and a folder that is none are refused, and nothing is left",
  given(async ({ folder, encoder, images }) => {
    const found = await encoder.images([images]);
    const out = join(folder, "out.csv");
    await Deno.writeTextFile(out, "mine");
    await rejects(
      embedFiles(encoder, found, { out }),
      /exists already/,
      /--force/,
    );
    assert.equal(await Deno.readTextFile(out), "mine");
    await rejects(
      embedFiles(encoder, found, { out: join(folder, "out.txt") }),
      /\.parquet, \.npy, \.csv, \.safetensors/,
    );
    await rejects(
      embedFiles(encoder, found, { out: join(folder, "none", "out.csv") }),
      /its folder does not exist/,
    );
    await rejects(encoder.images([join(folder, "nowhere")]), /does not exist/);
    await embedFiles(encoder, found, { out, force: true });
    assert.match(await Deno.readTextFile(out), /^file,label,/);
    assert.deepEqual(
      (await names(folder)).filter((name) => name.includes("out")),
      ["out.csv"],
    );
  }),
);
