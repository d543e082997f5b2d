/** @file Training without labels here, judging with labels there. */
import assert from "@std/assert";
import { join } from "node:path";
import { checkPipeline } from "../../lib/pipeline/load.ts";
import { findResumable } from "../../lib/train/resume.ts";
import { train } from "../../lib/train/train.ts";
import { rejects, withFolder } from "../data/fixtures.ts";
import { SIDE, text, writeImages } from "../encoder/trained.ts";

const judging = (more = "") =>
  `evaluate: { data: { source: folder, path: labelled, size: ${SIDE}, test: 0.25${more} } }`;

async function checked(folder: string, evaluate: string) {
  const file = join(folder, "small.yaml");
  await Deno.writeTextFile(file, text(evaluate));
  return await checkPipeline(file);
}

Deno.test(
  "Images without labels are trained on, and labelled ones judge the encoder; the check says so too",
  withFolder(async (folder) => {
    await writeImages(join(folder, "images"), 24, 1, [""]);
    await writeImages(join(folder, "labelled"), 40, 2);
    const { loaded, findings } = await checked(folder, judging());
    assert.deepEqual(findings.filter(({ code }) => code === "no-labels"), []);
    const { folder: run, summary } = await train(loaded!, {
      runsDir: join(folder, "runs"),
      device: "cpu",
    });
    assert.ok(summary.knn! > 0.5 && summary.linear! > 0.5);
    const { loaded: again, point, changes } = await findResumable(run);
    assert.deepEqual(changes, []);
    await writeImages(join(folder, "labelled"), 44, 2);
    await rejects(
      train(again, { resume: { ...point, changed: false }, device: "cpu" }),
      /labels|test images/,
    );
  }),
);

Deno.test(
  "Images to judge by that are not there, have no labels or another size are told of by the check",
  withFolder(async (folder) => {
    await writeImages(join(folder, "images"), 8, 1, [""]);
    const codes = async (evaluate: string) =>
      (await checked(folder, evaluate)).findings.map(({ code, path }) =>
        `${code} ${path.join(".")}`
      );
    assert.ok((await codes(judging())).includes("no-data evaluate.data.path"));
    await writeImages(join(folder, "labelled"), 8, 1, [""]);
    assert.ok(
      (await codes(judging())).includes("no-labels evaluate.data.path"),
    );
    const other = judging().replace(`size: ${SIDE}`, "size: 4");
    assert.ok((await codes(other)).includes("shape-mismatch evaluate.data"));
    assert.ok(
      (await codes("evaluate: { data: { source: foldr } }"))
        .includes("unknown-name evaluate.data.source"),
    );
  }),
);
