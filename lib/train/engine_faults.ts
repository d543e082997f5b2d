/** @file What a call of the engine that failed says to the user. */
import { EngineError } from "../engine/ffi.ts";
import { UserError } from "../errors.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import { isUserFile } from "../stages/user_file.ts";
import { explainAllocation, stageIn } from "./memory_check.ts";

/** A failed allocation, or a fault of a user's own stage, as a message; other errors as they are. */
export function explainFault(
  error: unknown,
  { pipeline, graph }: Pick<LoadedPipeline, "pipeline" | "graph">,
): unknown {
  const told = explainAllocation(error, pipeline.data.batch);
  if (told !== error || !(error instanceof EngineError)) return told;
  const stage = stageIn(error.message) ?? "";
  const { code } = graph.byName.get(stage) ?? {};
  if (!isUserFile(code)) return error;
  const [reason = ""] = error.message.split("\n");
  return new UserError(
    `Cannot run "${code}" in the stage "${stage}": ${
      reason.replace(/^The engine could not run: /, "")
    }.\nMend the file; \`--eager\` runs it op by op.`,
    { cause: error },
  );
}
