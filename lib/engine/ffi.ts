/** @file The C API of libtensorflow, as Deno sees it. */
import type { EngineLibrary } from "./library.ts";
import { askForOneDnn } from "./one_dnn.ts";
import { withoutStderr } from "./quiet.ts";
import { releaseLoaded } from "./resident.ts";

const P = "pointer";
const B = "buffer";
const V = "void";
const OUTPUT = { struct: ["pointer", "i32"] } as const;

/** The functions of the C API that the engine calls. */
export const SYMBOLS = {
  TF_Version: { parameters: [], result: P },

  TF_NewStatus: { parameters: [], result: P },
  TF_GetCode: { parameters: [P], result: "i32" },
  TF_Message: { parameters: [P], result: P },
  TF_SetStatus: { parameters: [P, "i32", B], result: V },

  TF_NewBufferFromString: { parameters: [B, "usize"], result: P },
  TF_NewBuffer: { parameters: [], result: P },
  TF_DeleteBuffer: { parameters: [P], result: V },

  TF_AllocateTensor: {
    parameters: ["i32", B, "i32", "usize"],
    result: P,
  },
  TF_DeleteTensor: { parameters: [P], result: V },
  TF_TensorType: { parameters: [P], result: "i32" },
  TF_NumDims: { parameters: [P], result: "i32" },
  TF_Dim: { parameters: [P, "i32"], result: "i64" },
  TF_TensorByteSize: { parameters: [P], result: "usize" },
  TF_TensorData: { parameters: [P], result: P },

  TF_NewGraph: { parameters: [], result: P },
  TF_DeleteGraph: { parameters: [P], result: V },
  TF_GraphGetOpDef: { parameters: [P, B, P, P], result: V },
  TF_GraphGetTensorNumDims: { parameters: [P, OUTPUT, P], result: "i32" },
  TF_GraphGetTensorShape: {
    parameters: [P, OUTPUT, B, "i32", P],
    result: V,
  },
  TF_NewOperation: { parameters: [P, B, B], result: P },
  TF_FinishOperation: { parameters: [P, P], result: P },
  TF_AddInput: { parameters: [P, OUTPUT], result: V },
  TF_AddInputList: { parameters: [P, B, "i32"], result: V },
  TF_AddControlInput: { parameters: [P, P], result: V },
  TF_SetDevice: { parameters: [P, B], result: V },
  TF_OperationNumOutputs: { parameters: [P], result: "i32" },
  TF_OperationOutputType: { parameters: [OUTPUT], result: "i32" },
  TF_SetAttrType: { parameters: [P, B, "i32"], result: V },
  TF_SetAttrInt: { parameters: [P, B, "i64"], result: V },
  TF_SetAttrIntList: { parameters: [P, B, B, "i32"], result: V },
  TF_SetAttrFloat: { parameters: [P, B, "f32"], result: V },
  TF_SetAttrFloatList: { parameters: [P, B, B, "i32"], result: V },
  TF_SetAttrBool: { parameters: [P, B, "u8"], result: V },
  TF_SetAttrString: { parameters: [P, B, B, "usize"], result: V },
  TF_SetAttrShape: { parameters: [P, B, B, "i32"], result: V },
  TF_SetAttrTensor: { parameters: [P, B, P, P], result: V },

  TF_NewSessionOptions: { parameters: [], result: P },
  TF_DeleteSessionOptions: { parameters: [P], result: V },
  TF_SetConfig: { parameters: [P, B, "usize", P], result: V },
  TF_SetTarget: { parameters: [P, B], result: V },
  TF_NewSession: { parameters: [P, P, P], result: P },
  TF_CloseSession: { parameters: [P, P], result: V },
  TF_DeleteSession: { parameters: [P, P], result: V },
  TF_SessionListDevices: { parameters: [P, P], result: P },
  TF_DeviceListCount: { parameters: [P], result: "i32" },
  TF_DeviceListName: { parameters: [P, "i32", P], result: P },
  TF_DeleteDeviceList: { parameters: [P], result: V },
  // On a thread of its own, so that loading and progress go on meanwhile.
  TF_SessionRun: {
    parameters: [P, P, B, B, "i32", B, B, "i32", B, "i32", P, P],
    result: V,
    nonblocking: true,
  },

  TF_NewServer: { parameters: [B, "usize", P], result: P },
  TF_ServerStart: { parameters: [P, P], result: V },
  TF_ServerTarget: { parameters: [P], result: P },

  TFE_NewContextOptions: { parameters: [], result: P },
  TFE_DeleteContextOptions: { parameters: [P], result: V },
  TFE_ContextOptionsSetConfig: { parameters: [P, B, "usize", P], result: V },
  TFE_NewContext: { parameters: [P, P], result: P },
  TFE_DeleteContext: { parameters: [P], result: V },
  TFE_NewOp: { parameters: [P, B, P], result: P },
  TFE_DeleteOp: { parameters: [P], result: V },
  TFE_OpAddInput: { parameters: [P, P, P], result: V },
  TFE_OpSetAttrType: { parameters: [P, B, "i32"], result: V },
  TFE_OpSetAttrInt: { parameters: [P, B, "i64"], result: V },
  TFE_OpSetAttrIntList: { parameters: [P, B, B, "i32"], result: V },
  TFE_OpSetAttrFloat: { parameters: [P, B, "f32"], result: V },
  TFE_OpSetAttrFloatList: { parameters: [P, B, B, "i32"], result: V },
  TFE_OpSetAttrBool: { parameters: [P, B, "u8"], result: V },
  TFE_OpSetAttrString: { parameters: [P, B, B, "usize"], result: V },
  TFE_OpSetAttrShape: { parameters: [P, B, B, "i32", P], result: V },
  TFE_OpSetAttrTensor: { parameters: [P, B, P, P], result: V },
  TFE_Execute: { parameters: [P, B, B, P], result: V },
  TFE_NewTensorHandle: { parameters: [P, P], result: P },
  TFE_DeleteTensorHandle: { parameters: [P], result: V },
  TFE_TensorHandleDataType: { parameters: [P], result: "i32" },
  TFE_TensorHandleNumDims: { parameters: [P, P], result: "i32" },
  TFE_TensorHandleDim: { parameters: [P, "i32", P], result: "i64" },
  TFE_TensorHandleResolve: { parameters: [P, P], result: P },
} as const;

/** Handle of a C object. */
export type Pointer = Deno.PointerValue;

/** The opened C API. */
export interface Api {
  /** Functions by name. */
  readonly c: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  /** TensorFlow's own version, such as `2.21.0`. */
  readonly version: string;
  /** Paths of the libraries that hold it. */
  readonly files: readonly string[];
  /** Status object for calls on the main thread. */
  readonly status: Pointer;
  /**
   * Throws when the last call failed.
   *
   * @throws {EngineError} When the last call with `status` failed.
   */
  check(what: string, status?: Pointer): void;
  /** Does work of which TensorFlow is to say nothing on the terminal. */
  silently<T>(work: () => Promise<T>): Promise<T>;
}

/** A call of the C API failed. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}

const encoder = new TextEncoder();
const names = new Map<string, Uint8Array<ArrayBuffer>>();

/** Zero-terminated UTF-8, cached: op and attribute names repeat. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  let bytes = names.get(text);
  if (!bytes) {
    bytes = encoder.encode(`${text}\0`);
    names.set(text, bytes);
  }
  return bytes;
}

/** Text behind a `const char*`; empty for null. */
export function readString(pointer: Pointer): string {
  return pointer ? Deno.UnsafePointerView.getCString(pointer) : "";
}

/** `absl::SetMinLogLevel`; its mangled name is that of the pinned build, others keep their chatter. */
const LOGGING = {
  setMinLogLevel: {
    name: "_ZN4absl12lts_2025081414SetMinLogLevelENS0_18LogSeverityAtLeastE",
    parameters: ["i32"],
    result: V,
    optional: true,
  },
} as const;

/** TensorFlow's notes would break the progress line: errors and worse, by default. */
function logLevel(): number {
  const level = Number(Deno.env.get("TF_CPP_MIN_LOG_LEVEL") ?? 2);
  return Number.isInteger(level) && level >= 0 && level <= 3 ? level : 2;
}

const RTLD_NOW = 2;
const RTLD_NODELETE = 0x1000;

/**
 * Loads a library on another thread, for good: libraries are let go with the
 * worker that opened them, and TensorFlow cannot be loaded twice.
 */
async function keepLoaded(path: string): Promise<void> {
  if (Deno.build.os !== "linux") return;
  const libc = Deno.dlopen("libc.so.6", {
    dlopen: {
      parameters: [B, "i32"],
      result: P,
      optional: true,
      nonblocking: true,
    },
  });
  const name = encoder.encode(`${path}\0`);
  await libc.symbols.dlopen?.(name, RTLD_NOW | RTLD_NODELETE);
  libc.close();
}

/** `LogSeverityAtLeast::kFatal` */
const FATAL = 3;

/**
 * The C++ library will find the framework library already in the process.
 *
 * @returns What sets the level of TensorFlow's notes.
 */
function loadFramework(
  { framework }: EngineLibrary,
): (level: number) => void {
  const { symbols } = withoutStderr(() => Deno.dlopen(framework, LOGGING));
  return (level) => symbols.setMinLogLevel?.(level);
}

let opened: Promise<Api> | undefined;

async function open(library: EngineLibrary): Promise<Api> {
  try {
    const files = [library.framework, library.cc];
    askForOneDnn();
    const setLogLevel = loadFramework(library);
    setLogLevel(logLevel());
    for (const file of files) await keepLoaded(file);
    const { symbols: c } = Deno.dlopen(library.cc, SYMBOLS);
    releaseLoaded(files);
    const status = c.TF_NewStatus();
    const check = (what: string, of: Pointer = status): void => {
      if (c.TF_GetCode(of) === 0) return;
      const message = readString(c.TF_Message(of));
      // Some functions leave the status alone when all is well.
      c.TF_SetStatus(of, 0, cString(""));
      throw new EngineError(`${what}: ${message}`);
    };
    return {
      c,
      status,
      check,
      files,
      version: readString(c.TF_Version()),
      async silently(work) {
        setLogLevel(FATAL);
        try {
          return await work();
        } finally {
          setLogLevel(logLevel());
        }
      },
    };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(
      `Cannot load libtensorflow from "${library.cc}": ${
        error instanceof Error ? error.message : error
      }`,
      { cause: error },
    );
  }
}

/**
 * Opens libtensorflow: once a process, since it cannot be unloaded.
 *
 * @throws {EngineError} When the libraries cannot be loaded.
 */
export function openApi(library: EngineLibrary): Promise<Api> {
  opened ??= open(library).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}
