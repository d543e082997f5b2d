/** @file Archives that lie: in their headers, their names and their sizes. */
import assert from "@std/assert";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { tar } from "../../lib/data/tar.ts";
import {
  firstPixels,
  image,
  load,
  rejects,
  withFolder,
  write,
} from "./fixtures.ts";
import { bytesOf } from "./png.ts";

const RED = await image([255, 0, 0]);
const BLUE = await image([0, 0, 255]);
const BLOCK = 512;

const padded = (bytes: Uint8Array, to = BLOCK): Uint8Array => {
  const rest = new Uint8Array(Math.ceil(bytes.length / to) * to);
  rest.set(bytes);
  return rest;
};

/** Header of a member (POSIX.1-1988 ustar), with a right checksum. */
function header(
  name: string,
  size: number | Uint8Array,
  type = "0",
  magic = "ustar\x0000",
): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, value: string | Uint8Array): void =>
    block.set(bytesOf(value), at);
  put(0, new TextEncoder().encode(name).slice(0, 100));
  put(100, "0000644\0");
  put(
    124,
    typeof size === "number" ? `${size.toString(8).padStart(11, "0")}\0` : size,
  );
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, type);
  put(257, magic);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

const member = (name: string, bytes: Uint8Array, type = "0"): Uint8Array =>
  bytesOf(header(name, bytes.length, type), padded(bytes));

/** A pax record: its length, a key, a value. */
function pax(key: string, value: string): Uint8Array {
  const rest = ` ${key}=${value}\n`;
  const bytes = new TextEncoder().encode(rest).length;
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length++;
  return new TextEncoder().encode(`${length}${rest}`);
}

const END = new Uint8Array(2 * BLOCK);
const archive = (...members: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  bytesOf(...members, END);

const FIRST = member("a/1.png", RED);
const LAST = member("b/9.png", BLUE);

/** Members that are left out, the others read. */
const LEFT_OUT: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  "with a long GNU name that leads out": [
    bytesOf(
      member("././@LongLink", bytesOf(`${"../".repeat(60)}x.png\0`), "L"),
      member("short.png", RED),
    ),
    /its path has "\.\."/,
  ],
  "with a pax name that leads out": [
    bytesOf(
      member("pax", pax("path", "a/../../x.png"), "x"),
      member("short.png", RED),
    ),
    /its path has "\.\."/,
  ],
  "with a pax name that is absolute": [
    bytesOf(
      member("pax", pax("path", "/etc/x.png"), "x"),
      member("s.png", RED),
    ),
    /its path is absolute/,
  ],
  "that is a symbolic link": [
    header("a/link.png", 0, "2"),
    /it is a link or a device/,
  ],
  "that is a hard link": [
    header("a/link.png", 0, "1"),
    /it is a link or a device/,
  ],
  "that is a device": [
    header("a/zero.png", 0, "3"),
    /it is a link or a device/,
  ],
  "that is a block device": [header("a/disk.png", 0, "4"), /it is a link/],
  "that is a pipe": [header("a/pipe.png", 0, "6"), /it is a link or a device/],
  "that is sparse": [
    member("a/sparse.png", RED, "S"),
    /it is a link or a device/,
  ],
  "of an unknown type": [member("a/odd.png", RED, "Z"), /it is a link/],
  "that is empty": [header("a/empty.png", 0), /the file is empty/],
  "that is a text": [member("a/t.png", bytesOf("text")), /none of the formats/],
  "cut off by its own header": [
    member("a/cut.png", RED.slice(0, 40)),
    /./,
  ],
};

for (const [what, [bytes, reason]] of Object.entries(LEFT_OUT)) {
  Deno.test(
    `A member ${what} is left out with the reason`,
    withFolder(async (folder) => {
      await write(folder, { "a.tar": archive(FIRST, bytes, LAST) });
      const options = { path: "a.tar", size: 4, on_error: "skip" };
      for (const memory of [1, 0]) {
        const { train, skipped } = await tar.load(
          tar.options.parse({ ...options, memory }),
          { baseDir: folder, cacheDir: folder },
        );
        assert.equal(train.count, 2, JSON.stringify(skipped));
        assert.equal(skipped.length, 1);
        assert.match(skipped[0]?.reason ?? "", reason);
      }
      const { train } = await load(tar, options, folder);
      assert.deepEqual(firstPixels(train), ["255,0,0", "0,0,255"]);
      // Nothing was unpacked.
      const names = await Array.fromAsync(Deno.readDir(folder));
      assert.deepEqual(names.map(({ name }) => name), ["a.tar"]);
    }),
  );
}

/** Archives that are refused as a whole, whatever the policy. */
const REFUSED: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  "whose member claims 8 GiB": [
    bytesOf(FIRST, header("a/2.png", 2 ** 33 - 1), LAST, END),
    /truncated or damaged/,
  ],
  "whose member claims a size of 64 bits": [
    bytesOf(
      FIRST,
      header(
        "a/2.png",
        Uint8Array.of(0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255),
      ),
      LAST,
      END,
    ),
    /truncated or damaged/,
  ],
  "whose member claims a negative size": [
    bytesOf(
      FIRST,
      header("a/2.png", new Uint8Array(12).fill(255, 0, 11)),
      LAST,
      END,
    ),
    /truncated or damaged/,
  ],
  "whose pax header claims a size that is no number": [
    bytesOf(
      FIRST,
      member("pax", pax("size", "many"), "x"),
      member("a/2.png", RED),
      LAST,
      END,
    ),
    /truncated or damaged/,
  ],
  "whose pax header is larger than any": [
    bytesOf(FIRST, header("pax", 2 ** 30, "x"), LAST, END),
    /truncated or damaged/,
  ],
  "with a header whose checksum is wrong": [
    bytesOf(FIRST, header("a/2.png", RED.length).with(0, 66), padded(RED), END),
    /truncated or damaged/,
  ],
  "that ends in the middle of a member": [
    archive(FIRST, LAST).slice(0, FIRST.length + BLOCK + 10),
    /truncated or damaged/,
  ],
  "of nothing but zeros": [new Uint8Array(10 * BLOCK), /Cannot find images/],
  "of nothing but texts": [
    archive(member("a/1.txt", bytesOf("text"))),
    /Cannot find images/,
  ],
};

for (const [what, [bytes, reason]] of Object.entries(REFUSED)) {
  for (const packed of [false, true]) {
    Deno.test(
      `An archive ${what} is refused${packed ? ", compressed too" : ""}`,
      withFolder(async (folder) => {
        const file = packed ? new Uint8Array(gzipSync(bytes)) : bytes;
        await write(folder, { "a.tar": file });
        for (const on_error of ["skip", "fail"]) {
          const options = { path: "a.tar", size: 4, on_error };
          await rejects(load(tar, options, folder), reason);
        }
      }),
    );
  }
}

Deno.test(
  "Long names of GNU tar and pax, and one name twice, are read",
  withFolder(async (folder) => {
    const long = `${"deep/".repeat(40)}x.png`;
    await write(folder, {
      "a.tar": archive(
        FIRST,
        member("././@LongLink", bytesOf(`a/${long}\0`), "L"),
        member("short.png", BLUE),
        member("pax", pax("path", `b/ümläut-${long}`), "x"),
        member("short.png", RED),
        member("a/1.png", BLUE),
      ),
    });
    const options = { path: "a.tar", size: 4 };
    const { train } = await load(tar, options, folder);
    assert.deepEqual(train.classes, ["a", "b"]);
    assert.deepEqual(firstPixels(train), ["0,0,255", "0,0,255", "255,0,0"]);
    await rejects(
      load(tar, { ...options, path: join("..", "..", "none.tar") }, folder),
      /does not exist/,
    );
  }),
);
