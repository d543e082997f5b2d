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

/** Lines of a run's metrics, without what differs from time to time. */
const linesOf = async (run: string): Promise<Record<string, number>[]> =>
  (await Deno.readTextFile(join(run, "metrics.jsonl"))).trimEnd().split("\n")
    .map((line) => {
      const { seconds: _, ...rest } = JSON.parse(line);
      return rest;
    });

Deno.test(
  "While it trains a run is judged every so many epochs, and a resumed one as if it had not stopped",
  withFolder(async (folder) => {
    await writeImages(join(folder, "images"), 24, 1, [""]);
    await writeImages(join(folder, "labelled"), 40, 2);
    const { loaded } = await checked(
      folder,
      judging().replace(
        " } }",
        " }, every: 1, knn: { k: 3 } }\ncheckpoint: { every: 0.1, best: { max: knn } }",
      ),
    );
    const told: string[] = [];
    const whole = await train(loaded!, {
      runsDir: join(folder, "runs"),
      device: "cpu",
      onEvent: (event) => {
        if (event.kind === "judged") told.push(`${event.epoch}`);
        if (event.kind === "step" && event.progress.step === 4) {
          told.push(`${event.progress.scores?.step}`);
        }
      },
    });
    assert.deepEqual(told, ["1", "3", "2"]);
    const { history, knn, linear } = whole.summary;
    assert.deepEqual(history?.map(({ step }) => step), [3, 6]);
    assert.deepEqual(history?.at(-1), { step: 6, epoch: 2, knn, linear });
    const lines = await linesOf(whole.folder);
    assert.deepEqual(
      lines.filter((line) => "knn" in line).map(({ step }) => step),
      [3, 6],
    );

    const enough = new AbortController();
    const cut = await train(loaded!, {
      runsDir: join(folder, "cut"),
      device: "cpu",
      signal: enough.signal,
      onEvent: (event) => {
        if (event.kind === "step" && event.progress.step === 4) enough.abort();
      },
    });
    assert.equal(cut.end, "interrupted");
    const { loaded: again, point } = await findResumable(cut.folder);
    const resumed = await train(again, { resume: point, device: "cpu" });
    assert.deepEqual(await linesOf(cut.folder), lines);
    assert.deepEqual(resumed.summary.history, history);
    assert.deepEqual(resumed.summary.signals, whole.summary.signals);
  }),
);

Deno.test(
  "To judge by nothing while it trains, and for longer than it does, are told of by the check",
  withFolder(async (folder) => {
    await writeImages(join(folder, "images"), 8, 1, [""]);
    const codes = async (evaluate: string) =>
      (await checked(folder, `evaluate: ${evaluate}`)).findings
        .map(({ code, path, severity }) =>
          `${severity} ${code} ${path.join(".")}`
        );
    assert.ok(
      (await codes("{ every: 1, knn: false, linear: false }"))
        .includes("error out-of-range evaluate.every"),
    );
    assert.ok(
      (await codes("{ classifier: why }"))
        .includes("error unknown-reference evaluate.classifier"),
    );
    assert.ok(
      (await codes("{ every: 3 }"))
        .includes("warning schedule-too-long evaluate.every"),
    );
    assert.ok(
      (await codes("{ linear: { epochs: 50 } }"))
        .includes("warning unknown-key evaluate.linear.epochs"),
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
