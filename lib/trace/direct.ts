/** @file The direct sink: every op runs at once. */
import type { EagerContext, EagerTensor } from "../engine/eager.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Attrs } from "../ir/program.ts";
import { Scoped } from "./scoped.ts";
import type { OpSink } from "./sink.ts";
import type { Target } from "./target.ts";

/** Runs ops as they come, through an {@linkcode EagerContext}. */
export class Direct extends Scoped implements OpSink<EagerTensor> {
  constructor(readonly context: EagerContext, readonly target: Target) {
    super();
  }

  constant(tensor: TensorData): EagerTensor {
    return this.context.upload(tensor);
  }

  execute(
    op: string,
    attrs: Attrs,
    inputs: readonly EagerTensor[],
  ): EagerTensor[] {
    return this.context.execute(op, attrs, inputs);
  }

  value(handle: EagerTensor): TensorData {
    return this.context.download(handle);
  }

  release(handle: EagerTensor): void {
    this.context.release(handle);
  }
}
