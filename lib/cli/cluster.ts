/** @file `--cluster`: a run that several machines share, a task each. */
import config from "../../deno.json" with { type: "json" };
import { follow } from "../cluster/follow.ts";
import { Leader, serverOf } from "../cluster/lead.ts";
import type { Facts } from "../cluster/messages.ts";
import { type Place, readPlace, refusePublic } from "../cluster/place.ts";
import { tryPort } from "../cluster/port.ts";
import { isLoopback } from "../cluster/private.ts";
import { clusterCommand } from "../command.ts";
import { EngineError } from "../engine/ffi.ts";
import { type Device, type Engine, openEngine } from "../engine/open.ts";
import { UserError } from "../errors.ts";
import { resolve } from "../pipeline/explain/resolve.ts";
import type { LoadedPipeline } from "../pipeline/load.ts";
import type { TrainResult } from "../train/summary.ts";
import { train, type TrainOptions } from "../train/train.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { interruptible } from "./interrupt.ts";
import { moduleFault } from "./modules.ts";
import { processTerminal, reporter } from "./reporter.ts";
import { complain, say } from "./say.ts";

/** Options of a command that several machines share. */
export interface ClusterOptions {
  /** Addresses of all tasks. */
  readonly cluster?: string;
  /** Number of this one. */
  readonly task?: number;
  readonly clusterWait?: number;
  readonly clusterSilence?: number;
  readonly clusterPublic?: boolean;
}

/** How a task computes, as far as it was said. */
interface Asked {
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
  readonly replicas?: number | undefined;
}

const WAIT_SECONDS = 120;
const SILENCE_SECONDS = 10;
/** By then a failed connection shows which task is gone. */
const GRACE_SECONDS = 2;

/** TensorFlow's codes for what a network did. */
const UNREACHED = /\b(UNAVAILABLE|DEADLINE_EXCEEDED|ABORTED)\b/;

/** One task of a cluster, as it was asked for. */
export class ClusterTask {
  readonly #options: ClusterOptions & Asked;

  private constructor(
    readonly place: Place,
    options: ClusterOptions & Asked,
  ) {
    this.#options = options;
  }

  /**
   * The task that this process is; undefined without `--cluster`.
   *
   * @throws {UserError} When it is none, its port might be anybody's, or cannot
   *   be had.
   */
  static of(options: ClusterOptions & Asked): ClusterTask | undefined {
    const { cluster, task, clusterPublic } = options;
    if (cluster === undefined) {
      if (task === undefined) return undefined;
      throw new UserError(
        "Cannot tell which tasks there are: --task needs --cluster.\nGive --cluster HOST:PORT,HOST:PORT, or leave --task out.",
      );
    }
    const place = readPlace(cluster, task);
    if (!clusterPublic) refusePublic(place);
    tryPort(place);
    return new ClusterTask(place, options);
  }

  /** Whether this task trains; the others lend it their devices. */
  get leads(): boolean {
    return this.place.task === 0;
  }

  #settings() {
    const {
      clusterWait: wait = WAIT_SECONDS,
      clusterSilence: silence = SILENCE_SECONDS,
    } = this.#options;
    const codes = { lost: EXIT.lost, refused: EXIT.usage };
    return { place: this.place, wait, silence, codes, say };
  }

  #facts(engine: Engine, loaded: LoadedPipeline | undefined): Facts {
    const { device, threads, replicas } = this.#options;
    const given = {
      "--device": device,
      "--threads": threads,
      "--replicas": replicas,
    };
    return {
      same: {
        Stopgrad: config.version,
        TensorFlow: engine.api.version,
        "--cluster": this.place.tasks.map(({ given }) => given).join(","),
        ...Object.fromEntries(
          Object.entries(given).filter(([, value]) => value !== undefined)
            .map(([name, value]) => [name, String(value)]),
        ),
      },
      ...(loaded ? { pipeline: resolve(loaded.pipeline) } : {}),
    };
  }

  /** What is open while it runs, and to whom. */
  #warn(): void {
    const { tasks, task } = this.place;
    complain(
      `Port ${
        tasks[task]?.port
      } of this machine is open on all its networks until the run ends: whoever reaches it can run code here, without a password.`,
    );
  }

  /** Trains, once all other tasks are there. */
  async lead(
    loaded: LoadedPipeline,
    options: TrainOptions,
  ): Promise<ExitCode> {
    if (options.eager || options.xla) {
      throw new UserError(
        `Cannot use ${
          options.eager ? "--eager" : "--xla"
        } with --cluster: it runs on one device.\nLeave one of them out.`,
      );
    }
    const { replicas, devices } = this.#share(options.replicas);
    const terminal = processTerminal();
    const report = reporter(terminal);
    const elsewhere = new AbortController();
    let leader: Leader | undefined;
    let way: string | undefined;
    let end: readonly [code: ExitCode, text: string] = [
      EXIT.defect,
      "Task 0 failed by a defect of Stopgrad, of which it tells.",
    ];
    try {
      const result = await interruptible(terminal, async (signal) => {
        const { device: wanted, threads: most } = options;
        const engine = await openEngine({
          ...(wanted ? { device: wanted } : {}),
          ...(most ? { threads: most } : {}),
          replicas: devices,
          onProgress: (progress) => report({ kind: "install", progress }),
        });
        leader = new Leader({
          ...this.#settings(),
          facts: this.#facts(engine, loaded),
          signal,
          onInterrupt: (task) => elsewhere.abort(task),
        });
        if (options.resume) leader.hint(way = wayOn(options.resume.folder));
        await leader.gather();
        const { api, config, device, threads } = engine;
        this.#warn();
        const orders = { device, threads, devices };
        const server = await leader.serve(api, config, orders);
        say(this.#division(replicas));
        return await train(loaded, {
          ...options,
          device,
          threads,
          replicas,
          server,
          signal,
          onEvent(event) {
            if (event.kind === "ready") leader?.hint(way = wayOn(event.folder));
            report(event);
          },
        });
      }, elsewhere.signal);
      end = endOf(result);
      return end[0];
    } catch (error) {
      const fault = error instanceof UserError ? error : moduleFault(error);
      if (fault) end = [EXIT.usage, fault.message];
      if (!(error instanceof EngineError && leader)) throw error;
      // Where a task is gone, the thread of its connection ends the process now.
      const { silence } = this.#settings();
      await new Promise((wake) =>
        setTimeout(wake, 1000 * (silence + GRACE_SECONDS))
      );
      if (!UNREACHED.test(error.message)) throw error;
      const text = [
        `TensorFlow has lost its connection to another task, although all are there: ${
          reasonOf(error)
        }.`,
        ...way === undefined ? [] : [way],
      ].join("\n");
      end = [EXIT.lost, text];
      complain(text);
      return EXIT.lost;
    } finally {
      await leader?.end(...end);
    }
  }

  /** Replicas in all, and devices of each task. */
  #share(
    replicas: number = this.place.tasks.length,
  ): { readonly replicas: number; readonly devices: number } {
    const { length } = this.place.tasks;
    const devices = replicas / length;
    if (Number.isInteger(devices)) return { replicas, devices };
    throw new UserError(
      `Cannot share ${replicas} replicas among ${length} tasks: expected a multiple of ${length}.\nGive --replicas ${
        Math.ceil(devices) * length
      }, which counts the devices of all tasks.`,
    );
  }

  /** Who does what. */
  #division(replicas: number): string {
    const { tasks } = this.place;
    const here = tasks.every(({ ip }) => isLoopback(ip));
    const { silence } = this.#settings();
    return [
      `${tasks.length} tasks share each batch, ${replicas} devices in all; task 0 reads the images, keeps the weights and writes the run.`,
      `A task that is silent for ${silence} s is lost, and ends the others.`,
      ...here ? ["All are on this machine: no faster than one process."] : [],
    ].join(" ");
  }

  /** Lends this machine's devices to the first task until its run ends. */
  async follow(loaded?: LoadedPipeline): Promise<ExitCode> {
    const { place } = this;
    const terminal = processTerminal();
    const report = reporter(terminal);
    const { device, threads } = this.#options;
    const engine = await openEngine({
      ...(device ? { device } : {}),
      ...(threads ? { threads } : {}),
      onProgress: (progress) => report({ kind: "install", progress }),
    });
    const ended = await interruptible(terminal, (signal) =>
      follow({
        ...this.#settings(),
        facts: this.#facts(engine, loaded),
        signal,
        serve: async ({ device, threads, devices }) => {
          const { api, config } = await openEngine({
            device,
            threads,
            replicas: devices,
          });
          this.#warn();
          serverOf(api, place, config);
        },
      }));
    if (!ended) return EXIT.interrupted;
    const tell = ended.code === EXIT.success ? say : complain;
    tell(ended.text);
    return ended.code as ExitCode;
  }
}

/** The first line that TensorFlow gives as a reason. */
const reasonOf = ({ message }: EngineError): string =>
  /\b[A-Z_]+: .*\n?.*/.exec(message.replaceAll(/=+\n/g, ""))?.[0]
    .replace("\n", " ") ?? message;

/** How to go on where a task is gone. */
const wayOn = (folder: string): string =>
  `To go on from its newest checkpoint, in every task: ${
    clusterCommand(`resume ${folder}`)
  } --cluster ... --task K`;

/** What the other tasks are told of the end of a run. */
function endOf(
  result: TrainResult | undefined,
): readonly [ExitCode, string] {
  if (!result) {
    return [EXIT.interrupted, "The run was interrupted before its first step."];
  }
  const { end, folder, summary: { steps } } = result;
  const texts = {
    finished: [EXIT.success, "has finished"],
    stopped: [EXIT.stopped, "was stopped"],
    interrupted: [EXIT.interrupted, "was interrupted"],
  } as const;
  const [code, text] = texts[end];
  return [code, `The run ${text} after step ${steps}: ${folder} of task 0`];
}
