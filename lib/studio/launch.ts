/** @file Runs that the page's button starts: each a process of its own, as the command line starts it. */
import { fileURLToPath } from "node:url";
import { Refused } from "./guard.ts";

/** A run that was started here. */
export interface LaunchedRun {
  readonly id: number;
  /** Name of the pipeline's file. */
  readonly name: string;
  /** The end of what it said. */
  readonly said: string;
  /** Absent while it goes on. */
  readonly code?: number;
}

/** Characters of a run's words that are kept. */
const MOST_SAID = 4000;
/** Runs that are remembered; and that go on at once. */
const MOST_RUNS = 20;
const MOST_AT_ONCE = 2;

const ROOT = new URL("../../", import.meta.url);

/** Starts runs, and hears what they say. */
export class Launcher {
  readonly #runs = new Map<number, LaunchedRun>();
  readonly #children = new Map<number, Deno.ChildProcess>();
  #next = 1;

  /** @param runsDir Where runs are written. */
  constructor(readonly runsDir: string) {}

  /** The runs that were started here, the newest first. */
  get jobs(): readonly LaunchedRun[] {
    return [...this.#runs.values()].reverse();
  }

  /** Starts a run of a pipeline, with the permissions of `run`. */
  start(name: string, file: string): LaunchedRun {
    if (this.#children.size >= MOST_AT_ONCE) {
      throw new Refused(
        409,
        `${MOST_AT_ONCE} runs go on already: wait for one, or stop it.`,
      );
    }
    const command = new Deno.Command("deno", {
      args: [
        "run",
        "--quiet",
        "-P=train",
        "--config",
        fileURLToPath(new URL("deno.json", ROOT)),
        fileURLToPath(new URL("lib/cli/main.ts", ROOT)),
        "run",
        file,
        "--runs-dir",
        this.runsDir,
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    let child: Deno.ChildProcess;
    try {
      child = command.spawn();
    } catch (error) {
      throw new Refused(
        403,
        error instanceof Deno.errors.NotFound
          ? '"deno" is not on the PATH: start the studio with `npx deno task studio`, or add its folder to the PATH.'
          : error instanceof Deno.errors.NotCapable
          ? "This studio was opened beside a run, and may start none: open one with `deno task studio`."
          : String(error),
      );
    }
    const id = this.#next++;
    const run = { id, name, said: "" };
    this.#runs.set(id, run);
    this.#children.set(id, child);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > MOST_RUNS && oldest) this.#runs.delete(oldest);
    for (const stream of [child.stdout, child.stderr]) {
      void this.#hear(id, stream);
    }
    void child.status.then(({ code }) => {
      this.#children.delete(id);
      const known = this.#runs.get(id);
      if (known) this.#runs.set(id, { ...known, code });
    });
    return run;
  }

  /** Has a run finish its step and save. */
  stop(id: number): LaunchedRun {
    const run = this.#runs.get(id);
    if (!run) throw new Refused(404, "There is no such run.");
    this.#children.get(id)?.kill("SIGINT");
    return run;
  }

  async #hear(id: number, stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      const known = this.#runs.get(id);
      if (!known) continue;
      const said = known.said + decoder.decode(bytes, { stream: true });
      this.#runs.set(id, { ...known, said: said.slice(-MOST_SAID) });
    }
  }
}
