/** @file TensorFlow's own definition of an op: which inputs are lists, what each attribute is. */
import { createRequire } from "node:module";
import type { Attr } from "../ir/program.ts";
import { type Api, cString, EngineError } from "./ffi.ts";

/** What the engine must know of an op to call it. */
export interface OpDef {
  /** Per argument, the attribute that holds its length, or null for one tensor. */
  readonly inputs: readonly (string | null)[];
  /** Per output, the attribute that holds its length, or null for one tensor. */
  readonly outputs: readonly (string | null)[];
  readonly attrs: ReadonlyMap<string, Attr["kind"] | "other">;
}

interface ProtoArg {
  getNumberAttr(): string;
  getTypeListAttr(): string;
}
interface ProtoOpDef {
  getInputArgList(): ProtoArg[];
  getOutputArgList(): ProtoArg[];
  getAttrList(): { getName(): string; getType(): string }[];
}

// The message classes that tfjs-node was built with (CommonJS).
const { OpDef: OpDefMessage } = createRequire(import.meta.url)(
  "@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js",
) as { OpDef: { deserializeBinary(bytes: Uint8Array): ProtoOpDef } };

const KINDS: Readonly<Record<string, Attr["kind"]>> = {
  type: "type",
  int: "int",
  "list(int)": "ints",
  float: "float",
  "list(float)": "floats",
  bool: "bool",
  string: "string",
  shape: "shape",
  tensor: "tensor",
};

const cache = new Map<string, OpDef>();
let graph: Deno.PointerValue = null;

/**
 * Definition of an op, from the library that will run it.
 *
 * @throws {EngineError} When this TensorFlow has no such op.
 */
export function opDef(api: Api, op: string): OpDef {
  const known = cache.get(op);
  if (known) return known;
  const { c } = api;
  graph ??= c.TF_NewGraph();
  const buffer = c.TF_NewBuffer();
  try {
    c.TF_GraphGetOpDef(graph, cString(op), buffer, api.status);
    api.check(`Cannot find the op "${op}"`);
    if (!buffer) throw new EngineError(`Cannot read the definition of "${op}"`);
    // struct TF_Buffer { const void* data; size_t length; ... }
    const view = new Deno.UnsafePointerView(buffer);
    const data = view.getPointer(0);
    const length = Number(view.getBigUint64(8));
    if (!data) throw new EngineError(`Cannot read the definition of "${op}"`);
    const message = OpDefMessage.deserializeBinary(
      new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(data, length))
        .slice(),
    );
    const arity = (arg: ProtoArg): string | null =>
      arg.getNumberAttr() || arg.getTypeListAttr() || null;
    const definition: OpDef = {
      inputs: message.getInputArgList().map(arity),
      outputs: message.getOutputArgList().map(arity),
      attrs: new Map(
        message.getAttrList().map((
          attr,
        ) => [attr.getName(), KINDS[attr.getType()] ?? "other"]),
      ),
    };
    cache.set(op, definition);
    return definition;
  } finally {
    c.TF_DeleteBuffer(buffer);
  }
}
