/** @file Ops that run at once: the reference for compiled graphs, and `--eager`. */
import { dtypeOf, type TensorData } from "../ir/dtype.ts";
import type { Attrs, OutputType } from "../ir/program.ts";
import { EAGER_ATTRS, setAttrs } from "./attrs.ts";
import { configProto, type SessionConfig } from "./config.ts";
import { type Api, cString, type Pointer } from "./ffi.ts";
import { takeTensor, toTensor } from "./tensor.ts";

/** A tensor that lives in an {@linkcode EagerContext}. */
export interface EagerTensor extends OutputType {
  readonly handle: Pointer;
}

const MOST_OUTPUTS = 64;

/** A `TFE_Context`: runs single ops, holds variables by shared name. */
export class EagerContext {
  readonly #pointer: Pointer;

  constructor(readonly api: Api, config: SessionConfig) {
    const { c, status, check } = api;
    const options = c.TFE_NewContextOptions();
    const bytes = configProto(config);
    c.TFE_ContextOptionsSetConfig(options, bytes, BigInt(bytes.length), status);
    check("Cannot configure the eager context");
    this.#pointer = c.TFE_NewContext(options, status);
    c.TFE_DeleteContextOptions(options);
    check("Cannot start the eager context");
  }

  /**
   * Runs one op.
   *
   * @throws {EngineError} With TensorFlow's message.
   */
  execute(
    op: string,
    attrs: Attrs,
    inputs: readonly EagerTensor[],
  ): EagerTensor[] {
    const { c, status, check } = this.api;
    const pointer = c.TFE_NewOp(this.#pointer, cString(op), status);
    check(`Cannot make ${op}`);
    try {
      for (const input of inputs) {
        c.TFE_OpAddInput(pointer, input.handle, status);
        check(`Cannot give an input to ${op}`);
      }
      setAttrs(this.api, pointer, attrs, EAGER_ATTRS);
      const results = new BigUint64Array(MOST_OUTPUTS);
      const count = Int32Array.of(MOST_OUTPUTS);
      c.TFE_Execute(
        pointer,
        new Uint8Array(results.buffer),
        new Uint8Array(count.buffer),
        status,
      );
      check(`Cannot run ${op}`);
      return Array.from(
        results.subarray(0, count[0]),
        (handle) => this.#describe(Deno.UnsafePointer.create(handle)),
      );
    } finally {
      c.TFE_DeleteOp(pointer);
    }
  }

  #describe(handle: Pointer): EagerTensor {
    const { c, status } = this.api;
    const rank = c.TFE_TensorHandleNumDims(handle, status);
    const shape = Array.from(
      { length: Math.max(rank, 0) },
      (_, axis) => Number(c.TFE_TensorHandleDim(handle, axis, status)),
    );
    return {
      handle,
      shape,
      dtype: dtypeOf(c.TFE_TensorHandleDataType(handle)),
    };
  }

  /** Copies a host tensor into the context. */
  upload(tensor: TensorData): EagerTensor {
    const { c, status, check } = this.api;
    const pointer = toTensor(this.api, tensor);
    const handle = c.TFE_NewTensorHandle(pointer, status);
    c.TF_DeleteTensor(pointer);
    check("Cannot upload a tensor");
    return { handle, shape: tensor.shape, dtype: tensor.dtype };
  }

  /** Copies a tensor of the context to the host. */
  download(tensor: EagerTensor): TensorData {
    const { c, status, check } = this.api;
    const pointer = c.TFE_TensorHandleResolve(tensor.handle, status);
    check("Cannot read a tensor");
    return takeTensor(this.api, pointer);
  }

  /** Frees one tensor. */
  release(tensor: EagerTensor): void {
    this.api.c.TFE_DeleteTensorHandle(tensor.handle);
  }

  /** Frees the context and its variables. */
  close(): void {
    this.api.c.TFE_DeleteContext(this.#pointer);
  }
}
