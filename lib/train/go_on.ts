/** @file What a run goes on from: variables of a checkpoint, and the record until it. */
import type { TrainEvent } from "./events.ts";
import type { ResumePoint } from "./resume_point.ts";
import { writing } from "./run_errors.ts";
import { RUN_FILES, type RunFolder, type RunStart } from "./run_folder.ts";
import type { Told } from "./steps.ts";

/** Goes on after a checkpoint, in the folder that holds it. */
export async function goOn(
  folder: RunFolder,
  { memory, tracking }: Told,
  origin: RunStart,
  { checkpoint, changed, origin: { id } }: ResumePoint,
  emit: (event: TrainEvent) => void,
): Promise<void> {
  const { session } = memory;
  await writing(folder, async () => {
    await folder.lock();
    if (checkpoint) await session.restore(checkpoint.values);
    if (changed) await folder.describe(session.pipeline, { ...origin, id });
    const { damaged, missing } = await folder.rewind(
      session.done,
      (lines) => {
        memory.recall(lines);
        tracking?.recall(lines);
      },
    );
    const file = `${folder.path}/${RUN_FILES.metrics}`;
    if (damaged > 0) {
      emit({
        kind: "notice",
        text: `left out ${damaged} damaged line(s) of ${file}`,
      });
    }
    if (missing > 0) {
      emit({
        kind: "notice",
        text: `${file} lacks ${missing} of the ${session.done} steps done`,
      });
    }
    const { lines = folder.linesDigest } = checkpoint?.entry ?? {};
    if (damaged === 0 && missing === 0 && lines !== folder.linesDigest) {
      emit({
        kind: "notice",
        text:
          `lines of ${file} are not those that were written: means and monitors go on from what they say now`,
      });
    }
  });
}
