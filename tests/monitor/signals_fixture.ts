/** @file tests/fixtures/signals.json: embeddings, and what numpy and scipy say of them. */
import { sizeOf, type TensorData } from "../../lib/ir/dtype.ts";

interface Written {
  readonly cases: readonly {
    readonly name: string;
    readonly shape: readonly [number, number];
    readonly views: readonly string[];
    readonly signals: Readonly<Record<string, number | null>>;
  }[];
  readonly running: {
    readonly first: string;
    readonly second: readonly string[];
    readonly signals: Readonly<Record<string, number>>;
  };
  readonly gradients: Readonly<
    Record<
      string,
      readonly { readonly shape: number[]; readonly data: string }[]
    >
  >;
  readonly gradient_norm: Readonly<Record<string, number>>;
  readonly ema_distance: number;
}

/** The file. */
export const WRITTEN: Written = JSON.parse(
  Deno.readTextFileSync(new URL("../fixtures/signals.json", import.meta.url)),
);

/** A float32 tensor from base64. */
export function decode(shape: readonly number[], text: string): TensorData {
  const data = new Float32Array(Uint8Array.fromBase64(text).buffer);
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} values`);
  return { dtype: "float32", shape, data };
}
