/**
 * @file The tfjs backend: tfjs-node-gpu's kernels over a binding of ours.
 *
 * The kernels translate tfjs ops into TensorFlow ops and hand them to a
 * "binding". Theirs is a native addon; ours passes each op to the current
 * {@linkcode OpSink}.
 */
import "./node_util.ts";
import * as tf from "@tensorflow/tfjs";
import { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";
import "@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js";
import { type DType, dtypeOf, sizeOf, TF_DTYPE } from "../ir/dtype.ts";
import type { Attr, Attrs } from "../ir/program.ts";
import { gradientOf, nameGradients, withoutGradient } from "./autodiff.ts";
import { refuseDrawingOps, withoutChance } from "./chance.ts";
import { gatherUnseen } from "./gather.ts";
import { type Door, Guests } from "./guests.ts";
import { refuseMisuse, refuseTensor } from "./misuse.ts";
import { withLongStacks } from "./refusals.ts";
import type { Handle, OpSink } from "./sink.ts";
import type { Target } from "./target.ts";

/** Attribute as tfjs-node's kernels write it. */
interface KernelAttr {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

interface Metadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

// Numbers of TF_AttrType.
const ATTR = {
  STRING: 0,
  INT: 1,
  FLOAT: 2,
  BOOL: 3,
  TYPE: 4,
  SHAPE: 5,
} as const;

const FROM_KERNEL: Readonly<Record<number, (value: unknown) => Attr>> = {
  [ATTR.STRING]: (value) => ({ kind: "string", value: String(value) }),
  [ATTR.INT]: (value) =>
    Array.isArray(value)
      ? { kind: "ints", value: value.map(Number) }
      : { kind: "int", value: Number(value) },
  [ATTR.FLOAT]: (value) =>
    Array.isArray(value)
      ? { kind: "floats", value: value.map(Number) }
      : { kind: "float", value: Number(value) },
  [ATTR.BOOL]: (value) => ({ kind: "bool", value: Boolean(value) }),
  [ATTR.TYPE]: (value) => ({ kind: "type", value: dtypeOf(Number(value)) }),
  [ATTR.SHAPE]: (value) => ({
    kind: "shape",
    value: (value as number[]).map(Number),
  }),
};

function attrsOf(kernelAttrs: readonly KernelAttr[]): Attrs {
  return Object.fromEntries(kernelAttrs.map(({ name, type, value }) => {
    const convert = FROM_KERNEL[type];
    if (!convert) throw new TypeError(`Unknown attribute type ${type}`);
    return [name, convert(value)];
  }));
}

const HOST_DTYPES = new Set<DType>(["float32", "int32", "bool", "uint8"]);

/** What tfjs-node's kernels expect of their addon, over the current sink. */
class Binding {
  readonly TF_FLOAT = TF_DTYPE.float32;
  readonly TF_INT32 = TF_DTYPE.int32;
  readonly TF_INT64 = TF_DTYPE.int64;
  readonly TF_BOOL = TF_DTYPE.bool;
  readonly TF_COMPLEX64 = TF_DTYPE.complex64;
  readonly TF_STRING = TF_DTYPE.string;
  readonly TF_RESOURCE = TF_DTYPE.resource;
  readonly TF_UINT8 = TF_DTYPE.uint8;
  readonly TF_ATTR_STRING = ATTR.STRING;
  readonly TF_ATTR_INT = ATTR.INT;
  readonly TF_ATTR_FLOAT = ATTR.FLOAT;
  readonly TF_ATTR_BOOL = ATTR.BOOL;
  readonly TF_ATTR_TYPE = ATTR.TYPE;
  readonly TF_ATTR_SHAPE = ATTR.SHAPE;

  #handles = new Map<number, { sink: OpSink; handle: Handle }>();
  #next = 0;

  isUsingGpuDevice(): boolean {
    return false;
  }

  adopt(handle: Handle): Metadata {
    const id = this.#next++;
    this.#handles.set(id, { sink: currentSink(), handle });
    return { id, shape: [...handle.shape], dtype: TF_DTYPE[handle.dtype] };
  }

  handle(id: number): Handle {
    const entry = this.#handles.get(id);
    if (entry?.sink !== currentSink()) throw refuseTensor("foreign", place());
    return entry.handle;
  }

  createTensor(shape: number[], type: number, values: unknown): number {
    const dtype = dtypeOf(type);
    const data = hostValues(dtype, values as ArrayLike<number>);
    if (data.length !== sizeOf(shape)) {
      throw new RangeError(`${data.length} values do not fill [${shape}]`);
    }
    return this.adopt(currentSink().constant({ dtype, shape, data })).id;
  }

  deleteTensor(id: number): void {
    const entry = this.#handles.get(id);
    this.#handles.delete(id);
    entry?.sink.release(entry.handle);
  }

  /** Lets go of what a sink still has: tensors that were kept. */
  forget(gone: OpSink): void {
    for (const [id, { sink }] of this.#handles) {
      if (sink === gone) this.deleteTensor(id);
    }
  }

  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array {
    const handle = this.handle(id);
    if (!HOST_DTYPES.has(handle.dtype)) {
      throw new TypeError(`Cannot read a ${handle.dtype} tensor`);
    }
    return currentSink().value(handle).data as Float32Array;
  }

  executeOp(
    op: string,
    attrs: readonly KernelAttr[],
    inputIds: readonly number[],
  ): Metadata[] {
    const inputs = inputIds.map((id) => this.handle(id));
    return currentSink().execute(op, attrsOf(attrs), inputs)
      .map((handle) => this.adopt(handle));
  }
}

function hostValues(
  dtype: DType,
  values: ArrayLike<number>,
): Float32Array | Int32Array | Uint8Array | BigInt64Array {
  if (dtype === "int32") return Int32Array.from(values);
  if (dtype === "bool" || dtype === "uint8") return Uint8Array.from(values);
  // tfjs-node gives an int64 scalar as two 32-bit halves.
  if (dtype === "int64") {
    return new BigInt64Array(Int32Array.from(values).buffer);
  }
  return Float32Array.from(values);
}

interface KernelBackend extends Door {
  read(dataId: object): Promise<unknown>;
  readSync(dataId: object): unknown;
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(metadata: Metadata): tf.Tensor;
}

const binding = new Binding();
const backend: KernelBackend = new NodeJSKernelBackend(
  // deno-lint-ignore no-explicit-any -- the addon's declared type has methods that no kernel calls
  binding as any,
  "stopgrad",
) as unknown as KernelBackend;

const guests = new Guests(backend);

let sink: OpSink | undefined;
let refused: unknown;

// In a promise the refusal of a value would come when the step is long made,
// if anybody waits for it at all.
backend.read = (dataId) => {
  try {
    return Promise.resolve(backend.readSync(dataId));
  } catch (error) {
    refused ??= error;
    return new Promise(() => {});
  }
};

// One backend for the whole process: tfjs keeps it in a global engine. What is
// computed outside of a step, by a module that makes its constants, is computed
// by tfjs itself.
tf.registerBackend("tensorflow", () => backend as unknown as tf.KernelBackend);
tf.setBackend("cpu");
// It would advise to install tfjs-node.
(tf.backend() as { firstUse?: boolean }).firstUse = false;

function currentSink(): OpSink {
  if (!sink) {
    throw new Error("internal: an op was called outside a trace or eager run");
  }
  return sink;
}

/** Where ops stand now, those of tfjs's gradients too; outside of a step nowhere. */
const currentPlace = (): string | undefined =>
  sink && (sink.place || (gradientOf() ?? ""));
const place = (): string => currentPlace() ?? "";

gatherUnseen();
refuseDrawingOps(currentPlace);
refuseMisuse(currentPlace);
nameGradients(currentPlace);

/**
 * Runs `body` with every tfjs op going to `target`. Calls do not nest. No
 * tensor outlives it, kept or not.
 */
export function withSink<T>(target: OpSink, body: () => T): T {
  if (sink) throw new Error("internal: a trace is already under way");
  tf.setBackend("tensorflow");
  sink = target;
  try {
    const result = withLongStacks(() => withoutChance(place, body));
    if (refused) throw refused;
    return result;
  } finally {
    sink = undefined;
    refused = undefined;
    binding.forget(target);
    guests.leave();
    tf.setBackend("cpu");
  }
}

/** What ops are being recorded for, or run on. */
export const currentTarget = (): Target => currentSink().target;

/** The sink's tensor behind a tfjs tensor. */
export function handleOf(tensor: tf.Tensor): Handle {
  const [id] = backend.getInputTensorIds([tensor]);
  if (id === undefined) throw new Error("internal: a tensor without data");
  return binding.handle(id);
}

/** Whether each replica has a tensor of its own here. */
export const isOnReplicas = (tensor: tf.Tensor): boolean =>
  currentSink().isOnReplicas?.(handleOf(tensor)) ?? false;

/** A tfjs tensor for a tensor of the current sink. */
export function tensorOf(handle: Handle): tf.Tensor {
  return backend.createOutputTensor(binding.adopt(handle));
}

/** Where ops stand now: what it returns runs a body as their gradient. */
export const gradientPlace = (): <T>(body: () => T) => T =>
  currentSink().gradientPlace();

/**
 * Adds, or runs, a TensorFlow op that tfjs has no name for. It has no gradient:
 * one that is asked for is refused, unless the op is there to stop it or has
 * one by other means (`"none"`).
 */
export function executeRaw(
  op: string,
  attrs: Attrs,
  inputs: readonly tf.Tensor[],
  gradient: "refused" | "none" = "refused",
): tf.Tensor[] {
  const outputs = currentSink().execute(op, attrs, inputs.map(handleOf))
    .map(tensorOf);
  if (gradient === "refused") withoutGradient(op, inputs, outputs);
  return outputs;
}
