/** @file `resume RUN`: goes on with an interrupted run. */
import { command } from "../command.ts";
import { UserError } from "../errors.ts";
import { resolve } from "../pipeline/explain/resolve.ts";
import { changeEffects } from "../train/change_effects.ts";
import { extended, type Extension, type LrWay } from "../train/extend.ts";
import { findResumable, type Resumable } from "../train/resume.ts";
import { settingsOnward } from "../train/run_settings.ts";
import { resumeSweep } from "../train/sweep.ts";
import { isSweep } from "../train/sweep_folder.ts";
import { readOrigin } from "../train/run_folder.ts";
import { type ClusterOptions, ClusterTask } from "./cluster.ts";
import { endedText } from "./ended.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { announceModule } from "./modules.ts";
import { trainOnTerminal } from "./run.ts";
import { complain, say } from "./say.ts";
import { sweepOnTerminal } from "./sweep.ts";

/** Options of the command. */
export interface ResumeCommand extends ClusterOptions {
  readonly set: readonly string[];
  readonly changed?: boolean;
  readonly device?: "cpu" | "gpu";
  readonly threads?: number;
  readonly replicas?: number;
  /** Length of a run that is made longer, all in all. */
  readonly epochs?: number;
  readonly steps?: number;
  /** What becomes of the learning rate then. */
  readonly lrSchedule?: LrWay;
}

/** Runs the command. */
export async function resume(
  folder: string,
  { set, changed, epochs, steps, lrSchedule, ...asked }: ResumeCommand,
): Promise<ExitCode> {
  const task = ClusterTask.of(asked);
  const longer = epochs ?? steps ?? lrSchedule;
  if (await isSweep(folder)) {
    if (task) {
      throw new UserError(
        `Cannot resume a sweep on a cluster: "${folder}" holds one.\nResume one of its points.`,
      );
    }
    if (set.length > 0 || changed || longer !== undefined) {
      throw new UserError(
        `Cannot change a sweep that has begun: "${folder}" holds one.\nResume it without --set and --changed, or start it anew with \`${
          command("run")
        }\`.`,
      );
    }
    return await sweepOnTerminal((options) =>
      resumeSweep(folder, { ...options, ...asked, onModule: announceModule })
    );
  }
  if (task && !task.leads && !await isRun(folder)) {
    say(`No run at "${folder}" here, and none is needed: task 0 has it`);
    return await task.follow();
  }
  const asIs = await findResumable(folder, { set, onModule: announceModule });
  const found = longer === undefined ? asIs : await findResumable(folder, {
    set: [...set, lengthening(asIs, { epochs, steps, lrSchedule })],
  });
  const { loaded, point, refused, changes } = found;
  for (const { file, reason } of refused) {
    complain(`warning: passed over ${file}: ${reason}`);
  }
  const { checkpoint, origin } = point;
  const effects = changeEffects({
    changes,
    before: origin.pipeline,
    now: loaded.pipeline,
    done: checkpoint?.entry.step ?? 0,
    images: origin.data?.images,
    progress: checkpoint && origin.progress,
  });
  const list = [
    ...changes.map((change) => `  ${change}`),
    ...(effects.length > 0 ? ["What that does:"] : []),
    ...effects.map((effect) => `  - ${effect}`),
  ].join("\n");
  // What was asked for by name is no surprise.
  const accepted = changed || longer !== undefined && asIs.changes.length === 0;
  if (changes.length > 0 && !accepted) {
    throw new UserError(
      `Cannot resume "${folder}": its pipeline has changed:\n${list}\nUndo the change, or add --changed to go on with it.`,
    );
  }
  if (changes.length > 0) complain(`warning: changed values:\n${list}`);
  // With --changed, images may be others, and are judged anew.
  const ended = task || changed ? undefined : await endedText(found);
  if (ended !== undefined) {
    say(ended);
    return EXIT.success;
  }
  if (task && !task.leads) return await task.follow(loaded);
  say(
    checkpoint
      ? `Going on after step ${checkpoint.entry.step}`
      : "Starting anew: the run had not written a checkpoint",
  );
  const options = {
    ...settingsOnward(origin.settings ?? {}, asked),
    resume: { ...point, changed: accepted, sameData: !changed },
  };
  return await (task?.lead(loaded, options) ??
    trainOnTerminal(loaded, options));
}

/** Whether there is a run's folder: tasks need not share a disk. */
async function isRun(folder: string): Promise<boolean> {
  return await readOrigin(folder).then(() => true, () => false);
}

/** The setting that makes a run longer. */
function lengthening(
  { loaded, point }: Resumable,
  extension: Extension,
): string {
  const { folder, checkpoint, origin } = point;
  const train = extended({
    folder,
    pipeline: resolve(loaded.pipeline),
    before: origin.pipeline,
    done: checkpoint?.entry.step ?? 0,
    images: origin.data?.images,
    progress: checkpoint && origin.progress,
  }, extension);
  return `train=${JSON.stringify(train)}`;
}
