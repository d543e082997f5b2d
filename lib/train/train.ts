/** @file A whole run: data, training, checkpoints, verdict, evaluation, summary. */
import { describeData } from "../data/describe.ts";
import { type Fingerprint, fingerprint } from "../data/fingerprint.ts";
import { loadImages } from "../data/own_source.ts";
import { shareOf } from "../data/share.ts";
import { lookAt } from "../data/look.ts";
import {
  type Images,
  isInMemory,
  type LoadedData,
  type SkippedFile,
} from "../data/source.ts";
import { cacheFolder } from "../engine/cache.ts";
import {
  checkDevice,
  type Device,
  type Engine,
  openEngine,
  openInstalled,
} from "../engine/open.ts";
import type { ServerPlace } from "../engine/config.ts";
import { UserError } from "../errors.ts";
import { bytesOfVariables, peakBytes } from "../ir/memory.ts";
import { isJudged } from "../model/probe.ts";
import type { Rounding } from "../ir/rounding.ts";
import type { Pipeline } from "../model/pipeline.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import { unlessAborted } from "./abort.ts";
import { Backlog } from "./backlog.ts";
import { standingWith } from "./change_effects.ts";
import type { TrainEvent } from "./events.ts";
import { Judging } from "./judging.ts";
import { machineMemory } from "./machine_memory.ts";
import { chooseExecutor, stepKey, timeSteps, withXla } from "./executor.ts";
import { explainAllocation, tight, tooMuch } from "./memory_check.ts";
import { readInit } from "./init.ts";
import { reported } from "./monitoring.ts";
import { digestModules, type ModuleDigests } from "./own_modules.ts";
import { checkReplicas, deviceText, replicaNotes } from "./replicas.ts";
import { RunMemory } from "./run_memory.ts";
import {
  dataChange,
  refuseOtherData,
  refuseOthersRecord,
  refuseUnreportedBest,
  writing,
} from "./run_errors.ts";
import { progressOf, type ResumePoint } from "./resume_point.ts";
import {
  RUN_FILES,
  RunFolder,
  type RunOrigin,
  unwritable,
} from "./run_folder.ts";
import {
  compiledRuntime,
  eagerRuntime,
  type Watch,
} from "../compile/runtime.ts";
import { TrainingSession } from "./session.ts";
import { healthyFile, trainSteps } from "./steps.ts";
import { checkMayReach } from "../track/mlflow/client.ts";
import { RunTracking } from "./tracking.ts";
import { fullBefore, runDisk } from "./run_disk.ts";
import { epochAfter, type Progress, runLength } from "./run_length.ts";
import { finite, finites, type Summary, type TrainResult } from "./summary.ts";

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
  readonly origin: Omit<RunOrigin, "pipeline" | "id">;
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
  const late = new Backlog<SkippedFile>();
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
  const { source, options: read } = pipeline.data;
  const loading = loadImages(source, read, {
    baseDir,
    cacheDir: cacheFolder(),
    onProgress: (progress) => emit({ kind: "load", progress }),
    onSkipped: (file) => late.push(file),
    engine: () => opened,
  }).finally(() => opening);
  const data = shareOf(
    await unlessAborted(loading, options.signal),
    pipeline.data.share,
    pipeline.seed,
  );
  const asked = isJudged(pipeline.evaluate);
  const judged = asked
    ? await unlessAborted(
      judgedData(loaded, late, emit, () => opened),
      options.signal,
    )
    : undefined;
  const images = {
    ...fingerprint(data, asked && !judged),
    ...(judged ? { judged: fingerprint(judged, true).judged } : {}),
  };
  const modules = await digestModules(loaded.value, baseDir);
  if (resume && (!resume.changed || resume.sameData)) {
    refuseOtherData(resume, images, modules);
  }
  const progress = resume && progressOf(resume, pipeline, data.train.count);
  if (resume) {
    refuseOthersRecord(
      resume,
      images,
      runLength(pipeline, images.images, progress),
    );
  }
  if (data.skipped.length > 0) emit({ kind: "skipped", files: data.skipped });
  const warnings = await lookAt(data);
  const change = resume && dataChange(resume, images);
  emit({
    kind: "data",
    lines: describeData(data),
    warnings: [
      ...warnings,
      ...change
        ? [[`The run's ${change}.`, ...standingNow(resume, pipeline, images)]
          .join("\n")]
        : [],
    ],
  });
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
      tryExecutors(loaded, local, data.train, { modules, progress, options }),
      options.signal,
    )
    : options.xla ?? false;
  const engine = { ...withXla(local, chosen), replicas };
  for (const text of replicaNotes(pipeline, graph, engine, server)) {
    emit({ kind: "notice", text });
  }
  const begun = resume?.origin.settings?.replicas ?? 1;
  if (resume && begun !== replicas) {
    emit({
      kind: "notice",
      text: `the run began with ${begun} replica${
        begun === 1 ? "" : "s"
      } and goes on with ${replicas}: sums are rounded otherwise`,
    });
  }
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
    const { activations, products } = session.rounding;
    const { device, threads } = engine;
    const origin = {
      baseDir,
      settings: {
        device,
        threads,
        eager,
        xla: chosen,
        ...(replicas > 1 ? { replicas } : {}),
        ...(activations === "bfloat16" ? { products } : {}),
      },
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

/** Whether the steps that are left are to run with XLA. */
async function tryExecutors(
  { pipeline, graph }: LoadedPipeline,
  engine: Engine,
  images: Images,
  { modules, progress, options: { resume, onEvent } }: {
    readonly modules: ModuleDigests;
    readonly progress: Progress | undefined;
    readonly options: TrainOptions;
  },
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

/** How far a run is that goes on with other images. */
function standingNow(
  { origin, checkpoint }: ResumePoint,
  now: Pipeline,
  { images }: Fingerprint,
): readonly string[] {
  return standingWith(images, {
    before: origin.pipeline,
    now,
    done: checkpoint?.entry.step ?? 0,
    images: origin.data?.images,
    progress: checkpoint && origin.progress,
  });
}

/** The images of `evaluate.data`, where there are such. */
async function judgedData(
  { pipeline, baseDir }: LoadedPipeline,
  late: Backlog<SkippedFile>,
  emit: (event: TrainEvent) => void,
  engine: () => Promise<Engine | undefined>,
): Promise<LoadedData | undefined> {
  const { data } = pipeline.evaluate;
  return data && await loadImages(data.source, data.options, {
    baseDir,
    cacheDir: cacheFolder(),
    onProgress: (progress) => emit({ kind: "load", progress }),
    onSkipped: (file) => late.push(file),
    engine,
  });
}

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

/** Refuses a step that cannot fit, and warns of one that may not. */
function watchMemory(
  { pipeline, graph }: LoadedPipeline,
  { device }: Engine,
  { train }: LoadedData,
  emit: (event: TrainEvent) => void,
): Watch {
  const { batch } = pipeline.data;
  const explain = (error: unknown) => explainAllocation(error, batch);
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

/** The run's folder: that of the run that goes on, one that is given, or a new one. */
async function folderOf(
  { pipeline }: TrainingSession,
  origin: Parts["origin"],
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

/** Goes on after a checkpoint, in the folder that holds it. */
async function goOn(
  folder: RunFolder,
  { memory, tracking }: Told,
  origin: Parts["origin"],
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

/** What is told of the steps of a run. */
interface Told {
  readonly memory: RunMemory;
  readonly tracking: RunTracking | undefined;
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
  if (run.end !== "interrupted") emit({ kind: "evaluate" });
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
