import assert from "@std/assert";
import { parse, stringify } from "yaml";
import { explain } from "../../lib/pipeline/explain/explain.ts";
import {
  checkPipeline,
  type CheckResult,
  checkText,
  type LoadedPipeline,
  type LoadedSweep,
} from "../../lib/pipeline/load.ts";
import { plainSweep } from "../../lib/pipeline/explain/plain_sweep.ts";
import { BUILT_IN, headNames } from "../../lib/model/registry.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import {
  pointFolder,
  valueText,
} from "../../lib/pipeline/sweep/sweep_names.ts";
import { UserError } from "../../lib/errors.ts";
import { printed } from "../cli/console.ts";
import { inFolder } from "../end_to_end/cli.ts";
import { Dice } from "../helpers/numeric.ts";
import { ABLATIONS } from "./shipped.ts";

/** Each line tells its number, so that a test can name it. */
const BASE = `data: { source: cifar10, batch: 8 } # line 1
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 } # line 4
  p: { predict: mlp, of: y, hidden: 4, out: 4 }
  t.y: { ema: y, of: views }
  loss: { loss: cosine, between: [p, stop_gradient(t.y)] } # line 7
train: { steps: 9, optimizer: { sgd: { lr: 0.1 } }, ema: 0.9 } # line 8
`;

const withSweep = (sweep: string): string => `${BASE}sweep: ${sweep}\n`;

function load(text: string, set: readonly string[] = []): LoadedPipeline {
  const { loaded, text: problems } = checkText("m.yaml", text, { set });
  return loaded ?? assert.fail(problems);
}

const sweepOf = (sweep: string, set: readonly string[] = []): LoadedSweep =>
  load(withSweep(sweep), set).sweep ?? assert.fail("no sweep");

const namesOf = (sweep: string): string[] =>
  sweepOf(sweep).points.map(({ name }) => name);

/** Heads of the findings: place, message and code. */
const heads = ({ text }: CheckResult): string[] =>
  text.split("\n").filter((line) => /^\S+:\d+:\d+: /.test(line));

const problems = (text: string, set: readonly string[] = []): string[] => {
  const result = checkText("m.yaml", text, { set });
  assert.equal(result.loaded, undefined);
  return heads(result);
};

Deno.test("A grid is every combination of its values, the last key fastest", () => {
  const { points } = sweepOf("{ grid: { train.ema: [0, 1], seed: [3, 4] } }");
  assert.deepEqual(
    points.map(({ name, loaded: { pipeline: { seed, train } } }) => [
      name,
      train.ema,
      seed,
    ]),
    [
      ["ema=0, seed=3", 0, 3],
      ["ema=0, seed=4", 0, 4],
      ["ema=1, seed=3", 1, 3],
      ["ema=1, seed=4", 1, 4],
    ],
  );
});

Deno.test("Keys that end alike are told apart by more of their paths", () => {
  assert.deepEqual(
    namesOf("{ grid: { stages.y.hidden: [2], stages.p.hidden: [3] } }"),
    ["y.hidden=2, p.hidden=3"],
  );
});

Deno.test("Points without a name are called by what they change", () => {
  assert.deepEqual(
    namesOf("{ points: [{}, { train.ema: 0.5 }, { seed: 1, train.ema: 1 }] }"),
    ["base", "ema=0.5", "seed=1, ema=1"],
  );
});

Deno.test("Named points and a grid multiply; seeds share their row and its figure", () => {
  const { points, paper } = sweepOf(
    "{ points: { a: { paper: 3 }, b: { train.ema: 1 } }, grid: { seed: [0, 1] }, paper: { unit: '%', figures: { b: collapse } } }",
  );
  assert.deepEqual(paper, { unit: "%" });
  assert.deepEqual(
    points.map(({ name, row, paper }) => [name, row, paper]),
    [
      ["a, seed=0", "a", 3],
      ["a, seed=1", "a", 3],
      ["b, seed=0", "b", "collapse"],
      ["b, seed=1", "b", "collapse"],
    ],
  );
});

Deno.test("A point merges maps, replaces lists, removes with null, and takes dotted paths", () => {
  const [point] = sweepOf(`
  points:
    - stages: { p: null, y: { out: 6 } }
      stages.loss.between: [y, stop_gradient(t.y)]
      stages.t.y.momentum: 0.25
      train.optimizer: { sgd: null, adamw: { lr: 0.5 } }
`).points;
  const { stages, train } = resolve(point!.loaded.pipeline) as {
    stages: Record<string, Record<string, unknown>>;
    train: Record<string, unknown>;
  };
  assert.deepEqual(Object.keys(stages), ["views", "y", "t.y", "loss"]);
  assert.equal(stages["y"]?.["out"], 6);
  assert.equal(stages["y"]?.["hidden"], 4);
  assert.deepEqual(stages["loss"]?.["between"], ["y", "stop_gradient(t.y)"]);
  assert.equal(stages["t.y"]?.["momentum"], 0.25);
  assert.deepEqual(Object.keys(train["optimizer"] as object), ["adamw"]);
});

Deno.test("The pipeline of the file is what it is without its sweep", () => {
  const { sweep, ...own } = load(withSweep("{ grid: { train.ema: [0, 1] } }"));
  assert.ok(sweep);
  assert.deepEqual(resolve(own.pipeline), resolve(load(BASE).pipeline));
});

Deno.test("--set changes every point that does not say otherwise", () => {
  const set = ["seed=5", "train.ema=0.3"];
  const { points } = sweepOf("{ points: { a: {}, b: { train.ema: 1 } } }", set);
  assert.deepEqual(
    points.map(({ loaded: { pipeline } }) => [
      pipeline.seed,
      pipeline.train.ema,
    ]),
    [[5, 0.3], [5, 1]],
  );
});

Deno.test("--set that no point would see is an error", () => {
  assert.deepEqual(
    problems(withSweep("{ grid: { train.ema: [0.7, 1.0] } }"), [
      "train.ema=0.5",
    ]).filter((head) => !head.includes("warning")),
    [
      'm.yaml:9:30: Cannot set "train.ema": every point of the sweep changes it [bad-sweep]',
    ],
  );
});

Deno.test("--set changes the sweep itself, and takes it away", () => {
  const text = withSweep("{ grid: { train.ema: [0, 1] } }");
  const { sweep } = load(text, [
    "sweep.grid.train.ema=[0.5]",
    "sweep.grid.seed=[1, 2]",
  ]);
  assert.deepEqual(sweep?.points.map(({ name }) => name), [
    "ema=0.5, seed=1",
    "ema=0.5, seed=2",
  ]);
  assert.equal(load(text, ["sweep=null"]).sweep, undefined);
});

Deno.test("Variables are inserted after a point's changes, which may change them", () => {
  const { sweep } = load(`variables: { width: 4, n: 7 }
${BASE.replace("hidden: 4, out: 4 } # line 4", 'hidden: "${width}", out: 4 }')}
sweep: { points: { a: {}, b: { variables.width: 6 }, c: { stages.y.hidden: "\${n}" } } }
`);
  assert.deepEqual(
    sweep?.points.map(({ loaded }) =>
      (resolve(loaded.pipeline) as { stages: { y: { hidden: number } } })
        .stages.y.hidden
    ),
    [4, 6, 7],
  );
});

Deno.test("The problems of all points are reported together, each in its place", () => {
  const result = checkText(
    "m.yaml",
    withSweep(`
  points:
    one: { stages.y.hidden: wide }
    two: { stages.p: null }
    three: { train: { steps: 0 }, stages.pp: null }
    four: { train.stepz: 3 }
    five: { stages.q: { queue: y, size: 4 } }`),
  );
  assert.equal(result.loaded, undefined);
  assert.deepEqual(heads(result), [
    'm.yaml:4:3: Cannot train "y": no gradient of any loss reaches its weights [no-gradient]',
    'm.yaml:7:35: Cannot find the stage "p" [unknown-reference]',
    'm.yaml:11:29: Cannot use "wide" as "hidden" of "encode: mlp": expected a number [wrong-type]',
    'm.yaml:13:30: Cannot use 0 as "steps" of "train": expected at least 1 [out-of-range]',
    'm.yaml:13:35: Cannot remove "stages.pp": it is not there [bad-sweep]',
    'm.yaml:14:13: Cannot use "stepz" in "train" [unknown-key]',
    'm.yaml:15:13: Nothing uses the stage "q" [unused-stage]',
    "m.yaml:15:41: Cannot queue batches of 8 in 4 rows [queue-batch]",
  ]);
  assert.match(result.text, /in the point "two"/);
});

Deno.test("What the file's own pipeline has is said once, and not of its points", () => {
  const text = withSweep("{ grid: { seed: [1, 2, 3] } }").replace(
    "out: 4 } # line 4",
    "out: no } #",
  );
  const result = checkText("m.yaml", text);
  assert.deepEqual(heads(result), [
    'm.yaml:4:48: Cannot use "no" as "out" of "encode: mlp": expected a number [wrong-type]',
  ]);
  assert.doesNotMatch(result.text, /point/);
});

Deno.test("What every point has names none of them", () => {
  const result = checkText(
    "m.yaml",
    withSweep("{ grid: { train.ema: [2], seed: [1, 2, 3] } }"),
  );
  assert.equal(heads(result).length, 1);
  assert.match(result.text, /in every point of the sweep/);
});

Deno.test("A mistake in a value that a variable inserts tells the variable's place in the sweep", () => {
  const result = checkText(
    "m.yaml",
    `variables: { width: 4 }
${BASE.replace("hidden: 4, out: 4 } # line 4", 'hidden: "${width}", out: 4 }')}
sweep: { points: { b: { variables.width: wide } } }
`,
  );
  assert.equal(heads(result).length, 1, result.text);
  assert.match(result.text, /`\$\{width\}` is from m\.yaml:11/);
});

Deno.test("One point can be loaded in place of the whole", () => {
  const text = withSweep("{ grid: { train.ema: [0, 1] } }");
  const { loaded } = checkText("m.yaml", text, { point: "ema=1" });
  assert.equal(loaded?.pipeline.train.ema, 1);
  assert.equal(loaded?.sweep, undefined);
  const refused = (text: string, message: RegExp): void => {
    assert.throws(
      () => checkText("m.yaml", text, { point: "ema=2" }),
      (error: unknown) =>
        error instanceof UserError && message.test(error.message),
    );
  };
  refused(text, /did you mean "ema=0"\?\nKnown: "ema=0", "ema=1"\.$/);
  refused(BASE, /^Cannot take the point "ema=2": "m\.yaml" has no sweep\.$/);
});

Deno.test("Folders of points are names on every system", () => {
  assert.deepEqual(
    ["ema=0.9, seed=1", "25 / 25 / 1", "../..", "ünïcode", "…"].map(
      pointFolder,
    ),
    [
      "01-ema=0.9-seed=1",
      "02-25-25-1",
      "03",
      "04-n-code",
      "05",
    ],
  );
  assert.match(pointFolder("x".repeat(500), 99), /^100-x{60}$/);
});

Deno.test("Values in names are one short line", () => {
  assert.equal(valueText([1, "a b"]), "[1, a b]");
  assert.equal(valueText({ sgd: { lr: 0.1 } }), "{sgd: {lr: 0.1}}");
  assert.equal(valueText(null), "null");
  assert.equal(valueText("x".repeat(200)).length, 60);
});

/** Whatever a sweep holds: its text with what `config` prints of it. */
function explained(file: string, text: string): [LoadedPipeline, string] {
  const { loaded, text: problems } = checkText(file, text);
  if (!loaded) throw new Error(problems);
  return [loaded, explain(loaded, { file, text })];
}

const pipelinesOf = ({ pipeline, sweep }: LoadedPipeline): unknown => [
  resolve(pipeline),
  sweep?.paper,
  sweep?.points.map(({ name, row, paper, loaded }) => [
    name,
    row,
    paper,
    resolve(loaded.pipeline),
  ]),
];

Deno.test("config prints a sweep with the origin of every change, and loads to the same points", () => {
  const text = withSweep(`
  paper: { unit: "%" } # line 10
  points:
    a: { paper: 3 } # line 12
    b: # line 13
      stages: { p: null, n.y: { project: mlp, of: y, hidden: 3, out: 4 } } # line 14
      stages.loss.between: [n.y, stop_gradient(t.y)] # line 15
  grid:
    seed: [0, 1] # line 17`);
  const [loaded, printed] = explained("m.yaml", text);
  const lines = printed.split("\n").map((line) =>
    line.trim().replace(/ +#/, " #")
  );
  for (
    const line of [
      'unit: "%" # m.yaml:10',
      "paper: 3 # m.yaml:12",
      "stages.p: null # m.yaml:14",
      "stages.loss.between: [n.y, stop_gradient(t.y)] # m.yaml:15",
      "seed: 1 # m.yaml:17",
    ]
  ) assert.ok(lines.includes(line), `no "${line}" in\n${printed}`);
  assert.deepEqual(pipelinesOf(load(printed)), pipelinesOf(loaded));
});

Deno.test("A written-out sweep keeps what YAML and variables would misread", () => {
  const { sweep } = load(
    withSweep(`
  points:
    "a: {b}": { stages.views.augment: [{ solarize: { p: 0.5 } }, horizontal_flip] }
    "\${x} #": { name2: 1, paper: "true" }`).replace("name2: 1, ", ""),
  );
  assert.deepEqual(sweep?.points.map(({ name, paper }) => [name, paper]), [
    ["a: {b}", undefined],
    ["${x} #", "true"],
  ]);
});

for (const file of ABLATIONS) {
  const name = file.split("/pipelines/").at(-1);

  Deno.test(`${name} passes every check, with no warning but of collapse`, async () => {
    const { loaded, findings, text } = await checkPipeline(file);
    if (!loaded?.sweep) throw new Error(text);
    assert.deepEqual(
      findings.filter(({ code }) => code !== "collapse-risk"),
      [],
    );
    const { paper, points } = loaded.sweep;
    assert.ok(points.length >= 5);
    assert.equal(paper.unit, "%");
    assert.match(paper.source ?? "", /arXiv:\d{4}\.\d{5}, table/);
    assert.ok(points.filter((point) => point.paper !== undefined).length >= 2);
    // Every point is another run.
    const runs = points.map(({ loaded }) =>
      JSON.stringify(resolve(loaded.pipeline))
    );
    assert.equal(new Set(runs).size, runs.length);
  });

  Deno.test(`${name}, written out in full, holds the same points`, async () => {
    const { loaded } = await checkPipeline(file);
    const text = await Deno.readTextFile(file);
    const printed = explain(loaded!, { file, text });
    assert.deepEqual(pipelinesOf(load(printed)), pipelinesOf(loaded!));
    for (const line of printed.trimEnd().split("\n")) {
      assert.match(
        line,
        /# (default|preset \w+|[./\w-]+:\d+)$|[-:]$|: \{\}$/,
      );
    }
    // As the folder of the sweep keeps it.
    const whole = { ...resolve(loaded!.pipeline), sweep: plainSweep(loaded!) };
    assert.deepEqual(pipelinesOf(load(stringify(whole))), pipelinesOf(loaded!));
  });
}

Deno.test("check counts the points, config prints them, graph draws one", () =>
  inFolder(async (folder) => {
    const file = `${folder}/m.yaml`;
    await Deno.writeTextFile(
      file,
      withSweep(
        "{ points: { a: {}, b: { stages.p: null, stages.loss.between: [y, stop_gradient(t.y)] } } }",
      ),
    );
    const checked = await printed("check", file);
    assert.equal(checked.code, 0, checked.stderr);
    assert.match(checked.stdout, /m\.yaml: ok, 2 points\n/);
    const config = await printed("config", file);
    assert.match(config.stdout, /^ {6}stages\.p: null +# m\.yaml:9$/m);
    const [whole, point] = [
      await printed("graph", file),
      await printed("graph", file, "--point", "b"),
    ];
    assert.match(whole.stdout, /predict/);
    assert.doesNotMatch(point.stdout, /predict/);
    const wrong = await printed("graph", file, "--point", "bb");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /did you mean "b"\?/);
  }));

Deno.test("A module of one's own that only a point names is loaded, or reported in the point", () =>
  inFolder(async (folder) => {
    const file = `${folder}/m.yaml`;
    const text = withSweep(
      "{ points: { a: {}, b: { stages.loss.loss: ./mine.ts } } }",
    );
    await Deno.writeTextFile(file, text);
    const missing = await checkPipeline(file);
    assert.equal(missing.loaded, undefined);
    assert.match(missing.text, /m\.yaml:9:50: Cannot use "\.\/mine\.ts"/);
    await Deno.writeTextFile(
      `${folder}/mine.ts`,
      'import { BUILT_IN } from "stopgrad";\nexport default BUILT_IN.stages.find((one) => one.objective);\n',
    );
    const { loaded, text: problems } = await checkPipeline(file);
    assert.ok(loaded?.sweep, problems);
  }));

const GOOD: readonly (readonly [string, unknown])[] = [
  ["train.ema", 0.5],
  ["seed", 3],
  ["stages.y.hidden", 2],
  ["stages", { p: { hidden: 3 } }],
  ["stages.t.y", { momentum: 0.1 }],
  ["stages.loss.between.1", "stop_gradient(y)"],
  ["train.optimizer", { sgd: null, adamw: { lr: 1 } }],
  ["paper", 3],
];

const BAD: readonly (readonly [string, unknown])[] = [
  ["train.ema", "${x}"],
  ["seed", []],
  ["stages.y", null],
  ["stages.t.y", 0],
  ["stages.loss.between.7", "y"],
  ["stages.loss.between.x", "y"],
  ["train.optimizer.sgd", { lr: [{}] }],
  ["variables.x", 3],
  ["name", "x"],
  ["sweep", {}],
  ["extends", "x.yaml"],
  ["constructor", { a: 1 }],
  ["__proto__", { a: 1 }],
  ["paper", {}],
  ["", 1],
  ["a..b", null],
];

const ODD: readonly unknown[] = [null, 3, "", "a", [], {}, [[]], [null]];

Deno.test("Random sweeps are read or reported in their places, and never crash", () => {
  const seed = 20261125;
  const dice = new Dice(seed);
  const often = (): boolean => dice.below(6) > 0;
  const change = () => dice.pick(often() ? GOOD : BAD);
  const some = <T>(make: () => T): T[] =>
    Array.from({ length: dice.below(3) }, make);
  const point = (): unknown =>
    often() ? Object.fromEntries(some(change)) : dice.pick(ODD);
  const points = (): unknown =>
    dice.below(2) === 0 ? some(point) : Object.fromEntries(
      some(() => [dice.pick(["a", "b", "", "c"]), point()]),
    );
  const grid = (): unknown =>
    Object.fromEntries(
      some(change).map(([key, value]) => [key, often() ? [value] : value]),
    );
  const sweepValue = (): unknown =>
    often()
      ? {
        ...(dice.below(3) > 0
          ? { points: often() ? points() : dice.pick(ODD) }
          : {}),
        ...(dice.below(2) > 0
          ? { grid: often() ? grid() : dice.pick(ODD) }
          : {}),
        ...(often() ? {} : { paper: { figures: { a: 1 } } }),
      }
      : dice.pick(ODD);
  let read = 0;
  for (let i = 0; i < 150; i++) {
    const sweep = sweepValue();
    const text = `${BASE}${stringify({ sweep })}`;
    const about = `seed ${seed}, case ${i}:\n${stringify({ sweep })}`;
    const result = checkText("m.yaml", text);
    const lines = text.split("\n").length;
    for (const head of heads(result)) {
      const [, line] = /^m\.yaml:(\d+):\d+: /.exec(head) ?? [];
      assert.ok(Number(line) >= 1 && Number(line) <= lines, about);
    }
    const failed = result.findings.some((one) => one.severity === "error");
    assert.equal(failed, result.loaded === undefined, about + result.text);
    if (!result.loaded?.sweep) continue;
    read++;
    const again = checkText(
      "n.yaml",
      stringify({
        ...resolve(result.loaded.pipeline),
        name: "m",
        sweep: plainSweep(result.loaded),
      }),
    );
    if (!again.loaded) throw new Error(about + again.text);
    assert.deepEqual(pipelinesOf(again.loaded), pipelinesOf(result.loaded));
  }
  assert.ok(read >= 15, `only ${read} sweeps could be read`);
});

Deno.test("The text of a sweep is data: parsing it gives what was written", () => {
  const plain = plainSweep(
    load(withSweep("{ points: { a: { train.ema: 0.5, paper: 1 } } }")),
  );
  assert.deepEqual(parse(stringify(plain)), {
    points: { a: { "train.ema": 0.5, paper: 1 } },
  });
});

Deno.test("The sweep in docs/pipelines.md has the points that it seems to have", async () => {
  const page = new URL("../../docs/pipelines.md", import.meta.url);
  const [, text = ""] = /^```yaml\n(# momentum\.yaml\n.*?)^```$/ms.exec(
    await Deno.readTextFile(page),
  ) ?? [];
  const root = new URL("../../", import.meta.url).pathname;
  const { loaded, text: problems } = checkText(`${root}momentum.yaml`, text);
  assert.equal(loaded?.sweep?.points.length, 9, problems);
  const rows = loaded?.sweep?.points.map(({ row, paper }) =>
    `${row}: ${paper}`
  );
  assert.deepEqual([...new Set(rows)], [
    "baseline: 72.5",
    "no predictor: 0.2",
    "frozen target: 18.8",
  ]);
});

Deno.test("docs/pipelines.md names every preset and every shipped sweep", async () => {
  const page = await Deno.readTextFile(
    new URL("../../docs/pipelines.md", import.meta.url),
  );
  const row = (key: string): string[] =>
    [...(new RegExp(`^\\| \`${key}:\` +\\|(.*)\\|$`, "m").exec(page)?.[1] ?? "")
      .matchAll(/`(\w+)`/g)].map(([, name]) => name as string);
  assert.deepEqual(row("augment"), Object.keys(BUILT_IN.presets));
  assert.deepEqual(row("project"), headNames(BUILT_IN, "project"));
  assert.deepEqual(row("predict"), headNames(BUILT_IN, "predict"));
  for (const file of ABLATIONS) {
    assert.ok(page.includes(`| \`${file.split("/").at(-1)}\``), file);
  }
});
