/** @file Where programs run: compiled, or op by op. */
import { setImmediate } from "node:timers/promises";
import { optimize, passesFor } from "./compile.ts";
import { type Executable, Machine, type Tensors } from "./machine.ts";
import { EagerContext } from "../engine/eager.ts";
import type { Engine } from "../engine/open.ts";
import type { Program } from "../ir/program.ts";
import { FLOAT32, type Rounding } from "../ir/rounding.ts";
import { runEagerly, trace, type Traceable } from "../trace/execution.ts";

/** Where functions can be readied: a runtime, a training session, an encoder. */
export interface Programs {
  /** Readies a function that shares the variables of the others. */
  load(name: string, body: Traceable): Executable;
}

/** Runs functions; their variables are shared by path and live as long as it. */
export interface Runtime extends Programs {
  /** Whether it computes in float32 whatever it is asked for. */
  readonly float32Only: boolean;
  /** Readies a function for many calls. */
  load(
    name: string,
    body: Traceable,
    rounding?: Rounding,
  ): Executable;
  /** Frees the device's memory. */
  close(): void;
}

/** What is done about programs and their failures. */
export interface Watch {
  /** Looks at a program before anything is allocated for it; may refuse it. */
  readonly onProgram?: (program: Program) => void;
  /** Says what a failed call means. */
  readonly explain?: (error: unknown) => unknown;
}

/** Traces and compiles each function; a call is one `TF_SessionRun`. */
export function compiledRuntime(
  { api, config, device }: Engine,
  { onProgram, explain = (error) => error }: Watch = {},
): Runtime {
  const machine = new Machine(api, config);
  const explained = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw explain(error);
    }
  };
  return {
    float32Only: false,
    load(name, body, rounding = FLOAT32) {
      const program = optimize(
        trace(api, name, body, { device, ...rounding }),
        passesFor(rounding),
      );
      onProgram?.(program);
      const loaded = machine.load(program);
      return {
        ...loaded,
        compile: () => explained(loaded.compile()),
        run: (...given) => explained(loaded.run(...given)),
        lend: () => explained(loaded.lend()),
      };
    },
    close: () => machine.close(),
  };
}

/** Runs each op as the function reaches it: slow, but a stage can be debugged. */
export function eagerRuntime({ api, config, device }: Engine): Runtime {
  const context = new EagerContext(api, config);
  return {
    float32Only: true,
    load(_, body) {
      const run = async (inputs: Tensors = {}) => {
        // Ops block this thread: signals and timers are heard between two runs.
        await setImmediate();
        return runEagerly(context, body, inputs, { device, ...FLOAT32 });
      };
      return {
        compile: () => Promise.resolve(),
        run,
        lend: async () => ({ values: await run(), [Symbol.dispose]() {} }),
      };
    },
    close: () => context.close(),
  };
}
