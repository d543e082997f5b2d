import assert from "@std/assert";
import { type Diagram, diagramOf } from "../../../lib/graph/draw/diagram.ts";
import { toDot } from "../../../lib/graph/draw/dot.ts";
import { toMermaid } from "../../../lib/graph/draw/mermaid.ts";
import { dotToSvg } from "../../../lib/graph/draw/svg.ts";
import { checkText } from "../../../lib/pipeline/load.ts";
import { smallPipeline } from "../methods.ts";

async function diagram(method: string): Promise<Diagram> {
  const { pipeline, graph } = await smallPipeline(method);
  return diagramOf(pipeline.name, graph);
}

/** Arrows as `from kind to`. */
const arrows = ({ edges }: Diagram): string[] =>
  edges.map(({ from, kind, to }) => `${from} ${kind} ${to}`).sort();

Deno.test("diagramOf() tells gradients, stop-gradients and values of SimSiam apart", async () => {
  assert.deepEqual(arrows(await diagram("simsiam")), [
    "image value views",
    "p gradient loss",
    "views value y",
    "y gradient z",
    "z gradient p",
    "z stopped loss",
  ]);
});

Deno.test("diagramOf() draws the EMA arrows of BYOL from source to twin", async () => {
  const found = arrows(await diagram("byol")).filter((arrow) =>
    arrow.includes(" weights ")
  );
  assert.deepEqual(found, ["y weights target.y", "z weights target.z"]);
});

Deno.test("diagramOf() draws no gradient into MoCo's keys and its queue", async () => {
  const found = arrows(await diagram("moco"));
  for (
    const arrow of [
      "z gradient loss",
      "key.z value loss",
      "key.z value keys",
      "keys value loss",
    ]
  ) assert(found.includes(arrow), `${arrow} in ${found}`);
});

Deno.test("diagramOf() draws no gradient through NNCLR's nearest rows", async () => {
  const found = await diagram("nnclr");
  for (
    const arrow of [
      "z value nn",
      "z value bank",
      "bank value nn",
      "nn value loss",
      "p gradient loss",
    ]
  ) assert(arrows(found).includes(arrow), `${arrow} in ${arrows(found)}`);
  const searched = found.edges.find(({ label }) => label === "in");
  assert.deepEqual([searched?.from, searched?.to], ["bank", "nn"]);
});

Deno.test("diagramOf() shows kinds and shapes", async () => {
  const { nodes } = await diagram("moco");
  const found = nodes.map(({ name, kind, shape }) =>
    `${name} ${kind} ${shape}`
  );
  assert.deepEqual(found, [
    "image image [batch, 32, 32, 3]",
    "views augment 2 × [batch, 32, 32, 3]",
    "y encode 2 × [batch, 32]",
    "z project 2 × [batch, 12]",
    "key.y ema 2 × [batch, 32]",
    "key.z ema 2 × [batch, 12]",
    "keys queue 2 × [24, 12]",
    "loss loss scalar",
  ]);
});

/** A stop_gradient stage, one view alone, and names that formats must quote. */
const TEXT = `
name: odd
data: { source: photos, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  end: { encode: mlp, of: views, hidden: 4, out: 4 }
  graph.a-b: { predict: mlp, of: end, hidden: 4, out: 4 }
  s: { stop_gradient: end }
  loss: { loss: cosine, between: ["graph.a-b[0]", "s[1]"] }
train: { steps: 3, optimizer: { sgd: { lr: 0.1 } } }
`;

function odd(): Diagram {
  const { loaded, text } = checkText("odd.yaml", TEXT);
  if (!loaded) throw new Error(text);
  return diagramOf("odd", loaded.graph);
}

Deno.test("diagramOf() draws stop_gradient stages and views", () => {
  const found = odd();
  assert(arrows(found).includes("end stopped s"));
  assert(arrows(found).includes("s value loss"));
  assert(found.nodes.some(({ kind }) => kind === "stop_gradient"));
  const labels = found.edges.map(({ label }) => label).filter(Boolean);
  assert.deepEqual(labels, ["view 0", "view 1"]);
});

Deno.test("toMermaid() draws each kind of arrow in its own way", async () => {
  const text = toMermaid(await diagram("byol"));
  assert.match(text, /^---\ntitle: "byol"\n---\nflowchart TD\n/);
  assert.match(text, /s2 ==> s3/);
  assert.match(text, /s2 -\.->\|"weights"\| s5/);
  assert.match(text, /s6 --x\|"stop_gradient"\| s7/);
  assert.match(text, /s1 --> s2/);
});

Deno.test("toDot() draws each kind of arrow in its own way", async () => {
  const text = toDot(await diagram("byol"));
  assert.match(text, /"y" -> "z" \[color="#1d4ed8" penwidth=2\.5\]/);
  assert.match(text, /"y" -> "target\.y" \[.*style=dashed/);
  assert.match(text, /"target\.z" -> "loss" \[.*arrowhead=tee/);
  assert.match(text, /"views" -> "y" \[color="#777777"\]/);
});

Deno.test("dotToSvg() draws every stage, also of odd names", async () => {
  const found = odd();
  const svg = await dotToSvg(toDot(found));
  assert.match(svg, /<svg[\s\S]*<\/svg>/);
  for (const { name } of found.nodes) {
    assert(svg.replaceAll("&#45;", "-").includes(`>${name}</text>`), name);
  }
});
