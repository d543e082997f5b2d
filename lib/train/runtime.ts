/** @file Where programs run: compiled, or op by op. */
import { optimize, PASSES } from "../compile/compile.ts";
import { type Executable, Machine, type Tensors } from "../compile/machine.ts";
import { EagerContext } from "../engine/eager.ts";
import type { Engine } from "../engine/open.ts";
import type { Train } from "../pipeline/pipeline.ts";
import { runEagerly, trace, type Traceable } from "../trace/execution.ts";

/** Runs functions; their variables are shared by path and live as long as it. */
export interface Runtime {
  /** Readies a function for many calls. */
  load(
    name: string,
    body: Traceable,
    precision?: Train["precision"],
  ): Executable;
  /** Frees the device's memory. */
  close(): void;
}

/** Traces and compiles each function; a call is one `TF_SessionRun`. */
export function compiledRuntime({ api, config, device }: Engine): Runtime {
  const machine = new Machine(api, config);
  return {
    load: (name, body, precision = "float32") =>
      machine.load(
        optimize(
          trace(api, name, body, { device, precision }),
          PASSES[precision],
        ),
      ),
    close: () => machine.close(),
  };
}

/** Runs each op as the function reaches it: slow, but a stage can be debugged. */
export function eagerRuntime({ api, config, device }: Engine): Runtime {
  const context = new EagerContext(api, config);
  return {
    load: (_, body) => ({
      run: (inputs: Tensors = {}) =>
        Promise.resolve().then(() =>
          runEagerly(context, body, inputs, { device, precision: "float32" })
        ),
    }),
    close: () => context.close(),
  };
}
