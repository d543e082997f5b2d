/** @file A graph model of TensorFlow.js: model.json and its weights. */
import { UserError } from "../../errors.ts";
import { sizeOf, type TensorData } from "../../ir/dtype.ts";
import { bytesOf } from "../bytes.ts";
import type { Format } from "../formats.ts";
import type { Portable } from "../portable.ts";
import { constantOf } from "../freeze.ts";
import type { Node } from "../../ir/program.ts";
import { type NamedNode, namedNodes } from "../tensorflow/nodes.ts";
import { portsJson, topologyJson } from "./json.ts";
import { TFJS_OPS } from "./ops.ts";

/** Name of the file that holds all weights. */
const WEIGHTS = "weights.bin";

/** Types that weights of a graph model may have. */
const WEIGHT_TYPES = ["float32", "int32"];

/** @throws {UserError} When TensorFlow.js has no such op. */
function checkOps(nodes: readonly NamedNode[]): void {
  const missing = nodes.map(({ op }) => op).filter((op) => !TFJS_OPS.has(op));
  if (missing.length === 0) return;
  throw new UserError(
    `Cannot write ${
      [...new Set(missing)].join(", ")
    } for TensorFlow.js: no way is known.\nExport it as savedmodel, which has every op.`,
  );
}

function weightsOf(nodes: readonly NamedNode[]): [string, TensorData][] {
  return nodes.flatMap((node): [string, TensorData][] => {
    const value = constantOf(node as unknown as Node);
    if (!value) return [];
    if (WEIGHT_TYPES.includes(value.dtype)) return [[node.name, value]];
    throw new UserError(
      `Cannot write "${node.name}" for TensorFlow.js: it is ${value.dtype}.`,
    );
  });
}

/** Both files of a graph model. */
export function toTfjs(portable: Portable): Map<string, Uint8Array> {
  const nodes = namedNodes(portable);
  checkOps(nodes);
  const weights = weightsOf(nodes);
  const bytes = new Uint8Array(
    weights.reduce((sum, [, { shape }]) => sum + 4 * sizeOf(shape), 0),
  );
  let at = 0;
  for (const [, value] of weights) {
    bytes.set(bytesOf(value), at);
    at += value.data.byteLength;
  }
  const model = {
    format: "graph-model",
    generatedBy: "stopgrad",
    modelTopology: topologyJson(nodes),
    signature: portsJson(portable),
    weightsManifest: [{
      paths: [WEIGHTS],
      weights: weights.map(([name, { shape, dtype }]) => ({
        name,
        shape,
        dtype,
      })),
    }],
  };
  const text = JSON.stringify(model);
  return new Map([
    ["model.json", new TextEncoder().encode(text)],
    [WEIGHTS, bytes],
  ]);
}

/** Two files that a page loads. */
export const tfjsFormat: Format = {
  summary: "model.json and weights, for TensorFlow.js in a browser",
  runs: true,
  usage: `\`\`\`js
import * as tf from "@tensorflow/tfjs";

const model = await tf.loadGraphModel("model.json");
// TensorFlow.js has no bytes: pixels are int32.
const image = tf.browser.fromPixels(document.querySelector("img"));
const features = model.execute({ images: image.expandDims(0) });
\`\`\``,
  async files({ portable }) {
    return toTfjs(await portable());
  },
};
