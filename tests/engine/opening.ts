/** @file Runs in a worker: opens the engine, computes one product op by op. */
import { EagerContext, type EagerTensor } from "../../lib/engine/eager.ts";
import { openEngine } from "../../lib/engine/open.ts";

const { api, config } = await openEngine({ device: "cpu" });
const context = new EagerContext(api, config);
const six = context.upload({
  dtype: "float32",
  shape: [],
  data: Float32Array.of(6),
});
const [product] = context.execute("Mul", {
  T: { kind: "type", value: "float32" },
}, [six, six]);
const { data } = context.download(product as EagerTensor);
context.close();
// The types are those of a page, which has no such function of one argument.
(self as unknown as { postMessage(value: number): void }).postMessage(
  Number(data[0]),
);
