import assert from "@std/assert";
import { join } from "node:path";
import { installFolder } from "../../lib/engine/locate.ts";
import { TRUE_PYTHON, withWorkplace } from "./fake_python.ts";

const test = { ignore: TRUE_PYTHON === undefined || Deno.build.os !== "linux" };

Deno.test(
  "the engine is taken from STOPGRAD_LIBTENSORFLOW, then the cache, then python3",
  test,
  () =>
    withWorkplace(async (place) => {
      assert.equal((await place.run("locate")).library, undefined);
      const python = place.libraries("site-packages/tensorflow");
      const FAKE_TENSORFLOW = JSON.stringify([python, "2.18.1", false]);
      const third = await place.run("locate", { FAKE_TENSORFLOW });
      assert.deepEqual(third.library, {
        framework: join(python, "libtensorflow_framework.so.2"),
        cc: join(python, "libtensorflow_cc.so.2"),
        origin: "python3",
        version: "2.18.1",
      });

      assert.equal((await place.run("install")).library?.origin, "cache");
      const second = await place.run("locate", { FAKE_TENSORFLOW });
      assert.equal(second.library?.origin, "cache");

      const own = place.libraries("own");
      const first = await place.run("locate", {
        FAKE_TENSORFLOW,
        STOPGRAD_LIBTENSORFLOW: own,
      });
      assert.deepEqual(first.library, {
        framework: join(own, "libtensorflow_framework.so.2"),
        cc: join(own, "libtensorflow_cc.so.2"),
        origin: "STOPGRAD_LIBTENSORFLOW",
        version: "unknown",
      });
    }),
);

Deno.test(
  "a python3 that prints more than its answer is understood",
  test,
  () =>
    withWorkplace(async (place) => {
      const python = place.libraries("site-packages/tensorflow");
      const FAKE_TENSORFLOW = JSON.stringify([python, "2.18.1", false]);
      const { library } = await place.run("locate", {
        FAKE_TENSORFLOW,
        FAKE_NOISE: "Hello from sitecustomize",
      });
      assert.equal(library?.origin, "python3");
    }),
);

Deno.test(
  "a python3 that hangs is not waited for, and not asked where the engine is in the cache",
  test,
  () =>
    withWorkplace(async (place) => {
      const before = performance.now();
      const hanging = { FAKE_HANG: "yes" };
      assert.equal((await place.run("locate", hanging)).library, undefined);
      assert.ok(performance.now() - before < 40_000);
      assert.equal(place.asked(), 1);
      await place.run("install");
      const asked = place.asked();
      const { library } = await place.run("locate", hanging);
      assert.equal(library?.origin, "cache");
      assert.equal(place.asked(), asked);
    }),
);

Deno.test(
  "a library that was cut off is refused before it ends the process",
  test,
  () =>
    withWorkplace(async (place) => {
      const own = place.libraries("own");
      const header = await Deno.readFile(join(own, "libtensorflow_cc.so.2"));
      // Section headers far behind the end.
      new DataView(header.buffer).setBigUint64(40, 1_000_000n, true);
      await Deno.writeFile(join(own, "libtensorflow_cc.so.2"), header);
      const { error } = await place.run("locate", {
        STOPGRAD_LIBTENSORFLOW: own,
      });
      assert.match(
        error?.message ?? "",
        /libtensorflow_cc\.so\.2 is no whole library: it was cut off/,
      );
      const { library } = await place.run("locate", {
        FAKE_TENSORFLOW: JSON.stringify([own, "2.18.1", false]),
      });
      assert.equal(library, undefined);
    }),
);

Deno.test(
  "a cached engine that was patched at the same size is passed over, and mended",
  test,
  () =>
    withWorkplace(async (place) => {
      const { library } = await place.run("ensure");
      const path = library?.cc ?? "";
      const { mtime, atime } = await Deno.stat(path);
      const bytes = await Deno.readFile(path);
      bytes[1000]! ^= 1;
      // Times of changes are told in whole seconds.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await Deno.writeFile(path, bytes);
      // Its time is set back: it was not written, it seems.
      await Deno.utime(path, atime!, mtime!);
      assert.equal((await place.run("locate")).library, undefined);
      assert.equal((await place.run("ensure")).library?.origin, "cache");
      bytes[1000]! ^= 1;
      assert.deepEqual(await Deno.readFile(path), bytes);
      // A copy with other times is looked at, and is the same.
      await Deno.utime(path, new Date(0), new Date(0));
      assert.equal((await place.run("locate")).library?.origin, "cache");
    }),
);

Deno.test(
  "STOPGRAD_LIBTENSORFLOW with a wrong folder is the user's to mend, never passed over",
  test,
  () =>
    withWorkplace(async (place) => {
      const half = place.libraries("half");
      await Deno.remove(join(half, "libtensorflow_cc.so.2"));
      const empty = place.libraries("empty");
      await Deno.writeTextFile(join(empty, "libtensorflow_cc.so.2"), "");
      for (const folder of [join(place.folder, "absent"), half, empty]) {
        for (const action of ["locate", "ensure"] as const) {
          const { error } = await place.run(action, {
            STOPGRAD_LIBTENSORFLOW: folder,
          });
          assert.equal(error?.name, "UserError");
          assert.ok(error?.message.includes(`"${folder}"`), error?.message);
          assert.match(
            error?.message ?? "",
            /does not hold libtensorflow_framework/,
          );
          assert.match(error?.message ?? "", /or unset it\.$/);
        }
      }
      assert.deepEqual(place.calls(), []);
    }),
);

Deno.test(
  "a TensorFlow of python3 that cannot serve is passed over",
  test,
  () =>
    withWorkplace(async (place) => {
      const folder = place.libraries("site-packages/tensorflow");
      const locate = async (found: unknown, build: "cpu" | "gpu" = "cpu") =>
        (await place.run(
          "locate",
          { FAKE_TENSORFLOW: JSON.stringify(found) },
          { build },
        )).library?.origin;
      assert.equal(await locate([folder, "2.15.0", false]), undefined);
      assert.equal(await locate([folder, "3.0.0", false]), undefined);
      assert.equal(
        await locate([`${folder}-gone`, "2.21.0", false]),
        undefined,
      );
      assert.equal(await locate([folder, "2.21.0", false], "gpu"), undefined);
      assert.equal(await locate([folder, "2.21.0", true], "gpu"), "python3");
      assert.equal(await locate([folder, "2.16.0", false]), "python3");
    }),
);

Deno.test(
  "the TensorFlow that python3 would import is found without importing it",
  test,
  () =>
    withWorkplace(async (place) => {
      const site = join(place.folder, "site");
      const folder = place.libraries("site/tensorflow");
      await Deno.writeTextFile(
        join(folder, "__init__.py"),
        "raise SystemExit('it was imported')",
      );
      const info = join(site, "tensorflow-2.19.0.dist-info");
      await Deno.mkdir(info);
      await Deno.writeTextFile(
        join(info, "METADATA"),
        "Metadata-Version: 2.1\nName: tensorflow\nVersion: 2.19.0\n",
      );
      const { library } = await place.run("locate", {
        PATH: Deno.env.get("PATH") ?? "",
        PYTHONPATH: site,
      });
      assert.equal(library?.origin, "python3");
      assert.equal(library?.version, "2.19.0");
      assert.equal(library?.cc, join(folder, "libtensorflow_cc.so.2"));
    }),
);

Deno.test(
  "a cached engine of the wrong size is passed over",
  test,
  () =>
    withWorkplace(async (place) => {
      const { library } = await place.run("ensure");
      await Deno.truncate(library?.cc ?? "", 10);
      assert.equal((await place.run("locate")).library, undefined);
      // And mended by the next one who needs it.
      const mended = await place.run("ensure");
      assert.equal(mended.library?.origin, "cache");
      assert.equal((await Deno.stat(mended.library?.cc ?? "")).size, 2000);
    }),
);

Deno.test("each build has a folder of its own in the cache", () => {
  const folders = (["cpu", "gpu"] as const).map((build) =>
    installFolder({ build, cacheDir: "/cache" })
  );
  assert.equal(new Set(folders).size, 2);
  for (const folder of folders) assert.match(folder, /^\/cache\/tensorflow-/);
});
