/** @file `finetune RUN`: writes a pipeline that trains a run's encoder with labels, and runs it. */
import { basename, join, resolve as absolute } from "node:path";
import { Document, isScalar, visit } from "yaml";
import { RUN_FILES } from "../checkpoint/run_record.ts";
import { labelledSource } from "../data/labelled_source.ts";
import type { LoadContext, LoadedData } from "../data/source.ts";
import { networkOf } from "../encoder/encoder.ts";
import { type OpenedRun, openRun, type Which } from "../encoder/open_run.ts";
import { readingFor } from "../encoder/reading.ts";
import { cacheFolder } from "../engine/cache.ts";
import { command } from "../command.ts";
import { UserError } from "../errors.ts";
import { judgeable } from "../evaluate/judgeable.ts";
import { classCount } from "../evaluate/labelled.ts";
import {
  finetunePipeline,
  type FinetuneSettings,
} from "../finetune/finetune_pipeline.ts";
import { type Plain, resolve } from "../pipeline/explain/resolve.ts";
import { escapeVariables } from "../pipeline/language/variables.ts";
import { checkText } from "../pipeline/load.ts";
import { oneLine } from "../suggest/pipeline_text.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { integer } from "./format.ts";
import { announceModule } from "./modules.ts";
import { checkNew, writeNew } from "./new_file.ts";
import { processTerminal } from "./reporter.ts";
import { run, type RunCommand } from "./run.ts";

/** Options of the command. */
export interface FinetuneCommand
  extends
    Pick<RunCommand, "set" | "device" | "threads" | "replicas" | "runsDir">,
    Pick<FinetuneSettings, "layerDecay" | "lr" | "epochs" | "batch"> {
  readonly data?: string;
  readonly test?: string;
  readonly size?: number;
  /** Share of the labels that is learnt from. */
  readonly share?: number;
  readonly headOnly?: boolean;
  readonly frozenStatistics?: boolean;
  readonly of?: string;
  readonly checkpoint?: Which;
  readonly out?: string;
  readonly force?: boolean;
  /** Whether the pipeline is run, too. */
  readonly run: boolean;
}

/** Keys of sources that name files. */
const PLACES = ["path", "test", "labels"];

/** The run's own images, from wherever they are looked at. */
async function ownSource(
  { loaded: { pipeline, baseDir } }: OpenedRun,
  context: LoadContext,
): Promise<{ data: Plain; seen: LoadedData; said: string }> {
  const { source } = pipeline.data;
  const { batch: _, share: __, ...written } = resolve(
    pipeline,
  )["data"] as Record<string, unknown>;
  const data = Object.fromEntries(
    Object.entries(written).map(([key, value]) => [
      key,
      PLACES.includes(key) && typeof value === "string"
        ? absolute(baseDir, value)
        : value,
    ]),
  );
  const { options } = pipeline.data;
  const seen = await source.load(
    "memory" in (options as object)
      ? { ...options as object, memory: 0 }
      : options,
    { ...context, baseDir },
  );
  return { data, seen, said: `the run's own images (${source.name})` };
}

/** Labelled images that were named, read at the encoder's size or another. */
async function namedSource(
  { loaded }: OpenedRun,
  { data, test, size }: FinetuneCommand,
  context: LoadContext,
): Promise<{ data: Plain; seen: LoadedData; said: string }> {
  const { on_error: _, ...reading } = readingFor(loaded);
  const { height, width } = reading.size;
  const { source, options, seen, said } = await labelledSource(
    { data: absolute(data as string), test: placeOf(test) },
    { ...reading, size: size ?? (height === width ? height : reading.size) },
    context,
  );
  return { data: { source: source.name, ...options }, seen, said };
}

/** A share stays what it is; a path is one from anywhere. */
const placeOf = (test: string | undefined): string | undefined =>
  test === undefined || Number(test) > 0 ? test : absolute(test);

/** @throws {UserError} When the labels do not allow it. */
function checkLabels({ train, test }: LoadedData, said: string): void {
  const { possible, notes } = judgeable(train, test);
  if (possible) return;
  throw new UserError(
    `Cannot fine-tune on ${said}: ${
      notes.join("; ")
    }.\nGive labelled images with --data, in folders of their classes, and such to test with (--test, or folders train/ and test/).`,
  );
}

/** A pipeline as people write it: lists of numbers and words in a line. */
function yamlOf(pipeline: Plain): string {
  const document = new Document(escapeVariables(pipeline));
  visit(document, {
    Seq(_, list) {
      if (list.items.every(isScalar)) list.flow = true;
    },
  });
  return document.toString();
}

/** Runs the command. */
export async function finetune(
  path: string,
  options: FinetuneCommand,
): Promise<ExitCode> {
  const { data, size, share, of, checkpoint, force, set, runsDir } = options;
  const terminal = processTerminal();
  if (data === undefined && (options.test ?? size) !== undefined) {
    throw new UserError(
      "Cannot use --test or --size with the run's own images.\nName a folder with --data, too.",
    );
  }
  const opened = await openRun(path, { checkpoint, onModule: announceModule });
  const { loaded, folder } = opened;
  const file = options.out ?? `${loaded.pipeline.name}-finetuned.yaml`;
  await checkNew(file, { force });
  const network = networkOf(loaded, of);
  const context = {
    baseDir: ".",
    cacheDir: cacheFolder(),
    onProgress: ({ task, done }: { task: string; done: number }) =>
      terminal.live(`${task}  ${integer(done)}`),
  };
  const found = data === undefined
    ? await ownSource(opened, context)
    : await namedSource(opened, options, context);
  checkLabels(found.seen, found.said);
  const { train } = found.seen;
  const weights = opened.checkpoint
    ? join(
      absolute(folder),
      RUN_FILES.checkpoints,
      opened.checkpoint.entry.file,
    )
    : undefined;
  const pipeline = finetunePipeline({
    loaded,
    network,
    weights,
    data: { ...found.data, ...(share === undefined ? {} : { share }) },
    images: Math.max(1, Math.round(train.count * (share ?? 1))),
    classes: classCount(train),
  }, {
    ...options,
    headOnly: options.headOnly ?? false,
    frozenStatistics: options.frozenStatistics ?? false,
  });
  const text = `# Trains "${network.name}" of ${
    oneLine(basename(folder))
  } (${opened.chosen}) with labels.\n# Change what you like, and run it: ${
    oneLine(command(`run ${file}`))
  }\n${yamlOf(pipeline)}`;
  const checked = checkText(file, text, { onModule: announceModule });
  if (!checked.loaded) {
    throw new UserError(
      `Cannot fine-tune "${network.name}":\n${checked.text}`,
    );
  }
  await writeNew(file, text);
  terminal.print(
    `Fine-tunes "${network.name}", ${opened.chosen}, on ${found.said}: written to ${file}`,
  );
  if (!options.run) return EXIT.success;
  const { device, threads, replicas } = options;
  return await run(file, {
    set,
    runsDir,
    ...(device ? { device } : {}),
    ...(threads ? { threads } : {}),
    ...(replicas ? { replicas } : {}),
  });
}
