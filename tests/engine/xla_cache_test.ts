/** @file Programs that XLA compiled, from one process to the next. */
import assert from "@std/assert";
import { join } from "node:path";
import process from "node:process";
import { XlaCache } from "../../lib/engine/xla_cache.ts";
import { withFolder } from "../data/fixtures.ts";
import { close } from "../helpers/numeric.ts";

const FLAGS = "TF_XLA_FLAGS";

/** Leaves the environment as it was. */
const keepingEnvironment =
  (body: (folder: string) => Promise<void> | void) =>
  async (
    folder: string,
  ): Promise<void> => {
    const names = [FLAGS, "TF_CPP_MIN_LOG_LEVEL"];
    const before = names.map((name) => [name, Deno.env.get(name)] as const);
    try {
      await body(folder);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
  };

const filesIn = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile)
    .map(({ name }) => name).sort();

Deno.test(
  "What one process compiled is there for the next, and a killed one leaves nothing half",
  withFolder(keepingEnvironment((store) => {
    Deno.env.set(FLAGS, "--tf_xla_clustering_debug");
    const killed = join(store, "process-999999999");
    Deno.mkdirSync(killed);
    Deno.writeTextFileSync(join(killed, "half.pb"), "ha");
    Deno.writeTextFileSync(join(store, "old.pb"), "old");
    const cache = XlaCache.open(store);
    const own = join(store, `process-${process.pid}`);
    assert.equal(
      Deno.env.get(FLAGS),
      `--tf_xla_clustering_debug --tf_xla_persistent_cache_directory=${own}`,
    );
    assert.deepEqual(filesIn(own), ["old.pb"]);
    assert.throws(() => Deno.statSync(killed), Deno.errors.NotFound);
    Deno.writeTextFileSync(join(own, "new.pb"), "new");
    cache?.keep();
    cache?.keep();
    assert.deepEqual(filesIn(store), ["new.pb", "old.pb"]);
    assert.equal(XlaCache.open(store), undefined, "the user's folder counts");
  })),
);

Deno.test(
  "The oldest programs go where there are too many",
  withFolder(keepingEnvironment((store) => {
    for (const [i, name] of ["a", "b", "c"].entries()) {
      const path = join(store, name);
      Deno.writeTextFileSync(path, "12345");
      Deno.utimeSync(path, 100 + i, 100 + i);
    }
    Deno.env.delete(FLAGS);
    XlaCache.open(store, 12);
    assert.deepEqual(filesIn(store), ["b", "c"]);
  })),
);

// TensorFlow clusters ops on a CPU only where it is told to.
const ON_CPU = "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit";

Deno.test(
  "TensorFlow reads from there what it compiled before, and two replicas compute with XLA what one does",
  withFolder(async (store) => {
    const once = async () => {
      const { success, stdout, stderr } = await new Deno.Command(
        Deno.execPath(),
        {
          args: [
            "run",
            "-A",
            "--no-check",
            new URL("xla_cache_process.ts", import.meta.url).pathname,
            store,
          ],
          env: { [FLAGS]: ON_CPU },
        },
      ).output();
      const text = new TextDecoder();
      assert.ok(success, text.decode(stderr));
      assert.doesNotMatch(text.decode(stderr), /text_format/);
      return text.decode(stdout);
    };
    const first = await once();
    const [one = [], two = []] = first.trim().split("\n").map((line) =>
      JSON.parse(line) as number[]
    );
    assert.equal(one.length, 3);
    close(two, one, 1e-5);
    const files = filesIn(store);
    assert.ok(files.length > 0);
    const written = files.map((name) => Deno.statSync(join(store, name)).mtime);
    assert.equal(await once(), first);
    assert.deepEqual(filesIn(store), files);
    assert.deepEqual(
      files.map((name) => Deno.statSync(join(store, name)).mtime),
      written,
    );
  }),
);
