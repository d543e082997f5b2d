/** @file A whole run: data, training, checkpoints, verdict, evaluation, summary. */
import type { LoadedData, SkippedFile } from "../data/source.ts";
import { compiledRuntime, eagerRuntime } from "../compile/runtime.ts";
import { cacheFolder } from "../engine/cache.ts";
import type { ServerPlace } from "../engine/config.ts";
import {
  checkDevice,
  type Device,
  type Engine,
  openEngine,
  openInstalled,
} from "../engine/open.ts";
import { UserError } from "../errors.ts";
import { bytesOfVariables } from "../ir/memory.ts";
import type { Rounding } from "../ir/rounding.ts";
import { isJudged } from "../model/probe.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import { checkMayReach } from "../track/mlflow/client.ts";
import { unlessAborted } from "./abort.ts";
import type { Backlog } from "./backlog.ts";
import type { TrainEvent } from "./events.ts";
import { chooseExecutor, stepKey, timeSteps, withXla } from "./executor.ts";
import { gather, type Gathered } from "./gather.ts";
import { goOn } from "./go_on.ts";
import { readInit } from "./init.ts";
import { Judging } from "./judging.ts";
import { reported } from "./monitoring.ts";
import {
  checkReplicas,
  deviceText,
  otherReplicas,
  replicaNotes,
} from "./replicas.ts";
import type { ResumePoint } from "./resume_point.ts";
import { fullBefore, runDisk } from "./run_disk.ts";
import { refuseUnreportedBest, writing } from "./run_errors.ts";
import { RunFolder, type RunStart, unwritable } from "./run_folder.ts";
import { epochAfter, lateWarnings, runLength } from "./run_length.ts";
import { RunMemory } from "./run_memory.ts";
import type { RunSettings } from "./run_settings.ts";
import { TrainingSession } from "./session.ts";
import { healthyFile, type Told, trainSteps } from "./steps.ts";
import { finite, finites, type Summary, type TrainResult } from "./summary.ts";
import { RunTracking } from "./tracking.ts";
import { watchMemory } from "./watch_memory.ts";

/** How a run is done. */
export interface TrainOptions {
  /** Runs go to `<runsDir>/<name>/<time>/`. */
  readonly runsDir?: string;
  /**
   * Gives a folder that is there, in place of a new one under `runsDir`.
   * Called once data and engine are at hand.
   */
  readonly folder?: () => Promise<string>;
  /** A GPU where there is one, by default. */
  readonly device?: Device;
  /** Threads in all, on a CPU; one for each core by default. */
  readonly threads?: number;
  /**
   * Devices that share each batch: GPUs, or parts of the CPU, which are no
   * faster than one. 1 by default.
   */
  readonly replicas?: number | undefined;
  /**
   * This process's server, where replicas are spread over several machines.
   *
   * @internal
   */
  readonly server?: ServerPlace;
  /** Runs op by op instead of compiled, for debugging. */
  readonly eager?: boolean;
  /**
   * Compiles clusters of ops with XLA, on a GPU: a minute, for steps that take
   * a third of the time. By default what is the faster when both are tried.
   */
  readonly xla?: boolean | undefined;
  /**
   * What layers multiply, where the pipeline keeps activations in bfloat16. By
   * default what the device is faster at.
   */
  readonly products?: Rounding["products"] | undefined;
  /** A checkpoint to go on from. */
  readonly resume?: ResumePoint;
  /** Runs of about the same size that are to follow on the same disk. */
  readonly toCome?: number;
  /**
   * Ends the run after the step, or the evaluation's batch, at hand; it can be
   * resumed. Before the first step, the run is rejected with its reason.
   */
  readonly signal?: AbortSignal;
  /** Called as things happen. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** What a run is made of, once all is at hand. */
interface Parts {
  readonly engine: Engine;
  readonly session: TrainingSession;
  readonly data: LoadedData;
  /** Labelled images: the same, or others. */
  readonly judged: LoadedData;
  readonly origin: RunStart;
  /** Files that turn out to be bad as they are decoded. */
  readonly late: Backlog<SkippedFile>;
  /** Milliseconds that tracing and compiling took. */
  readonly compiling: number;
}

/**
 * Trains a pipeline to its end.
 *
 * @throws {UserError} When its data or the engine cannot be had, or its folder
 *   cannot be written.
 */
export async function train(
  loaded: LoadedPipeline,
  options: TrainOptions = {},
): Promise<TrainResult> {
  const { pipeline, graph, baseDir } = loaded;
  const { resume, eager = false, onEvent: emit = () => {} } = options;
  const { replicas = 1, server } = options;
  if (eager && replicas > 1) {
    throw new UserError(
      "Cannot use --eager with --replicas: op by op, devices would run one after another.\nLeave one of them out.",
    );
  }
  checkReplicas(pipeline, graph, replicas);
  if (pipeline.track?.mlflow) await checkMayReach(pipeline.track.mlflow.url);
  // Before anything is loaded: weights that do not fit end it at once.
  const first = resume?.checkpoint ? undefined : await readInit(loaded);
  const settings = {
    ...(options.device ? { device: options.device } : {}),
    ...(options.threads ? { threads: options.threads } : {}),
    replicas: server?.devicesEach ?? replicas,
    xla: options.xla,
  };
  await checkDevice(settings);
  // Beside the data where it is installed; fetched only for good data.
  const opening = openInstalled(settings);
  let opened: Promise<Engine | undefined> = opening;
  const gathered = await gather(loaded, {
    resume,
    signal: options.signal,
    emit,
    engine: () => opened,
  }).finally(() => opening);
  const { data, judged, images, modules, progress, warnings, late } = gathered;
  const local = await opening ?? await unlessAborted(
    openEngine({
      ...settings,
      onProgress: (progress) => emit({ kind: "install", progress }),
    }),
    options.signal,
  );
  opened = Promise.resolve(local);
  const chosen = options.xla === undefined && local.device === "gpu" &&
      !eager && replicas === 1
    ? await unlessAborted(
      tryExecutors(loaded, local, gathered, options),
      options.signal,
    )
    : options.xla ?? false;
  const engine = { ...withXla(local, chosen), replicas };
  const notes = [
    ...lateWarnings(pipeline, data.train.count),
    ...replicaNotes(pipeline, graph, engine, server),
    ...resume ? otherReplicas(resume, replicas) : [],
  ];
  for (const text of notes) emit({ kind: "notice", text });
  const before = performance.now();
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    data.train,
    {
      runtime: eager ? eagerRuntime(engine) : compiledRuntime(
        server ? onServer(local, server) : engine,
        watchMemory(loaded, local, data, emit),
      ),
      products: options.products,
      progress,
    },
  );
  let folder: RunFolder | undefined;
  let failed = true;
  try {
    if (first) {
      await session.begin(first.values);
      emit({ kind: "init", lines: first.lines });
    }
    refuseUnreportedBest(pipeline.checkpoint, reported(session));
    const origin = {
      baseDir,
      settings: settingsOf(session, engine, { eager, xla: chosen }),
      data: images,
      ...(progress ? { progress } : {}),
      ...(Object.keys(modules).length > 0 ? { modules } : {}),
    };
    folder = await folderOf(session, origin, options);
    const compiling = performance.now() - before;
    const parts = {
      engine,
      session,
      data,
      judged: judged ?? data,
      origin,
      late,
      compiling,
    };
    const result = await trainIn(folder, parts, {
      ...options,
      onEvent: namingCauses(warnings, emit),
    });
    failed = false;
    return result;
  } finally {
    // A server's session would wait for tasks that may be gone.
    if (!(failed && server)) await session.close();
    local.xlaCache?.keep();
    await folder?.close();
  }
}

/** What the steps run with, for those that go on with them. */
function settingsOf(
  { rounding: { activations, products } }: TrainingSession,
  { device, threads, replicas }: Engine,
  how: Pick<RunSettings, "eager" | "xla">,
): RunSettings {
  return {
    device,
    threads,
    ...how,
    ...(replicas > 1 ? { replicas } : {}),
    ...(activations === "bfloat16" ? { products } : {}),
  };
}

/** Whether the steps that are left are to run with XLA. */
async function tryExecutors(
  { pipeline, graph }: LoadedPipeline,
  engine: Engine,
  { data: { train: images }, modules, progress }: Gathered,
  { resume, onEvent }: TrainOptions,
): Promise<boolean> {
  const { steps } = runLength(pipeline, images.count, progress);
  const chosen = await chooseExecutor(
    {
      key: stepKey(pipeline, images, engine, modules),
      steps: steps - (resume?.checkpoint?.entry.step ?? 0),
      time: (xla) => timeSteps(pipeline, graph, withXla(engine, xla), images),
    },
    cacheFolder(),
    (text) => onEvent?.({ kind: "notice", text }),
  );
  // A run that is killed would lose them.
  engine.xlaCache?.keep();
  return chosen;
}

/** An engine whose sessions are on a server. */
const onServer = (engine: Engine, server: ServerPlace): Engine => ({
  ...engine,
  config: { ...engine.config, server },
});

/** Names what was seen of the images first among the cures of an alarm. */
function namingCauses(
  warnings: readonly string[],
  emit: (event: TrainEvent) => void,
): (event: TrainEvent) => void {
  const causes = warnings.map((text) => text.replaceAll("\n", " "));
  return (event) =>
    emit(
      event.kind === "alarm"
        ? {
          ...event,
          alarm: { ...event.alarm, cures: [...causes, ...event.alarm.cures] },
        }
        : event,
    );
}

/** The run's folder: that of the run that goes on, one that is given, or a new one. */
async function folderOf(
  { pipeline }: TrainingSession,
  origin: RunStart,
  { resume, folder, runsDir = "runs" }: TrainOptions,
): Promise<RunFolder> {
  if (resume) return RunFolder.open(resume.folder, pipeline, resume.origin.id);
  if (!folder) return await RunFolder.create(runsDir, pipeline, origin);
  const path = await folder();
  try {
    return await RunFolder.begin(path, pipeline, origin);
  } catch (error) {
    throw unwritable(path, error, "Mend that, and start again.");
  }
}

async function trainIn(
  folder: RunFolder,
  parts: Parts,
  options: TrainOptions,
): Promise<TrainResult> {
  const { session } = parts;
  const { onEvent: emit = () => {} } = options;
  const tracking = RunTracking.of(session, folder.path, emit);
  try {
    const told = { memory: new RunMemory(session), tracking };
    const result = await trainTold(folder, parts, told, options);
    const { end, summary } = result;
    await writing(
      folder,
      async () => await tracking?.end({ end, summary: { ...summary } }),
    );
    emit({ kind: "done", result });
    return result;
  } catch (error) {
    await tracking?.end({ end: "failed" });
    throw error;
  }
}

async function trainTold(
  folder: RunFolder,
  { engine, session, data, judged, origin, late, compiling }: Parts,
  told: Told,
  { resume, toCome, server, signal, onEvent: emit = () => {} }: TrainOptions,
): Promise<TrainResult> {
  const { memory, tracking } = told;
  if (resume) await goOn(folder, told, origin, resume, emit);
  await writing(folder, () => folder.listSkipped(data.skipped));
  late.pourInto((file) => {
    emit({ kind: "skipped", files: [file] });
    folder.addSkipped(file);
  });
  const version = `TensorFlow ${engine.api.version}`;
  emit({
    kind: "ready",
    folder: folder.path,
    images: data.train.count,
    steps: session.length.steps,
    done: session.done,
    device: deviceText(engine, session.pipeline.data.batch, server),
    engine: version,
    rounding: session.rounding,
    seconds: compiling / 1000,
  });
  const full = await fullBefore(
    folder.path,
    runDisk(
      session.pipeline,
      bytesOfVariables(session.variables),
      session.length.steps,
    ),
    toCome,
  );
  if (full) emit({ kind: "notice", text: full });
  const judging = new Judging(session, judged);
  if (judging.impossible !== undefined) {
    const text = `Cannot judge while it trains: ${judging.impossible}`;
    emit({ kind: "notice", text });
  }
  await writing(folder, async () => await tracking?.begin(session.done));
  const run = await trainSteps(
    folder,
    { ...told, judging },
    emit,
    signal,
  );
  const { done } = session;
  if (run.end !== "interrupted" && isJudged(session.pipeline.evaluate)) {
    emit({ kind: "evaluate" });
  }
  const { end, scores, healthy, compared } = await judging.end(
    run,
    folder,
    signal,
    memory.alarms.length > 0,
  );
  const { monitoring, alarms, falls, loss, history } = memory;
  const summary: Summary = {
    pipeline: session.pipeline.name,
    steps: done,
    epochs: epochAfter(done, session.length),
    seconds: run.seconds,
    images_per_second: run.imagesPerSecond,
    ...(resume?.checkpoint?.entry.step === done
      ? await folder.timeOf(done)
      : {}),
    loss,
    ...scores,
    ...(history.length > 0 ? { history } : {}),
    ...(healthy ? { last_healthy: healthy } : {}),
    ...(compared ? { compared } : {}),
    embedding_std: finite(monitoring.embeddingStd),
    verdict: monitoring.verdict,
    judged_from: monitoring.enough,
    signals: finites(monitoring.signals),
    alarms,
    falls,
    last_healthy_checkpoint: await healthyFile(folder),
    engine: version,
    device: engine.device,
  };
  await writing(folder, () => folder.summarize(summary));
  const alarm = alarms.find(({ action }) => action === "stop") ?? alarms[0];
  return {
    folder: folder.path,
    summary,
    end,
    ...(alarm ? { alarm } : {}),
  };
}
