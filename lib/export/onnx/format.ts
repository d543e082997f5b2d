/** @file ONNX as a format of exports. */
import type { Format } from "../formats.ts";
import { toOnnx } from "./model.ts";

/** One file, for onnxruntime and all that reads ONNX. */
export const onnxFormat: Format = {
  summary: "encoder.onnx, for onnxruntime in Python, C++, C# or a browser",
  runs: true,
  usage: `\`\`\`python
import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession("encoder.onnx")
image = np.asarray(Image.open("image.png").convert("RGB"))
(features,) = session.run(["features"], {"images": image[None]})
\`\`\``,
  async files({ portable, origin }) {
    return new Map([["encoder.onnx", toOnnx(await portable(), origin)]]);
  },
};
