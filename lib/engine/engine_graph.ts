/** @file A TensorFlow graph under construction, with shape inference. */
import { dtypeOf } from "../ir/dtype.ts";
import type { Attrs, OutputType } from "../ir/program.ts";
import { GRAPH_ATTRS, setAttrs } from "./attrs.ts";
import { type Api, cString, EngineError, type Pointer } from "./ffi.ts";
import { opDef } from "./op_def.ts";

/** One output of an operation of an {@linkcode EngineGraph}. */
export interface Endpoint {
  readonly operation: Pointer;
  readonly index: number;
}

/** Memory layout of `TF_Output`: a pointer and an int, padded to 16 bytes. */
export const OUTPUT_BYTES = 16;

/** The C struct `TF_Output` of an endpoint. */
export function outputStruct(
  { operation, index }: Endpoint,
): Uint8Array<ArrayBuffer> {
  return outputArray([{ operation, index }]);
}

/** An array of `TF_Output`, as the C API takes it. */
export function outputArray(
  endpoints: readonly Endpoint[],
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(endpoints.length * OUTPUT_BYTES);
  const view = new DataView(bytes.buffer);
  endpoints.forEach(({ operation, index }, i) => {
    const address = Deno.UnsafePointer.value(operation);
    view.setBigUint64(i * OUTPUT_BYTES, BigInt(address), true);
    view.setInt32(i * OUTPUT_BYTES + 8, index, true);
  });
  return bytes;
}

/** What {@linkcode EngineGraph.add} needs to know of an op. */
export interface OperationSpec {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly Endpoint[];
  readonly attrs: Attrs;
  readonly after?: readonly Pointer[];
  /** Such as `/device:GPU:1`; where TensorFlow wants, by default. */
  readonly device?: string | undefined;
}

/** What TensorFlow infers of an output: an unknown dimension is -1, an unknown rank is an empty list with `known` false. */
export interface InferredType extends OutputType {
  readonly known: boolean;
}

/** A `TF_Graph`. Owns its memory until {@linkcode EngineGraph.close}. */
export class EngineGraph {
  readonly pointer: Pointer;
  /** How often each name was wanted. */
  readonly #names = new Map<string, number>();

  constructor(readonly api: Api) {
    this.pointer = api.c.TF_NewGraph();
  }

  /** A name that no op of this graph has, made from `wanted`. */
  #unique(wanted: string): string {
    const clean = wanted.replace(/[^A-Za-z0-9_.\\/-]/g, "_").replace(
      /^[^A-Za-z0-9.]/,
      "n$&",
    );
    let count = this.#names.get(clean) ?? 0;
    let name = count === 0 ? clean : `${clean}_${count}`;
    while (count > 0 && this.#names.has(name)) name = `${clean}_${++count}`;
    this.#names.set(clean, count + 1);
    if (name !== clean) this.#names.set(name, 1);
    return name;
  }

  /**
   * Adds an op; TensorFlow checks it.
   *
   * @throws {EngineError} With TensorFlow's message, when the op, its inputs or
   *   its attributes are not valid.
   */
  add(spec: OperationSpec): Pointer {
    const { api } = this;
    const { c } = api;
    const definition = opDef(api, spec.op);
    const description = c.TF_NewOperation(
      this.pointer,
      cString(spec.op),
      cString(this.#unique(spec.name)),
    );
    if (spec.device) c.TF_SetDevice(description, cString(spec.device));
    let next = 0;
    for (const length of definition.inputs) {
      const attr = length === null ? undefined : spec.attrs[length];
      if (length === null) {
        const input = spec.inputs[next++];
        if (!input) {
          throw new EngineError(`"${spec.op}" lacks input ${next - 1}`);
        }
        c.TF_AddInput(description, outputStruct(input));
      } else {
        // One list argument takes what its length attribute says, or the rest.
        const count = attr?.kind === "int"
          ? attr.value
          : spec.inputs.length - next -
            (definition.inputs.length - definition.inputs.indexOf(length) - 1);
        const list = spec.inputs.slice(next, next + count);
        next += count;
        c.TF_AddInputList(description, outputArray(list), list.length);
      }
    }
    if (next < spec.inputs.length) {
      throw new EngineError(
        `"${spec.op}" takes ${next} inputs, not ${spec.inputs.length}`,
      );
    }
    for (const operation of spec.after ?? []) {
      c.TF_AddControlInput(description, operation);
    }
    setAttrs(api, description, spec.attrs, GRAPH_ATTRS);
    const operation = c.TF_FinishOperation(description, api.status);
    api.check(`Cannot add ${spec.op} "${spec.name}"`);
    return operation;
  }

  /** Types of an op's outputs, as TensorFlow infers them. */
  outputsOf(operation: Pointer): InferredType[] {
    return Array.from(
      { length: this.api.c.TF_OperationNumOutputs(operation) },
      (_, index) => this.#outputType({ operation, index }),
    );
  }

  #outputType(endpoint: Endpoint): InferredType {
    const { c, status, check } = this.api;
    const output = outputStruct(endpoint);
    const dtype = dtypeOf(c.TF_OperationOutputType(output));
    const rank = c.TF_GraphGetTensorNumDims(this.pointer, output, status);
    check("Cannot infer a shape");
    if (rank <= 0) return { dtype, shape: [], known: rank === 0 };
    const dims = new BigInt64Array(rank);
    c.TF_GraphGetTensorShape(this.pointer, output, dims, rank, status);
    check("Cannot infer a shape");
    return {
      dtype,
      shape: Array.from(dims, Number),
      known: dims.every((side) => side >= 0n),
    };
  }

  /** Frees the graph; sessions made from it keep their own reference. */
  close(): void {
    this.api.c.TF_DeleteGraph(this.pointer);
  }
}
