import assert from "@std/assert";
import { explain } from "../../lib/pipeline/explain/explain.ts";
import { checkText, type LoadedPipeline } from "../../lib/pipeline/load.ts";
import { BUILT_IN, headNames, register } from "../../lib/model/registry.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import type { ModuleRole } from "../../lib/stages/define_module.ts";
import { HEAD_PRESETS } from "../../lib/stages/head_presets.ts";
import { mlp } from "../../lib/stages/modules/mlp.ts";

const text = (head: string): string =>
  `data: { source: cifar10, batch: 8 }
stages:
  views: { augment: none, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  z: ${head}
  loss: { loss: nt_xent, between: [z, z] }
train: { steps: 9, optimizer: { sgd: { lr: 0.1 } } }
`;

function load(head: string): LoadedPipeline {
  const { loaded, text: problems } = checkText("m.yaml", text(head));
  return loaded ?? assert.fail(problems);
}

const stageOf = ({ pipeline }: LoadedPipeline): Record<string, unknown> =>
  (resolve(pipeline) as { stages: { z: Record<string, unknown> } }).stages.z;

for (const [name, { heads, reference }] of Object.entries(HEAD_PRESETS)) {
  for (const role of Object.keys(heads) as ModuleRole[]) {
    Deno.test(`${role}: ${name} is its network with its options, written out in full`, () => {
      const loaded = load(`{ ${role}: ${name}, of: y }`);
      const { network, options } = heads[role] ?? assert.fail();
      const stage = stageOf(loaded);
      assert.equal(stage[role], network);
      for (const [key, value] of Object.entries(options)) {
        assert.equal(stage[key], value, key);
      }
      const again = load(JSON.stringify(stage));
      assert.deepEqual(again.pipeline, loaded.pipeline);
    });
  }

  Deno.test(`The heads of ${name} cite their source, and fit each other`, () => {
    assert.match(reference, /^\w+ (and \w+|et al\.) \d{4}, https:\/\/arxiv/);
    const { project, predict } = heads;
    if (!predict) return;
    // A predictor gives what its projector gives: a loss compares the two.
    assert.equal(predict.options["out"], project?.options["out"]);
  });
}

Deno.test("A stage's own options come before those of its preset", () => {
  const stage = stageOf(load("{ project: simsiam, of: y, hidden: 8, out: 6 }"));
  assert.deepEqual([stage["hidden"], stage["out"], stage["layers"]], [8, 6, 3]);
});

Deno.test("explain() names the preset of a head, the line of what the stage says, and defaults", () => {
  const head = "{ project: simsiam, of: y, out: 6 }";
  const lines = explain(load(head), { file: "m.yaml", text: text(head) })
    .split("\n").map((line) => line.trim().replace(/ +#/, " #"));
  for (
    const line of [
      "project: mlp # preset simsiam",
      "hidden: 2048 # preset simsiam",
      "layers: 3 # preset simsiam",
      "out: 6 # m.yaml:5",
      "of: y # m.yaml:5",
      "output_bias: true # default",
    ]
  ) assert.ok(lines.includes(line), `no "${line}" in\n${lines.join("\n")}`);
});

Deno.test("A preset that has no head for a role is unknown there, with the nearest that has", () => {
  const { findings } = checkText(
    "m.yaml",
    text("{ predict: simsiam_cifr, of: y }"),
  );
  assert.deepEqual(findings.map(({ code, path }) => [code, path.join(".")]), [
    ["unknown-name", "stages.z.predict"],
  ]);
  assert.ok(findings[0]?.hints.includes('did you mean "simsiam_cifar"?'));
  assert.ok(!headNames(BUILT_IN, "predict").includes("simclr"));
});

Deno.test("Mistakes beside a preset are reported as beside a network", () => {
  const { findings } = checkText(
    "m.yaml",
    text("{ project: byol, of: y, hiden: 3, layers: 0 }"),
  );
  assert.deepEqual(findings.map(({ code, path }) => [code, path.join(".")]), [
    ["unknown-key", "stages.z.hiden"],
    ["out-of-range", "stages.z.layers"],
  ]);
});

Deno.test("A network of one's own is not hidden by a preset of its name", () => {
  const own = { ...mlp, name: "byol" };
  const { loaded, text: problems } = checkText(
    "m.yaml",
    text("{ project: byol, of: y, hidden: 3, out: 2 }"),
    { registry: register(BUILT_IN, own) },
  );
  assert.equal(stageOf(loaded ?? assert.fail(problems))["project"], "byol");
});
