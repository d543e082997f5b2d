/** @file A worker process: starts, works when it is asked, and is stopped in between. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "../../lib/engine/cache.ts";
import { UserError } from "../../lib/errors.ts";
import type { Worker } from "./bench.ts";
import type { Facts } from "./jobs.ts";
import { Lines } from "./lines.ts";
import type { Workplace } from "./settings.ts";

const here = (name: string): string =>
  fileURLToPath(new URL(name, import.meta.url));

/** Groups of processes that are alive, for the end of the bench. */
const alive = new Set<number>();

/** Ends what is still there: stopped processes do not end by themselves. */
export function endAll(): void {
  for (const group of alive) signal(group, "SIGKILL");
  alive.clear();
}

function signal(group: number, name: Deno.Signal): void {
  try {
    Deno.kill(-group, name);
  } catch {
    // It is gone already.
  }
}

/** A process with those that it starts, as one group. */
export class ProcessGroup {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stdout: Lines;
  readonly #stderr: Lines;

  constructor(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      env: { NO_COLOR: "1", ...env },
      detached: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    alive.add(this.#child.pid);
    this.#stdin = this.#child.stdin.getWriter();
    this.#stdout = new Lines(this.#child.stdout);
    this.#stderr = new Lines(this.#child.stderr);
    this.#stderr.drain();
  }

  /** The next line of its standard output. */
  async line(): Promise<string> {
    const line = await this.#stdout.next();
    if (line !== undefined) return line;
    await this.#child.status;
    throw new UserError(
      `A worker of the bench ended too early:\n${this.#stderr.tail}`,
    );
  }

  /** Fails, with what the process said, when it ends by itself. */
  async ended(): Promise<never> {
    while (await this.#stdout.next() !== undefined);
    await this.#child.status;
    throw new UserError(
      `A command of the bench ended too early:\n${this.#stderr.tail}`,
    );
  }

  async write(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Nothing of it runs until {@linkcode ProcessGroup.resume}. */
  pause(): void {
    signal(this.#child.pid, "SIGSTOP");
  }

  resume(): void {
    signal(this.#child.pid, "SIGCONT");
  }

  async end(): Promise<void> {
    signal(this.#child.pid, "SIGKILL");
    alive.delete(this.#child.pid);
    await this.#child.status;
    await this.#stdin.abort().catch(() => {});
    await Promise.all([this.#stdout.close(), this.#stderr.close()]);
  }
}

/** Compiled code of PyTorch stays here: it is the same in the next run. */
const inductorCache = (): string => join(cacheFolder(), "speed", "inductor");

/** Surroundings of PyTorch's processes. */
export function pythonEnvironment(threads: number): Record<string, string> {
  return {
    OMP_NUM_THREADS: `${threads}`,
    TORCHINDUCTOR_CACHE_DIR: inductorCache(),
  };
}

/** A worker that did its warm-up. */
export class BenchWorker {
  private constructor(
    readonly process: ProcessGroup,
    readonly facts: Facts,
  ) {}

  /** Starts a worker, waits until it is ready, and pauses it. */
  static async start(
    { host, job }: Worker,
    place: Workplace,
  ): Promise<BenchWorker> {
    const { device, threads, quick } = place.settings;
    const less = quick && "warmup" in job ? { warmup: 1 } : {};
    const pixels = await pixelsOf(job, place);
    const asked = { ...job, ...less, device, threads, ...pixels };
    const [command, args, env] = host === "ours"
      ? [Deno.execPath(), [
        "run",
        "-A",
        "--no-check",
        here("ours/worker.ts"),
      ], {}] as const
      : [
        await place.python(),
        ["-B", here("theirs/worker.py")],
        job.job === "compile"
          // What it measures is a compilation that nobody did before.
          ? {
            ...pythonEnvironment(threads),
            TORCHINDUCTOR_FORCE_DISABLE_CACHES: "1",
          }
          : pythonEnvironment(threads),
      ] as const;
    const process = new ProcessGroup(
      command,
      [...args, JSON.stringify(asked)],
      env,
    );
    try {
      const facts: Facts = JSON.parse(await process.line());
      process.pause();
      return new BenchWorker(process, facts);
    } catch (error) {
      await process.end();
      throw error;
    }
  }

  /** Does the work `count` times; returns the seconds that it took. */
  async work(count: number): Promise<number> {
    this.process.resume();
    await this.process.write(`${count}`);
    const { seconds } = JSON.parse(await this.process.line());
    this.process.pause();
    return seconds;
  }

  async end(): Promise<void> {
    await this.process.end();
  }
}

const needsData = (job: Worker["job"]): boolean =>
  job.job === "end-to-end" || job.job === "augment" ||
  ("images" in job && typeof job.images === "object" &&
    job.images.kind === "data");

/** Where the images are, for jobs that read them. */
async function pixelsOf(
  job: Worker["job"],
  place: Workplace,
): Promise<{ pixels?: string }> {
  return needsData(job)
    ? { pixels: join(await place.data(), "train-pixels.npy") }
    : {};
}
