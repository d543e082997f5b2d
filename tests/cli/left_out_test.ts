/** @file What is said of files that were left out. */
import assert from "@std/assert";
import { leftOut } from "../../lib/cli/left_out.ts";

const NOTES = { path: "notes.txt", reason: "its name ends in none" };
const TORN = { path: "torn.jpg", reason: "its header is damaged" };

Deno.test("A damaged image is the example sooner than a file that is none by its name", () => {
  assert.equal(
    leftOut([NOTES, TORN]),
    "left out 2 files, such as torn.jpg: its header is damaged",
  );
  assert.equal(
    leftOut([NOTES]),
    "left out 1 file, such as notes.txt: its name ends in none",
  );
  assert.equal(
    leftOut([NOTES], 3),
    "left out 4 files, 3 of them damaged behind their headers",
  );
});
