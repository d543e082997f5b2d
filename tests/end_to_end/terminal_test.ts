/** @file Ctrl-C where it is typed: in a terminal. */
import assert from "@std/assert";
import { join } from "node:path";
import { inFolder, onlyRun, ROOT } from "./cli.ts";

const PIPELINE = `
name: typed
data: { source: photos, batch: 32, share: 0.05 }
stages:
  views: { augment: [horizontal_flip], of: image, count: 2 }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: 1000000, optimizer: { sgd: { lr: 0.01 } } }
monitor: off
evaluate: false
`;

Deno.test("Ctrl-C in a terminal ends a run with its checkpoint, the command to go on, and exit code 130", () =>
  inFolder(async (folder) => {
    const file = join(folder, "typed.yaml");
    const runs = join(folder, "runs");
    await Deno.writeTextFile(file, PIPELINE);
    const { stdout, stderr } = await new Deno.Command("python3", {
      args: [
        join(ROOT, "tests/end_to_end/terminal.py"),
        // It is one line that is drawn anew.
        "step ",
        ...[Deno.execPath(), "task", "--quiet", "run", file],
        ...["--runs-dir", runs],
      ],
      cwd: ROOT,
    }).output();
    const { code, printed, typed } = JSON.parse(
      new TextDecoder().decode(stdout) || "{}",
    );
    assert.ok(typed, printed + new TextDecoder().decode(stderr));
    assert.equal(code, 130, printed);
    assert.match(printed, /what was trained is saved/);
    assert.match(printed, /To go on: deno task resume /);
    const run = await onlyRun(runs, "typed");
    const saved = [...Deno.readDirSync(join(run, "checkpoints"))]
      .filter(({ name }) => name.endsWith(".safetensors"));
    assert.equal(saved.length, 1);
  }));
