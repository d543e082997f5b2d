import assert from "@std/assert";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { EagerContext, type EagerTensor } from "../../lib/engine/eager.ts";
import { ensureEngine } from "../../lib/engine/install.ts";
import { collectGarbage, releaseLoaded } from "../../lib/engine/resident.ts";
import { engine } from "../helpers/engine.ts";

const MIB = 2 ** 20;
const PAGE = 4096;

/** Bytes of files that this process has resident. */
async function fileBytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return 1024 * Number(status.match(/RssFile:\s*(\d+) kB/)?.[1]);
}

/** Computes 6 x 6 op by op. */
function thirtySix(): number | bigint | undefined {
  const context = new EagerContext(engine.api, engine.config);
  const six = context.upload({
    dtype: "float32",
    shape: [],
    data: Float32Array.of(6),
  });
  const [product] = context.execute("Mul", {
    T: { kind: "type", value: "float32" },
  }, [six, six]);
  const { data } = context.download(product as EagerTensor);
  context.close();
  return data[0];
}

/** Reads a byte of every page of a library's code, so that all are resident. */
async function touch(path: string): Promise<void> {
  const maps = await Deno.readTextFile("/proc/self/maps");
  for (const line of maps.split("\n").filter((it) => it.endsWith(path))) {
    const [, from, to, access] = /^(\w+)-(\w+) (\S+)/.exec(line) ?? [];
    if (access !== "r-xp") continue;
    const start = BigInt(`0x${from}`);
    const length = Number(BigInt(`0x${to}`) - start);
    const view = new Deno.UnsafePointerView(
      Deno.UnsafePointer.create(start) as Deno.PointerObject,
    );
    for (let at = 0; at < length; at += PAGE) view.getUint8(at);
  }
}

Deno.test("a library's pages leave the memory, and it works on", async () => {
  const library = await ensureEngine({ build: "cpu", cacheDir: cacheFolder() });
  assert.equal(thirtySix(), 36);
  await touch(library.cc);
  const before = await fileBytes();
  releaseLoaded([library.framework, library.cc]);
  const after = await fileBytes();
  assert.ok(before - after > 100 * MIB, `${before / MIB} → ${after / MIB} MiB`);
  assert.equal(thirtySix(), 36);
});

Deno.test("libraries that are not named keep their pages", async () => {
  const before = await fileBytes();
  releaseLoaded(["/no/such/library.so"]);
  assert.ok(before - await fileBytes() < 2 * MIB);
});

Deno.test("V8's heap is as small as what is in use, once garbage is collected", () => {
  const used = () => Deno.memoryUsage().heapTotal;
  collectGarbage();
  const before = used();
  const kept = () => Array.from({ length: 2 ** 20 }, (_, i) => ({ i })).length;
  assert.equal(kept(), 2 ** 20);
  const grown = used();
  collectGarbage();
  const after = used();
  assert.ok(grown - before > 16 * MIB, `${before / MIB} → ${grown / MIB} MiB`);
  assert.ok(after - before < 4 * MIB, `${before / MIB} → ${after / MIB} MiB`);
});

Deno.test("asking for a collection leaves no function behind", () => {
  collectGarbage();
  assert.equal("gc" in globalThis, false);
});
