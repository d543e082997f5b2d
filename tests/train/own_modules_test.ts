/** @file A resumed run notices that its own modules were edited. */
import assert from "@std/assert";
import { join } from "node:path";
import { digestModules } from "../../lib/train/own_modules.ts";
import { refuseOtherData } from "../../lib/train/run_errors.ts";
import { fingerprint } from "../../lib/data/fingerprint.ts";
import { withFolder } from "../data/fixtures.ts";
import { tinyImages } from "../evaluate/tiny.ts";

const VALUE = { stages: { loss: { use: "./mine.ts", between: ["y", "y"] } } };

Deno.test(
  "A module and what it imports have a digest, wherever they lie",
  withFolder(async (folder) => {
    const write = (name: string, text: string) =>
      Deno.writeTextFile(join(folder, name), text);
    await write("mine.ts", 'import { a } from "./help.ts"; export default a;');
    await write("help.ts", "export const a = 1;");
    await write("other.ts", "export const b = 1;");
    const before = await digestModules(VALUE, folder);
    assert.deepEqual(Object.keys(before), ["./mine.ts"]);
    await write("other.ts", "export const b = 2;");
    assert.deepEqual(await digestModules(VALUE, folder), before);
    await write("help.ts", "export const a = 2;");
    const after = await digestModules(VALUE, folder);
    assert.notDeepEqual(after, before);

    const images = fingerprint({ train: tinyImages(4) }, false);
    const point = {
      folder: "runs/x",
      origin: {
        baseDir: ".",
        id: "",
        pipeline: {},
        data: images,
        modules: before,
      },
    };
    refuseOtherData(point, images, before);
    assert.throws(
      () => refuseOtherData(point, images, after),
      /its own modules \.\/mine\.ts have changed\.\n.*--changed/,
    );
    // A pipeline of built-in stages has none.
    assert.deepEqual(await digestModules({ stages: {} }, folder), {});
  }),
);
