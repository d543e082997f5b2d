import assert from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { encodeSafetensors } from "../../lib/checkpoint/safetensors.ts";
import { CheckpointStore, type Values } from "../../lib/checkpoint/store.ts";
import { writeAtomic } from "../../lib/checkpoint/write_atomic.ts";

const withFolder =
  (test: (folder: string) => Promise<void>) => async (): Promise<void> => {
    const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
    try {
      await test(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };

const values = (step: number): Values => ({
  "y/kernel": {
    dtype: "float32",
    shape: [2],
    data: Float32Array.of(step, -step),
  },
  step: { dtype: "int32", shape: [], data: Int32Array.of(step) },
});

const names = async (folder: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(folder)) found.push(name);
  return found.sort();
};

/** Saves steps in order. */
async function saved(
  folder: string,
  keep: number,
  ...steps: readonly number[]
): Promise<CheckpointStore> {
  const store = new CheckpointStore(folder, { keep });
  for (const step of steps) {
    await store.save(step, values(step), { loss: step });
  }
  return store;
}

Deno.test(
  "The newest checkpoint comes back with its values",
  withFolder(async (folder) => {
    const store = await saved(join(folder, "new", "folder"), 2, 10, 20);
    const { entry, values: found, refused } = await store.newest();
    assert.deepEqual(found, values(20));
    assert.deepEqual(refused, []);
    assert.deepEqual([entry?.step, entry?.metrics], [20, { loss: 20 }]);
    assert.equal(entry?.file, "step-00000020.safetensors");
  }),
);

Deno.test(
  "Without checkpoints there is no newest one",
  withFolder(async (folder) => {
    const store = new CheckpointStore(join(folder, "missing"), { keep: 2 });
    assert.deepEqual(await store.newest(), { refused: [] });
    assert.deepEqual(await store.list(), []);
  }),
);

Deno.test(
  "As many checkpoints stay as are to be kept, the newest ones",
  withFolder(async (folder) => {
    const store = await saved(folder, 2, 1, 2, 3, 4);
    assert.deepEqual((await store.list()).map(({ step }) => step), [3, 4]);
    assert.deepEqual(await names(folder), [
      "manifest.backup.json",
      "manifest.json",
      "step-00000003.safetensors",
      "step-00000004.safetensors",
    ]);
  }),
);

Deno.test(
  "The newest checkpoint of the healthy run stays, however many sick ones follow",
  withFolder(async (folder) => {
    const store = await saved(folder, 2, 1, 2);
    assert.equal((await store.newestHealthy())?.step, 2);
    for (const step of [3, 4, 5]) {
      await store.save(step, values(step), {}, { healthy: false });
    }
    assert.deepEqual(
      (await store.list()).map(({ step, healthy }) => [step, healthy]),
      [[2, true], [4, false], [5, false]],
    );
    assert.equal((await store.newestHealthy())?.step, 2);
    // A run that recovered needs it no longer.
    await store.save(6, values(6), {});
    await store.save(7, values(7), {});
    assert.deepEqual((await store.list()).map(({ step }) => step), [6, 7]);
    const files = (await names(folder)).filter((one) => one.startsWith("step"));
    assert.equal(files.length, 2);
  }),
);

Deno.test(
  "A step that is saved again takes its own place",
  withFolder(async (folder) => {
    const store = await saved(folder, 3, 1, 2);
    await store.save(2, values(7), {});
    assert.deepEqual((await store.list()).map(({ step }) => step), [1, 2]);
    assert.deepEqual((await store.newest()).values, values(7));
  }),
);

Deno.test(
  "A file that the manifest does not list is left alone",
  withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "notes.txt"), "mine");
    await Deno.writeTextFile(join(folder, "step-00000001.safetensors"), "?");
    const store = await saved(folder, 1, 2, 3);
    assert.deepEqual(await names(folder), [
      "manifest.backup.json",
      "manifest.json",
      "notes.txt",
      "step-00000001.safetensors",
      "step-00000003.safetensors",
    ]);
    assert.equal((await store.newest()).entry?.step, 3);
  }),
);

const NEWEST = "step-00000030.safetensors";

interface Damage {
  readonly what: string;
  readonly reason: RegExp;
  readonly damage: (path: string) => Promise<void>;
}

const DAMAGES: readonly Damage[] = [
  {
    what: "cut off",
    reason: /^it has 50 bytes, expected \d+$/,
    damage: (path) => Deno.truncate(path, 50),
  },
  {
    what: "changed in one bit",
    reason: /^its checksum differs/,
    async damage(path) {
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 1]! ^= 1;
      await Deno.writeFile(path, bytes);
    },
  },
  {
    what: "of another run but of the same length",
    reason: /^its checksum differs/,
    async damage(path) {
      const { size } = await Deno.stat(path);
      await Deno.writeFile(path, new Uint8Array(size));
    },
  },
  {
    what: "missing",
    reason: /No such file|not find/,
    damage: (path) => Deno.remove(path),
  },
];

for (const { what, reason, damage } of DAMAGES) {
  Deno.test(
    `A newest checkpoint that is ${what} is passed over with the reason`,
    withFolder(async (folder) => {
      const store = await saved(folder, 3, 10, 20, 30);
      await damage(join(folder, NEWEST));
      const { entry, values: found, refused } = await store.newest();
      assert.equal(entry?.step, 20);
      assert.deepEqual(found, values(20));
      assert.deepEqual(refused.map(({ file }) => file), [NEWEST]);
      assert.match(refused[0]?.reason ?? "", reason);
    }),
  );
}

Deno.test(
  "A checkpoint that matches its checksum and is no safetensors file is passed over",
  withFolder(async (folder) => {
    const store = await saved(folder, 2, 10, 30);
    const path = join(folder, "manifest.json");
    const manifest = JSON.parse(await Deno.readTextFile(path));
    const bytes = new TextEncoder().encode("not a checkpoint");
    await Deno.writeFile(join(folder, NEWEST), bytes);
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    Object.assign(manifest.checkpoints[1], {
      bytes: bytes.length,
      sha256: [...new Uint8Array(digest)].map((b) =>
        b.toString(16).padStart(2, "0")
      ).join(""),
    });
    await Deno.writeTextFile(path, JSON.stringify(manifest));
    const { entry, refused } = await store.newest();
    assert.equal(entry?.step, 10);
    assert.match(refused[0]?.reason ?? "", /^its header claims/);
  }),
);

Deno.test(
  "When every checkpoint is damaged, all are refused, the newest first",
  withFolder(async (folder) => {
    const store = await saved(folder, 3, 10, 20, 30);
    for (const { file } of await store.list()) {
      await Deno.truncate(join(folder, file), 1);
    }
    const { entry, values: found, refused } = await store.newest();
    assert.deepEqual([entry, found], [undefined, undefined]);
    assert.deepEqual(refused.map(({ file }) => file.slice(11, 13)), [
      "30",
      "20",
      "10",
    ]);
  }),
);

for (
  const [what, text] of [
    ["of another format", '{"format":"other-1","checkpoints":[]}'],
    ["that is no JSON", '{"format":'],
    [
      "that leads out of its folder",
      JSON.stringify({
        format: "stopgrad-checkpoints-1",
        checkpoints: [{
          file: "../secret.safetensors",
          step: 1,
          bytes: 1,
          sha256: "0".repeat(64),
          metrics: {},
        }],
      }),
    ],
  ] as const
) {
  Deno.test(
    `A manifest ${what} is refused`,
    withFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "manifest.json"), text);
      const { entry, refused } = await new CheckpointStore(folder, { keep: 2 })
        .newest();
      assert.equal(entry, undefined);
      assert.deepEqual(refused.map(({ file }) => file), ["manifest.json"]);
    }),
  );
}

Deno.test(
  "A checkpoint is a safetensors file as any tool reads it",
  withFolder(async (folder) => {
    await saved(folder, 1, 5);
    const digest = createHash("sha256");
    for (const { data } of Object.values(values(5))) {
      digest.update(new Uint8Array(data.buffer));
    }
    assert.deepEqual(
      await Deno.readFile(join(folder, "step-00000005.safetensors")),
      encodeSafetensors({
        tensors: values(5),
        metadata: {
          format: "stopgrad",
          step: "5",
          run: "",
          values: digest.digest("hex"),
        },
      }),
    );
  }),
);

// Files that are whole or not there.

Deno.test(
  "writeAtomic replaces a file and leaves no part of it",
  withFolder(async (folder) => {
    const path = join(folder, "file");
    await writeAtomic(path, new Uint8Array([1, 2, 3]));
    await writeAtomic(path, new Uint8Array([4]));
    assert.deepEqual([...await Deno.readFile(path)], [4]);
    assert.deepEqual(await names(folder), ["file"]);
  }),
);

Deno.test(
  "writeAtomic overwrites the part that a killed process left",
  withFolder(async (folder) => {
    const path = join(folder, "file");
    await Deno.writeFile(`${path}.part`, new Uint8Array(1000));
    await writeAtomic(path, new Uint8Array([5]));
    assert.deepEqual([...await Deno.readFile(path)], [5]);
    assert.deepEqual(await names(folder), ["file"]);
  }),
);

Deno.test(
  "writeAtomic fails where there is no folder, and makes none",
  withFolder(async (folder) => {
    const path = join(folder, "missing", "file");
    await assert.rejects(
      writeAtomic(path, new Uint8Array(1)),
      Deno.errors.NotFound,
    );
    assert.deepEqual(await names(folder), []);
  }),
);

Deno.test(
  "writeAtomic leaves no part when the file cannot be put in its place",
  withFolder(async (folder) => {
    const path = join(folder, "taken");
    await Deno.mkdir(join(path, "by a folder"), { recursive: true });
    await assert.rejects(writeAtomic(path, new Uint8Array(1)));
    assert.deepEqual(await names(folder), ["taken"]);
  }),
);

// What belongs together.

Deno.test(
  "A checkpoint of another run is passed over, even under the right name and sum",
  withFolder(async (folder) => {
    const [mine, other] = ["mine", "other"].map((run) =>
      new CheckpointStore(join(folder, run), { keep: 3 }, run)
    );
    if (!mine || !other) throw new Error("no stores");
    await mine.save(10, values(10), {});
    await mine.save(20, values(20), {});
    await other.save(20, values(99), {});
    for (const file of ["step-00000020.safetensors"]) {
      await Deno.copyFile(join(other.folder, file), join(mine.folder, file));
    }
    const path = join(mine.folder, "manifest.json");
    const manifest = JSON.parse(await Deno.readTextFile(path));
    const [entry] = await other.list();
    manifest.checkpoints[1] = entry;
    await Deno.writeTextFile(path, JSON.stringify(manifest));
    const found = await mine.newest();
    assert.equal(found.entry?.step, 10);
    assert.deepEqual(found.refused, [{
      file: "step-00000020.safetensors",
      reason: "it belongs to another run",
    }]);
  }),
);

Deno.test(
  "A manifest that gives a checkpoint another step is not believed",
  withFolder(async (folder) => {
    const store = await saved(folder, 3, 10, 20);
    const path = join(folder, "manifest.json");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace('"step": 20', '"step": 21'));
    const { entry, refused } = await store.newest();
    assert.equal(entry?.step, 10);
    assert.match(refused[0]?.reason ?? "", /of step 20, .* manifest says 21/);
  }),
);

Deno.test(
  "Of a damaged manifest there is a second one; the damage is told",
  withFolder(async (folder) => {
    const store = await saved(folder, 3, 10, 20);
    const path = join(folder, "manifest.json");
    await Deno.truncate(path, 40);
    const { entry, values: found, refused } = await store.newest();
    assert.equal(entry?.step, 20);
    assert.deepEqual(found, values(20));
    assert.match(refused[0]?.reason ?? "", /^it is not JSON/);
    await store.save(30, values(30), {});
    assert.deepEqual((await store.newest()).refused, []);
    assert.deepEqual((await store.list()).map(({ step }) => step), [
      10,
      20,
      30,
    ]);
  }),
);

Deno.test(
  "What a killed process could not remove any more, the next one does",
  withFolder(async (folder) => {
    const store = await saved(folder, 2, 1, 2);
    const old = join(folder, "step-00000001.safetensors");
    const bytes = await Deno.readFile(old);
    await store.save(3, values(3), {});
    // Killed after the manifest, before the removal; then in a write.
    await Deno.writeFile(old, bytes);
    await Deno.writeFile(join(folder, "step-00000004.safetensors.part"), bytes);
    await Deno.writeTextFile(join(folder, "notes.part"), "mine");
    const again = new CheckpointStore(folder, { keep: 2 });
    await again.sweep();
    const left = [
      "manifest.backup.json",
      "manifest.json",
      "notes.part",
      "step-00000002.safetensors",
      "step-00000003.safetensors",
    ];
    // Before it saves anything: it may be killed where the other was.
    assert.deepEqual(await names(folder), left);
    await again.save(4, values(4), {});
    assert.deepEqual(await names(folder), [
      "manifest.backup.json",
      "manifest.json",
      "notes.part",
      "step-00000003.safetensors",
      "step-00000004.safetensors",
    ]);
  }),
);

Deno.test(
  "Without any manifest the checkpoints are found by their files, and none is lost",
  withFolder(async (folder) => {
    const store = await saved(folder, 3, 10, 20, 30);
    for (const name of ["manifest.json", "manifest.backup.json"]) {
      await Deno.remove(join(folder, name));
    }
    const { entry, values: found, refused } = await store.newest();
    assert.equal(entry?.step, 30);
    assert.deepEqual(found, values(30));
    assert.match(refused[0]?.reason ?? "", /neither it nor its copy/);
    await store.save(40, values(40), {});
    assert.deepEqual(
      (await store.list()).map(({ step }) => step),
      [20, 30, 40],
    );
  }),
);

Deno.test(
  "A damaged file is told from a whole one without any manifest",
  withFolder(async (folder) => {
    const store = await saved(folder, 3, 10, 20);
    for (const name of ["manifest.json", "manifest.backup.json"]) {
      await Deno.writeTextFile(join(folder, name), "{");
    }
    const path = join(folder, "step-00000020.safetensors");
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await Deno.writeFile(path, bytes);
    const { entry, refused } = await store.newest();
    assert.equal(entry?.step, 10);
    assert.match(refused.at(-1)?.reason ?? "", /its values are not those/);
  }),
);

Deno.test(
  "A device in the place of a checkpoint or a manifest is passed over",
  withFolder(async (folder) => {
    const store = await saved(folder, 3, 10, 20);
    for (const name of ["manifest.json", "step-00000020.safetensors"]) {
      await Deno.remove(join(folder, name));
      await Deno.symlink("/dev/zero", join(folder, name));
    }
    const { entry, refused } = await store.newest();
    assert.equal(entry?.step, 10);
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ["it is not a file", "it is not a file"],
    );
  }),
);
