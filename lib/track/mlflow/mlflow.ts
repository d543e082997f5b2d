/**
 * @file A run told to an MLflow server while it trains.
 *
 * Nothing here waits for the server but the end of the run, and that not for
 * long. What has been sent is asked of the server itself, so that a run that
 * goes on sends what is missing, and nothing twice.
 */
import { command } from "../../command.ts";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { writeAtomic } from "../../checkpoint/write_atomic.ts";
import { flattened } from "../../flattened.ts";
import {
  SUMMARY_SCORES,
  type TrackedEnd,
  type TrackedLine,
  type TrackedRun,
  type TrackedStep,
  type Tracker,
} from "../tracker.ts";
import type { MlflowSettings } from "../track.ts";
import { MlflowClient, Refused } from "./client.ts";
import { LineQueue, type Metric, nameOf, numberOf } from "./queue.ts";

/** MLflow's limits of one request. */
const MOST = { metrics: 1000, params: 100 } as const;
/** Older servers take no longer values. */
const MOST_VALUE = 500;
/** Between two batches, so that a server has time for others. */
const PAUSE_MS = 1000;
const MOST_PAUSE_MS = 60_000;
/** What the end of a run waits for. */
const END_MS = 30_000;

const STATUS = {
  finished: "FINISHED",
  stopped: "FAILED",
  failed: "FAILED",
  interrupted: "KILLED",
} as const;

const FACTS = ["verdict", "engine", "device", "note"];

/** The run's own file: where it is told of. */
const placeSchema = z.object({ url: z.string(), run_id: z.string() });
const PLACE = "mlflow.json";

const experimentSchema = z.object({
  experiment: z.object({
    experiment_id: z.string(),
    lifecycle_stage: z.string().optional(),
  }),
});

const runSchema = z.object({
  run: z.object({
    info: z.object({ run_id: z.string(), experiment_id: z.string() }),
    data: z.object({
      metrics: z.array(z.object({ step: z.coerce.number().default(0) }))
        .default([]),
      params: z.array(z.object({ key: z.string(), value: z.string() }))
        .default([]),
    }).default({ metrics: [], params: [] }),
  }),
});

/** Sends a run to a server, beside its training. */
export class Mlflow implements Tracker {
  readonly #queue = new LineQueue();
  readonly #stop = new AbortController();
  readonly #client: MlflowClient;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #begun = false;
  #ending = false;
  /** Why nothing more is sent. */
  #refused: string | undefined;
  #failures = 0;
  #runId: string | undefined;
  /** When a line of so many seconds was, for those of before. */
  #began = Date.now();
  #recalled = 0;

  /** @param endMs What the end of the run waits for. */
  constructor(
    readonly run: TrackedRun,
    readonly settings: MlflowSettings,
    readonly endMs: number = END_MS,
  ) {
    this.#client = new MlflowClient(settings.url, this.#stop.signal);
  }

  /** Takes lines that the server may lack. */
  recall(lines: readonly TrackedLine[]): void {
    for (const line of lines) this.#queue.add(line);
    this.#recalled = lines.at(-1)?.["seconds"] ?? this.#recalled;
  }

  /** Begins to send. */
  begin(_done: number): Promise<void> {
    this.#began = Date.now() - 1000 * this.#recalled;
    this.#begun = true;
    this.#loop = this.#send();
    return Promise.resolve();
  }

  /** Queues what a step told. */
  step({ line }: TrackedStep): Promise<void> {
    if (this.#refused === undefined) {
      this.#queue.add(line, Date.now());
      this.#wake();
    }
    return Promise.resolve();
  }

  /** Sends what is left, and how the run ended, if the server takes it soon. */
  async end(end: TrackedEnd): Promise<void> {
    if (!this.#begun) return;
    this.#ending = true;
    const timer = setTimeout(() => this.#stop.abort(), this.endMs);
    this.#wake();
    await this.#loop;
    try {
      if (this.#queue.length === 0 && this.#refused === undefined) {
        await this.#close(end);
        if (!this.#queue.full) return;
      }
    } catch (error) {
      this.#refused = messageOf(error);
    } finally {
      clearTimeout(timer);
    }
    const left = this.#queue.length;
    this.run.say(
      `MLflow: ${
        left > 0 ? `${left} steps` : this.#queue.full ? "steps" : "the end"
      } of the run could not be sent${
        this.#queue.full ? ", and more that were not held" : ""
      }${this.#refused ? ` (${this.#refused})` : ""}; \`${
        command("resume")
      } ${this.run.folder}\` sends what the server lacks`,
    );
  }

  async #send(): Promise<void> {
    while (this.#refused === undefined) {
      try {
        await this.#connect();
        if (this.#queue.length > 0) await this.#sendLines();
        this.#failures = 0;
        if (this.#queue.length === 0 && this.#ending) return;
        if (!this.#ending) await this.#pause(PAUSE_MS);
        if (this.#queue.length === 0) await this.#woken();
      } catch (error) {
        if (!this.#failed(error)) return;
        await this.#pause(
          Math.min(MOST_PAUSE_MS, PAUSE_MS * 2 ** this.#failures),
        );
      }
    }
  }

  /** Whether it is worth another try. */
  #failed(error: unknown): boolean {
    const reason = messageOf(error);
    if (error instanceof Refused || this.#ending) {
      this.#refused = reason;
    }
    this.#failures++;
    const { url } = this.settings;
    if (error instanceof Refused) {
      this.run.say(
        `MLflow at ${url} refuses the run: ${reason}. Training goes on without it.`,
      );
    } else if (this.#failures === 1 && !this.#ending) {
      this.run.say(
        `MLflow at ${url} does not answer: ${reason}. Training goes on; it is tried again.`,
      );
    }
    return this.#refused === undefined;
  }

  /** Until there is something to do. */
  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#queue.length > 0 || this.#ending) resolve();
    });
  }

  /** For some time, or until the run ends. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      const done = (): void => {
        if (!this.#ending) return;
        clearTimeout(timer);
        resolve();
      };
      this.#wake = done;
      done();
    });
  }

  async #connect(): Promise<void> {
    if (this.#runId !== undefined) return;
    const { data, info } = await this.#known() ?? await this.#create();
    // What the server has is not sent again: it would stand there twice.
    const step = data.metrics.reduce(
      (most, { step }) => Math.max(most, step),
      0,
    );
    this.#queue.forgetUpTo(step);
    const said = new Map(data.params.map(({ key, value }) => [key, value]));
    const params = paramsOf(this.run.config);
    const fresh = params.filter(({ key }) => !said.has(key));
    // Parameters of MLflow never change: what was changed since is a tag.
    const changed = params.filter(({ key, value }) =>
      said.has(key) && said.get(key) !== value
    );
    const { run_id } = info;
    for (let from = 0; from < fresh.length; from += MOST.params) {
      const some = fresh.slice(from, from + MOST.params);
      await this.#client.post("runs/log-batch", { run_id, params: some });
    }
    if (changed.length > 0) {
      await this.#client.post("runs/log-batch", {
        run_id,
        tags: changed.slice(0, MOST.params)
          .map(({ key, value }) => ({ key: `changed.${key}`, value })),
      });
    }
    this.#runId = run_id;
    const url = this.settings.url.replace(/\/+$/, "");
    this.run.say(
      `MLflow: ${url}/#/experiments/${info.experiment_id}/runs/${run_id}`,
    );
  }

  /** The run as the server knows it, where it was told of before. */
  async #known(): Promise<z.infer<typeof runSchema>["run"] | undefined> {
    const place = await this.#place();
    if (place?.url !== this.settings.url) return undefined;
    const { run_id } = place;
    try {
      const { run } = runSchema.parse(
        await this.#client.get("runs/get", { run_id }),
      );
      await this.#client.post("runs/update", { run_id, status: "RUNNING" });
      return run;
    } catch (error) {
      const gone = error instanceof Refused &&
        error.code === "RESOURCE_DOES_NOT_EXIST";
      if (gone) return undefined;
      throw error;
    }
  }

  async #place(): Promise<z.infer<typeof placeSchema> | undefined> {
    try {
      const text = await Deno.readTextFile(join(this.run.folder, PLACE));
      return placeSchema.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }

  async #create(): Promise<z.infer<typeof runSchema>["run"]> {
    const { folder } = this.run;
    const { url, run_name } = this.settings;
    const { run } = runSchema.parse(
      await this.#client.post("runs/create", {
        experiment_id: await this.#experiment(),
        run_name: run_name ??
          `${basename(dirname(folder))}/${basename(folder)}`,
        start_time: Math.round(this.#began),
        tags: [
          { key: "mlflow.source.name", value: folder },
          { key: "mlflow.source.type", value: "LOCAL" },
        ],
      }),
    );
    const place = { url, run_id: run.info.run_id };
    await writeAtomic(
      join(folder, PLACE),
      new TextEncoder().encode(`${JSON.stringify(place)}\n`),
    );
    return run;
  }

  async #experiment(): Promise<string> {
    const name = this.settings.experiment ?? this.run.name;
    const find = async () => {
      const found = await this.#client.get("experiments/get-by-name", {
        experiment_name: name,
      });
      const { experiment } = experimentSchema.parse(found);
      if (experiment.lifecycle_stage === "deleted") {
        throw new Refused(
          `its experiment "${name}" was deleted; restore it there, or give another as track.mlflow.experiment`,
          "",
        );
      }
      return experiment.experiment_id;
    };
    try {
      return await find();
    } catch (error) {
      const none = error instanceof Refused &&
        error.code === "RESOURCE_DOES_NOT_EXIST";
      if (!none) throw error;
    }
    try {
      const made = await this.#client.post("experiments/create", { name });
      return z.object({ experiment_id: z.string() }).parse(made).experiment_id;
    } catch (error) {
      // Another run was quicker.
      const there = error instanceof Refused &&
        error.code === "RESOURCE_ALREADY_EXISTS";
      if (there) return await find();
      throw error;
    }
  }

  async #sendLines(): Promise<void> {
    const { lines, metrics } = this.#queue.head(
      MOST.metrics,
      (seconds) => this.#began + 1000 * seconds,
    );
    await this.#client.post("runs/log-batch", {
      run_id: this.#runId,
      metrics,
    });
    this.#queue.drop(lines);
  }

  async #close({ end, summary = {} }: TrackedEnd): Promise<void> {
    const run_id = this.#runId;
    const now = Date.now();
    const step = Number(summary["steps"] ?? 0);
    const metrics = [...SUMMARY_SCORES, "images_per_second"].flatMap(
      (key): Metric[] => {
        const value = summary[key];
        return typeof value === "number"
          ? [{ key, value: numberOf(value), timestamp: now, step }]
          : [];
      },
    );
    const tags = FACTS.flatMap((key) =>
      typeof summary[key] === "string"
        ? [{ key, value: (summary[key] as string).slice(0, MOST_VALUE) }]
        : []
    );
    await this.#client.post("runs/log-batch", {
      run_id,
      metrics,
      tags: [...tags, { key: "end", value: end }],
    });
    await this.#client.post("runs/update", {
      run_id,
      status: STATUS[end],
      end_time: now,
    });
  }
}

const messageOf = (error: unknown): string =>
  error instanceof z.ZodError
    ? "it is no MLflow server"
    : error instanceof Error
    ? error.message
    : String(error);

/** The resolved pipeline, a parameter a leaf. */
const paramsOf = (config: unknown) =>
  Object.entries(flattened(config)).filter(([key]) => !key.startsWith("track."))
    .map(([key, value]) => ({
      key: nameOf(key),
      value: value.length > MOST_VALUE
        ? `${value.slice(0, MOST_VALUE - 1)}…`
        : value,
    }));
