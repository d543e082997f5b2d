/** @file What a run reads before it starts: its images, those to judge by, modules of its own. */
import { describeData } from "../data/describe.ts";
import { type Fingerprint, fingerprint } from "../data/fingerprint.ts";
import { lookAt } from "../data/look.ts";
import { loadImages } from "../data/own_source.ts";
import { shareOf } from "../data/share.ts";
import type {
  LoadedData,
  SkippedFile,
  SourceDefinition,
} from "../data/source.ts";
import { cacheFolder } from "../engine/cache.ts";
import type { Engine } from "../engine/open.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { isJudged } from "../model/probe.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import { unlessAborted } from "./abort.ts";
import { Backlog } from "./backlog.ts";
import { standingWith } from "./change_effects.ts";
import type { TrainEvent } from "./events.ts";
import { digestModules, type ModuleDigests } from "./own_modules.ts";
import { progressOf, type ResumePoint } from "./resume_point.ts";
import {
  dataChange,
  refuseOtherData,
  refuseOthersRecord,
} from "./run_errors.ts";
import { type Progress, runLength } from "./run_length.ts";

/** What was read. */
export interface Gathered {
  readonly data: LoadedData;
  /** Those of `evaluate.data`, where there are such. */
  readonly judged: LoadedData | undefined;
  /** What tells the images from others. */
  readonly images: Fingerprint;
  readonly modules: ModuleDigests;
  /** Of a run that goes on. */
  readonly progress: Progress | undefined;
  /** What was seen of the images that may make a training go wrong. */
  readonly warnings: readonly string[];
  /** Files that turn out to be bad as they are decoded. */
  readonly late: Backlog<SkippedFile>;
}

/** What the reading goes by. */
export interface Gathering {
  readonly resume?: ResumePoint | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly emit: (event: TrainEvent) => void;
  /** One that decodes, where it is installed. */
  readonly engine: () => Promise<Engine | undefined>;
}

/**
 * Reads it, and tells what was decided about it.
 *
 * @throws {UserError} When the images cannot be had, or are others than those
 *   that a run has to go on with.
 */
export async function gather(
  loaded: LoadedPipeline,
  { resume, signal, emit, engine }: Gathering,
): Promise<Gathered> {
  const { pipeline, baseDir } = loaded;
  const late = new Backlog<SkippedFile>();
  const load = (source: SourceDefinition, options: unknown) =>
    unlessAborted(
      loadImages(source, options, {
        baseDir,
        cacheDir: cacheFolder(),
        onProgress: (progress) => emit({ kind: "load", progress }),
        onSkipped: (file) => late.push(file),
        engine,
      }),
      signal,
    );
  const { source, options, share } = pipeline.data;
  const data = shareOf(await load(source, options), share, pipeline.seed);
  const asked = isJudged(pipeline.evaluate);
  const others = asked ? pipeline.evaluate.data : undefined;
  const judged = others && await load(others.source, others.options);
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
  return { data, judged, images, modules, progress, warnings, late };
}

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
