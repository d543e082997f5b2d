/** @file The engine for commands that record a step and run nothing. */
import { type Engine, openEngine } from "../engine/open.ts";
import { complain } from "./say.ts";

/** Opens the engine; where it must be installed, says so on stderr. */
export function recordingEngine(): Promise<Engine> {
  const said = new Set<string>();
  return openEngine({
    device: "cpu",
    onProgress({ task }) {
      if (said.has(task)) return;
      said.add(task);
      complain(`The TensorFlow library is missing: ${task}`);
    },
  });
}
