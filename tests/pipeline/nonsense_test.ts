/** @file Values of the right form that mean nothing. */
import assert from "@std/assert";
import { checkText } from "../../lib/pipeline/load.ts";

const BASE = `name: sound
data: { source: cifar10, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y], weight: 1 }
train: { steps: 9, optimizer: { sgd: { lr: 0.1 } }, per_stage: {} }
evaluate: { knn: { temperature: 0.1 } }
`;

const NONSENSE: readonly (readonly [from: string, to: string, says: RegExp])[] =
  [
    ["weight: 1", "weight: 0", /Cannot train: every loss has weight 0/],
    ["name: sound", "name: ..", /Cannot use ".." as "name" of the pipeline/],
    ["name: sound", "name: a/b", /expected letters, digits, and \. _ -/],
    ["lr: 0.1", "lr: 1e39", /Cannot use 1e\+39 as "lr".*at most 1000000/],
    ["lr: 0.1", "lr: .nan", /Cannot use \.nan as "lr".*expected a number/],
    ["lr: 0.1", "lr: -.inf", /Cannot use -\.inf as "lr"/],
    ["temperature: 0.1", "temperature: 1e-300", /expected at least 0\.001/],
    [
      "per_stage: {}",
      "per_stage: { __proto__: { lr: 1 } }",
      /Cannot use "__proto__" as a key/,
    ],
    [
      "evaluate:",
      "init: { __proto__: weights }\nevaluate:",
      /Cannot use "__proto__" as a key/,
    ],
    [
      "evaluate:",
      "sweep: { points: { __proto__: { seed: 1 } } }\nevaluate:",
      /Cannot use "__proto__" as a key/,
    ],
    [
      "evaluate:",
      'sweep: { points: { "a\\e[2J": { seed: 1 } } }\nevaluate:',
      /Cannot name a point so/,
    ],
    [
      "augment: simsiam",
      "augment: [{ random_resized_crop: { scale: [0.2, 5] } }]",
      /Cannot use \[0\.2,5\] as "scale".*0 < least <= most <= 1$/,
    ],
  ];

Deno.test("A key that no map holds is refused from outside, too", () => {
  for (const set of ["init.__proto__=x", "init={ __proto__: x }"]) {
    assert.throws(
      () => checkText("sketch.yaml", BASE, { set: [set] }),
      /Cannot use "__proto__" as a key in --set/,
    );
  }
});

for (const [from, to, says] of NONSENSE) {
  Deno.test(`"${to}" is refused, and it is said why`, () => {
    assert.ok(BASE.includes(from));
    const messages = (text: string): string[] =>
      checkText("sketch.yaml", text).findings
        .filter(({ severity }) => severity === "error")
        .map(({ message }) => message);
    assert.deepEqual(messages(BASE), []);
    const found = messages(BASE.replace(from, to));
    assert.ok(found.some((message) => says.test(message)), found.join("\n"));
  });
}
