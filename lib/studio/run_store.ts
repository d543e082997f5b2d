/** @file The runs of a folder, and those of them that somebody looks at. */
import { join, relative, resolve } from "node:path";
import { RUN_FILES } from "../checkpoint/run_record.ts";
import { Judge, type JudgeFacts } from "../look/judged.ts";
import {
  flattened,
  type FoundRun,
  readSettings,
  readSummary,
  runsBelow,
  type RunSettingsFile,
} from "../look/list_runs.ts";
import { MetricsReader } from "../look/metrics_reader.ts";
import { readRegularText } from "../regular_file.ts";
import { Refused } from "./guard.ts";

/** How a run stands: `training` where its metrics were written lately. */
export type RunState = "training" | "ended" | "not ended";

/** A run in the table. */
export interface ListedRun {
  /** Path from the runs' folder; names the run. */
  readonly id: string;
  readonly time: number;
  readonly state: RunState;
  readonly summary?: FoundRun["summary"];
  /** Values of its pipeline by dotted path. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A run that is looked at. */
export interface OpenRun {
  readonly id: string;
  readonly folder: string;
  readonly reader: MetricsReader;
  readonly settings: RunSettingsFile;
  /** Stage whose embeddings are watched. */
  readonly watched?: string;
  /** Reads what is new, and judges it; of very much, a part at a time. */
  refresh(): Promise<void>;
  /** Absent where the rules cannot be had. */
  judge(): Judge | undefined;
}

/** A run whose metrics are older than this does not train. */
const LATELY_MS = 30_000;
/** A page waits no longer for a file to be read; the rest follows. */
const PATIENCE_MS = 1000;
/** Bytes that are read at once. */
const PIECE_BYTES = 4 << 20;
/** A list is as good for so long. */
const FRESH_MS = 700;
/** Runs whose metrics are held. */
const MOST_OPEN = 24;

const mtimeOf = async (path: string): Promise<number> =>
  (await Deno.lstat(path).catch(() => undefined))?.mtime?.getTime() ?? 0;

/** What a run's pipeline tells its judge; nothing where it cannot be had. */
export type FactsOf = (folder: string) => Promise<JudgeFacts | undefined>;

/** The runs below a folder. */
export class RunStore {
  readonly #settings = new Map<string, [number, RunSettingsFile | undefined]>();
  #listed = new Map<string, ListedRun>();
  #listing: Promise<readonly ListedRun[]> | undefined;
  #listedAt = 0;
  readonly #open = new Map<string, Promise<OpenRun>>();

  constructor(readonly root: string, readonly factsOf: FactsOf) {}

  /** All runs, with what their small files say; as of a moment ago at most. */
  async list(): Promise<readonly ListedRun[]> {
    if (!this.#listing || performance.now() - this.#listedAt > FRESH_MS) {
      this.#listedAt = performance.now();
      this.#listing = this.#list();
      this.#listing.catch(() => this.#listing = undefined);
    }
    return await this.#listing;
  }

  async #list(): Promise<readonly ListedRun[]> {
    const found = new Map<string, ListedRun>();
    try {
      for await (const run of runsBelow(this.root)) {
        const listed = await this.#look(run);
        found.set(listed.id, listed);
      }
    } catch (error) {
      // The first run makes the folder.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    this.#listed = found;
    return [...found.values()];
  }

  async #look({ path, time, summary }: FoundRun): Promise<ListedRun> {
    const [known, file] = this.#settings.get(path) ?? [];
    const settings = known === time ? file : await readSettings(path);
    this.#settings.set(path, [time, settings]);
    const [metrics, ended] = await Promise.all([
      mtimeOf(join(path, RUN_FILES.metrics)),
      mtimeOf(join(path, RUN_FILES.summary)),
    ]);
    // A resumed run writes metrics beside an old summary.
    const isOver = summary !== undefined && ended >= metrics;
    return {
      id: relative(this.root, path) || ".",
      time,
      state: isOver
        ? "ended"
        : Date.now() - metrics < LATELY_MS
        ? "training"
        : "not ended",
      ...(summary ? { summary } : {}),
      settings: flattened(settings?.pipeline ?? {}),
    };
  }

  /** One run, with what its small files say now. */
  async look(id: string): Promise<ListedRun> {
    const path = await this.folder(id);
    const summary = await readSummary(path);
    return await this.#look({
      path,
      time: await mtimeOf(join(path, RUN_FILES.origin)),
      ...(summary ? { summary } : {}),
    });
  }

  /**
   * Folder of a run that was listed: no other path is ever opened.
   *
   * @throws {Refused} When there is no such run, or its files lie elsewhere.
   */
  async folder(id: string): Promise<string> {
    if (!this.#listed.has(id)) await this.#list();
    if (!this.#listed.has(id)) {
      throw new Refused(404, `There is no run "${id}".`);
    }
    const folder = resolve(this.root, id);
    for (const name of Object.values(RUN_FILES)) {
      const info = await Deno.lstat(join(folder, name)).catch(() => undefined);
      if (info?.isSymlink) {
        throw new Refused(
          403,
          `Cannot show the run "${id}": its ${name} is a link, and may lie elsewhere.`,
        );
      }
    }
    return folder;
  }

  /** One of the small texts of a run. */
  async text(id: string, file: keyof typeof RUN_FILES): Promise<string> {
    const path = join(await this.folder(id), RUN_FILES[file]);
    return await readRegularText(path).catch(() => {
      throw new Refused(404, `The run has no ${RUN_FILES[file]} yet.`);
    });
  }

  /** A run with its metrics, read so far as they go. */
  async open(id: string): Promise<OpenRun> {
    const folder = await this.folder(id);
    const known = this.#open.get(id);
    const run = known ?? this.#begin(id, folder);
    // The one that was asked for last is let go last.
    this.#open.delete(id);
    this.#open.set(id, run);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest) this.#open.delete(oldest);
    const opened = await run;
    await opened.refresh();
    return opened;
  }

  async #begin(id: string, folder: string): Promise<OpenRun> {
    const reader = new MetricsReader(join(folder, RUN_FILES.metrics));
    const settings = await readSettings(folder) ??
      { baseDir: "", pipeline: {} };
    const facts = await this.factsOf(folder);
    let generation = -1;
    let judge: Judge | undefined;
    let reading: Promise<void> | undefined;
    const readOn = async (): Promise<void> => {
      for (let more = true; more;) {
        more = await reader.read(PIECE_BYTES);
        if (reader.generation !== generation) {
          generation = reader.generation;
          judge = facts && new Judge(facts);
        }
        judge?.take(reader.columns);
        // Others get their turn.
        await new Promise((turn) => setTimeout(turn));
      }
    };
    return {
      id,
      folder,
      reader,
      settings,
      ...(facts ? { watched: facts.embedding } : {}),
      async refresh() {
        reading ??= readOn().finally(() => reading = undefined);
        let timer: ReturnType<typeof setTimeout> | undefined;
        const patience = new Promise<void>((over) => {
          timer = setTimeout(over, PATIENCE_MS);
        });
        await Promise.race([reading, patience]);
        clearTimeout(timer);
      },
      judge: () => judge,
    };
  }
}
