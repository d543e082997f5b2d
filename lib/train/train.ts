/** @file A whole run: data, training, checkpoints, verdict, evaluation, summary. */
import { fingerprint } from "../data/fingerprint.ts";
import type { LoadedData, LoadProgress, SkippedFile } from "../data/source.ts";
import { cacheFolder } from "../engine/cache.ts";
import type { InstallProgress } from "../engine/install.ts";
import { type Device, openEngine, openInstalled } from "../engine/open.ts";
import { evaluate, type Scores } from "../evaluate/evaluate.ts";
import { UserError } from "../errors.ts";
import type { Rounding } from "../ir/rounding.ts";
import type { Alarm, Verdict } from "../monitor/watch.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import { Averages } from "./averages.ts";
import { type Headline, Monitoring, type Seen } from "./monitoring.ts";
import { Pace } from "./pace.ts";
import { checkBest, checkData, endedBy, writing } from "./refusals.ts";
import type { ResumePoint } from "./resume_point.ts";
import { RUN_FILES, RunFolder } from "./run_folder.ts";
import { compiledRuntime, eagerRuntime } from "./runtime.ts";
import { type StepMetrics, TrainingSession } from "./session.ts";

/** What happens in a run, as it happens. */
export type TrainEvent =
  | { readonly kind: "install"; readonly progress: InstallProgress }
  | { readonly kind: "load"; readonly progress: LoadProgress }
  | { readonly kind: "skipped"; readonly files: readonly SkippedFile[] }
  | {
    readonly kind: "ready";
    readonly folder: string;
    readonly images: number;
    readonly steps: number;
    readonly device: Device;
    readonly engine: string;
    readonly rounding: Rounding;
    /** Seconds that tracing and compiling the step took. */
    readonly seconds: number;
  }
  | { readonly kind: "step"; readonly progress: StepProgress }
  | {
    readonly kind: "alarm";
    readonly alarm: Alarm;
    readonly stops: boolean;
    /** File of the last checkpoint of the healthy run, if there is one. */
    readonly checkpoint: string | null;
  }
  | { readonly kind: "evaluate" }
  | { readonly kind: "done"; readonly result: TrainResult };

/** Where a run stands after a step. */
export interface StepProgress {
  /** Steps done. */
  readonly step: number;
  /** Steps of the run. */
  readonly steps: number;
  /** Epochs done, with a fraction. */
  readonly epoch: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /** Over the last steps. */
  readonly imagesPerSecond: number;
  /** What the step reported. */
  readonly metrics: StepMetrics;
  /** The signal that matters most now: one beyond its threshold, if any is. */
  readonly headline?: Headline;
  /** At this speed. */
  readonly secondsLeft: number;
  /** Share of the time that the last steps waited for images, 0..1. */
  readonly waiting: number;
}

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
  /** Runs op by op instead of compiled, for debugging. */
  readonly eager?: boolean;
  /**
   * Compiles clusters of ops with XLA, on a GPU: a minute, for steps that take
   * a third of the time.
   */
  readonly xla?: boolean;
  /**
   * What layers multiply, where the pipeline keeps activations in bfloat16. By
   * default what the device is faster at.
   */
  readonly products?: Rounding["products"] | undefined;
  /** A checkpoint to go on from. */
  readonly resume?: ResumePoint;
  /** Ends the run after the step, or the evaluation's batch, at hand; it can be resumed. */
  readonly signal?: AbortSignal;
  /** Called as things happen. */
  readonly onEvent?: (event: TrainEvent) => void;
}

/** Contents of `summary.json`. */
export interface Summary {
  /** The pipeline's name. */
  readonly pipeline: string;
  /** Steps of the run. */
  readonly steps: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /**
   * Of training, without loading, compiling and evaluating. A resumed run
   * counts from where it went on, or keeps the count where no step was left.
   */
  readonly seconds: number;
  /** Over that time. */
  readonly images_per_second: number;
  /** Of the last step; `null` when it is no number. */
  readonly loss: number | null;
  /** Accuracies in 0..1; `null` where `note` says why. */
  readonly knn: number | null;
  /** Accuracy of a linear probe, in 0..1. */
  readonly linear: number | null;
  /** Running mean of the collapse signal. */
  readonly embedding_std: number | null;
  /** What became of the run: the gravest fault that was there at its end. */
  readonly verdict: Verdict;
  /** The newest value of every signal, by its key in `metrics.jsonl`. */
  readonly signals: Readonly<Record<string, number | null>>;
  /** Every fault that was found, in order. */
  readonly alarms: readonly Alarm[];
  /** File of the last checkpoint that was written while the run looked healthy. */
  readonly last_healthy_checkpoint: string | null;
  /** Such as `TensorFlow 2.21.0`. */
  readonly engine: string;
  /** Where it ran. */
  readonly device: Device;
  /** Why a score is missing. */
  readonly note?: string;
}

/** How a run ended. */
export interface TrainResult {
  /** The run's folder. */
  readonly folder: string;
  /** What `summary.json` holds. */
  readonly summary: Summary;
  /** The fault that stopped the run, or the first that it was warned of. */
  readonly alarm?: Alarm;
  /** `interrupted` runs can be resumed. */
  readonly end: "finished" | "stopped" | "interrupted";
}

const finite = (value: number): number | null =>
  Number.isFinite(value) ? value : null;

/**
 * Trains a pipeline to its end.
 *
 * @throws {UserError} When its data or the engine cannot be had.
 */
export async function train(
  loaded: LoadedPipeline,
  options: TrainOptions = {},
): Promise<TrainResult> {
  const { pipeline, graph, baseDir } = loaded;
  const emit = options.onEvent ?? (() => {});
  const { resume } = options;
  const found: SkippedFile[] = [];
  let onSkipped = (file: SkippedFile): void => void found.push(file);
  const settings = {
    ...(options.device ? { device: options.device } : {}),
    ...(options.threads ? { threads: options.threads } : {}),
    ...(options.xla ? { xla: true } : {}),
  };
  // Beside the data where it is installed; fetched only for good data.
  const opening = openInstalled(settings);
  const data = await pipeline.data.source.load(pipeline.data.options, {
    baseDir,
    cacheDir: cacheFolder(),
    onProgress: (progress) => emit({ kind: "load", progress }),
    onSkipped: (file) => onSkipped(file),
  }).finally(() => opening);
  const images = fingerprint(data);
  if (resume && !resume.changed) checkData(resume, images);
  if (data.skipped.length > 0) emit({ kind: "skipped", files: data.skipped });
  const engine = await opening ?? await openEngine({
    ...settings,
    onProgress: (progress) => emit({ kind: "install", progress }),
  });
  const before = performance.now();
  const runtime = options.eager
    ? eagerRuntime(engine)
    : compiledRuntime(engine);
  const session = await TrainingSession.start(
    pipeline,
    graph,
    engine,
    data.train,
    { runtime, products: options.products },
  );
  checkBest(pipeline.checkpoint, session.metrics);
  const origin = {
    baseDir,
    settings: {
      device: engine.device,
      threads: engine.threads,
      eager: options.eager ?? false,
      xla: options.xla ?? false,
      ...(session.rounding.activations === "bfloat16"
        ? { products: session.rounding.products }
        : {}),
    },
    data: images,
  };
  const folder = resume
    ? RunFolder.open(resume.folder, pipeline, resume.origin.id)
    : options.folder
    ? await RunFolder.begin(await options.folder(), pipeline, origin)
    : await RunFolder.create(options.runsDir ?? "runs", pipeline, origin);
  try {
    const monitoring = new Monitoring(session);
    const alarms: Alarm[] = [];
    const averages = new Averages();
    // Of the last step of all, which may be one before a resumption.
    let loss: number | null = null;
    if (resume) {
      await folder.lock();
      if (resume.checkpoint) await session.restore(resume.checkpoint.values);
      if (resume.changed) {
        await folder.describe(pipeline, { ...origin, id: resume.origin.id });
      }
      const lines = await writing(folder, () => folder.rewind(session.done));
      averages.recall(lines, checkpointSteps(session));
      loss = lines.at(-1)?.["loss"] ?? null;
      alarms.push(...monitoring.replay(lines));
    }
    await writing(folder, () => folder.listSkipped(data.skipped));
    onSkipped = (file) => {
      emit({ kind: "skipped", files: [file] });
      folder.addSkipped(file);
    };
    found.forEach(onSkipped);
    const version = `TensorFlow ${engine.api.version}`;
    emit({
      kind: "ready",
      folder: folder.path,
      images: data.train.count,
      steps: session.length.steps,
      device: engine.device,
      engine: version,
      rounding: session.rounding,
      seconds: (performance.now() - before) / 1000,
    });
    const run = await trainSteps(
      session,
      monitoring,
      folder,
      averages,
      options,
      (event) => {
        if (event.kind === "alarm") alarms.push(event.alarm);
        emit(event);
      },
    );
    if ("loss" in run.metrics) loss = finite(run.metrics["loss"] as number);
    let { end } = run;
    let scores: Scores | undefined;
    if (end === "finished") {
      emit({ kind: "evaluate" });
      scores = await evaluateUnless(options.signal, session, data);
      if (!scores) end = "interrupted";
    }
    const { knn, linear, note } = scores ??
      { knn: null, linear: null, note: `the run was ${end}` };
    const { stepsPerEpoch } = session.length;
    const summary: Summary = {
      pipeline: pipeline.name,
      steps: session.done,
      epochs: session.done / stepsPerEpoch,
      seconds: run.seconds,
      images_per_second: run.imagesPerSecond,
      ...(resume?.checkpoint?.entry.step === session.done
        ? await folder.timeBefore()
        : {}),
      loss,
      knn,
      linear,
      embedding_std: finite(monitoring.embeddingStd),
      verdict: monitoring.verdict,
      signals: finites(monitoring.signals),
      alarms,
      last_healthy_checkpoint: await healthyFile(folder),
      engine: version,
      device: engine.device,
      ...(note ? { note } : {}),
    };
    await writing(folder, () => folder.summarize(summary));
    const alarm = alarms.find(({ action }) => action === "stop") ?? alarms[0];
    const result: TrainResult = {
      folder: folder.path,
      summary,
      end,
      ...(alarm ? { alarm } : {}),
    };
    emit({ kind: "done", result });
    return result;
  } finally {
    await session.close();
    await folder.close();
  }
}

interface StepsRun {
  readonly end: TrainResult["end"];
  /** What the step reported. */
  readonly metrics: StepMetrics;
  readonly seconds: number;
  /** Over the last steps. */
  readonly imagesPerSecond: number;
}

const finites = (
  metrics: Iterable<readonly [string, number]>,
): Readonly<Record<string, number | null>> =>
  Object.fromEntries(
    [...metrics].map(([name, value]) => [name, finite(value)]),
  );

/** File of the last checkpoint of a healthy run, from the run's folder. */
async function healthyFile(folder: RunFolder): Promise<string | null> {
  const entry = await folder.checkpoints.newestHealthy();
  return entry ? `${RUN_FILES.checkpoints}/${entry.file}` : null;
}

/** Scores of a trained encoder; none when the signal comes first. */
async function evaluateUnless(
  signal: AbortSignal | undefined,
  session: TrainingSession,
  data: LoadedData,
): Promise<Scores | undefined> {
  try {
    return await evaluate(session, data, session.pipeline.evaluate, { signal });
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  }
}

/** Steps between two checkpoints. */
const checkpointSteps = (
  { pipeline, length }: TrainingSession,
): number =>
  Math.max(1, Math.round(pipeline.checkpoint.every * length.stepsPerEpoch));

/** The loop over the steps. */
async function trainSteps(
  session: TrainingSession,
  monitoring: Monitoring,
  folder: RunFolder,
  averages: Averages,
  { signal }: TrainOptions,
  emit: (event: TrainEvent) => void,
): Promise<StepsRun> {
  const { pipeline, length: { steps, stepsPerEpoch } } = session;
  const { data: { batch } } = pipeline;
  const saveEvery = checkpointSteps(session);
  const pace = new Pace();
  const start = performance.now();
  const first = session.done;
  let metrics: StepMetrics = {};
  let saved = first;
  let end: StepsRun["end"] = "finished";
  /** A checkpoint between two that are due has means of too few steps to compare. */
  const save = async (due: boolean): Promise<void> => {
    await writing(folder, async () => {
      await folder.sync();
      await folder.checkpoints.save(
        session.done,
        await session.save(),
        due ? { ...finites(monitoring.signals), ...averages.means } : {},
        !monitoring.suspicious,
      );
    });
    saved = session.done;
  };
  while (session.done < steps) {
    if (signal?.aborted) {
      end = "interrupted";
      break;
    }
    let seen: Seen;
    try {
      seen = await monitoring.observe(await session.step());
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (saved !== session.done) await save(false);
      throw endedBy(error, folder, session.done);
    }
    metrics = seen.metrics;
    const { done } = session;
    pace.tick(performance.now(), session.waited);
    averages.add(metrics);
    const epoch = done / stepsPerEpoch;
    await writing(folder, () => folder.log({ step: done, epoch, ...metrics }));
    for (const alarm of seen.alarms) {
      const stops = alarm.action === "stop";
      const checkpoint = await healthyFile(folder);
      emit({ kind: "alarm", alarm, stops, checkpoint });
      if (stops) end = "stopped";
    }
    if (end === "stopped") break;
    const { headline } = monitoring;
    emit({
      kind: "step",
      progress: {
        step: done,
        steps,
        epoch,
        epochs: steps / stepsPerEpoch,
        imagesPerSecond: pace.stepsPerSecond * batch,
        metrics,
        ...(headline ? { headline } : {}),
        secondsLeft: (steps - done) / pace.stepsPerSecond,
        waiting: pace.waiting,
      },
    });
    // A run that is about to be stopped is resumed from before the trouble.
    if (done % saveEvery === 0) {
      if (!monitoring.endangered) await save(true);
      averages.clear();
    }
  }
  if (end !== "stopped" && saved !== session.done) {
    await save(end === "finished");
  }
  const seconds = (performance.now() - start) / 1000;
  return {
    end,
    metrics,
    seconds,
    imagesPerSecond: (session.done - first) * batch / seconds,
  };
}
