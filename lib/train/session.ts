/** @file A pipeline at work: compiled, on its device, one call a step. */
import type { Executable, Lent, Tensors } from "../compile/machine.ts";
import { type Images, isInMemory } from "../data/source.ts";
import type { Engine } from "../engine/open.ts";
import type { OpTiming } from "../engine/step_stats.ts";
import { UserError } from "../errors.ts";
import {
  checkProgram,
  monitorVariables,
  SPECTRA,
  spectrumProgram,
} from "../graph/monitors.ts";
import { type Length, scalarValues, scheduledValues } from "../graph/slots.ts";
import type { StageGraph } from "../graph/stage_graph.ts";
import { STEP, type TrainingStep, trainingStep } from "../graph/step.ts";
import { classesRead, readsLabels } from "../graph/step_input.ts";
import type { TensorData } from "../ir/dtype.ts";
import { FLOAT32, type Rounding } from "../ir/rounding.ts";
import type { Spectra } from "../monitor/define.ts";
import type { Pipeline } from "../model/pipeline.ts";
import type { Traceable, VariableRef } from "../trace/execution.ts";
import { residentImages, uploadFirstValues } from "./first_values.ts";
import { ImageOrder } from "./order.ts";
import { planarBatch } from "../data/planar.ts";
import { Prefetcher } from "../data/prefetch.ts";
import { roundingFor } from "./rounding.ts";
import { type Progress, type RunLength, runLength } from "./run_length.ts";
import { compiledRuntime, type Runtime } from "../compile/runtime.ts";

/** What a step reports, by name; scalars. */
export type StepMetrics = Readonly<Record<string, number>>;

/**
 * Labels that the stages read have to be there, and to be told apart.
 *
 * @throws {UserError} When they are not.
 */
function checkLabels(graph: StageGraph, { labels, classes }: Images): void {
  if (!readsLabels(graph)) return;
  if (!labels) {
    throw new UserError(
      'Cannot train on "label": the images have no labels.\nGive images in folders of their classes, or take the stages that read "label" away.',
    );
  }
  const read = classesRead(graph);
  const most = labels.reduce((top, label) => Math.max(top, label), -1) + 1;
  const count = Math.max(most, classes?.length ?? 0);
  if (!read || count <= read.classes) return;
  throw new UserError(
    `Cannot train "${read.stage}": the images have ${count} classes, and it tells ${read.classes} apart.\nGive what it reads ${count} outputs (\`out: ${count}\`).`,
  );
}

/** The one element of each tensor. */
function scalarsOf(tensors: Tensors): StepMetrics {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => [name, Number(data[0])]),
  );
}

/** What a program is fed, by name. */
type Fed = Readonly<Record<string, TensorData>>;

/** Rows of one part of what a batch is fed, and which part it is. */
function partOf(fed: Fed, part: number, parts: number): Fed {
  const rows = Object.entries(fed).map(([name, { dtype, shape, data }]) => {
    const [count = 0, ...rest] = shape;
    const size = data.length / parts;
    return [name, {
      dtype,
      shape: [count / parts, ...rest],
      data: data.subarray(part * size, (part + 1) * size),
    }];
  });
  return {
    ...Object.fromEntries(rows) as Fed,
    part: { dtype: "int32", shape: [], data: Int32Array.of(part) },
  };
}

/** Metrics of a step: means over its parts of what each reports, the last's others. */
function meanOf(parts: readonly StepMetrics[]): StepMetrics {
  const last = parts.at(-1) ?? {};
  if (parts.length === 1) return last;
  return Object.fromEntries(
    Object.entries(last).map(([name, value]) => {
      const values = parts.map((one) => one[name]).filter((one) =>
        one !== undefined
      );
      return values.length === parts.length
        ? [name, values.reduce((sum, one) => sum + one, 0) / parts.length]
        : [name, value];
    }),
  );
}

/** A compiled training step with its variables and its data. */
export class TrainingSession {
  readonly #runtime: Runtime;
  readonly #step: Executable;
  /** Of a batch in parts: one before the last. */
  readonly #part: Executable | undefined;
  readonly #training: TrainingStep;
  readonly #resident: boolean;
  /**
   * Every variable, the step counter included.
   *
   * @internal
   */
  readonly variables: readonly VariableRef[];
  /** What the pipeline's precision comes to on this machine. */
  readonly rounding: Rounding;
  /** Steps of the run. */
  readonly length: RunLength;
  readonly #order: ImageOrder;
  #prefetcher: Prefetcher | undefined;
  #done = 0;
  #waited = 0;

  private constructor(
    readonly pipeline: Pipeline,
    readonly graph: StageGraph,
    readonly engine: Engine,
    readonly data: Images,
    { runtime, training, step, part, resident, rounding, progress }: {
      readonly progress: Progress | undefined;
      readonly part: Executable | undefined;
      readonly rounding: Rounding;
      readonly runtime: Runtime;
      readonly training: TrainingStep;
      readonly step: Executable;
      readonly resident: boolean;
    },
  ) {
    this.length = runLength(pipeline, data.count, progress);
    this.#order = new ImageOrder(
      pipeline.seed,
      data.count,
      pipeline.data.batch,
      this.length,
      isInMemory(data) ? undefined : data.turns,
    );
    this.#runtime = runtime;
    this.#training = training;
    this.#step = step;
    this.#part = part;
    this.#resident = resident;
    this.rounding = rounding;
    this.variables = [...training.variables, STEP];
  }

  /**
   * Compiles a pipeline, uploads its data, draws its first weights.
   */
  static async start(
    pipeline: Pipeline,
    graph: StageGraph,
    engine: Engine,
    data: Images,
    { runtime = compiledRuntime(engine), products, progress }: {
      /** Compiled, by default. */
      readonly runtime?: Runtime;
      /** Of `precision: bfloat16`; by default what the device is faster at. */
      readonly products?: Rounding["products"] | undefined;
      /** Where steps of another size ended, of a run that went on. */
      readonly progress?: Progress | undefined;
    } = {},
  ): Promise<TrainingSession> {
    checkLabels(graph, data);
    const resident = residentImages(data);
    const training = trainingStep(
      pipeline,
      graph,
      resident
        ? {
          kind: "resident",
          pixels: resident.ref,
          ...(resident.labels ? { labels: resident.labels.ref } : {}),
        }
        : { kind: "fed" },
      engine.replicas,
    );
    const rounding = runtime.float32Only
      ? FLOAT32
      : await roundingFor(engine, pipeline.train.precision, products);
    const filled = uploadFirstValues(
      runtime,
      [...training.variables, ...training.scratch],
      pipeline.seed,
      graph,
      resident,
    );
    // The step is traced while the engine fills its variables.
    const traced = Promise.resolve().then(() => ({
      step: runtime.load("step", training.traceable, rounding),
      ...(training.part
        ? { part: runtime.load("part", training.part, rounding) }
        : {}),
    }));
    const [{ step, part }] = await Promise.all([traced, filled]);
    await step.compile();
    await part?.compile();
    return new TrainingSession(pipeline, graph, engine, data, {
      runtime,
      training,
      step,
      part,
      resident: resident !== undefined,
      rounding,
      progress,
    });
  }

  /**
   * Compiles a further program that shares this session's variables.
   *
   * @internal
   */
  load(name: string, body: Traceable): Executable {
    return this.#runtime.load(name, body);
  }

  /** Names of what a step reports, where they are known before it. */
  get metrics(): readonly string[] | undefined {
    return this.#step.fetches;
  }

  /** Steps done so far. */
  get done(): number {
    return this.#done;
  }

  /** Rates and momenta of the last step, by their keys in `metrics.jsonl`. */
  get scheduled(): Readonly<Record<string, number>> {
    const { scalars } = this.#training;
    const { step, length } = this.#scheduleAt(Math.max(0, this.#done - 1));
    return scheduledValues(scalars, step, length);
  }

  /** Where schedules stand at a step. */
  #scheduleAt(
    step: number,
  ): { readonly step: number; readonly length: Length } {
    const { steps, stepsPerEpoch, scheduleShift } = this.length;
    return {
      step: step + scheduleShift,
      length: { steps: steps + scheduleShift, stepsPerEpoch },
    };
  }

  /** Whether a whole number of so many steps is done, counted in epochs. */
  isWhole(steps: number): boolean {
    return (this.#done + this.length.shift) % steps === 0;
  }

  /** Milliseconds that steps have waited for images so far. */
  get waited(): number {
    return this.#waited;
  }

  /** What the next step is fed: images, or where they are on the device; and labels. */
  async #nextImages(): Promise<Fed> {
    if (!isInMemory(this.data)) {
      const { steps } = this.length;
      this.#prefetcher ??= new Prefetcher(
        this.data,
        (step) => this.#order.batchOf(step),
        this.#done,
        this.#done < steps ? steps : Number.POSITIVE_INFINITY,
      );
      const before = performance.now();
      const { images, rows } = await this.#prefetcher.take();
      this.#waited += performance.now() - before;
      return { images, ...this.#labelsOf(rows) };
    }
    const data = this.#order.batchOf(this.#done);
    return this.#resident
      ? { indices: { dtype: "int32", shape: [data.length], data } }
      : { images: planarBatch(this.data, data), ...this.#labelsOf(data) };
  }

  /** Labels of some images, where a stage reads them. */
  #labelsOf(rows: Int32Array): Fed {
    const { labels } = this.data;
    if (!labels || !readsLabels(this.graph)) return {};
    const data = Int32Array.from(rows, (row) => labels[row] ?? 0);
    return { labels: { dtype: "int32", shape: [rows.length], data } };
  }

  /**
   * Runs one step: one call of the engine, or one for each part of the batch.
   *
   * @param onTimings Asks for the time of every op, at some cost.
   * @throws {UserError} When an image cannot be read and that is to end the run.
   */
  async step(
    onTimings?: (timings: OpTiming[]) => void,
  ): Promise<StepMetrics> {
    const images = await this.#nextImages();
    const { step, length } = this.#scheduleAt(this.#done);
    const data = scalarValues(this.#training.scalars, step, length);
    const scalars: TensorData = {
      dtype: "float32",
      shape: [data.length],
      data,
    };
    const { accumulate: parts } = this.pipeline.train;
    const metrics: StepMetrics[] = [];
    for (let part = 0; part < parts; part++) {
      const fed = parts === 1 ? images : partOf(images, part, parts);
      const program = part < parts - 1 && this.#part || this.#step;
      const results = await program.run({ ...fed, scalars }, onTimings);
      metrics.push(scalarsOf(results));
    }
    this.#done++;
    return meanOf(metrics);
  }

  #check: Executable | undefined;

  /** Signals of the last step's embeddings, and of the variables after it. */
  async check(): Promise<StepMetrics> {
    const { pipeline, graph } = this;
    const batch = pipeline.data.batch / pipeline.train.accumulate;
    this.#check ??= this.load("check", checkProgram(batch, graph));
    return scalarsOf(await this.#check.run());
  }

  #spectrum: Executable | undefined;

  /** Eigenvalues of the embeddings' moments after the last check. */
  async spectrum(): Promise<Spectra> {
    this.#spectrum ??= this.load("spectrum", spectrumProgram(this.graph));
    const results = await this.#spectrum.run();
    const spectra = SPECTRA.map((name): [keyof Spectra, number[]] => {
      const ascending = [...results[name]?.data ?? []].map(Number);
      // Rounding may leave the least a little below 0.
      const clipped = ascending.map((value) => value < 0 ? 0 : value);
      return [name, clipped.reverse()];
    });
    return Object.fromEntries(spectra) as unknown as Spectra;
  }

  #save: Executable | undefined;

  /** Values of all variables, by path. */
  async save(): Promise<Record<string, TensorData>> {
    return await this.#saving.run();
  }

  /**
   * Values of all variables, by path, where they are: no copy is made. Steps go
   * on meanwhile, and put what they change elsewhere.
   */
  async lend(): Promise<Lent> {
    return await this.#saving.lend();
  }

  get #saving(): Executable {
    return this.#save ??= this.load(
      "save",
      (execution) =>
        Object.fromEntries(
          this.variables.map((ref) => [ref.path, execution.read(ref)]),
        ),
    );
  }

  /**
   * Puts saved values back, and goes on from their step.
   *
   * @throws {UserError} When they are those of another pipeline.
   */
  async restore(values: Readonly<Record<string, TensorData>>): Promise<void> {
    const started = new Set(
      monitorVariables(this.graph).map(({ path }) => path),
    );
    // A run that was not watched before starts to be: its monitors begin anew.
    const known = this.variables.filter(({ path }) =>
      path in values || !started.has(path)
    );
    for (const { path, shape, dtype } of known) {
      const value = values[path];
      const found = value && `${value.dtype}[${value.shape}]`;
      const expected = `${dtype}[${shape}]`;
      if (found === expected) continue;
      throw new UserError(
        `Cannot use this checkpoint: "${path}" is ${
          found ?? "missing"
        }, expected ${expected}.\nIt belongs to another pipeline.`,
      );
    }
    const restore = this.load("restore", (execution) => {
      for (const ref of known) {
        const value = execution.feed(ref.path, ref.shape, ref.dtype);
        execution.assign(ref, value);
      }
      return {};
    });
    await restore.run(values);
    this.#done = Number(values[STEP.path]?.data[0] ?? 0);
    await this.#stopDecoding();
  }

  /** Puts values in place of drawn ones, before the first step. */
  async begin(values: Readonly<Record<string, TensorData>>): Promise<void> {
    const given = this.variables.filter(({ path }) => path in values);
    if (given.length === 0) return;
    await this.load("begin", (execution) => {
      for (const ref of given) {
        const value = execution.feed(ref.path, ref.shape, ref.dtype);
        execution.assign(ref, value);
      }
      return {};
    }).run(values);
  }

  async #stopDecoding(): Promise<void> {
    const prefetcher = this.#prefetcher;
    this.#prefetcher = undefined;
    await prefetcher?.close();
  }

  /** Frees the device's memory; resolves when no image is being read any more. */
  async close(): Promise<void> {
    const stopped = this.#stopDecoding();
    this.#runtime.close();
    await stopped;
  }
}
