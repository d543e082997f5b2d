/** @file The loop over the steps of a run. */
import { UserError } from "../errors.ts";
import type { Fall } from "../monitor/fall.ts";
import type { TrainEvent } from "./events.ts";
import { epochAfter } from "./run_length.ts";
import { checkpointSteps, type RunMemory } from "./run_memory.ts";
import type { Seen } from "./monitoring.ts";
import { asMetrics } from "./judged_lines.ts";
import type { Judging } from "./judging.ts";
import { Pace } from "./pace.ts";
import { endedBy, writing } from "./run_errors.ts";
import { RUN_FILES, type RunFolder } from "./run_folder.ts";
import { Saving } from "./saving.ts";
import { finites, type TrainResult } from "./summary.ts";
import type { RunTracking } from "./tracking.ts";

/** How the steps of a run went. */
export interface StepsRun {
  readonly end: TrainResult["end"];
  /** Of all its training, also before it was resumed. */
  readonly seconds: number;
  /** Since it was resumed. */
  readonly imagesPerSecond: number;
}

/** What is told of the steps of a run. */
export interface Told {
  readonly memory: RunMemory;
  readonly tracking: RunTracking | undefined;
}

/** File of the last checkpoint of a healthy run, from the run's folder. */
export async function healthyFile(
  { checkpoints }: RunFolder,
): Promise<string | null> {
  const entry = await checkpoints.newestHealthy();
  return entry ? `${RUN_FILES.checkpoints}/${entry.file}` : null;
}

/** A fall, and what the check already knew. */
const fallText = (
  { step, message }: Fall,
  causes: readonly string[],
): string =>
  [`at step ${step}, ${message}`, ...causes.map((one) => `  - ${one}`)]
    .join("\n");

/**
 * Does the steps that are left, with checkpoints, until a fault or the signal
 * stops it.
 */
export async function trainSteps(
  folder: RunFolder,
  { memory, judging, tracking }: Told & { readonly judging: Judging },
  emit: (event: TrainEvent) => void,
  signal?: AbortSignal,
): Promise<StepsRun> {
  const { session, monitoring, averages } = memory;
  const { pipeline: { data: { batch } }, length } = session;
  const { steps } = length;
  const saveEvery = checkpointSteps(session);
  const pace = new Pace();
  const start = performance.now();
  let judged = 0;
  /** Of training alone, also before this process went on with it. */
  const secondsNow = () =>
    memory.seconds + (performance.now() - start - judged) / 1000;
  const first = session.done;
  await using saving = new Saving(folder);
  let saved = first;
  let end: StepsRun["end"] = "finished";
  /** Judging is no part of the time that training takes. */
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = performance.now();
    const result = await work();
    const took = performance.now() - before;
    judged += took;
    pace.skip(took);
    return result;
  };
  const begin = async (due: boolean): Promise<void> => {
    saved = session.done;
    await saving.begin(saved, () => session.lend(), {
      // Between two that are due there are means of too few steps to compare.
      metrics: due ? { ...finites(monitoring.signals), ...averages.means } : {},
      healthy: !monitoring.suspicious,
      due,
    });
  };
  while (session.done < steps) {
    saving.check();
    if (signal?.aborted) {
      end = "interrupted";
      break;
    }
    let seen: Seen;
    try {
      seen = await monitoring.observe(await session.step());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (saved !== session.done) await begin(false);
      await saving.written();
      throw endedBy(error, folder, session.done);
    }
    const { spectra, alarms, falls } = seen;
    const { done } = session;
    pace.tick(performance.now(), session.waited);
    const epoch = epochAfter(done, length);
    const scores = await timed(() => judging.due());
    if (scores) {
      const { knn, linear, accuracy } = scores;
      memory.history.push({
        step: done,
        epoch,
        knn,
        linear,
        ...(accuracy === undefined ? {} : { accuracy }),
      });
      emit({ kind: "judged", epoch, scores });
    }
    const metrics = { ...seen.metrics, ...(scores ? asMetrics(scores) : {}) };
    memory.add(metrics);
    const line = {
      step: done,
      epoch,
      seconds: Number(secondsNow().toFixed(3)),
      ...session.scheduled,
      ...metrics,
    };
    await writing(folder, async () => {
      await folder.log(line);
      if (spectra) await folder.logSpectrum(done, spectra.covariance);
      const pictured = done === 1 || session.isWhole(saveEvery);
      await tracking?.step(line, spectra, pictured);
    });
    for (const fall of falls) {
      // Said once; an alarm names them again.
      const causes = memory.falls.length === 0 ? monitoring.causes : [];
      emit({ kind: "notice", text: fallText(fall, causes) });
      memory.falls.push(fall);
    }
    for (const alarm of alarms) {
      const stops = alarm.action === "stop";
      await saving.written();
      const checkpoint = await healthyFile(folder);
      memory.alarms.push(alarm);
      emit({ kind: "alarm", alarm, stops, checkpoint });
      if (stops) end = "stopped";
    }
    if (end === "stopped") break;
    const { headline } = monitoring;
    const latest = memory.history.at(-1);
    emit({
      kind: "step",
      progress: {
        step: done,
        steps,
        epoch,
        epochs: epochAfter(steps, length),
        imagesPerSecond: pace.stepsPerSecond * batch,
        metrics,
        ...(headline ? { headline } : {}),
        ...(latest ? { scores: latest } : {}),
        secondsLeft: (steps - done) / pace.stepsPerSecond,
        waiting: pace.waiting,
      },
    });
    // A run that is about to be stopped is resumed from before the trouble.
    if (session.isWhole(saveEvery)) {
      if (!monitoring.endangered) await begin(true);
      // The last save is yet to come, where this one was left out.
      if (done < steps) averages.clear();
    }
  }
  if (end !== "stopped" && saved !== session.done) {
    await begin(end === "finished");
  }
  await saving.written();
  const seconds = secondsNow();
  return {
    end,
    seconds,
    imagesPerSecond: (session.done - first) * batch /
      (seconds - memory.seconds),
  };
}
