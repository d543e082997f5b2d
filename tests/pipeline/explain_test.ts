import assert from "@std/assert";
import { explain } from "../../lib/pipeline/explain/explain.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import type { Pipeline } from "../../lib/model/pipeline.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { SHIPPED } from "./shipped.ts";

const FILE = "m.yaml";

/** Each line tells its number, so that a test can name it. */
const TEXT = `seed: 3 # line 1
data: { source: photos, batch: 64 } # line 2
stages:
  views: { augment: simsiam, of: image } # line 4
  y: { encode: resnet, of: views, blocks: [1, 2] } # line 5
  z.a: { project: mlp, of: y, hidden: 8, out: 8 } # line 6
  loss: { loss: nt_xent, between: [z.a, z.a], pairs: unordered }
train:
  steps: 5
  optimizer: { sgd: { lr: 0.1 } } # line 10
  schedule: cosine # line 11
monitor: warn # line 12
`;

function load(
  text: string,
  set: readonly string[] = [],
  file = FILE,
): Pipeline {
  const { loaded, text: problems } = checkText(file, text, { set });
  if (!loaded) throw new Error(problems);
  return loaded.pipeline;
}

/** Lines of the explained text, without the blanks before comments. */
function lines(set: readonly string[] = [], text = TEXT): string[] {
  const pipeline = load(text, set);
  return explain({ pipeline }, { file: `some/${FILE}`, text, set }).split("\n")
    .map((line) => line.trim().replace(/ +#/, " #"));
}

function hasLine(found: readonly string[], line: string): void {
  assert(found.includes(line), `no line "${line}" in\n${found.join("\n")}`);
}

Deno.test("explain() names the line of what the file says", () => {
  const found = lines();
  hasLine(found, "seed: 3 # m.yaml:1");
  hasLine(found, "batch: 64 # m.yaml:2");
  hasLine(found, "blocks: [1, 2] # m.yaml:5");
  hasLine(found, "lr: 0.1 # m.yaml:10");
});

Deno.test("explain() says default of what nobody wrote", () => {
  const found = lines();
  hasLine(found, "name: m # default");
  hasLine(found, "momentum: 0.9 # default");
  hasLine(found, "weight: 1 # default");
  hasLine(found, "per_stage: {} # default");
});

Deno.test("explain() names the preset of a transform and of its options", () => {
  const found = lines();
  hasLine(found, "- random_resized_crop: # preset simsiam");
  hasLine(found, "scale: [0.2, 1] # preset simsiam");
  hasLine(found, "ratio: [0.75, 1.3333333333333333] # default");
});

Deno.test("explain() takes the list of a preset that belongs to the view", () => {
  const of = (augment: string) =>
    lines([], TEXT.replace("augment: simsiam", `augment: ${augment}`)).filter(
      (line) => line.startsWith("- gaussian_blur") || line.startsWith("p: 0.1"),
    );
  assert.deepEqual(of("byol"), [
    "- gaussian_blur: # preset byol",
    "- gaussian_blur: # preset byol",
    "p: 0.1 # preset byol",
  ]);
  assert.deepEqual(of("{ each: [none, byol] }"), [
    "- gaussian_blur: # preset byol",
    "p: 0.1 # preset byol",
  ]);
});

Deno.test("explain() names the line of a transform that the file lists", () => {
  const found = lines(
    [],
    TEXT.replace(
      "augment: simsiam",
      "augment: [horizontal_flip, { solarize: { p: 0.3 } }]",
    ),
  );
  hasLine(found, "- horizontal_flip: # m.yaml:4");
  hasLine(found, "p: 0.5 # default");
  hasLine(found, "p: 0.3 # m.yaml:4");
});

Deno.test("explain() understands short forms", () => {
  const found = lines();
  hasLine(found, "collapse: warn # m.yaml:12");
  hasLine(found, "patience: 3 # default");
  hasLine(found, "cosine: # m.yaml:11");
  hasLine(found, "warmup: 0 # default");
});

Deno.test("explain() says of no evaluation where that was written, for both scores", () => {
  for (const score of ["knn", "linear"]) {
    hasLine(lines(["evaluate=false"]), `${score}: false # --set`);
  }
});

Deno.test("explain() says --set of what the command line changed", () => {
  const found = lines([
    "seed=4",
    "stages.z.a.hidden=16",
    "stages.y.blocks.1=3",
    "train.optimizer={ adamw: { lr: 0.01 } }",
    "monitor=stop",
  ]);
  hasLine(found, "seed: 4 # --set");
  hasLine(found, "hidden: 16 # --set");
  hasLine(found, "blocks: [1, 3] # m.yaml:5 and --set");
  hasLine(found, "adamw: # --set");
  hasLine(found, "lr: 0.01 # --set");
  hasLine(found, "collapse: stop # --set");
});

Deno.test("explain() says default of what the command line removed", () => {
  hasLine(lines(["seed=null"]), "seed: 0 # default");
});

/** What is said of a value; maps and lists of several origins have none. */
const ORIGIN =
  /# (default|preset \w+|[./\w-]+:\d+(, \$\{\w+\} from [./\w-]+:\d+)?)$|[-:]$/;

Deno.test("explain() gives every value of every shipped pipeline an origin, and loads to the same pipeline", async () => {
  for (const file of SHIPPED) {
    const text = await Deno.readTextFile(file);
    const pipeline = load(text, [], file);
    const explained = explain({ pipeline }, { file, text });
    for (const line of explained.trimEnd().split("\n")) {
      assert.match(line, ORIGIN, file);
    }
    assert.deepEqual(resolve(load(explained)), resolve(pipeline), file);
  }
});

Deno.test("explain() keeps texts that YAML would read as something else", () => {
  const text = TEXT.replace(
    "source: photos",
    `source: mnist, path: "true # no: {comment}\\nnext"`,
  ).replace("simsiam", "[horizontal_flip]")
    .replaceAll("z.a", `"null"`);
  const pipeline = load(text);
  const explained = explain({ pipeline }, { file: FILE, text });
  assert.deepEqual(resolve(load(explained)), resolve(pipeline));
});
