import assert from "@std/assert";
import { layerDepths } from "../../lib/graph/layer_depth.ts";
import { ParameterScope } from "../../lib/layers/layer.ts";
import { vit } from "../../lib/stages/modules/vit_body.ts";

const depthsOf = (position: "learned" | "relative"): Record<string, number> => {
  const scope = new ParameterScope("y");
  vit(scope, [8, 8, 3], {
    patch: 4,
    width: 8,
    depth: 2,
    heads: 2,
    mlp_ratio: 2,
    qkv_bias: true,
    position,
    pool: "class",
    drop_path: 0,
  });
  const depths = layerDepths("y", scope.variables);
  return Object.fromEntries(
    scope.variables.map((one) => [
      one.path.split("/")[1],
      depths.get(one) as number,
    ]),
  );
};

Deno.test("What comes before a ViT's blocks is one layer, each block one, and what comes after them one", () => {
  assert.deepEqual(depthsOf("learned"), {
    patch: 3,
    position: 3,
    class_token: 3,
    block0: 2,
    block1: 1,
    norm: 0,
  });
});

Deno.test("Relative positions, which every block reads, are of the last layer", () => {
  assert.equal(depthsOf("relative")["relative_position"], 0);
  assert.equal(depthsOf("relative")["patch"], 3);
});
