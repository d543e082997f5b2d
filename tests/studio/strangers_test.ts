/** @file A run of a stranger, looked at in the studio, executes nothing. */
import assert from "@std/assert";
import { join } from "node:path";
import { editorRoutes } from "../../lib/studio/editor_routes.ts";
import { EngineRoom } from "../../lib/studio/engine_room.ts";
import { RunStore } from "../../lib/studio/run_store.ts";
import { withFolder } from "../data/fixtures.ts";

const PIPELINE = (loss: string): string =>
  `data: { source: photos, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { ${loss}, between: [y, y] }
train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } }
`;

Deno.test(
  "A module that only pipeline.yaml of a run names is not executed, whatever run.json says",
  withFolder(async (folder) => {
    const mark = join(folder, "mark");
    await Deno.writeTextFile(
      join(folder, "mine.ts"),
      `Deno.writeTextFileSync(${JSON.stringify(mark)}, "");`,
    );
    await Deno.writeTextFile(
      join(folder, "pipeline.yaml"),
      PIPELINE("use: ./mine.ts"),
    );
    await Deno.writeTextFile(
      join(folder, "run.json"),
      JSON.stringify({ baseDir: folder, id: "x", pipeline: {} }),
    );
    const room = new EngineRoom(false);
    const wanted = /--own-modules/;
    await assert.rejects(room.load(folder), wanted);
    await assert.rejects(Deno.stat(mark), Deno.errors.NotFound);
    // Who trusts it has it executed.
    await assert.rejects(new EngineRoom(true).load(folder), /no definition/);
    assert.ok(await Deno.stat(mark));
  }),
);

/** Presses the editor's button for the pipeline `mine.yaml`. */
async function pressRun(folder: string): Promise<void> {
  const store = new RunStore(
    join(folder, "runs"),
    () => Promise.resolve(undefined),
  );
  const routes = editorRoutes(folder, store, new EngineRoom(false));
  await routes["POST /api/jobs"]?.({
    request: new Request("http://127.0.0.1/", {
      method: "POST",
      body: JSON.stringify({ name: "mine.yaml" }),
    }),
    query: new URLSearchParams(),
  });
}

Deno.test(
  "The editor's button starts no pipeline with modules of its own, not those of a point, of a base, of images to judge by",
  withFolder(async (folder) => {
    const write = (name: string, text: string) =>
      Deno.writeTextFile(join(folder, name), text);
    const mark = join(folder, "mark");
    await write(
      "mine.ts",
      `Deno.writeTextFileSync(${JSON.stringify(mark)}, "");`,
    );
    await write("base.yaml", PIPELINE("use: ./mine.ts"));
    const plain = PIPELINE("loss: nt_xent");
    for (
      const text of [
        PIPELINE("use: ./mine.ts"),
        "extends: ./base.yaml\n",
        `${plain}sweep: { points: { a: { data.source: ./mine.ts } } }\n`,
        `${plain}evaluate: { data: { source: ./mine.ts } }\n`,
      ]
    ) {
      await write("mine.yaml", text);
      await assert.rejects(pressRun(folder), /--own-modules/, text);
    }
    await assert.rejects(Deno.stat(mark), Deno.errors.NotFound);
  }),
);
