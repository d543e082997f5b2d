import assert from "@std/assert";
import { join } from "node:path";
import { installFolder } from "../../lib/engine/locate.ts";
import { TRUE_PYTHON, withWorkplace } from "./fake_python.ts";

const test = { ignore: TRUE_PYTHON === undefined || Deno.build.os !== "linux" };

Deno.test(
  "the engine is taken from STOPGRAD_LIBTENSORFLOW, then python3, then the cache",
  test,
  () =>
    withWorkplace(async (place) => {
      assert.equal((await place.run("locate")).library, undefined);
      assert.equal((await place.run("ensure")).library?.origin, "cache");
      assert.equal((await place.run("locate")).library?.origin, "cache");

      const python = place.libraries("site-packages/tensorflow");
      const FAKE_TENSORFLOW = JSON.stringify([python, "2.18.1", false]);
      const second = await place.run("locate", { FAKE_TENSORFLOW });
      assert.deepEqual(second.library, {
        framework: join(python, "libtensorflow_framework.so.2"),
        cc: join(python, "libtensorflow_cc.so.2"),
        origin: "python3",
        version: "2.18.1",
      });

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
