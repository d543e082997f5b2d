import assert from "@std/assert";
import { barChart } from "../../lib/train/bar_chart.ts";
import type {
  PointRecord,
  PointResult,
  SweepRecord,
} from "../../lib/train/sweep_folder.ts";
import {
  statistic,
  sweepChart,
  sweepMarkdown,
  sweepTable,
} from "../../lib/train/sweep_table.ts";
import type { Summary } from "../../lib/train/summary.ts";

const SUMMARY: Summary = {
  pipeline: "m",
  steps: 9,
  epochs: 1,
  seconds: 1,
  images_per_second: 1,
  loss: -0.5,
  knn: 0.5,
  linear: 0.25,
  embedding_std: 0.75,
  verdict: "healthy",
  judged_from: 5,
  falls: [],
  signals: {},
  alarms: [],
  last_healthy_checkpoint: null,
  engine: "TensorFlow",
  device: "cpu",
};

const finished = (summary: Partial<Summary> = {}): PointResult => ({
  end: "finished",
  summary: { ...SUMMARY, ...summary },
});

const COLLAPSED: PointResult = {
  end: "stopped",
  summary: { ...SUMMARY, knn: null, linear: null, verdict: "collapsed" },
  alarm: {
    verdict: "collapsed",
    fault: "collapse",
    action: "stop",
    step: 40,
    stage: "z",
    figure: "embedding_std",
    value: 0,
    message: "all is one",
    cures: [],
  },
};

const point = (
  name: string,
  row: string,
  result?: PointResult,
  paper?: number | string,
): PointRecord => ({
  name,
  row,
  folder: "01",
  changes: {},
  ...(paper === undefined ? {} : { paper }),
  ...(result ? { result } : {}),
});

const record = (
  points: readonly PointRecord[],
  paper: SweepRecord["paper"] = {},
): SweepRecord => ({ pipeline: "m", paper, points });

Deno.test("statistic() is the mean and the sample standard deviation", () => {
  assert.equal(statistic([]), undefined);
  assert.deepEqual(statistic([3]), { mean: 3, count: 1 });
  // numpy.std([2, 4, 9], ddof=1)
  const { mean, std, count } = statistic([2, 4, 9])!;
  assert.deepEqual([mean, count], [5, 3]);
  assert.ok(Math.abs(std! - 3.605551275463989) < 1e-12);
});

Deno.test("A row has the mean over the seeds, and says of how many", () => {
  const { head, rows, notes } = sweepTable(record([
    point("a, seed=0", "a", finished({ knn: 0.4 })),
    point("b", "b", finished()),
    point("a, seed=1", "a", finished({ knn: 0.6 })),
    point("c, seed=0", "c", finished()),
    point("c, seed=1", "c", COLLAPSED),
    point("c, seed=2", "c"),
  ]));
  assert.deepEqual(head, [
    "point",
    "verdict",
    "linear, %",
    "kNN, %",
    "loss",
    "embedding_std",
  ]);
  assert.deepEqual(rows.map((row) => [row[0], row[1], row[3]]), [
    ["a", "healthy", "50.0 ± 14.1"],
    ["b", "healthy", "50.0"],
    ["c", "1 healthy, 1 collapsed, 1 not run", "50.0 (n = 1)"],
  ]);
  assert.deepEqual(notes, [
    "±: sample standard deviation over the seeds",
    "c, seed=1: collapsed at step 40: all is one",
  ]);
});

Deno.test("Columns without a figure are left out; the paper's stands last, with its unit and source", () => {
  const { head, rows, notes } = sweepTable(record([
    point("a", "a", finished({ linear: null }), 67.7),
    point("b", "b", COLLAPSED, "collapse"),
    point("c", "c"),
  ], { figure: "linear accuracy", unit: "%", source: "arXiv:0" }));
  assert.deepEqual(head, [
    "point",
    "verdict",
    "kNN, %",
    "loss",
    "embedding_std",
    "paper, %",
  ]);
  assert.deepEqual(rows.map((row) => [row[1], row[2], row[5]]), [
    ["healthy", "50.0", "67.7"],
    ["collapsed at step 40", "–", "collapse"],
    ["not run", "–", "–"],
  ]);
  assert.equal(notes[0], "Paper: linear accuracy; arXiv:0");
});

Deno.test("The chart has the linear probe's bars, and the paper's where both are percentages", () => {
  const points = [
    point("a", "a", finished({ linear: 0.5 }), 100),
    point("long name", "long name", COLLAPSED, "unstable"),
  ];
  assert.equal(
    sweepChart(record(points, { unit: "%" })),
    [
      "linear, %  █ here  ░ paper",
      `a          ${"█".repeat(20)} 50.0`,
      `           ${"░".repeat(40)} 100.0`,
      "long name  collapsed at step 40",
      "           unstable",
    ].join("\n"),
  );
  assert.equal(
    sweepChart(record(points)),
    [
      "linear, %",
      `a          ${"█".repeat(40)} 50.0`,
      "long name  collapsed at step 40",
    ].join("\n"),
  );
});

Deno.test("A chart of nothing is nothing, and negative values have no bar", () => {
  assert.equal(sweepChart(record([point("a", "a")])), "");
  assert.equal(
    barChart("x", [{ label: "a", values: [-1] }, { label: "b", values: [0] }], {
      names: ["here"],
      digits: 0,
    }),
    "x\na  -1\nb  0",
  );
});

Deno.test("The Markdown is a table, notes and the chart; a bar in a name does not break it", () => {
  const text = sweepMarkdown(record([
    point("a | b", "a | b", finished({ linear: null, knn: null })),
  ]));
  assert.equal(
    text,
    `# m

| point | verdict | loss | embedding_std |
| --- | --- | --: | --: |
| a \\| b | healthy | -0.500 | 0.750 |

\`\`\`text
embedding_std
a | b  ${"█".repeat(40)} 0.750
\`\`\`
`,
  );
});

Deno.test("Beside a paper's figures stands how short the points were; what was too short says so", () => {
  const short = finished({ verdict: "too_short", steps: 56, judged_from: 246 });
  const { rows, notes } = sweepTable(
    record([point("a", "a", short, 0.1), point("b", "b", finished())]),
  );
  assert.deepEqual(rows.map((row) => row[1]), [
    "too short to judge",
    "healthy",
  ]);
  assert.match(
    notes[0] ?? "",
    /^Here: 9 to 56 steps, 1 epochs\. .* may still fail there$/,
  );
  assert.match(
    notes[1] ?? "",
    /^too short to judge: nothing failed, but a fault may need 246 steps/,
  );
});

Deno.test("A point that went wrong has its encoder's accuracy, its projector's, and what they are beside", () => {
  const stopped: PointResult = {
    ...COLLAPSED,
    summary: {
      ...COLLAPSED.summary,
      knn: 0.5,
      compared: {
        watched: { stage: "z", knn: 0.1, linear: null },
        untrained: { knn: 0.4, linear: null },
        chance: 0.067,
      },
    },
  };
  const { head, rows, notes } = sweepTable(record([point("a", "a", stopped)]));
  const at = head.indexOf("projector kNN, %");
  assert.deepEqual([rows[0]?.[at - 1], rows[0]?.[at]], ["50.0", "10.0"]);
  assert.match(notes[0] ?? "", /encoder has 40\.0 %, chance is 6\.7 %/);
});
