/** @file A SavedModel as TensorFlow's own messages read it. */
import assert from "@std/assert";
import { createRequire } from "node:module";
import { portable } from "../../lib/export/portable.ts";
import { toSavedModel } from "../../lib/export/tensorflow/format.ts";
import { engine } from "../helpers/engine.ts";
import { NETWORKS, trained } from "./trained.ts";

interface Port {
  name: string;
  tensorShape: { dimList: { size: number }[] };
}

interface Model {
  metaGraphsList: {
    graphDef: { nodeList: { name: string; op: string; inputList: string[] }[] };
    signatureDefMap: [
      string,
      { inputsMap: [string, Port][]; outputsMap: [string, Port][] },
    ][];
  }[];
}

const { SavedModel } = createRequire(import.meta.url)(
  "@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js",
) as {
  SavedModel: {
    deserializeBinary(bytes: Uint8Array): { toObject(): Model };
  };
};

Deno.test("A SavedModel has one signature, and every node reads earlier ones", async () => {
  for (const encode of Object.values(NETWORKS)) {
    const form = await portable(engine, trained(encode));
    const bytes = toSavedModel(form);
    const model = SavedModel.deserializeBinary(bytes).toObject();
    const [graph] = model.metaGraphsList;
    const seen = new Set<string>();
    for (const { name, inputList } of graph?.graphDef.nodeList ?? []) {
      for (const input of inputList) {
        assert.ok(seen.has(input.replace(/:\d+$/, "")), `${name} ${input}`);
      }
      assert.ok(!seen.has(name), name);
      seen.add(name);
    }
    assert.equal(seen.size, form.program.nodes.length + 1);
    const [entry] = graph?.signatureDefMap ?? [];
    assert.equal(entry?.[0], "serving_default");
    const signature = entry?.[1];
    const shapes = [signature?.inputsMap, signature?.outputsMap].map((ports) =>
      ports?.[0]?.[1].tensorShape.dimList.map(({ size }) => size)
    );
    const open = [form.images, form.features].map((sizes) =>
      sizes.map((size) => typeof size === "number" ? size : -1)
    );
    assert.deepEqual(shapes, open);
  }
});
