import assert from "@std/assert";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { explain } from "../../lib/pipeline/explain/explain.ts";
import {
  checkPipeline,
  type CheckResult,
  checkText,
} from "../../lib/pipeline/load.ts";
import { merge } from "../../lib/pipeline/language/merge.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { escapeVariables } from "../../lib/pipeline/language/variables.ts";
import { printed } from "../cli/console.ts";
import { inFolder } from "../end_to_end/cli.ts";

const BASE = `data: { source: cifar10, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y] }
train: { steps: 9, optimizer: { sgd: { lr: 0.1 } } }
`;

type Texts = Readonly<Record<string, string>>;

/** Writes files, by their paths, into a folder that is gone afterwards. */
function inFiles(
  texts: Texts,
  work: (folder: string) => void | Promise<void>,
): Promise<void> {
  return inFolder(async (folder) => {
    for (const [name, text] of Object.entries(texts)) {
      await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    await work(folder);
  });
}

/** What a check says of `main.yaml` among other files, without the folder. */
async function checked(
  texts: Texts,
  set: readonly string[] = [],
): Promise<CheckResult> {
  let result: CheckResult | undefined;
  await inFiles(texts, async (folder) => {
    const found = await checkPipeline(join(folder, "main.yaml"), { set });
    result = { ...found, text: found.text.replaceAll(`${folder}/`, "") };
  });
  return result!;
}

/** The value of `main.yaml` among other files. */
async function valueOf(texts: Texts, set: readonly string[] = []) {
  const { loaded, text } = await checked(texts, set);
  if (!loaded) throw new Error(text);
  return loaded.value as typeof PARSED;
}

const PARSED = parse(BASE) as {
  data: { source: string; batch: number };
  stages: Record<string, Record<string, unknown>>;
  train: Record<string, unknown>;
  seed?: number;
};

/** Heads of the findings: place, message and code. */
const heads = ({ text }: CheckResult): string[] =>
  text.split("\n").filter((line) => /^\S+:\d+:\d+: /.test(line));

Deno.test("Maps merge, lists replace and null removes", () => {
  const base = { a: { b: 1, c: [1, 2] }, d: 2 };
  assert.deepEqual(merge(base, { a: { c: [3] }, e: 4 }), {
    a: { b: 1, c: [3] },
    d: 2,
    e: 4,
  });
  assert.deepEqual(merge(base, { a: { b: null }, d: null }), {
    a: { c: [1, 2] },
  });
  assert.deepEqual(merge(base, { a: 5 }), { a: 5, d: 2 });
  assert.deepEqual(merge(base, { d: { x: 1 } }), { ...base, d: { x: 1 } });
  assert.deepEqual(merge(base, {}), base);
});

Deno.test("A null that has nothing to remove stays as it is written", () => {
  assert.deepEqual(merge({ a: 1 }, { b: { cosine: null } }), {
    a: 1,
    b: { cosine: null },
  });
});

Deno.test("Merging leaves both sides as they were, and keeps odd keys as keys", () => {
  const base = JSON.parse('{ "a": { "b": 1 }, "__proto__": { "x": 1 } }');
  const over = JSON.parse('{ "a": { "c": 2 }, "__proto__": { "y": 2 } }');
  const before = JSON.stringify([base, over]);
  const merged = merge(base, over) as Record<string, unknown>;
  assert.equal(
    JSON.stringify(merged),
    '{"a":{"b":1,"c":2},"__proto__":{"x":1,"y":2}}',
  );
  assert.equal(({} as { y?: number }).y, undefined);
  assert.equal(JSON.stringify([base, over]), before);
});

Deno.test("A file takes what its base says, and changes it", async () => {
  const value = await valueOf({
    "base.yaml": BASE,
    "main.yaml":
      "extends: ./base.yaml\nstages: { y: { hidden: 16 } }\ntrain: { steps: null, epochs: 2 }\n",
  });
  assert.deepEqual(value, {
    ...PARSED,
    stages: { ...PARSED.stages, y: { ...PARSED.stages["y"], hidden: 16 } },
    train: { optimizer: { sgd: { lr: 0.1 } }, epochs: 2 },
  });
});

Deno.test("Bases are applied in order, each with its own bases, from its own folder", async () => {
  const value = await valueOf({
    "shared/root.yaml": BASE,
    "shared/a/mid.yaml": "extends: ../root.yaml\ndata: { batch: 16 }\nseed: 1",
    "b.yaml": "seed: 2\ntrain: { steps: 5 }\n",
    "main.yaml": "extends: [shared/a/mid.yaml, ./b.yaml]\ntrain: { steps: 7 }",
  });
  assert.equal(value.data.batch, 16);
  assert.equal(value.seed, 2);
  assert.equal(value.train["steps"], 7);
});

Deno.test("Two bases may share a base", async () => {
  const value = await valueOf({
    "root.yaml": BASE,
    "a.yaml": "extends: root.yaml\nseed: 1",
    "b.yaml": "extends: root.yaml\ndata: { batch: 16 }",
    "main.yaml": "extends: [a.yaml, b.yaml]",
  });
  assert.deepEqual([value.seed, value.data.batch], [1, 16]);
});

const EXTENDS: readonly (readonly [string, Texts, RegExp])[] = [
  [
    "a file that is not there, with the nearest",
    { "base.yaml": BASE, "main.yaml": "extends:\n  - ./bsae.yaml\n" },
    /^main\.yaml:2:5: Cannot extend "\.\/bsae\.yaml": there is no such file \[bad-extends\]\n(.*\n)+.* did you mean "base\.yaml"\?/,
  ],
  [
    "a folder",
    { "base/x.yaml": BASE, "main.yaml": "extends: base" },
    /^main\.yaml:1:10: Cannot extend "base": it is not a file/,
  ],
  [
    "itself",
    { "main.yaml": "extends: ./main.yaml" },
    /^main\.yaml:1:10: Cannot extend ".\/main.yaml": it would extend itself/,
  ],
  [
    "a file that extends it",
    { "a.yaml": "seed: 1\nextends: main.yaml", "main.yaml": "extends: a.yaml" },
    /^a\.yaml:2:10: Cannot extend "main\.yaml": it would extend itself(.*\n)+.* main\.yaml extends a\.yaml extends main\.yaml/,
  ],
  [
    "what is no path",
    { "main.yaml": "extends: { a: 1 }" },
    /^main\.yaml:1:10: Cannot extend \{"a":1\}: expected a path or a list/,
  ],
  [
    "nothing",
    { "main.yaml": "extends: []" },
    /^main\.yaml:1:10: Cannot extend \[\]/,
  ],
  [
    "a number in a list",
    { "base.yaml": BASE, "main.yaml": "extends: [base.yaml, 3]" },
    /^main\.yaml:1:22: Cannot extend 3: expected a path/,
  ],
  [
    "a file that holds a list",
    { "base.yaml": "[1, 2]", "main.yaml": "extends: base.yaml" },
    /^main\.yaml:1:10: Cannot extend "base\.yaml": it holds \[1,2\]/,
  ],
  [
    "a file that is not YAML, at the mistake",
    { "base.yaml": "seed: 1\ndata: [", "main.yaml": "extends: base.yaml" },
    /^base\.yaml:2:7: Flow sequence .* \[yaml-syntax\]/,
  ],
  [
    "a path with a variable",
    { "main.yaml": "extends: ./${x}.yaml" },
    /there is no such file(.*\n)+.* variables are not inserted here/,
  ],
];

for (const [what, texts, message] of EXTENDS) {
  Deno.test(`To extend ${what} is refused where it is written`, async () => {
    const result = await checked(texts);
    assert.equal(result.loaded, undefined);
    assert.match(result.text, message);
    assert.equal(heads(result).length, 1, result.text);
  });
}

Deno.test("Sixteen files make a pipeline, and seventeen do not", async () => {
  const chain = (files: number): Texts =>
    Object.fromEntries(Array.from({ length: files }, (_, i) => [
      i === 0 ? "main.yaml" : `${i}.yaml`,
      i === files - 1 ? BASE : `extends: ${i + 1}.yaml\n`,
    ]));
  assert.ok((await checked(chain(16))).loaded);
  const { loaded, text } = await checked(chain(17));
  assert.equal(loaded, undefined);
  assert.match(text, /^15\.yaml:1:10: .* made of at most 16 files/);
});

Deno.test("Bases that double again and again end at the limit, said once", async () => {
  const texts = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [
    i === 0 ? "main.yaml" : `${i}.yaml`,
    i === 11 ? BASE : `extends: [${i + 1}.yaml, ${i + 1}.yaml]\n`,
  ]));
  assert.equal(heads(await checked(texts)).length, 1);
});

Deno.test("A finding points into the file where the value stands", async () => {
  const result = await checked({
    "base.yaml": BASE.replace("hidden: 4", "hidden: 0"),
    "main.yaml":
      "extends: ./base.yaml\nstages:\n  y: { out: 0 }\ntrain: { epochs: 3, shedule: cosine }\n",
  });
  assert.deepEqual(heads(result).sort(), [
    'base.yaml:4:40: Cannot use 0 as "hidden" of "encode: mlp": expected at least 1 [out-of-range]',
    'main.yaml:3:13: Cannot use 0 as "out" of "encode: mlp": expected at least 1 [out-of-range]',
    'main.yaml:4:21: Cannot use "shedule" in "train" [unknown-key]',
  ]);
  assert.match(result.text, /4 \| {3}y: \{ encode: mlp, of: views, hidden: 0/);
});

Deno.test("What replaces or removes a part of a base hides its places", async () => {
  const replaced = await checked({
    "base.yaml": BASE,
    "main.yaml":
      "extends: base.yaml\nstages:\n  loss: { between: [y, zz] }\nseed: -1\n",
  });
  assert.deepEqual(
    heads(replaced),
    [
      'main.yaml:4:7: Cannot use -1 as "seed" of the pipeline: expected at least 0 [out-of-range]',
    ].concat(heads(replaced).filter((head) => head.includes("zz"))).sort(),
  );
  assert.ok(
    heads(replaced).some((head) =>
      head.startsWith('main.yaml:3:24: Cannot find the stage "zz"')
    ),
    replaced.text,
  );
  const removed = await checked({
    "base.yaml": BASE,
    "main.yaml": "extends: base.yaml\ntrain:\n  optimizer: null\n",
  });
  assert.match(removed.text, /^main\.yaml:3:\d+: Cannot do without/);
});

Deno.test("--set changes the merged pipeline, and cannot change what is merged", async () => {
  const texts = { "base.yaml": BASE, "main.yaml": "extends: base.yaml" };
  const value = await valueOf(texts, ["stages.y.hidden=12", "data.batch=4"]);
  assert.equal(value.stages["y"]?.["hidden"], 12);
  const { text } = await checked(texts, ["extends=other.yaml"]);
  assert.match(text, /^main\.yaml:1:10: Cannot set "extends" \[bad-extends\]/);
});

/** The base with variables in front, and values in place of others. */
const withVariables = (variables: string, changes: Texts = {}): string =>
  `variables: ${variables}\n` +
  Object.entries(changes).reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `no "${from}"`);
    return text.replace(from, () => to);
  }, BASE);

/** The value of a text with variables. */
function filled(text: string, set: readonly string[] = []): typeof PARSED {
  const { loaded, text: problems } = checkText("main.yaml", text, { set });
  if (!loaded) throw new Error(problems);
  return loaded.value as typeof PARSED;
}

Deno.test("A value that is one variable takes its value with its type", () => {
  const value = filled(withVariables(
    "{ n: 6, rate: 0.06, sides: [y, y], on: false, opt: { lars: { lr: 1 } } }",
    {
      "hidden: 4": 'hidden: "${n}", output_affine: "${on}"',
      "[y, y]": '"${sides}"',
      "{ sgd: { lr: 0.1 } }": '"${opt}"',
      "steps: 9": 'steps: "${n}", ema: "${rate}"',
    },
  ));
  assert.deepEqual(value.stages["y"], {
    encode: "mlp",
    of: "views",
    hidden: 6,
    output_affine: false,
    out: 4,
  });
  assert.deepEqual(value.stages["loss"]?.["between"], ["y", "y"]);
  assert.deepEqual(value.train, {
    steps: 6,
    ema: 0.06,
    optimizer: { lars: { lr: 1 } },
  });
  assert.ok(!("variables" in value));
});

Deno.test("Inside of a longer text a variable is inserted, and $${ is not one", () => {
  const value = filled(withVariables("{ of: ew, net: y }", {
    "of: views": 'of: "vi${of}s"',
    "[y, y]": '[y, "stop_gradient(${net})"]',
  }));
  assert.equal(value.stages["y"]?.["of"], "views");
  assert.deepEqual(value.stages["loss"]?.["between"], [
    "y",
    "stop_gradient(y)",
  ]);
  const path = (written: string) =>
    (filled(withVariables("{ n: 6 }", {
      "source: cifar10": `source: mnist, path: "${written}"`,
      "augment: simsiam": "augment: [horizontal_flip]",
      "steps: 9": 'steps: "${n}"',
    })).data as unknown as { path: string }).path;
  for (
    const [written, read] of [
      ["a${n}/b", "a6/b"],
      ["$${n}", "${n}"],
      ["$$${n}", "$${n}"],
      ["${n}${n}", "66"],
      ["$n {n} $", "$n {n} $"],
    ] as const
  ) {
    assert.equal(path(written), read);
    assert.equal(path(escapeVariables(read)), read);
  }
});

Deno.test("A variable may use others", () => {
  const value = filled(withVariables(
    "{ net: y, sides: ['${net}', 'stop_gradient(${net})'], pair: '${sides}' }",
    { "[y, y]": '"${pair}"' },
  ));
  assert.deepEqual(value.stages["loss"]?.["between"], [
    "y",
    "stop_gradient(y)",
  ]);
});

Deno.test("--set and a file override the variables of a base", async () => {
  const texts = {
    "base.yaml": withVariables("{ width: 4, batch: 8 }", {
      "hidden: 4, out: 4": 'hidden: "${width}", out: "${width}"',
      "batch: 8": 'batch: "${batch}"',
    }),
    "main.yaml": "extends: base.yaml\nvariables: { width: 6 }\n",
  };
  const file = await valueOf(texts);
  assert.deepEqual([file.stages["y"]?.["out"], file.data.batch], [6, 8]);
  const set = await valueOf(texts, [
    "variables.width=32",
    "data.batch=${width}",
  ]);
  assert.deepEqual([set.stages["y"]?.["out"], set.data.batch], [32, 32]);
});

Deno.test("A variable whose uses another file or --set covers counts as used", async () => {
  const texts = {
    "base.yaml": withVariables("{ width: 4 }", { "out: 4": 'out: "${width}"' }),
    "main.yaml": "extends: base.yaml\nstages: { y: { out: 8 } }\n",
  };
  assert.equal((await valueOf(texts)).stages["y"]?.["out"], 8);
  const { "base.yaml": base } = texts;
  assert.equal(filled(base, ["stages.y.out=9"]).stages["y"]?.["out"], 9);
});

Deno.test("A misspelt variable of --set is an error, with the nearest name", () => {
  const { loaded, text } = checkText(
    "main.yaml",
    withVariables("{ width: 4 }", { "out: 4": 'out: "${width}"' }),
    { set: ["variables.widht=32"] },
  );
  assert.equal(loaded, undefined);
  assert.match(text, /Cannot use the variable "widht" anywhere/);
  assert.match(text, /did you mean "width"\?/);
});

Deno.test("A finding about an inserted value also tells where the variable stands", async () => {
  const result = await checked({
    "base.yaml": withVariables("{ width: 4 }", { "out: 4": 'out: "${width}"' }),
    "main.yaml": "extends: base.yaml\nvariables: { width: wide }\n",
  });
  assert.deepEqual(heads(result), [
    'base.yaml:5:48: Cannot use "wide" as "out" of "encode: mlp": expected a number [wrong-type]',
  ]);
  assert.match(result.text, / `\$\{width\}` is from main\.yaml:2/);
});

Deno.test("A finding inside of a variable points into the variable", () => {
  const { text } = checkText(
    "main.yaml",
    withVariables("{ opt: { sgd: { lr: -1 } } }", {
      "{ sgd: { lr: 0.1 } }": '"${opt}"',
    }),
  );
  assert.match(text, /^main\.yaml:1:32: Cannot use -1 as "lr"/);
});

Deno.test("Variables that grow without end are refused", () => {
  for (
    const grow of [
      (name: string) => `"\${${name}}\${${name}}"`,
      (name: string) => `["\${${name}}", "\${${name}}"]`,
    ]
  ) {
    const lines = Array.from(
      { length: 60 },
      (_, i) => `  v${i}: ${i === 0 ? "12345678" : grow(`v${i - 1}`)}\n`,
    );
    const text = `variables:\n${lines.join("")}${BASE}seed: \${v59}\n`;
    const { findings, loaded } = checkText("main.yaml", text);
    assert.equal(loaded, undefined);
    assert.deepEqual(findings.map(({ code }) => code), ["too-complex"]);
  }
});

Deno.test("Names that every object has are no variables", () => {
  for (const name of ["constructor", "__proto__", "toString"]) {
    const { text } = checkText(
      "main.yaml",
      BASE.replace("out: 4", `out: "\${${name}}"`),
    );
    assert.match(text, /^main\.yaml:4:48: Cannot find the variable/);
  }
});

Deno.test("A resolved pipeline has neither extends nor variables, and loads alone to the same", async () => {
  const { loaded, text } = await checked({
    "base.yaml": withVariables("{ n: 6 }", {
      "source: cifar10": 'source: mnist, path: "$${n}/${n}"',
      "augment: simsiam": "augment: [horizontal_flip]",
    }),
    "main.yaml": "extends: base.yaml\nseed: 3\n",
  });
  if (!loaded) throw new Error(text);
  const plain = resolve(loaded.pipeline);
  assert.ok(!("extends" in plain) && !("variables" in plain));
  const again = checkText("main.yaml", stringify(plain));
  assert.deepEqual(again.loaded?.pipeline, loaded.pipeline, again.text);
  const { path } = again.loaded?.pipeline.data.options as { path: string };
  assert.equal(path, "${n}/6");
});

Deno.test("explain() names the file, and the variable with its place, of every value", async () => {
  await inFiles({
    "shared/base.yaml": withVariables("{ width: 4, rate: 0.1 }", {
      "out: 4": 'out: "${width}"',
      "lr: 0.1": 'lr: "${rate}"',
    }),
    "main.yaml":
      "extends: shared/base.yaml\nseed: 3\nvariables: { width: 6 }\n",
  }, async (folder) => {
    const file = join(folder, "main.yaml");
    const set = ["variables.rate=0.2", "data.batch=4"];
    const { loaded, text } = await checkPipeline(file, { set });
    if (!loaded) throw new Error(text);
    const lines = explain(loaded, {
      file,
      text: await Deno.readTextFile(file),
      set,
    }).split("\n").map((line) => line.trim().replace(/ +#/, " #"));
    for (
      const line of [
        "seed: 3 # main.yaml:2",
        "batch: 4 # --set",
        "source: cifar10 # shared/base.yaml:2",
        "hidden: 4 # shared/base.yaml:5",
        "out: 6 # shared/base.yaml:5, ${width} from main.yaml:3",
        "lr: 0.2 # shared/base.yaml:7, ${rate} from --set",
        "momentum: 0.9 # default",
      ]
    ) assert.ok(lines.includes(line), `no "${line}" in\n${lines.join("\n")}`);
  });
});

Deno.test("config prints a composed pipeline that loads alone, and check accepts both", async () => {
  await inFiles({
    "base.yaml": BASE,
    "main.yaml": "extends: base.yaml\nseed: 3\n",
  }, async (folder) => {
    const first = await printed("config", `${folder}/main.yaml`);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^ {2}steps: 9 +# base\.yaml:6$/m);
    await Deno.writeTextFile(`${folder}/alone.yaml`, first.stdout);
    const both = await printed(
      "check",
      `${folder}/main.yaml`,
      `${folder}/alone.yaml`,
    );
    assert.equal(both.code, 0, both.stderr);
  });
});
