/** @file Weights under the names of torchvision and timm. */
import assert from "@std/assert";
import { decodeSafetensors } from "../../lib/checkpoint/safetensors.ts";
import { safetensorsFormat } from "../../lib/export/safetensors/format.ts";
import type { TensorData } from "../../lib/ir/dtype.ts";
import { matchForeign } from "../../lib/weights/match.ts";
import { namedVariables, schemesOf } from "../../lib/weights/named.ts";
import { numbers } from "../helpers/numeric.ts";
import { NETWORKS, trained } from "./trained.ts";

const namesOf = (encode: string): string[] =>
  namedVariables(trained(encode).graph.encoder).map(({ name }) => name);

Deno.test("A ResNet-18 has torchvision's names, all but the classifier", () => {
  const names = namesOf("resnet18");
  // 20 convolutions and as many batch norms of four values.
  assert.equal(names.length, 100);
  for (
    const name of [
      "conv1.weight",
      "bn1.running_var",
      "layer1.1.conv2.weight",
      "layer4.0.downsample.0.weight",
      "layer4.0.downsample.1.bias",
      "layer4.1.bn2.running_mean",
    ]
  ) assert.ok(names.includes(name), name);
  assert.equal(new Set(names).size, names.length);
});

Deno.test("A ViT has timm's names, all but the classifier", () => {
  const names = namesOf("vit_tiny, patch: 4, layer_scale: 0.1");
  // Per block two norms, four layers with bias, and two scales.
  assert.equal(names.length, 12 * 14 + 6);
  for (
    const name of [
      "cls_token",
      "pos_embed",
      "patch_embed.proj.weight",
      "blocks.0.norm1.weight",
      "blocks.11.attn.qkv.bias",
      "blocks.3.attn.proj.weight",
      "blocks.5.mlp.fc2.weight",
      "blocks.2.ls1.gamma",
      "norm.bias",
    ]
  ) assert.ok(names.includes(name), name);
});

Deno.test("A ConvNeXt has timm's names, all but the classifier", () => {
  const names = namesOf("convnext, width: 4, blocks: [3, 3, 9, 3], patch: 1");
  // Two layers at the start and before each of three groups; 18 blocks; a norm.
  assert.equal(names.length, 4 + 3 * 4 + 18 * 9 + 2);
  for (
    const name of [
      "stem.0.weight",
      "stem.1.bias",
      "stages.1.downsample.0.weight",
      "stages.3.downsample.1.bias",
      "stages.0.blocks.2.conv_dw.weight",
      "stages.2.blocks.8.norm.bias",
      "stages.2.blocks.0.mlp.fc1.weight",
      "stages.3.blocks.1.gamma",
      "head.norm.weight",
    ]
  ) assert.ok(names.includes(name), name);
  assert.equal(new Set(names).size, names.length);
});

for (
  const [encode, some] of [
    ["convnext, width: 4, blocks: [3, 3, 9, 3], patch: 1", {
      "features.0.0.weight": [4, 3, 1, 1],
      "features.0.1.bias": [4],
      "features.1.2.block.0.weight": [4, 1, 7, 7],
      "features.2.0.weight": [4],
      "features.5.8.layer_scale": [16, 1, 1],
      "features.6.1.weight": [32, 16, 2, 2],
      "features.7.0.block.5.weight": [32, 128],
      "classifier.0.weight": [32],
    }],
    ["vit, patch: 4, width: 8, depth: 2, heads: 2", {
      "class_token": [1, 1, 8],
      "conv_proj.weight": [8, 3, 4, 4],
      "encoder.pos_embedding": [1, 65, 8],
      "encoder.layers.encoder_layer_0.ln_1.weight": [8],
      "encoder.layers.encoder_layer_1.self_attention.in_proj_weight": [24, 8],
      "encoder.layers.encoder_layer_1.self_attention.out_proj.bias": [8],
      "encoder.layers.encoder_layer_1.mlp.3.weight": [8, 32],
      "encoder.ln.bias": [8],
    }],
  ] as const
) {
  Deno.test(`A file with torchvision's names of ${encode.split(",")[0]} is read as well as one with timm's`, () => {
    const { graph: { encoder }, values } = trained(encode);
    const schemes = schemesOf(encoder).filter(({ library }) =>
      library !== "PyTorch"
    );
    assert.deepEqual(schemes.map(({ library }) => library), [
      "timm",
      "torchvision",
    ]);
    for (const scheme of schemes) {
      const file = Object.fromEntries(
        namedVariables(encoder, scheme).map((
          { variable: { path }, name, as },
        ) => [name, as.give(values[path] as TensorData)] as const),
      );
      if (scheme.library === "torchvision") {
        for (const [name, shape] of Object.entries(some)) {
          assert.deepEqual(file[name]?.shape, shape, name);
        }
      }
      const match = matchForeign(encoder, file);
      assert.equal(match.names, `${scheme.library}'s names`);
      assert.deepEqual([match.missing, match.misfits, match.left], [
        [],
        [],
        [],
      ]);
      for (const [path, value] of Object.entries(values)) {
        assert.deepEqual(match.values[path], value, path);
      }
    }
  });
}

Deno.test("Weights that are written with other names come back the same", async () => {
  for (const encode of Object.values(NETWORKS)) {
    const encoder = trained(encode);
    const files = await safetensorsFormat.files({
      encoder,
      origin: {},
      portable: () => assert.fail("weights need no recording"),
    });
    const { tensors } = decodeSafetensors(
      files.get("encoder.safetensors") as Uint8Array,
    );
    const named = namedVariables(encoder.graph.encoder);
    assert.equal(Object.keys(tensors).length, named.length);
    for (const { variable: { path, shape }, name, as } of named) {
      const theirs = tensors[name] ?? assert.fail(name);
      assert.deepEqual(theirs.shape, as.shape(shape));
      const back = as.take(theirs, shape);
      assert.deepEqual(back.shape, shape);
      assert.deepEqual(
        numbers(back),
        numbers(encoder.values[path] ?? assert.fail(path)),
      );
    }
  }
});

Deno.test("A kernel is arranged as PyTorch's", async () => {
  const encoder = trained(NETWORKS["small ResNet"]);
  const files = await safetensorsFormat.files({
    encoder,
    origin: {},
    portable: () => assert.fail("weights need no recording"),
  });
  const { tensors } = decodeSafetensors(
    files.get("encoder.safetensors") as Uint8Array,
  );
  const [own, theirs] = [
    encoder.values["y/stem/conv/kernel"],
    tensors["conv1.weight"],
  ];
  // [row, column, in, out] and [out, in, row, column].
  const at = ((1 * 3 + 2) * 3 + 1) * 4 + 3;
  const there = ((3 * 3 + 1) * 3 + 1) * 3 + 2;
  assert.equal(theirs?.data[there], own?.data[at]);
});
