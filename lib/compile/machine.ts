/** @file A machine: one TensorFlow graph and session that programs are loaded into. */
import type { SessionConfig } from "../engine/config.ts";
import type { Api, Pointer } from "../engine/ffi.ts";
import { type Endpoint, EngineGraph } from "../engine/engine_graph.ts";
import {
  collectGarbage,
  releaseFreed,
  releaseLoaded,
} from "../engine/resident.ts";
import { taskDevice } from "../engine/server.ts";
import { type PreparedCall, Session } from "../engine/session.ts";
import type { OpTiming } from "../engine/step_stats.ts";
import type { TensorData } from "../ir/dtype.ts";
import type { Node, Program, Value } from "../ir/program.ts";

/** Tensors by name. */
export type Tensors = Readonly<Record<string, TensorData>>;

/** Tensors that are read where the device left them. */
export interface Lent extends Disposable {
  /** Not to be read once they are given back. */
  readonly values: Tensors;
}

/** A program that was loaded: each call is one `TF_SessionRun`. */
export interface Executable {
  /** Names of the tensors that a run returns, where they are known before it. */
  readonly fetches?: readonly string[];
  /**
   * Has TensorFlow compile the program, which its first run does otherwise, and
   * gives back the memory that tracing and compiling took: it would lie beside
   * what the program needs.
   */
  compile(): Promise<void>;
  /**
   * Runs the program once.
   *
   * @param inputs One tensor for each feed of the program.
   * @returns One tensor for each fetch.
   * @throws {EngineError} With TensorFlow's message.
   */
  run(
    inputs?: Tensors,
    /** Asks for the time of every op, at some cost. */
    onTimings?: (timings: OpTiming[]) => void,
  ): Promise<Record<string, TensorData>>;
  /**
   * Runs the program once and copies nothing: what it returns are the tensors
   * themselves, which later runs leave as they are.
   *
   * @throws {EngineError} With TensorFlow's message.
   */
  lend(): Promise<Lent>;
}

/**
 * Holds variables and loaded programs. Variables are shared by path between
 * all programs of one machine and stay on its device between calls.
 */
export class Machine {
  readonly #graph: EngineGraph;
  readonly #session: Session;

  constructor(readonly api: Api, readonly config: SessionConfig) {
    this.#graph = new EngineGraph(api);
    this.#session = new Session(this.#graph, config);
  }

  /** Loads a program: lowers its nodes to TensorFlow operations. */
  load(program: Program): Executable {
    const feeds = [...program.feeds.keys()];
    const fetches = [...program.fetches.keys()];
    const call = this.#lower(program);
    let compiled = false;
    // Nothing here refers to the program, so that its nodes are freed.
    return {
      fetches,
      compile: async () => {
        await this.#compile(call);
        compiled = true;
      },
      run: async (inputs = {}, onTimings) => {
        const tensors = feeds.map((name) => {
          const tensor = inputs[name];
          if (!tensor) throw new Error(`internal: "${name}" was not fed`);
          return tensor;
        });
        const results = await this.#session.run(call, tensors, onTimings);
        // What compiling took would add up from program to program.
        if (!compiled) releaseFreed();
        compiled = true;
        return Object.fromEntries(
          fetches.map((name, i) => [name, results[i] as TensorData]),
        );
      },
      lend: async () => {
        const results = await this.#session.borrow(call, []);
        return {
          values: Object.fromEntries(
            results.map(({ data }, i) => [fetches[i] as string, data]),
          ),
          [Symbol.dispose]() {
            for (const result of results) result[Symbol.dispose]();
          },
        };
      },
    };
  }

  #lower(program: Program): PreparedCall {
    const operations = new Map<Node, Pointer>();
    const pointer = (node: Node): Pointer => operations.get(node) as Pointer;
    const endpoint = ({ node, index }: Value): Endpoint => ({
      operation: pointer(node),
      index,
    });
    for (const node of program.nodes) {
      const scope = node.scope ? `${node.scope}/` : "";
      const operation = this.#graph.add({
        op: node.op,
        name: `${program.name}/${scope}${node.op}`,
        inputs: node.inputs.map(endpoint),
        attrs: node.attrs,
        after: node.after.map(pointer),
        device: this.#deviceOf(node),
      });
      operations.set(node, operation);
    }
    return this.#session.prepare({
      feeds: [...program.feeds.values()].map(endpoint),
      fetches: [...program.fetches.values()].map(endpoint),
      targets: program.effects.map(pointer),
    });
  }

  /** The first device is where TensorFlow places what it is not told of. */
  #deviceOf({ op, replica }: Node): string | undefined {
    const { gpu, server } = this.config;
    if (replica === undefined) return server && taskDevice(0);
    if (replica === "each") throw new Error(`internal: ${op} is not placed`);
    const kind = gpu ? "GPU" : "CPU";
    if (!server) return `/device:${kind}:${replica}`;
    const { devicesEach } = server;
    const task = taskDevice(Math.floor(replica / devicesEach));
    return `${task}/device:${kind}:${replica % devicesEach}`;
  }

  async #compile(call: PreparedCall): Promise<void> {
    const compiled = this.#session.compile(call);
    // Meanwhile, for TensorFlow compiles on another thread.
    collectGarbage();
    await compiled;
    releaseFreed();
    releaseLoaded(this.api.files);
  }

  /** Frees the session, the graph and all variables. */
  close(): void {
    this.#session.close();
    this.#graph.close();
    releaseFreed();
  }
}
