/** @file Views of another size than the images: crops that see more detail than they have pixels. */
import assert from "@std/assert";
import { finetunePipeline } from "../../lib/finetune/finetune_pipeline.ts";
import { chainTo, evaluatedStages } from "../../lib/graph/encoder_chain.ts";
import { outputOf } from "../../lib/graph/stage_graph.ts";
import { explain } from "../../lib/pipeline/explain/explain.ts";
import { checkText, type LoadedPipeline } from "../../lib/pipeline/load.ts";
import { AUGMENT_PRESETS } from "../../lib/stages/presets.ts";

const textOf = (views: string, size = "64"): string =>
  `data: { source: folder, path: ./photos, size: ${size}, batch: 4 }
stages:
  views: { ${views}, of: image }
  y: { encode: resnet, of: views, width: 4, blocks: [1] }
  loss: { loss: nt_xent, between: [y, y], pairs: unordered }
train: { steps: 1, optimizer: { sgd: { lr: 0.1 } } }
evaluate: false
`;

function load(views: string, size?: string): LoadedPipeline {
  const { loaded, text } = checkText("p.yaml", textOf(views, size));
  if (!loaded) throw new Error(text);
  return loaded;
}

/** Shapes of the views in training, and of what evaluation shows the encoder. */
function shapesOf({ graph }: LoadedPipeline): readonly (readonly number[])[] {
  const chain = chainTo(graph.byName, graph.encoder);
  const views = outputOf(graph.byName.get("views")!) ?? [];
  const [judged] = evaluatedStages(graph, chain, 1);
  return [...views.map(({ shape }) => shape), judged!.type.shape];
}

for (const name of Object.keys(AUGMENT_PRESETS)) {
  if (name === "none") continue;
  Deno.test(`The preset "${name}" gives views of the size beside it, in training and in evaluation, of square and other images`, () => {
    const text = `augment: ${name}, size: 24, count: 2`;
    for (const size of ["64", "{ height: 48, width: 64 }", "16"]) {
      for (const shape of shapesOf(load(text, size))) {
        assert.deepEqual(shape, [24, 24, 3], size);
      }
    }
  });
}

Deno.test("The size of a preset's crops is told by its own line, their other options by the preset", () => {
  const views = "augment: { each: [byol, [{ resize: { size: 24 } }]] }";
  const text = textOf(`${views}, size: 24`).replace(
    ", size: 24",
    ",\n    size: 24",
  );
  const { loaded } = checkText("p.yaml", text);
  const explained = explain(loaded!, { file: "p.yaml", text, set: [] });
  assert.match(explained, / size: 24 +# p\.yaml:4\n +scale: .*# preset byol/);
});

Deno.test("Fine-tuning shows an encoder crops of the size that it was trained on, unless images of another are asked for", () => {
  const crop = (views: string, size?: number): unknown => {
    const loaded = load(views);
    const { stages } = finetunePipeline({
      loaded,
      network: loaded.graph.encoder,
      weights: undefined,
      data: { source: "folder", path: "labelled", size: size ?? 64 },
      images: 40,
      classes: 2,
    }, { headOnly: false, frozenStatistics: false, size });
    const [{ random_resized_crop }] =
      (stages as { views: { augment: [Record<string, { size?: number }>] } })
        .views.augment;
    return random_resized_crop?.size;
  };
  assert.equal(crop("augment: simsiam, size: 24"), 24);
  assert.equal(crop("augment: [{ resize: { size: 24 } }]"), 24);
  assert.equal(crop("augment: simsiam"), undefined);
  assert.equal(crop("augment: simsiam, size: 24", 48), undefined);
});
