/** @file A resumed run says what became of its metrics. */
import assert from "@std/assert";
import { join } from "node:path";
import { checkText } from "../../lib/pipeline/load.ts";
import { findResumable } from "../../lib/train/resume.ts";
import { train } from "../../lib/train/train.ts";
import { withFolder } from "../data/fixtures.ts";

const PIPELINE = `name: small
data: { source: photos, batch: 8 }
stages:
  views: { augment: [horizontal_flip], of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y] }
train: { steps: 3, optimizer: { sgd: { lr: 0.01 } } }
monitor: off
evaluate: false
`;

/** Changes of the file, and what is said of them. */
const CHANGES: readonly (readonly [
  change: (lines: string[]) => string[],
  says: RegExp | undefined,
])[] = [
  [(lines) => lines, undefined],
  [
    ([first = "", ...rest]) => [
      first.replace(
        /"loss":\d/,
        (digit) => `"loss":${9 - Number(digit.at(-1))}`,
      ),
      ...rest,
    ],
    /lines of .*metrics\.jsonl are not those that were written/,
  ],
  [([_, ...rest]) => rest, /metrics\.jsonl lacks 1 of the 3 steps done/],
  [([_, ...rest]) => ["{", ...rest], /left out 1 damaged line\(s\) of/],
];

Deno.test(
  "A resumed run tells of lines of metrics that are changed, missing or damaged",
  withFolder(async (folder) => {
    const { loaded, text } = checkText("small.yaml", PIPELINE, {
      baseDir: folder,
    });
    if (!loaded) throw new Error(text);
    const { folder: run } = await train(loaded, { runsDir: folder });
    const path = join(run, "metrics.jsonl");
    const written = (await Deno.readTextFile(path)).trimEnd().split("\n");
    for (const [change, says] of CHANGES) {
      await Deno.writeTextFile(path, `${change(written).join("\n")}\n`);
      const { loaded: again, point } = await findResumable(run);
      const said: string[] = [];
      await train(again, {
        resume: point,
        onEvent: (event) => {
          if (event.kind === "notice") said.push(event.text);
        },
      });
      if (says) assert.match(said.join("\n"), says);
      else assert.deepEqual(said, []);
    }
  }),
);
