import assert from "@std/assert";
import { dirname, join } from "node:path";
import {
  type Code,
  CODES,
  type Diagnostic,
} from "../../lib/diagnostics/diagnostic.ts";
import { checkText } from "../../lib/pipeline/load.ts";

/** Stands in a text where the caret is expected. */
const CARET = "▸";

const BASE = `data: { source: cifar10, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, y] }
train: { steps: 9, optimizer: { sgd: { lr: 0.1 } } }
`;

interface Case {
  /** A part of `BASE`, and what takes its place; a whole text alone. */
  readonly from?: string;
  readonly to: string;
  readonly message: string | RegExp;
  /** One of the hints, in full. */
  readonly hint?: string;
  /** What follows from the same mistake. */
  readonly also?: readonly Code[];
}

const END = "optimizer: { sgd: { lr: 0.1 } } }\n";
const LOSS = "  loss: { loss: nt_xent, between: [y, y] }\n";
/** Adds lines to the stages, or after all. */
const stage = (to: string): { from: string; to: string } => ({
  from: LOSS,
  to: `${LOSS}${to}\n`,
});
const section = (to: string): { from: string; to: string } => ({
  from: END,
  to: `${END}${to}\n`,
});

const range = (count: number): string =>
  Array.from({ length: count }, (_, i) => i + 1).join(", ");

/** Images in no folder of a class. */
const FLAT = JSON.stringify(
  new URL("../../data/photos", import.meta.url).pathname,
);

/** A folder with files, whose contents do not matter. */
async function filled(...paths: readonly string[]): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-test-" });
  for (const path of paths) {
    const full = join(folder, path);
    await Deno.mkdir(dirname(full), { recursive: true });
    await Deno.writeTextFile(full, "");
  }
  globalThis.addEventListener(
    "unload",
    () => Deno.removeSync(folder, { recursive: true }),
  );
  return folder;
}
const ONE_CLASS = await filled("a/1.png", "a/2.png");
const TWO_CLASSES = await filled("a/1.png", "b/1.png");
const ODD_SPLITS = await filled("extra/1.png", "test/1.png", "train/1.png");

const CASES: Readonly<Record<Code, readonly Case[]>> = {
  "yaml-syntax": [
    { to: "data: ▸[", message: /^Flow sequence .* must .* end with a \]$/ },
    {
      from: "of: views, hidden",
      to: "of: ▸- views, hidden",
      message: /^Block collections are not allowed within flow/,
    },
    {
      from: END,
      to: `${END}▸\tname: x\n`,
      message: /tabs/i,
      hint: "indent with spaces",
    },
    {
      from: "  y: {",
      to: "   ▸y: {",
      message: "All mapping items must start at the same column",
      hint: "keys of one map start at the same column",
    },
    {
      from: "of: views",
      to: "of: views▸[1]",
      message: /^Unexpected flow-seq-start/,
      hint: 'write "views[1]" with quotes',
    },
    {
      from: "of: image }",
      to: "of: [image ▸}",
      message: /end with a \]$/,
      hint: "close the bracket or the quotes before this place",
    },
    {
      from: "hidden: 4",
      to: "hidden: ▸${width}",
      message: "Cannot read a variable without quotes here",
      hint: 'inside of { } and [ ], write "${name}" with its quotes',
    },
    { to: `${BASE}▸---\n${BASE}`, message: /multiple documents/i },
  ],
  "duplicate-key": [
    {
      from: "hidden: 4,",
      to: "hidden: 4, ▸hidden: 5,",
      message: 'The key "hidden" stands twice in one map',
      hint: "remove one of the two",
    },
    {
      from: LOSS,
      to: `${LOSS}  ▸y: { stop_gradient: views }\n`,
      message: 'The key "y" stands twice in one map',
    },
  ],
  "bad-extends": [
    {
      to: `extends: ▸./nowhere.yaml\n${BASE}`,
      message: 'Cannot extend "./nowhere.yaml": there is no such file',
      hint: "paths start from the folder of the file that names them",
    },
    {
      to: `extends: ▸3\n${BASE}`,
      message: "Cannot extend 3: expected a path or a list of paths",
      hint: "for example extends: ./base.yaml",
    },
    {
      to: `extends: ▸./b.yaml\n${BASE}`,
      message: 'Cannot extend "./b.yaml": it would extend itself',
      hint: "b.yaml extends b.yaml",
    },
  ],
  "bad-variable": [
    {
      from: "hidden: 4",
      to: "hidden: ▸'${width}'",
      message: 'Cannot find the variable "width"',
    },
    {
      ...section("seed: ${seed}\nvariables: { seed: 1, x: ▸'a${sed}' }"),
      message: 'Cannot find the variable "sed"',
      hint: 'did you mean "seed"?',
      also: ["bad-variable"],
    },
    {
      ...section("variables: { ▸width: 4 }"),
      message: 'Cannot use the variable "width" anywhere: no value holds it',
      hint: "write `${width}` where it belongs, or remove it",
    },
    {
      ...section("seed: ${a}\nvariables: { a: '${b}', b: ▸'${a}' }"),
      message: 'Cannot compute the variable "a" from itself',
      hint: '"a" uses "b" uses "a"',
    },
    {
      ...section("seed: ${1st}\nvariables: { ▸1st: 4 }"),
      message: 'Cannot name a variable "1st"',
    },
    {
      ...section("name: ▸'x${a'\nvariables: { b: '${b2}', b2: 1 }"),
      message: 'Cannot read "x${a"',
      also: ["bad-variable"],
    },
    {
      ...section("name: ▸'x${a}'\nvariables: { a: [1] }"),
      message: 'Cannot insert the variable "a" into a text: it is [1]',
      hint: "a list or a map can only be the whole value",
    },
  ],
  "bad-sweep": [
    { ...section("sweep: ▸{}"), message: "Cannot sweep over nothing" },
    {
      ...section("sweep: { grid: { seed: ▸[] } }"),
      message: 'Cannot sweep "seed" over []',
      hint: "expected a list with a value for each point",
    },
    {
      ...section("sweep: { points: { a: { ▸name: x } } }"),
      message: 'Cannot change "name" in a sweep',
      hint: "it names the folder of all points; a point has its own",
    },
    {
      ...section("sweep: { points: { a: { ▸stages.yy: null } } }"),
      message: 'Cannot remove "stages.yy": it is not there',
      hint: 'did you mean "y"?',
    },
    {
      ...section("sweep: { grid: { seed: [1, ▸1] } }"),
      message: 'Cannot tell two points "seed=1" apart',
    },
    {
      ...section(
        "sweep: { grid: { seed: [1, 2] }, paper: { figures: { ▸sed=1: 3 } } }",
      ),
      message: 'Cannot find the point "sed=1"',
      hint: 'did you mean "seed=1"?',
    },
    {
      ...section("sweep: { points: [{ ▸stages.loss.between.2: y }] }"),
      message:
        'Cannot change "stages.loss.between.2": "2" is not a place in a list of 2',
    },
    {
      ...section(
        `sweep: ▸{ grid: { seed: [${range(40)}], train.steps: [${
          range(40)
        }] } }`,
      ),
      message: "Cannot sweep over 1600 points: at most 1000",
    },
  ],
  "unknown-key": [
    {
      from: "encode: mlp, of: views, hidden: 4, out: 4",
      to: "encode: resnet18, of: views, ▸width: 8",
      message: 'Cannot use "width" in "encode: resnet18"',
      hint: '"resnet" has "width"',
    },
    {
      ...stage(
        "  soft: { loss: cross_entropy, of: y, labels: label, ▸between: [y, y] }",
      ),
      message: 'Cannot use "between" in "loss: cross_entropy"',
      hint: '"soft_cross_entropy" has "between"',
    },
    {
      from: "source: cifar10,",
      to: "source: photos, ▸path: mine,",
      message: 'Cannot use "path" in "source: photos"',
      hint:
        '"cifar10", "mnist", "folder", "tar", "parquet", "webdataset" have "path"',
    },
    {
      ...section("▸evaluat: {}"),
      message: 'Cannot use "evaluat" in a pipeline',
      hint: 'did you mean "evaluate"?',
    },
    {
      from: "batch: 8",
      to: "batch: 8, ▸shuffle: true",
      message: 'Cannot use "shuffle" in "source: cifar10"',
    },
    {
      from: "out: 4 }",
      to: "out: 4, ▸batch_nrm: none }",
      message: 'Cannot use "batch_nrm" in "encode: mlp"',
      hint: 'did you mean "batch_norm"?',
    },
    {
      from: "of: image",
      to: "of: image, ▸cuont: 2",
      message: 'Cannot use "cuont" in "augment"',
      hint: 'did you mean "count"?',
    },
    {
      from: "augment: simsiam",
      to: "augment: [normalize], ▸size: 16",
      message:
        'Cannot use "size": it is that of a preset\'s crops, and there are none',
      hint: "in a list: `random_resized_crop: { size: 32 }`",
    },
    {
      from: "augment: simsiam",
      to: "augment: { each: [simsiam, [normalize]], ▸count: 4 }",
      message: 'Cannot use "count" in "augment"',
      hint: 'expected one of "each"',
    },
    {
      from: "augment: simsiam",
      to: "augment: [{ gaussian_blur: { ▸sigmas: [1, 2] } }]",
      message: 'Cannot use "sigmas" in the transform "gaussian_blur"',
      hint: 'did you mean "sigma"?',
    },
    {
      from: "augment: simsiam",
      to: "augment: [{ horizontal_flip: { ▸q: 0.5 } }]",
      message: 'Cannot use "q" in the transform "horizontal_flip"',
      hint: 'expected one of "p"',
    },
    {
      from: "[y, y] }",
      to: "[y, y], ▸temperatur: 1 }",
      message: 'Cannot use "temperatur" in "loss: nt_xent"',
      hint: 'did you mean "temperature"?',
    },
    {
      from: "lr: 0.1",
      to: "lr: 0.1, ▸momentun: 0.9",
      message: 'Cannot use "momentun" in the optimizer "sgd"',
      hint: 'did you mean "momentum"?',
    },
    {
      from: "steps: 9",
      to: "steps: 9, ▸shedule: cosine",
      message: 'Cannot use "shedule" in "train"',
      hint: 'did you mean "schedule"?',
    },
    {
      from: "steps: 9",
      to: "steps: 9, schedule: { constant: { ▸final: 0 } }",
      message: 'Cannot use "final" in the schedule "constant"',
    },
    {
      from: "steps: 9",
      to: "steps: 9, per_stage: { y: { ▸rate: 0.1 } }",
      message: 'Cannot use "rate" in "y"',
    },
    {
      ...section("monitor: { ▸colapse: stop }"),
      message: 'Cannot use "colapse" in "monitor"',
      hint: 'did you mean "collapse"?',
    },
    {
      ...section("checkpoint: { ▸ever: 3 }"),
      message: 'Cannot use "ever" in "checkpoint"',
      hint: 'did you mean "every"?',
    },
    {
      ...section("evaluate: { ▸knns: false }"),
      message: 'Cannot use "knns" in "evaluate"',
      hint: 'did you mean "knn"?',
    },
    {
      ...section("evaluate: { knn: { ▸K: 3 } }"),
      message: 'Cannot use "K" in "knn" of "evaluate"',
      hint: 'expected one of "k", "temperature"',
    },
    {
      from: "  y: { encode: mlp,",
      to: "  ▸y: { encode: mlp, project: mlp,",
      message: 'Cannot be "encode" and "project" at once',
    },
    {
      from: "[y, y] }",
      to: "[y, y], ▸negatives: y }",
      message: 'Cannot use "negatives" in "loss: nt_xent"',
      hint:
        'expected one of "loss", "between", "weight", "temperature", "pairs"',
    },
  ],
  "missing-key": [
    {
      from: "{ source: cifar10, batch: 8 }",
      to: `▸{ source: folder, path: ${TWO_CLASSES}, batch: 8 }`,
      message: 'Cannot do without "size" of "source: folder"',
      hint:
        "expected pixels in 1..4096, such as 32 or { height: 32, width: 48 }",
    },
    {
      ...stage("  spread: ▸{ loss: variance }"),
      message: 'Cannot do without "between"',
      hint: "for example between: [z, z]",
    },
    {
      from: "data: { source: cifar10, batch: 8 }\nstages:",
      to: "▸stages:",
      message: 'Cannot train without "data"',
      hint: "for example data: { source: photos, batch: 128 }",
    },
    {
      from: "{ source: cifar10, batch: 8 }",
      to: "▸{ source: cifar10 }",
      message: 'Cannot do without "batch"',
    },
    {
      from: "{ encode: mlp, of: views, hidden: 4, ",
      to: "▸{ encode: mlp, of: views, ",
      message: 'Cannot do without "hidden" of "encode: mlp"',
      hint: "expected a number",
    },
    {
      from: "{ encode: mlp, of: views",
      to: "▸{ encode: mlp",
      message: 'Cannot do without "of"',
      hint: "expected `name`, `name[view]` or `stop_gradient(name)`",
    },
    {
      ...stage("  ▸x: { of: y }"),
      message: "Cannot tell what kind of stage this is",
    },
    {
      ...stage("  ▸x: { prject: mlp, of: y, hidden: 4, out: 4 }"),
      message: "Cannot tell what kind of stage this is",
      hint: 'did you mean "project" in place of "prject"?',
    },
    {
      ...stage("  ▸x: { project mlp, of: y, hidden: 4, out: 4 }"),
      message: "Cannot tell what kind of stage this is",
      hint: 'did you mean "project: mlp"?',
    },
    {
      ...stage("  q: { queue: y, size: 8 }\n  x: ▸{ nearest: y }"),
      message: 'Cannot do without "in"',
    },
    {
      from: "{ loss: nt_xent, between: [y, y]",
      to: "▸{ loss: nt_xent",
      message: 'Cannot do without "between"',
      hint: "for example between: [p, stop_gradient(z)]",
    },
    {
      from: LOSS,
      to: "  loss: ▸{ loss: info_nce, between: [y, y] }\n",
      message: 'Cannot do without "negatives"',
      hint: "name a queue stage: `negatives: <queue>`",
    },
    {
      from: "train: { steps: 9, ",
      to: "▸train: { ",
      message: 'Cannot tell how long to train: "epochs" or "steps" is missing',
    },
    {
      from: "steps: 9",
      to: "▸steps: 9, epochs: 3",
      message: 'Cannot obey both "epochs" and "steps"',
      hint: "give one of the two",
    },
    {
      from: "{ steps: 9, optimizer: { sgd: { lr: 0.1 } } }",
      to: "▸{ steps: 9 }",
      message: "Cannot do without an optimizer",
    },
    {
      from: "{ lr: 0.1 }",
      to: "▸{}",
      message: 'Cannot do without "lr" of the optimizer "sgd"',
    },
    {
      from: BASE.slice(BASE.indexOf("stages"), BASE.indexOf("train")),
      to: `▸stages:
  views: { augment: simsiam, of: image }
  y: { project: mlp, of: views, hidden: 4, out: 4 }
${LOSS}`,
      message: "Cannot train without an encode stage",
      hint: "add `y: { encode: resnet, of: views }`",
    },
  ],
  "wrong-type": [
    {
      ...section("variables: ▸[1]"),
      message: 'Cannot use [1] as "variables": expected a map',
    },
    { to: "▸[1, 2]", message: /^Cannot use \[1,2\] as a pipeline/ },
    { to: "▸", message: /^Cannot use an empty file as a pipeline/ },
    { to: "▸text", message: /^Cannot use "text" as a pipeline/ },
    {
      from: "{ source: cifar10, batch: 8 }",
      to: "▸cifar10",
      message: 'Cannot use "cifar10" as "data": expected a map',
    },
    {
      from: "batch: 8",
      to: 'batch: ▸"8"',
      message: 'Cannot use "8" as "batch": expected a number',
    },
    {
      from: "batch: 8",
      to: "batch: ▸8.5",
      message: 'Cannot use 8.5 as "batch": expected a whole number',
    },
    {
      ...stage("  x: ▸y"),
      message: 'Cannot use "y" as a stage: expected a map',
      hint: "for example { encode: resnet18, of: views }",
    },
    {
      from: "of: views",
      to: "of: ▸{ view: views }",
      message: 'Cannot read {"view":"views"} as a reference to a stage',
    },
    {
      from: "of: views",
      to: "of: [views, ▸3]",
      message: "Cannot read 3 as a reference to a stage",
      hint: "expected `name`, `name[view]` or `stop_gradient(name)`",
    },
    {
      from: "of: views",
      to: "of: [views, ▸[views]]",
      message: 'Cannot read ["views"] as a reference to a stage',
    },
    {
      from: "of: views",
      to: 'of: ▸"views[x]"',
      message: 'Cannot read "views[x]" as a reference to a stage',
    },
    {
      from: "of: views",
      to: "of: ▸no_gradient(views)",
      message: 'Cannot read "no_gradient(views)" as a reference to a stage',
    },
    {
      from: "between: [y, y]",
      to: "between: ▸[y]",
      message: 'Cannot compare ["y"]: expected two references',
    },
    {
      from: "augment: simsiam",
      to: "augment: ▸3",
      message: "Cannot use 3 as an augmentation",
    },
    {
      from: "augment: simsiam",
      to: "augment: [normalize, ▸3]",
      message: "Cannot use 3 as a transform",
    },
    {
      from: "{ sgd: { lr: 0.1 } }",
      to: "▸{ sgd: { lr: 0.1 }, adam: { lr: 0.1 } }",
      message: /^Cannot use \{"sgd".* as an optimizer$/,
    },
    {
      ...stage("  ▸2nd: { stop_gradient: y }"),
      message: 'Cannot name a stage "2nd"',
    },
    {
      ...stage("  ▸image: { stop_gradient: y }"),
      message: 'Cannot name a stage "image"',
    },
    {
      ...section("seed: ▸one"),
      message: 'Cannot use "one" as "seed" of the pipeline: expected a number',
    },
    {
      ...section("evaluate: { of: ▸3 }"),
      message: 'Cannot use 3 as "of" of "evaluate": expected a text',
    },
    {
      from: "out: 4 }",
      to: "out: 4, output_affine: ▸1 }",
      message:
        'Cannot use 1 as "output_affine" of "encode: mlp": expected true or false',
    },
    {
      ...section("evaluate: { linear: ▸true }"),
      message:
        'Cannot use true as "linear" of "evaluate": expected false or a map',
    },
    {
      from: "steps: 9",
      to: "steps: 9, ema: ▸high",
      message:
        'Cannot use "high" as "ema" of "train": expected a number or a map',
    },
  ],
  "out-of-range": [
    {
      from: "batch: 8",
      to: "batch: ▸0",
      message: 'Cannot use 0 as "batch": expected at least 1',
    },
    {
      from: "hidden: 4",
      to: "hidden: ▸65537",
      message:
        'Cannot use 65537 as "hidden" of "encode: mlp": expected at most 65536',
    },
    {
      from: "[y, y] }",
      to: "[y, y], temperature: ▸0 }",
      message:
        'Cannot use 0 as "temperature" of "loss: nt_xent": expected more than 0',
    },
    {
      from: "lr: 0.1",
      to: "lr: 0.1, momentum: ▸1",
      message:
        'Cannot use 1 as "momentum" of the optimizer "sgd": expected less than 1',
    },
    {
      from: "[y, y] }",
      to: "[y, y], pairs: ▸crss }",
      message:
        /^Cannot use "crss" as "pairs" of "loss: nt_xent": expected one of "cross"/,
      hint: 'did you mean "cross"?',
    },
    {
      ...section("monitor: ▸halt"),
      message: /^Cannot use "halt" as "collapse" of "monitor": expected one of/,
    },
    {
      from: "augment: simsiam",
      to: "augment: [{ gaussian_blur: { kernel_size: ▸4 } }]",
      message:
        'Cannot use 4 as "kernel_size" of the transform "gaussian_blur": expected an odd number',
    },
    {
      from: "augment: simsiam",
      to: "augment: [{ random_resized_crop: { scale: ▸[0.5, 0.2] } }]",
      message: /expected \[least, most\] with 0 < least <= most <= 1$/,
    },
    {
      from: "steps: 9",
      to: "steps: 9, ema: { from: ▸1.5, to: 1 }",
      message: 'Cannot use 1.5 as "ema.from" of "train": expected at most 1',
    },
    {
      from: "of: views",
      to: "of: ▸[]",
      message: "Cannot read an empty list",
      hint: "name at least one stage",
    },
    {
      ...section("evaluate: { knn: { k: ▸0 } }"),
      message: 'Cannot use 0 as "knn.k" of "evaluate": expected at least 1',
    },
  ],
  "unknown-name": [
    {
      from: "loss: nt_xent",
      to: "loss: ▸own.ts",
      message: 'Cannot find the loss "own.ts"',
      hint: 'did you mean "./own.ts"?',
    },
    {
      from: "source: cifar10",
      to: "source: ▸cifr10",
      message: 'Cannot find the data source "cifr10"',
      hint: 'did you mean "cifar10"?',
    },
    {
      from: "encode: mlp",
      to: "encode: ▸mpl",
      message: 'Cannot find a network to encode with, "mpl"',
      hint: 'did you mean "mlp"?',
    },
    {
      ...stage("  z: { project: ▸resnet, of: y }"),
      message: 'Cannot find a network to project with, "resnet"',
      hint:
        'known: "mlp", "linear", "simsiam", "simsiam_cifar", "byol", "barlow_twins", "vicreg", "simclr", "moco"',
    },
    {
      from: "loss: nt_xent",
      to: "loss: ▸ntxent",
      message: 'Cannot find the loss "ntxent"',
      hint: 'did you mean "nt_xent"?',
    },
    {
      from: "augment: simsiam",
      to: "augment: ▸simsam",
      message: 'Cannot find the augmentation "simsam"',
      hint: 'did you mean "simsiam"?',
    },
    {
      from: "augment: simsiam",
      to: "augment: { each: [simsiam, [normalize, ▸greyscale]] }",
      message: 'Cannot find a transform "greyscale"',
      hint: 'did you mean "grayscale"?',
    },
    {
      from: "{ sgd: { lr: 0.1 } }",
      to: "▸sdg",
      message: 'Cannot find an optimizer "sdg"',
      hint: 'did you mean "sgd"?',
    },
    {
      from: "{ sgd: {",
      to: "{ ▸sdg: {",
      message: 'Cannot find an optimizer "sdg"',
      hint: 'did you mean "sgd"?',
    },
    {
      from: "steps: 9",
      to: "steps: 9, schedule: ▸cosin",
      message: 'Cannot find a schedule "cosin"',
      hint: 'did you mean "cosine"?',
    },
    {
      from: "source: cifar10",
      to: "source: ▸zzzzzzzz",
      message: 'Cannot find the data source "zzzzzzzz"',
    },
  ],
  "unknown-reference": [
    {
      from: "of: views",
      to: "of: ▸veiws",
      message: 'Cannot find the stage "veiws"',
      hint: 'did you mean "views"?',
    },
    {
      from: "[y, y]",
      to: "[y, ▸stop_gradient(zz)]",
      message: 'Cannot find the stage "zz"',
    },
    {
      from: "[y, y]",
      to: '[▸"loss2[1]", y]',
      message: 'Cannot find the stage "loss2"',
      hint: 'did you mean "loss"?',
    },
    {
      from: "steps: 9",
      to: "steps: 9, per_stage: { ▸yy: { lr: 0.1 } }",
      message: 'Cannot find a trained stage "yy"',
      hint: 'did you mean "y"?',
    },
    {
      ...section("evaluate: { of: ▸Y }"),
      message: 'Cannot make features with "Y": it is not a network stage',
      hint: 'networks: "y"',
    },
  ],
  cycle: [
    {
      from: "of: views",
      to: "of: ▸y",
      message: 'Cannot order the stages: "y" reads "y"',
      hint: "no stage may read what depends on itself",
    },
    {
      from: LOSS,
      to: `  a: { project: mlp, of: b, hidden: 4, out: 4 }
  b: { project: mlp, of: ▸a, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, a] }
`,
      message: 'Cannot order the stages: "a" reads "b" reads "a"',
    },
  ],
  "shape-mismatch": [
    ...[
      {
        what: "mask: random, of: views, patch: 8",
        y: "▸views",
        message:
          'Cannot encode [batch, 32, 32, 3] with "vit": `keep` has numbers of 4 x 4 patches, and there are 8 x 8: mask and network need the same `patch`, and images of the same size',
      },
      {
        d: "decode: vit, of: ▸y.tokens, grid: 7, out: 48",
        message:
          'Cannot decode [batch, 16, 4] with "vit": `at` has numbers of 8 x 8 patches, and there are 7 x 7: write `grid: 8`',
      },
      {
        ask: "visible",
        of: "▸d",
        message:
          'Cannot compare [batch, 16, 48] with "pixels": 16 patches for 48 places: `at` has to be what the decoder was asked for, or what was gathered',
      },
      {
        what: "mask: random, of: views, patch: 4, ratio: 0.5",
        ask: "visible",
        of: "▸d",
        message:
          'Cannot compare [batch, 32, 48] with "pixels": the tokens are those of mask.visible[0], and `at` has numbers of mask.hidden[0]',
      },
      {
        d: "decode: linear, of: g, out: 48",
        ask: "",
        g: "  g: { gather: ▸y.tokens, at: mask.hidden }\n",
        message:
          "Cannot take some of [batch, 16, 4]: `at` has numbers of 8 x 8 patches, and there are 16 tokens: they have to be of all patches (an encoder without `keep`), and the mask of the same `patch`",
      },
    ].map((
      {
        message,
        what = "mask: random, of: views, patch: 4",
        y = "views",
        d = "decode: vit, of: y.tokens, grid: 8, out: 48",
        ask = "hidden",
        of = "d",
        g = "",
      },
    ): Case => ({
      from: BASE.slice(BASE.indexOf("of: image"), BASE.indexOf("train")),
      to: `of: image, count: 1 }
  mask: { ${what} }
  y: { encode: vit, of: ${y}, keep: mask.visible, patch: 4, width: 4, depth: 1, heads: 1 }
${g}  d: { ${d}${ask && `, width: 12, at: mask.visible, ask: mask.${ask}`} }
  loss: { loss: pixels, of: ${of}, target: views, at: mask.hidden, patch: 4 }
`,
      message,
    })),
    {
      from: LOSS,
      to: `  x: { encode: resnet, of: ▸y }
  loss: { loss: nt_xent, between: [y, x] }
`,
      message:
        'Cannot encode [batch, 4] with "resnet": expected square images [batch, side, side, channels], got [batch, 4]',
    },
    {
      from:
        "augment: simsiam, of: image }\n  y: { encode: mlp, of: views, hidden: 4, out: 4 }",
      to:
        "augment: [{ resize: { size: 8 } }], of: image }\n  y: { encode: resnet, of: ▸views, blocks: [1, 1, 1, 1, 1] }",
      message:
        'Cannot encode [batch, 8, 8, 3] with "resnet": expected at least 16 pixels a side for 5 groups of blocks, each of which but the first halves it, got [batch, 8, 8, 3]',
    },
    {
      from: LOSS,
      to: `  z: { project: mlp, of: y, hidden: 4, out: 3 }
  loss: { loss: nt_xent, between: [y, ▸z] }
`,
      message: 'Cannot compare "y" with "z": [batch, 4] against [batch, 3]',
      hint: "give both the same number of features (`out:`)",
    },
    {
      from: LOSS,
      to: `${LOSS}  again: { augment: simsiam, of: ▸y }
  z: { project: mlp, of: again, hidden: 4, out: 4 }
  loss2: { loss: nt_xent, between: [z, z] }
`,
      message: 'Cannot augment "y": expected "image"',
    },
    {
      from: "augment: simsiam, of: image",
      to:
        "augment: ▸[{ normalize: { mean: [0.5, 0.5] } }], of: image, count: 1",
      message:
        'Cannot apply "normalize" in view 0 of "views": expected 1 or 3 values in "mean", got 2',
    },
    {
      from: "source: cifar10, batch: 8 }\nstages:\n  views: { augment: simsiam",
      to:
        "source: mnist, path: x, batch: 8 }\nstages:\n  views: { augment: ▸{ each: [[{ color_jitter: { hue: 0.1 } }], []] }",
      message:
        'Cannot apply "color_jitter" in view 0 of "views": expected 3 colour channels to turn their hue, got 1; set "hue" to 0',
    },
    {
      from: LOSS,
      to: `  q: { queue: ▸views, size: 8 }
  loss: { loss: info_nce, between: [y, y], negatives: q }
`,
      message: "Cannot queue [batch, 32, 32, 3]: expected [batch, features]",
    },
    {
      from: LOSS,
      to: `  z: { project: mlp, of: y, hidden: 4, out: 3 }
  t: { ema: z, of: y }
  q: { queue: t, size: 8 }
  l: { loss: nt_xent, between: [z, z] }
  loss: { loss: info_nce, between: [y, y], negatives: ▸q }
`,
      message: "Cannot use [8, 3] as negatives of [batch, 4]",
    },
    {
      from: "loss: nt_xent, between: [y, y]",
      to: "loss: info_nce, between: [y, y], negatives: ▸y",
      message: 'Cannot draw negatives from "y": it is [batch, 4] and no queue',
      hint: "add a queue, such as `bank: { queue: y, size: 4096 }`",
    },
    {
      from: LOSS,
      to: `  q: { queue: y, size: 8 }
  n: { nearest: y, in: q }
  x: { nearest: y, in: ▸n }
  loss: { loss: batch_info_nce, between: [y, x] }
`,
      message: 'Cannot search "n": it is [batch, 4] and no queue',
      hint: 'queues: "q"',
    },
    {
      from: LOSS,
      to: `  z: { project: mlp, of: y, hidden: 4, out: 3 }
  q: { queue: z, size: 8 }
  n: { nearest: y, in: ▸q }
  loss: { loss: batch_info_nce, between: [y, n] }
  loss2: { loss: nt_xent, between: [z, z] }
`,
      message: "Cannot find neighbours of [batch, 4] in [8, 3]",
      hint: "queue a value with the same number of features (`out:`)",
    },
    {
      from: LOSS,
      to: `  q: { queue: y, size: 8 }
  n: { nearest: ▸views, in: q }
  loss: { loss: batch_info_nce, between: [y, n] }
`,
      message:
        "Cannot find neighbours of [batch, 32, 32, 3]: expected [batch, features]",
    },
    {
      from: LOSS,
      to: `  q: { queue: y, size: 8 }
  z: { project: mlp, of: ▸q, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, z] }
`,
      message:
        'Cannot project [8, 4]: expected a row for each image, and "q" is a queue',
      hint: "read what the queue holds, or find rows of it with `nearest`",
    },
    {
      from: BASE.slice(BASE.indexOf(LOSS)),
      to: `  q: { queue: y, size: 8 }
  n: { nearest: y, in: q }
  z: { project: mlp, of: n, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, z] }
train: { steps: 9, ${END}evaluate: { of: ▸z }
`,
      message:
        'Cannot evaluate "z": "n" reads "q" too (`in`), which evaluation does not have',
      hint: "evaluate an encoder that reads the views alone",
    },
    {
      from: BASE.slice(BASE.indexOf("simsiam"), BASE.indexOf("hidden")),
      to: `{ each: [[{ resize: { size: 8 } }], [normalize]] }, of: image }
  y: { encode: mlp, of: ▸views, `,
      message:
        'Cannot encode [batch, 8, 8, 3] with "mlp": views of [batch, 32, 32, 3] would need other weights than views of [batch, 8, 8, 3]',
    },
    {
      from: "[y, y]",
      to: "[y, ▸views]",
      message:
        'Cannot compare [batch, 32, 32, 3] in "nt_xent": expected [batch, features]',
    },
  ],
  "dtype-mismatch": [
    {
      from: "of: views",
      to: "of: ▸image",
      message: /^Cannot use "image" here: images are raw bytes/,
      hint: 'read its views instead: "views"',
      also: ["unused-stage"],
    },
  ],
  "view-mismatch": [
    {
      from: BASE.slice(BASE.indexOf("of: image"), BASE.indexOf("train")),
      to: `of: image }
  local: { augment: simsiam, of: image }
  y: { encode: mlp, of: [local, views], hidden: 4, out: 4 }
  t: { ema: y, of: views }
  loss: { loss: batch_info_nce, between: ▸[y, stop_gradient(t)] }
`,
      message: 'View 2 of "y" and view 0 of "t" meet, and both are views[0]',
    },
    {
      from: LOSS,
      to: `  t: { ema: y, of: views }
  loss: { loss: batch_info_nce, between: [y, t], pairs: ▸same }
`,
      message:
        'Each view meets itself in "loss": nothing is learnt of what views of an image share',
      hint: "write `pairs: cross`",
    },
    {
      from: "of: views",
      to: 'of: ▸"views[2]"',
      message: 'Cannot take view 2 of "views": it has 2, counted from 0',
    },
    {
      from: "augment: simsiam, of: image",
      to: "augment: byol, of: image, count: ▸3",
      message: "Cannot make 3 view(s) of 2 lists of transforms",
      hint: 'set "count" to 2, or give one list for all',
    },
    {
      from: BASE.slice(BASE.indexOf("of: image"), BASE.indexOf("train")),
      to: `of: image, count: 1 }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: ▸[y, y] }
`,
      message:
        'Cannot pair views in "loss": "pairs: cross" finds none between 1 and 1 view(s)',
      hint: "make two views (`count: 2`)",
    },
    {
      from: "[y, y] }",
      to: '["y[0]", "y[1]"], pairs: ▸same }',
      message:
        'Cannot pair views in "loss": "pairs: same" finds none between 1 and 1 view(s)',
      hint:
        "make two views (`count: 2`), or set `pairs: cross`, or set `pairs: unordered`, or set `pairs: all`",
    },
    {
      from: BASE.slice(BASE.indexOf("of: image"), BASE.indexOf("train")),
      to: `of: image, count: 3 }
  two: { augment: byol, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  t: { ema: y, of: two }
  q: { queue: t, size: 8 }
  n: { nearest: y, in: ▸q }
  loss: { loss: batch_info_nce, between: [n, y] }
`,
      message:
        "Cannot find neighbours of view 2: the queue has 2 views, counted from 0",
    },
    {
      from: BASE.slice(BASE.indexOf("of: image"), BASE.indexOf("train")),
      to: `of: image, count: 3 }
  two: { augment: byol, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  t: { ema: y, of: two }
  q: { queue: t, size: 8 }
  loss: { loss: info_nce, between: [y, y], negatives: ▸q }
`,
      message:
        "Cannot take negatives of view 2: the queue has 2 views, counted from 0",
    },
  ],
  "unused-stage": [
    {
      ...stage("  ▸x: { stop_gradient: y }"),
      message: 'Nothing uses the stage "x"',
      hint: "remove it, or read it from another stage",
    },
  ],
  "unused-setting": [
    {
      // However long an epoch is.
      from: "steps: 9",
      to: "steps: 9, schedule: { cosine: { first: ▸0.1 } }",
      message: "Nothing begins at 0.1: there is no warm-up",
    },
    {
      from: "optimizer:",
      to: "▸ema: 0.9, optimizer:",
      message: `Nothing takes its momentum from "ema"`,
    },
    {
      from: LOSS + "train: { ",
      to: `  t: { ema: y, of: views, momentum: 0.5 }
  loss: { loss: mse, between: [y, t] }
train: { ▸ema: 0.9, `,
      message: `Nothing takes its momentum from "ema"`,
      also: ["collapse-risk", "collapse-risk"],
    },
    {
      from: "augment: simsiam",
      to: "augment: [{ color_jitter: ▸{ p: 0.8 } }]",
      message:
        /^The transform "color_jitter" changes no image: all its strengths are 0/,
    },
  ],
  "no-gradient": [
    {
      from: LOSS,
      to: `  ▸z: { project: mlp, of: y, hidden: 4, out: 4 }
  loss: { loss: nt_xent, between: [y, stop_gradient(z)] }
`,
      message: 'Cannot train "z": no gradient of any loss reaches its weights',
      hint: "make it an EMA twin if it is meant to be a target",
    },
    {
      from: "[y, y]",
      to: "▸[stop_gradient(y), stop_gradient(y)]",
      message: 'Cannot train by "loss": no gradient flows into what it reads',
      hint: 'gradients end at stop_gradient(y) in "loss"',
    },
    {
      from: LOSS,
      to: `  t: { ema: y, of: views }
  n: { nearest: y, in: q }
  q: { queue: y, size: 8 }
  loss: { loss: mse, between: ▸[n, t] }
`,
      message: 'Cannot train by "loss": no gradient flows into what it reads',
      hint:
        'gradients end at the ema stage "t", the nearest stage "n", the queue stage "q"',
    },
    {
      ...stage(
        "  extra: { loss: mse, between: ▸[stop_gradient(y), stop_gradient(y)] }",
      ),
      message: 'Cannot train by "extra": no gradient flows into what it reads',
    },
  ],
  "ema-mismatch": [
    {
      from: LOSS,
      to: `  t: { ema: ▸views, of: views }
  loss: { loss: nt_xent, between: [y, t] }
`,
      message: 'Cannot make an EMA twin of "views": it has no weights',
      hint: "name an encoder, a projector or another stage that has",
    },
    {
      from: LOSS,
      to: `  t: { ema: y, of: ▸y }
  loss: { loss: nt_xent, between: [y, t] }
`,
      message:
        'Cannot twin "y" on 2 × [batch, 4]: its weights would have other shapes',
      hint: '"y" reads "views", 2 × [batch, 32, 32, 3]',
    },
    {
      from: LOSS,
      to: `  z: { project: mlp, of: y, hidden: 4, out: 3 }
  s: { predict: mlp, of: z, hidden: 4, out: 3 }
  t: { ema: s, of: ▸y }
  loss: { loss: cosine, between: [s, t] }
`,
      message:
        'Cannot twin "s" on 2 × [batch, 4]: its weights would have other shapes',
      hint:
        '"s" reads "z", 2 × [batch, 3]; read the like here, such as a twin of "z"',
    },
  ],
  "wrong-side": [
    {
      from: LOSS,
      to: `  s: { predict: prototypes, of: y, out: 8 }
  q: { target: centre, of: s }
  loss: { loss: soft_cross_entropy, between: ▸[q, s] }
`,
      message:
        'Cannot learn by "loss": its second side is the target, and gradients flow into that alone',
      hint: "swap them: `between: [s, q]`",
    },
    {
      from: LOSS,
      to: `  t: { ema: y, of: views }
  bank: { queue: "t[0]", size: 8 }
  loss: { loss: relational, between: ▸[t, y], negatives: bank }
`,
      message:
        'Cannot learn by "loss": its second side is the target, and gradients flow into that alone',
    },
    {
      from: LOSS,
      to: `  s: { predict: prototypes, of: y, out: 8 }
  loss: { loss: soft_cross_entropy, between: [s, ▸stop_gradient(s)] }
`,
      message:
        'Cannot match "s": it has scores, and the second side of "soft_cross_entropy" has to be probabilities',
      hint:
        "make a target of them, such as `q: { target: centre, of: s }`, and compare with that",
    },
  ],
  "no-loss": [
    {
      from: BASE.slice(BASE.indexOf("stages"), BASE.indexOf("train")),
      to: `▸stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
`,
      message: "Cannot train without a loss stage",
      hint: "add `loss: { loss: cosine, between: [..., ...] }`",
    },
  ],
  "schedule-too-long": [
    {
      from: "steps: 9",
      to: "epochs: 5, schedule: { cosine: { warmup: ▸5 } }",
      message:
        "Cannot warm up for 5 of 5 epochs: the run would never reach its learning rate",
      hint: "make the warm-up shorter or the run longer",
    },
    {
      from: END,
      to:
        "optimizer: { sgd: { lr: 0.1 } }, schedule: { linear: { warmup: ▸1 } } }\n",
      message:
        "Cannot warm up for 6250 of 9 steps: the run would never reach its learning rate",
      hint: "for a short try: --set train.schedule.linear.warmup=0",
    },
    {
      from: "steps: 9",
      to:
        "epochs: 5, per_stage: { y: { schedule: { constant: { warmup: ▸7 } } } }",
      message:
        "Cannot warm up for 7 of 5 epochs: the run would never reach its learning rate",
    },
    {
      from: "steps: 9",
      to: "epochs: 5, schedule: { cosine: { warmup: 2, epochs: ▸2 } }",
      message: "Cannot fall within 2 epochs: the warm-up takes 2",
    },
    {
      from: "steps: 9",
      to:
        "epochs: 5, schedule: { multistep: { warmup: 2, milestones: [▸1, 3] } }",
      message: "Cannot fall after epoch 1, within a warm-up of 2",
    },
    {
      from: "steps: 9",
      to: "epochs: 5, schedule: { multistep: { milestones: [3, ▸5] } }",
      message: "It never falls after epoch 5: the run has 5 epochs",
    },
    {
      from: "steps: 9",
      to: "epochs: 5, schedule: { cosine: { warmup: ▸1, start: 4 } }",
      message:
        "Cannot warm up for 1 of 1 epoch from epoch 4 on: the run would never reach its learning rate",
    },
    {
      from: "steps: 9",
      to: "epochs: 5, schedule: { multistep: { milestones: [▸3], start: 2 } }",
      message:
        "It never falls after epoch 3, counted from epoch 2 on: the run has 5 epochs",
    },
    {
      from: "steps: 9",
      to: "epochs: 5, schedule: { cosine: { epochs: ▸4 } }",
      message:
        "Nothing is learned after epoch 4 of 5 epochs: the learning rate is 0 from there on",
    },
  ],
  "batch-too-large": [
    {
      from: "batch: 8",
      to: "batch: ▸50001",
      message:
        "Cannot fill a batch of 50001: the training set has 50000 images",
      hint: "set data.batch to 50000 or less",
    },
  ],
  "batch-norm-batch": [
    {
      from: "batch: 8",
      to: "batch: ▸1",
      message: 'Cannot normalise batches of 1: "y" has batch norm',
    },
  ],
  "queue-batch": [
    {
      from: LOSS,
      to: `  t: { ema: y, of: views }
  q: { queue: t, size: ▸7 }
  loss: { loss: info_nce, between: [y, t], negatives: q }
`,
      message: "Cannot queue batches of 8 in 7 rows",
      hint:
        "expected at least 8 rows; the oldest leave, a whole number of batches is not needed",
    },
  ],
  "collapse-risk": [
    {
      from: LOSS,
      to: `  z: { project: mlp, of: y, hidden: 4, out: 4 }
  p: { predict: mlp, of: z, hidden: 4, out: 4 }
  loss: { loss: cosine, between: ▸[p, z] }
`,
      message:
        "Gradients flow into both sides of this loss, which a constant embedding minimises",
    },
  ],
  "no-data": [
    {
      from: "source: cifar10,",
      to: "source: tar, path: ▸/nowhere/at/all, size: 8,",
      message: "Cannot find /nowhere/at/all: it does not exist",
    },
  ],
  "no-labels": [
    {
      from: "source: cifar10, batch: 8 }",
      to: `source: folder, path: ${FLAT}, size: 32, batch: 8 }
▸evaluate: { linear: false }`,
      message:
        "Cannot evaluate images without labels: kNN and the linear probe will be left out",
    },
  ],
  "preset-fit": [
    {
      from: BASE.slice(BASE.indexOf("views:"), BASE.indexOf("train")),
      to: `views: { augment: ▸dino_local, of: image }
  y: { encode: resnet, of: views, width: 4 }
  loss: { loss: nt_xent, between: [y, y] }
`,
      message:
        "Crops of 96 pixels are larger than the images, of 32: all are enlarged",
      hint: "give the side of its views by `size`, such as `size: 16`",
    },
    {
      from: "source: cifar10, batch: 8 }\nstages:\n  views: { augment: simsiam",
      to:
        `source: folder, path: ${TWO_CLASSES}, size: 32, channels: 1, batch: 8 }\nstages:\n  views: { augment: ▸simsiam`,
      message:
        "Images of 1 channel have no saturation, no hue and no colour to take away: the preset is used without, and centres values on 0.5",
    },
  ],
  "odd-data": [
    {
      from: "source: cifar10,",
      to: `source: folder, path: ▸${ONE_CLASS}, size: 32,`,
      message:
        `All images of ${ONE_CLASS} are of one class, "a": nothing can be judged by labels`,
    },
    {
      from: "source: cifar10,",
      to: `source: folder, path: ▸${ODD_SPLITS}, size: 32,`,
      message:
        `Cannot tell the splits of ${ODD_SPLITS}: train/, test/ are splits by name, and extra/ beside them is not`,
    },
  ],
  "custom-stage": [
    {
      from: "loss: nt_xent",
      to: "use: ▸own.ts",
      message: 'Cannot use "own.ts" as a stage: expected the path of a module',
    },
    {
      from: "loss: nt_xent",
      to: "use: ▸./own.ts",
      message:
        'Cannot use "./own.ts" as a stage: no stage, loss or network was loaded from it',
    },
  ],
  "too-complex": [
    {
      to: `${CARET}${"#".repeat(1_000_001)}`,
      message: "Cannot read a pipeline of 1000001 characters: at most 1000000",
    },
    {
      to: `${CARET}x: ${"[".repeat(50)}${"]".repeat(50)}`,
      message: "Cannot read a pipeline nested deeper than 40 levels",
    },
    {
      to: `▸a: &a [1,1,1,1,1,1,1,1,1]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]
`,
      message: /^Cannot expand the aliases of this file: Excessive alias count/,
    },
  ],
};

const show = (text: string): string =>
  text.length > 300 ? `${text.slice(0, 300)}...` : text;

for (const [code, cases] of Object.entries(CASES)) {
  cases.forEach(({ from, to, message, hint, also = [] }, i) => {
    Deno.test(`${code} ${i + 1}: ${message} stands in its place`, () => {
      if (from !== undefined) assert.ok(BASE.includes(from), `no "${from}"`);
      const marked = from === undefined ? to : BASE.replace(from, () => to);
      const text = marked.replace(CARET, "");
      const { findings, text: report, loaded } = checkText("a/b.yaml", text);
      assert.deepEqual(
        findings.map((finding) => finding.code).sort(),
        [code, ...also].sort(),
        show(report),
      );
      const finding: Diagnostic = findings.find((one) =>
        one.code === code &&
        (typeof message === "string"
          ? one.message === message
          : message.test(one.message))
      ) ?? assert.fail(show(report));
      if (hint !== undefined) {
        assert.ok(finding.hints.includes(hint), finding.hints.join("\n"));
      }
      assert.equal(finding.severity === "error", loaded === undefined);
      const before = marked.slice(0, marked.indexOf(CARET)).split("\n");
      const column = (before.at(-1) as string).length + 1;
      const label = finding.severity === "warning" ? "warning: " : "";
      const head =
        `a/b.yaml:${before.length}:${column}: ${label}${finding.message} [${code}]`;
      assert.ok(report.split("\n").includes(head), `${show(report)}\n${head}`);
    });
  });
}

Deno.test("What can be read is wired although other stages are broken", () => {
  const { findings } = checkText(
    "a.yaml",
    `data: { source: cifar10, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: resnt, of: views }
  z: { project: mlp, of: y, hidden: 4, out: 4 }
  w: { encode: mlp, of: views, hidden: 4, out: 4 }
  u: { project: mlp, of: w, hidden: 4, out: 3 }
  a: { loss: nt_xent, between: [w, u] }
  b: { loss: nt_xent, between: [z, uu] }
train: { steps: 9, optimizer: { sgd: { lr: -1 } } }
`,
  );
  assert.deepEqual(findings.map(({ code, path }) => [code, path.join(".")]), [
    ["unknown-name", "stages.y.encode"],
    ["out-of-range", "train.optimizer.sgd.lr"],
    ["unknown-reference", "stages.b.between.1"],
    ["shape-mismatch", "stages.a.between.1"],
  ]);
});

Deno.test("docs/diagnostics.md explains every code, and no other", async () => {
  const page = new URL("../../docs/diagnostics.md", import.meta.url);
  const text = await Deno.readTextFile(page);
  const explained = [...text.matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) =>
    code
  );
  assert.deepEqual(explained, [...CODES]);
});
