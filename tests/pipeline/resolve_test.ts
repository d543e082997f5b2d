import assert from "@std/assert";
import { parse, stringify } from "yaml";
import { checkText, type LoadedPipeline } from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { pathOf, TEXTS } from "./shipped_texts.ts";

const load = (
  file: string,
  text: string,
  set: readonly string[] = [],
): LoadedPipeline => {
  const { loaded, text: report } = checkText(file, text, { set });
  return loaded ?? assert.fail(report);
};

Deno.test("There are pipelines", () => {
  assert.ok(Object.keys(TEXTS).length >= 15);
});

/** A finding of any kind but that data, which everybody keeps elsewhere, are not there. */
const WARNED = /\[(?!no-data)[a-z]+(?:-[a-z]+)*\]$/m;

for (const [file, text] of Object.entries(TEXTS)) {
  // What it extends is found from where it lies.
  const path = pathOf(file);

  Deno.test(`${file} passes every check without a warning`, () => {
    assert.doesNotMatch(checkText(path, text).text, WARNED);
  });

  Deno.test(`${file}, written out in full, is the same pipeline`, () => {
    const { pipeline } = load(path, text);
    const plain = resolve(pipeline);
    const again = load("other.yaml", stringify(plain));
    assert.deepEqual(again.pipeline, pipeline);
    assert.deepEqual(resolve(again.pipeline), plain);
    assert.doesNotMatch(again.warnings, WARNED);
    // The plain data is data: nothing is lost on the way through YAML.
    assert.deepEqual(parse(stringify(plain)), plain);
  });
}

const EVERYTHING = `name: all
seed: 7
data: { source: folder, path: images, size: { height: 16, width: 16 }, batch: 8, test: 0.1 }
stages:
  views: { augment: { each: [byol, [{ resize: { size: 16 } }, normalize]] }, of: image }
  y: { encode: resnet, of: views, width: 4, blocks: [1], zero_init: true }
  z: { project: mlp, of: "views[1]", hidden: 4, out: 4 }
  w: { project: mlp, of: y, hidden: 4, out: 4, batch_norm: all }
  stopped: { stop_gradient: w }
  t: { ema: y, of: "views[0]" }
  u: { ema: w, of: t, momentum: { from: 0.5, to: 1 } }
  q: { queue: u, size: 16 }
  a: { loss: mse, between: [w, stopped], pairs: all, weight: 0.5 }
  b: { loss: info_nce, between: [w, stop_gradient(u)], pairs: all, negatives: q }
  c: { loss: cosine, between: [z, "stop_gradient(w[0])"], pairs: all }
train:
  epochs: 2.5
  optimizer: { lars: { lr: 1, clip: true } }
  schedule: { linear: { warmup: 0.5, first: 0.2, final: 0.1, epochs: 3 } }
  ema: 0.9
  per_stage:
    y: { lr: 0 }
    w: { schedule: { constant: { warmup: 1 } } }
    z: { schedule: { multistep: { milestones: [1, 2], gamma: 0.5 } } }
  precision: bfloat16
monitor: { collapse: warn, patience: 5 }
checkpoint: { every: 0.5, keep: 7 }
evaluate: { of: t, knn: false, every: 0.5, linear: { c: 0.1, iterations: 4 } }
`;

Deno.test("A pipeline that uses every form comes back from its written-out form", () => {
  const { pipeline } = load("all.yaml", EVERYTHING);
  const again = load("other.yaml", stringify(resolve(pipeline)));
  assert.deepEqual(again.pipeline, pipeline);
});

Deno.test("The written-out form leaves nothing implied", () => {
  const { pipeline } = load("all.yaml", EVERYTHING);
  const plain = resolve(pipeline) as Record<string, Record<string, unknown>>;
  assert.deepEqual(plain["stages"]?.["w"], {
    project: "mlp",
    of: "y",
    hidden: 4,
    out: 4,
    layers: 2,
    batch_norm: "all",
    norm: "batch",
    groups: 16,
    output_affine: true,
    output_bias: true,
    init: "torch",
    activation: "relu",
  });
  assert.deepEqual(plain["stages"]?.["c"], {
    loss: "cosine",
    between: ["z", "stop_gradient(w[0])"],
    pairs: "all",
    weight: 1,
  });
  const { pipeline: least } = load(
    "least.yaml",
    stringify({
      data: { source: "cifar10", batch: 4 },
      stages: {
        views: { augment: "none", of: "image" },
        y: { encode: "resnet", of: "views" },
        loss: { loss: "nt_xent", between: ["y", "y"] },
      },
      train: { steps: 3, optimizer: { sgd: { lr: 1 } } },
    }),
  );
  const { name, seed, train, monitor, checkpoint, evaluate } = resolve(least);
  assert.deepEqual({ name, seed, train, monitor, checkpoint, evaluate }, {
    name: "least",
    seed: 0,
    train: {
      steps: 3,
      optimizer: {
        sgd: {
          lr: 1,
          momentum: 0.9,
          weight_decay: 0,
          exclude_bias_and_norm: false,
        },
      },
      schedule: { constant: { warmup: 0 } },
      accumulate: 1,
      per_stage: {},
      precision: "float32",
    },
    monitor: {
      divergence: "stop",
      collapse: "stop",
      dimensional_collapse: "stop",
      prototype_collapse: "stop",
      stuck_at_uniform: "warn",
      not_learning: "warn",
      patience: 3,
      every: 20,
    },
    checkpoint: { every: 10, keep: 2 },
    evaluate: {
      knn: { k: 20, temperature: 0.1 },
      linear: { c: [0.001, 0.01, 0.1, 1, 10, 100], iterations: 500 },
    },
  });
});

Deno.test("Whatever the file is called, the pipeline comes back from its written-out form", () => {
  const text = TEXTS["simsiam.yaml"]!.replace(/^name: .*\n/m, "");
  for (const file of ["a/my pipeline.yaml", "ünïcode.yml", "x.y-z_1.yaml"]) {
    const { pipeline } = load(file, text);
    const again = load("other.yaml", stringify(resolve(pipeline)));
    assert.deepEqual(again.pipeline, pipeline);
  }
});
