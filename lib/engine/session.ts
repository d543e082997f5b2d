/** @file A session: runs parts of a graph, holds its variables. */
import type { StringData, TensorData } from "../ir/dtype.ts";
import { configProto, type SessionConfig } from "./config.ts";
import { cString, EngineError, type Pointer, readString } from "./ffi.ts";
import {
  type Endpoint,
  type EngineGraph,
  outputArray,
} from "./engine_graph.ts";
import { type OpTiming, readStepStats } from "./step_stats.ts";
import { BorrowedTensor, takeTensor, toTensor, viewStrings } from "./tensor.ts";

/** What one call runs, prepared once. */
export interface Call {
  readonly feeds: readonly Endpoint[];
  readonly fetches: readonly Endpoint[];
  readonly targets: readonly Pointer[];
}

/** A call as {@linkcode Session} takes it. */
export interface PreparedCall extends Call {
  readonly feedStructs: Uint8Array<ArrayBuffer>;
  readonly fetchStructs: Uint8Array<ArrayBuffer>;
  readonly targetPointers: BigUint64Array<ArrayBuffer>;
}

/** `RunOptions { trace_level: FULL_TRACE }`. */
const FULL_TRACE = Uint8Array.of(8, 3);

/** Of a type that no program is fed. */
const FOREIGN: TensorData = {
  dtype: "complex64",
  shape: [],
  data: new Float32Array(2),
};

/** Bytes of a `TF_Buffer`: a pointer and a length. */
function bufferBytes(buffer: Pointer): Uint8Array {
  if (!buffer) return new Uint8Array(0);
  const view = new Deno.UnsafePointerView(buffer);
  const data = view.getPointer(0);
  const length = Number(view.getBigUint64(8));
  return data
    ? new Uint8Array(
      Deno.UnsafePointerView.getArrayBuffer(data, length).slice(0),
    )
    : new Uint8Array(0);
}

const isStrings = (tensor: TensorData | StringData): tensor is StringData =>
  tensor.dtype === "string";

const address = (pointer: Pointer): bigint =>
  BigInt(Deno.UnsafePointer.value(pointer));

/** A `TF_Session` on one graph. Variables live as long as it does. */
export class Session {
  readonly #pointer: Pointer;
  /** Those that no run uses now. */
  readonly #statuses: Pointer[] = [];
  /** Inputs of runs: strings are read where they are. */
  readonly #inputs = new Set<readonly unknown[]>();
  readonly #remote: boolean;

  constructor(readonly graph: EngineGraph, config: SessionConfig) {
    const { c, status, check } = graph.api;
    const bytes = configProto(config);
    const options = c.TF_NewSessionOptions();
    c.TF_SetConfig(options, bytes, BigInt(bytes.length), status);
    check("Cannot configure the session");
    if (config.server) c.TF_SetTarget(options, cString(config.server.target));
    this.#remote = config.server !== undefined;
    this.#pointer = c.TF_NewSession(graph.pointer, options, status);
    c.TF_DeleteSessionOptions(options);
    check("Cannot start a session");
  }

  /** Prepares a call, so that running it allocates only its tensors. */
  prepare(call: Call): PreparedCall {
    return {
      ...call,
      feedStructs: outputArray(call.feeds),
      fetchStructs: outputArray(call.fetches),
      targetPointers: BigUint64Array.from(call.targets, address),
    };
  }

  /**
   * Compiles a prepared call on another thread, without running it; its first
   * run would do it. That also says what is wrong with it, if something is. A
   * call that is fed nothing is left to its first run.
   *
   * TensorFlow has no function for this. It compiles a call before it looks at
   * the tensors that it is fed, and then refuses those of another type. A server
   * looks at them while ops run already: there, too, it is left to the first run.
   */
  async compile(call: PreparedCall): Promise<void> {
    if (call.feeds.length === 0 || this.#remote) return;
    try {
      await this.run(call, call.feeds.map(() => FOREIGN));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
    }
  }

  /**
   * Runs a prepared call: one `TF_SessionRun`. Calls may overlap.
   *
   * @param inputs One tensor for each feed, in order.
   * @param onTimings Asks for the time of every op, at some cost.
   * @returns One tensor for each fetch, in order.
   * @throws {EngineError} With TensorFlow's message.
   */
  async run(
    call: PreparedCall,
    inputs: readonly (TensorData | StringData)[] = [],
    onTimings?: (timings: OpTiming[]) => void,
  ): Promise<TensorData[]> {
    const results = await this.#run(call, inputs, onTimings);
    return results.map((pointer) => takeTensor(this.graph.api, pointer));
  }

  /**
   * Runs a prepared call as {@linkcode run} does.
   *
   * @returns One tensor for each fetch, to be given back.
   */
  async borrow(
    call: PreparedCall,
    inputs: readonly (TensorData | StringData)[],
  ): Promise<BorrowedTensor[]> {
    const results = await this.#run(call, inputs);
    return results.map((pointer) =>
      new BorrowedTensor(this.graph.api, pointer)
    );
  }

  async #run(
    call: PreparedCall,
    inputs: readonly (TensorData | StringData)[],
    onTimings?: (timings: OpTiming[]) => void,
  ): Promise<Pointer[]> {
    const { api } = this.graph;
    const { c } = api;
    // Runs happen on other threads: they must not share a status.
    const status = this.#statuses.pop() ?? c.TF_NewStatus();
    this.#inputs.add(inputs);
    const feeds = inputs.map((tensor) =>
      isStrings(tensor) ? viewStrings(api, tensor) : toTensor(api, tensor)
    );
    const feedPointers = BigUint64Array.from(feeds, address);
    const results = new BigUint64Array(call.fetches.length);
    const metadata = onTimings ? c.TF_NewBuffer() : null;
    const options = onTimings
      ? c.TF_NewBufferFromString(FULL_TRACE, BigInt(FULL_TRACE.length))
      : null;
    await c.TF_SessionRun(
      this.#pointer,
      options,
      call.feedStructs,
      new Uint8Array(feedPointers.buffer),
      feeds.length,
      call.fetchStructs,
      new Uint8Array(results.buffer),
      results.length,
      new Uint8Array(call.targetPointers.buffer),
      call.targets.length,
      metadata,
      status,
    );
    // Read after the call, so that the array outlives it: TF_SessionRun reads
    // it on another thread, where the garbage collector does not see it.
    for (const feed of feedPointers) {
      c.TF_DeleteTensor(Deno.UnsafePointer.create(feed));
    }
    this.#inputs.delete(inputs);
    if (onTimings && c.TF_GetCode(status) === 0) {
      onTimings(readStepStats(bufferBytes(metadata)));
    }
    if (metadata) c.TF_DeleteBuffer(metadata);
    if (options) c.TF_DeleteBuffer(options);
    this.#statuses.push(status);
    api.check("The engine could not run", status);
    return Array.from(
      results,
      (pointer) => Deno.UnsafePointer.create(pointer),
    );
  }

  /** Names of the devices, such as `/device:GPU:0`. */
  devices(): string[] {
    const { c, status, check } = this.graph.api;
    const list = c.TF_SessionListDevices(this.#pointer, status);
    check("Cannot list devices");
    const names = Array.from(
      { length: c.TF_DeviceListCount(list) },
      (_, i) => readString(c.TF_DeviceListName(list, i, status)),
    );
    c.TF_DeleteDeviceList(list);
    return names;
  }

  /** Frees the session and its variables. */
  close(): void {
    const { c, status } = this.graph.api;
    c.TF_CloseSession(this.#pointer, status);
    c.TF_DeleteSession(this.#pointer, status);
  }
}
