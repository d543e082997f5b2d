import assert from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { BUILT_IN, register } from "../../lib/model/registry.ts";
import { defineLoss } from "../../lib/stages/define_loss.ts";
import { l2Normalize } from "../../lib/ops/normalize.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import { TEXTS } from "./shipped_texts.ts";

const BOTH = /^Gradients flow into both sides/;
const NO_PREDICTOR = /^Both sides of this loss are equally deep/;
const COPY = /^An EMA momentum of 0 makes/;
const FROZEN = /^An EMA momentum of 1 never moves/;
const NO_NORM = /^No head has a norm/;
const LARGE_RATE = /^This rate is one for LARS/;
const UNTRAINED = /^A predictor that is not trained/;
const NORMED = /^Batch norm on the predictor's output/;
const NO_REDUNDANCY = /^Without the redundancy term/;
const NO_INVARIANCE = /^Without the invariance term/;
const NO_ATTRACTION = /^Nothing in this sum pulls/;
const NO_VARIANCE = /^Without a variance term/;
const NO_COVARIANCE = /^Without a covariance term/;

/** Ablations of the papers: each is a change or two. */
const ABLATIONS: readonly {
  readonly what: string;
  readonly file: string;
  readonly set: readonly string[];
  readonly risks: readonly RegExp[];
  /** Where the first one stands, as the written line begins. */
  readonly line?: string;
}[] = [
  {
    what: "SimSiam without stop-gradient",
    file: "simsiam.yaml",
    set: ["stages.loss.between.1=z"],
    risks: [BOTH],
    line: "loss:",
  },
  {
    what: "SimSiam without a predictor",
    file: "simsiam.yaml",
    set: [
      "stages.p=null",
      "stages.loss.between=[z, stop_gradient(z)]",
      "train.per_stage=null",
    ],
    risks: [NO_PREDICTOR],
    line: "loss:",
  },
  {
    what: "SimSiam without predictor or stop-gradient",
    file: "simsiam.yaml",
    set: [
      "stages.p=null",
      "stages.loss.between=[z, z]",
      "train.per_stage=null",
    ],
    risks: [BOTH, NO_PREDICTOR],
  },
  {
    what: "SimSiam without batch norm in its heads",
    file: "simsiam.yaml",
    set: ["stages.z.batch_norm=none", "stages.p.batch_norm=none"],
    risks: [NO_NORM],
  },
  {
    what: "BYOL with an EMA momentum of 0",
    file: "byol.yaml",
    set: ["train.ema=0"],
    risks: [COPY],
    line: "ema:",
  },
  {
    what: "BYOL with an EMA momentum of 1",
    file: "byol.yaml",
    set: ["train.ema=1"],
    risks: [FROZEN],
    line: "ema:",
  },
  {
    what: "BYOL without a predictor",
    file: "byol.yaml",
    set: ["stages.p=null", "stages.loss.between.0=z"],
    risks: [NO_PREDICTOR],
  },
  {
    what: "BYOL with one twin whose own momentum is 0",
    file: "byol.yaml",
    set: ["stages.target.z.momentum=0"],
    risks: [COPY],
  },
  {
    what: "MoCo with an EMA momentum of 1",
    file: "moco.yaml",
    set: ["train.ema=1"],
    risks: [FROZEN],
  },
  {
    what: "BYOL with one twin whose own momentum is 1",
    file: "byol.yaml",
    set: ["stages.target.z.momentum=1"],
    risks: [FROZEN],
    line: "target\\.z:",
  },
  {
    what: "BYOL with Adam at a rate of LARS",
    file: "byol.yaml",
    set: ["train.optimizer={ adam: { lr: 0.2 } }"],
    risks: [LARGE_RATE],
    line: "optimizer:",
  },
  {
    what: "SimSiam with a predictor that is not trained",
    file: "simsiam.yaml",
    set: ["train.per_stage={ p: { lr: 0 } }"],
    risks: [UNTRAINED],
  },
  {
    what: "SimSiam with batch norm on its predictor's output",
    file: "simsiam.yaml",
    set: ["stages.p.batch_norm=all"],
    risks: [NORMED],
    line: "p:",
  },
  {
    what: "Barlow Twins without its redundancy term",
    file: "barlow_twins.yaml",
    set: ["stages.loss.lambda=0"],
    risks: [NO_REDUNDANCY],
    line: "lambda:",
  },
  {
    what: "Barlow Twins without its invariance term",
    file: "barlow_twins.yaml",
    set: ["stages.loss.invariance=0"],
    risks: [NO_INVARIANCE],
  },
  {
    what: "VICReg without its variance term",
    file: "vicreg.yaml",
    set: ["stages.variance=null"],
    risks: [NO_VARIANCE],
    line: "invariance:",
  },
  {
    what: "VICReg with a variance term that weighs nothing",
    file: "vicreg.yaml",
    set: ["stages.variance.weight=0"],
    risks: [NO_VARIANCE],
  },
  {
    what: "VICReg without its covariance term",
    file: "vicreg.yaml",
    set: ["stages.covariance=null"],
    risks: [NO_COVARIANCE],
  },
  {
    what: "VICReg without its invariance term",
    file: "vicreg.yaml",
    set: ["stages.invariance=null"],
    risks: [NO_ATTRACTION],
    line: "variance:",
  },
  {
    what: "VICReg's invariance term alone",
    file: "vicreg.yaml",
    set: ["stages.covariance=null", "stages.variance=null"],
    risks: [BOTH, NO_PREDICTOR],
  },
];

for (const { what, file, set, risks, line } of ABLATIONS) {
  Deno.test(`${what} is warned of and not stopped`, () => {
    const { findings, text, loaded } = checkText(file, TEXTS[file]!, { set });
    assert.equal(loaded?.warnings, text);
    assert.deepEqual(
      findings.map(({ code, severity }) => `${severity} ${code}`),
      risks.map(() => "warning collapse-risk"),
      text,
    );
    for (const risk of risks) {
      const found = findings.find(({ message }) => risk.test(message));
      // Numbers, and the paper that has them.
      assert.match(found?.hints.join("\n") ?? text, /\d %.*(arXiv:|https:)/);
    }
    const [, shown = ""] = text.split("\n");
    if (line) assert.match(shown, new RegExp(`\\| +${line}`), text);
    assert.match(text, /: warning: /);
  });
}

Deno.test("Losses that hold embeddings apart are not warned of", () => {
  for (
    const [file, set] of [
      ["simclr.yaml", []],
      ["barlow_twins.yaml", []],
      ["moco.yaml", []],
      ["vicreg.yaml", []],
      ["nnclr.yaml", []],
      ["simsiam.yaml", [
        "stages.loss.loss=nt_xent",
        "stages.loss.between=[p, z]",
      ]],
      ["simsiam.yaml", [
        "stages.loss.between=[p, z]",
        "stages.apart={ loss: cross_correlation, between: [z, z] }",
      ]],
      ["byol.yaml", ["stages.loss.between.1=target.z"]],
    ] as const
  ) {
    const { text, loaded } = checkText(file, TEXTS[file]!, { set });
    assert.ok(loaded, text);
    assert.equal(text, "", `${file} ${set}`);
  }
});

/** A loss of one's own, written as `cosine` is. */
const likeness = (attracts: boolean) =>
  defineLoss({
    name: "likeness",
    summary: "Negative cosine similarity",
    negatives: "none",
    ...(attracts ? { attracts } : {}),
    options: z.strictObject({}),
    apply: (a, b) =>
      tf.neg(tf.mean(tf.sum(tf.mul(l2Normalize(a), l2Normalize(b)), 1))),
  });

/** What is said of an ablation whose loss is one's own. */
function withOwn(
  { file, set }: Pick<typeof ABLATIONS[number], "file" | "set">,
  attracts: boolean,
): string[] {
  const { findings, loaded, text } = checkText(file, TEXTS[file]!, {
    set: [...set, "stages.loss.loss=likeness"],
    registry: register(BUILT_IN, likeness(attracts)),
  });
  assert.ok(loaded, text);
  return findings.map(({ path, message, hints }) =>
    [path.join("."), message, ...hints].join("\n")
  );
}

const ATTRACTED = ABLATIONS.filter(({ file }) =>
  ["simsiam.yaml", "byol.yaml"].includes(file)
);

for (const ablation of ATTRACTED) {
  Deno.test(`${ablation.what} is warned of with a loss of one's own, too`, () => {
    const { findings } = checkText(ablation.file, TEXTS[ablation.file]!, {
      set: ablation.set,
    });
    const expected = findings.map(({ path, message, hints }) =>
      [path.join("."), message, ...hints].join("\n")
    );
    assert.ok(expected.length > 0);
    assert.deepEqual(withOwn(ablation, true), expected);
  });
}

Deno.test("Of a loss of one's own that does not say that it attracts, nothing is thought", () => {
  const other = ["An EMA momentum of 1 never moves"];
  for (const ablation of ATTRACTED) {
    for (const said of withOwn(ablation, false)) {
      assert.ok(other.some((one) => said.includes(one)), said);
    }
  }
});

Deno.test("A predictor that is frozen throughout is warned of as one whose rate is 0", () => {
  const said = (setting: string): string[] =>
    checkText("simsiam.yaml", TEXTS["simsiam.yaml"]!, {
      set: [`train.per_stage={ p: { ${setting} } }`],
    }).findings.map(({ path, message }) => `${path.join(".")}: ${message}`);
  const message = "A predictor that is not trained predicts nothing";
  assert.deepEqual(said("lr: 0"), [`train.per_stage.p.lr: ${message}`]);
  assert.deepEqual(said("freeze: true"), [
    `train.per_stage.p.freeze: ${message}`,
  ]);
  assert.deepEqual(said("freeze: 1"), []);
});
