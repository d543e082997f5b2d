/** @file Weights alone, for PyTorch. */
import { encodeSafetensors } from "../../checkpoint/safetensors.ts";
import type { TensorData } from "../../ir/dtype.ts";
import type { Exporting, Format } from "../formats.ts";
import { valueOf } from "../freeze.ts";
import { judgedText } from "./judged.ts";
import { namedVariables, schemeOf } from "../../weights/named.ts";

function remarks({ encoder: { graph } }: Exporting): readonly string[] {
  const { library, others } = schemeOf(graph.encoder);
  const absent = others.map(({ shown, why }) => `${shown} (${why})`);
  return [
    `Names are those of ${library}.`,
    ...absent.length > 0 ? [`Not in the file: ${absent.join(", ")}.`] : [],
    `Before the network, which is not in the file: ${judgedText(graph)}`,
  ];
}

/** One file with torchvision's or timm's names. */
export const safetensorsFormat: Format = {
  summary:
    "encoder.safetensors, weights with torchvision's or timm's names for PyTorch",
  runs: false,
  usage: `\`\`\`python
from safetensors.torch import load_file

state = load_file("encoder.safetensors")
# A classifier is not in the file.
print(model.load_state_dict(state, strict=False))
\`\`\``,
  files({ encoder: { graph, values }, origin }) {
    const tensors: Record<string, TensorData> = {};
    for (const { variable, name, as } of namedVariables(graph.encoder)) {
      tensors[name] = as.give(valueOf(values, variable));
    }
    const metadata = { format: "pt", ...origin };
    const bytes = encodeSafetensors({ tensors, metadata });
    return Promise.resolve(new Map([["encoder.safetensors", bytes]]));
  },
  remarks,
};
