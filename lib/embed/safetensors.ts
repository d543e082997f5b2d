/** @file Features as safetensors: `features`, `labels`; files and classes in the metadata. */
import { safetensorsHeader } from "../checkpoint/safetensors.ts";
import type { TableFormat } from "./table.ts";

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** Safetensors. */
export const safetensors: TableFormat = {
  ending: ".safetensors",
  async write(
    { count, width, names, labels, classes, metadata, chunks },
    write,
  ) {
    const header = safetensorsHeader({
      features: { dtype: "float32", shape: [count, width] },
      ...(labels ? { labels: { dtype: "int32", shape: [count] } } : {}),
    }, {
      ...metadata,
      files: JSON.stringify(names),
      ...(classes ? { classes: JSON.stringify(classes) } : {}),
    });
    await write(header);
    for await (const { values } of chunks()) await write(bytesOf(values));
    if (labels) await write(bytesOf(Int32Array.from(labels)));
  },
};
