/** @file A step that cannot fit into memory is refused as soon as it is compiled. */
import type { Watch } from "../compile/runtime.ts";
import { isInMemory, type LoadedData } from "../data/source.ts";
import type { Engine } from "../engine/open.ts";
import { UserError } from "../errors.ts";
import { bytesOfVariables, peakBytes } from "../ir/memory.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import type { TrainEvent } from "./events.ts";
import { explainFault } from "./engine_faults.ts";
import { machineMemory } from "./machine_memory.ts";
import { tight, tooMuch } from "./memory_check.ts";

/** Refuses a step that cannot fit, and warns of one that may not. */
export function watchMemory(
  { pipeline, graph }: LoadedPipeline,
  { device }: Engine,
  { train }: LoadedData,
  emit: (event: TrainEvent) => void,
): Watch {
  const { batch } = pipeline.data;
  const explain = (error: unknown) => explainFault(error, { pipeline, graph });
  // A GPU has memory of its own, of which its runtime knows.
  if (device !== "cpu") return { explain };
  const machine = machineMemory();
  const variables = bytesOfVariables(
    graph.order.flatMap((stage) => stage.variables),
  );
  const images = isInMemory(train) ? train.pixels.length : 0;
  return {
    explain,
    onProgram(program) {
      const needed = { variables, temporary: peakBytes(program), images };
      const reason = tooMuch(needed, program, batch, machine);
      if (reason) throw new UserError(`Cannot train: ${reason}`);
      const warning = tight(needed, machine);
      if (warning) emit({ kind: "notice", text: warning });
    },
  };
}
