import assert from "@std/assert";
import { join } from "node:path";
import { VERSION, WHEELS } from "../../lib/engine/wheels.ts";
import { type Found, TRUE_PYTHON, withWorkplace } from "./fake_python.ts";

const test = { ignore: TRUE_PYTHON === undefined || Deno.build.os !== "linux" };

/** Asserts a failure of the user's kind: its cause, then three ways out. */
function failed({ library, error }: Found, cause: RegExp): void {
  assert.equal(library, undefined);
  assert.equal(error?.name, "UserError");
  const [first, ...rest] = (error?.message ?? "").split("\n");
  assert.match(
    first ?? "",
    /^The engine \(libtensorflow [\d.]+, cpu\) is missing and could not be fetched: /,
  );
  assert.match(first ?? "", cause);
  assert.equal(rest[0], "Three ways to give it:");
  assert.match(
    error?.message ?? "",
    /1\. set STOPGRAD_LIBTENSORFLOW to a folder/,
  );
  assert.match(
    error?.message ?? "",
    /2\. .*python3 -m pip install tensorflow-cpu==/,
  );
  assert.match(error?.message ?? "", /3\. mend the cause and run again/);
}

Deno.test(
  "A pip from which nothing comes is ended, and that is the cause",
  test,
  () =>
    withWorkplace(async (place) => {
      const found = await place.run(
        "ensure",
        { FAKE_SECONDS: "60" },
        { patience: 0.5 },
      );
      failed(found, /pip could not download it: nothing came for 0\.5 s/);
      assert.deepEqual(place.cached(), []);
    }),
);

Deno.test(
  "the wheel is downloaded, verified and unpacked into the cache, once",
  test,
  () =>
    withWorkplace(async (place) => {
      const { library, tasks } = await place.run("ensure");
      const folder = join(place.cacheDir, `tensorflow-cpu-${VERSION}`);
      assert.deepEqual(library, {
        framework: join(folder, "tensorflow/libtensorflow_framework.so.2"),
        cc: join(folder, "tensorflow/libtensorflow_cc.so.2"),
        origin: "cache",
        version: VERSION,
      });
      assert.equal(
        await Deno.readTextFile(library?.framework ?? ""),
        "framework".repeat(100),
      );
      assert.equal(
        await Deno.readTextFile(library?.cc ?? ""),
        "cc".repeat(1000),
      );
      assert.ok(tasks.some(({ task }) => task === "verify"));
      for (const { done, total } of tasks) assert.ok(done <= total);
      // Nothing of the download stays.
      assert.deepEqual(place.cached(), [`tensorflow-cpu-${VERSION}`]);

      await place.run("ensure");
      const [call, ...more] = place.calls();
      assert.deepEqual(more, []);
      assert.match(call ?? "", /--no-deps/);
      assert.match(call ?? "", /--only-binary=:all:/);
      assert.match(call ?? "", / tensorflow-cpu==2\.21\.0$/);
    }),
);

Deno.test(
  "progress is told while pip downloads",
  test,
  () =>
    withWorkplace(async (place) => {
      const { tasks } = await place.run("ensure", { FAKE_SECONDS: "0.7" });
      assert.ok(tasks.some(({ task }) => task === "download"));
    }),
);

Deno.test(
  "a wheel of another checksum is refused, and not kept",
  test,
  () =>
    withWorkplace(async (place) => {
      const wheel = { ...place.wheel, sha256: "0".repeat(64) };
      const found = await place.run("ensure", {}, { wheel });
      failed(
        found,
        new RegExp(
          `the checksum of tensorflow_cpu-\\S+\\.whl is ${place.wheel.sha256}, expected 0{64}`,
        ),
      );
      assert.deepEqual(place.cached(), []);
    }),
);

Deno.test(
  "a process that ends while pip downloads leaves nothing in the cache",
  test,
  () =>
    withWorkplace(async (place) => {
      await place.run("ensure", { FAKE_SECONDS: "60" }, { endAfter: 500 });
      assert.match(place.calls()[0] ?? "", /pip download/);
      assert.deepEqual(place.cached(), []);
    }),
);

Deno.test(
  "pip's own complaint is passed on",
  test,
  () =>
    withWorkplace(async (place) => {
      const FAKE_FAILURE = "No matching distribution found for tensorflow-cpu";
      const found = await place.run("ensure", { FAKE_FAILURE });
      failed(
        found,
        /pip could not download it: ERROR: No matching distribution/,
      );
      assert.deepEqual(place.cached(), []);
    }),
);

Deno.test(
  "a python3 without pip says so",
  test,
  () =>
    withWorkplace(async (place) => {
      const FAKE_FAILURE = "/usr/bin/python3: No module named pip";
      failed(
        await place.run("ensure", { FAKE_FAILURE }),
        /No module named pip/,
      );
    }),
);

Deno.test(
  "without a python3 the ways out are named",
  test,
  () =>
    withWorkplace(async (place) => {
      const found = await place.run("ensure", {
        PATH: join(place.folder, "no"),
      });
      failed(found, /there is no python3 on the PATH/);
    }),
);

Deno.test(
  "a pip that downloads no wheel is a failure",
  test,
  () =>
    withWorkplace(async (place) => {
      const found = await place.run("ensure", { FAKE_WHEEL: "" });
      failed(found, /pip downloaded no wheel/);
      assert.deepEqual(place.cached(), []);
    }),
);

Deno.test(
  "a wheel that cannot be unpacked is a failure, and not kept",
  test,
  () =>
    withWorkplace(async (place) => {
      const file = join(place.folder, "broken.whl");
      await Deno.writeTextFile(file, "no archive");
      const bytes = new Uint8Array(
        await crypto.subtle.digest("SHA-256", await Deno.readFile(file)),
      );
      const wheel = { ...place.wheel, sha256: bytes.toHex() };
      const found = await place.run("ensure", { FAKE_WHEEL: file }, { wheel });
      failed(found, /the wheel could not be unpacked: .*zip/);
      assert.deepEqual(place.cached(), []);
    }),
);

Deno.test(
  "a disk that is too full is found before anything is downloaded",
  test,
  () =>
    withWorkplace(async (place) => {
      const wheel = { ...place.wheel, bytes: 1e18 };
      const found = await place.run("ensure", {}, { wheel });
      failed(
        found,
        /not enough space in .*: 1000000000\.0 GB needed, [\d.]+ GB free/,
      );
      assert.deepEqual(place.calls(), []);
    }),
);

Deno.test(
  "a cache folder that cannot be made is the user's to mend",
  test,
  () =>
    withWorkplace(async (place) => {
      const file = join(place.folder, "file");
      await Deno.writeTextFile(file, "");
      const cacheDir = join(file, "cache");
      failed(await place.run("ensure", {}, { cacheDir }), /file/);
    }),
);

Deno.test(
  "what a killed installation left is removed when it is a day old",
  test,
  () =>
    withWorkplace(async (place) => {
      for (const name of ["installing-old", "installing-new", "other"]) {
        const path = join(place.cacheDir, name);
        await Deno.mkdir(path, { recursive: true });
        const age = name === "installing-old" ? 25 : 1;
        const time = new Date(Date.now() - age * 3600 * 1000);
        await Deno.utime(path, time, time);
      }
      assert.equal((await place.run("ensure")).library?.origin, "cache");
      assert.deepEqual(place.cached().sort(), [
        "installing-new",
        "other",
        `tensorflow-cpu-${VERSION}`,
      ]);
    }),
);

Deno.test(
  "a half installation in the engine's place is replaced",
  test,
  () =>
    withWorkplace(async (place) => {
      const folder = join(
        place.cacheDir,
        `tensorflow-cpu-${VERSION}/tensorflow`,
      );
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(join(folder, "libtensorflow_cc.so.2"), "half");
      const { library } = await place.run("ensure");
      assert.equal((await Deno.stat(library?.cc ?? "")).size, 2000);
    }),
);

Deno.test(
  "two processes at once both get the engine, and leave nothing behind",
  test,
  () =>
    withWorkplace(async (place) => {
      // The second one finishes while the first one's files are in place.
      const found = await Promise.all([
        place.run("ensure", { FAKE_SECONDS: "0.5" }),
        place.run("ensure", { FAKE_SECONDS: "1" }),
      ]);
      for (const { library, error } of found) {
        assert.equal(error, undefined);
        assert.equal(library?.origin, "cache");
        assert.equal((await Deno.stat(library?.cc ?? "")).size, 2000);
      }
      assert.equal(place.calls().length, 2);
      assert.deepEqual(place.cached(), [`tensorflow-cpu-${VERSION}`]);
    }),
);

// Between looking for the engine and installing it, another process may finish.
Deno.test(
  "an engine that is whole by now is not removed by a later installation",
  test,
  () =>
    withWorkplace(async (place) => {
      await place.run("ensure");
      failed(
        await place.run("install", { FAKE_FAILURE: "no route" }),
        /no route/,
      );
      assert.equal((await place.run("locate")).library?.origin, "cache");
      assert.equal((await place.run("install")).library?.origin, "cache");
    }),
);

Deno.test(
  "a failed installation is tried again by the next one",
  test,
  () =>
    withWorkplace(async (place) => {
      failed(
        await place.run("ensure", { FAKE_FAILURE: "no route" }),
        /no route/,
      );
      assert.equal((await place.run("ensure")).library?.origin, "cache");
    }),
);

Deno.test("pinned wheels have a checksum, sizes and a version", () => {
  for (const [name, wheel] of Object.entries(WHEELS)) {
    assert.match(name, /^(x86_64|aarch64)\/(cpu|gpu)$/);
    assert.match(wheel.sha256, /^[0-9a-f]{64}$/);
    assert.ok(wheel.requirement.endsWith(`==${VERSION}`));
    assert.ok(wheel.platform.endsWith(name.split("/")[0] as string));
    assert.ok(wheel.frameworkBytes + wheel.ccBytes > wheel.bytes);
    for (const cuda of wheel.cuda) assert.match(cuda, /^nvidia-\S+==[\d.]+$/);
    assert.equal(wheel.cuda.length > 0, name.endsWith("/gpu"));
  }
});
