/** @file A run of a stranger, looked at in the studio, executes nothing. */
import assert from "@std/assert";
import { join } from "node:path";
import { EngineRoom } from "../../lib/studio/engine_room.ts";
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
