/** @file The engine, ready: found or fetched, opened, with the device chosen. */
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import type { SessionConfig } from "./config.ts";
import { type Api, type EngineError, openApi } from "./ffi.ts";
import { UserError } from "../errors.ts";
import { gpuKind, gpuPresent } from "./gpu.ts";
import { EngineGraph } from "./engine_graph.ts";
import { ensureEngine, type InstallProgress } from "./install.ts";
import { type EngineLibrary, waysOut } from "./library.ts";
import { type EngineOptions, locateEngine } from "./locate.ts";
import { Session } from "./session.ts";
import { XlaCache } from "./xla_cache.ts";

/** Where variables and ops are placed. */
export type Device = "cpu" | "gpu";

/** How the engine is opened. */
export interface EngineSettings {
  /** A GPU where there is one that TensorFlow can use, by default. */
  readonly device?: Device;
  /** Threads in all, on a CPU; one for each core by default. */
  readonly threads?: number;
  /** Devices that share each batch: GPUs, or parts of the CPU. 1 by default. */
  readonly replicas?: number;
  /** Compiles clusters of ops with XLA, on a GPU. */
  readonly xla?: boolean | undefined;
  /** Called while the library is fetched. */
  readonly onProgress?: (progress: InstallProgress) => void;
}

/** An opened engine. */
export interface Engine {
  /**
   * libtensorflow's functions.
   *
   * @internal
   */
  readonly api: Api;
  /** Where variables and ops are placed. */
  readonly device: Device;
  /** Threads in all, on a CPU. */
  readonly threads: number;
  /** Devices that share each batch. */
  readonly replicas: number;
  /**
   * How sessions use the machine.
   *
   * @internal
   */
  readonly config: SessionConfig;
  /**
   * Where XLA's programs are kept, on a GPU.
   *
   * @internal
   */
  readonly xlaCache?: XlaCache | undefined;
}

/**
 * Ops that run side by side. A step has two views, and a convolution two
 * gradients, so there are nearly always two that do not wait for each other:
 * each on its own share of the cores is faster than both on all of them.
 */
const OPS_AT_ONCE = 2;

/** More threads than any machine has cores; TensorFlow dies of far more. */
export const MOST_THREADS = 1024;

/** Which engine the settings ask for: its build is that of the device. */
function wanted(settings: EngineSettings): EngineOptions {
  const { threads = 1 } = settings;
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new UserError(
      `Cannot use ${threads} threads: expected a whole number from 1 to ${MOST_THREADS}.\nGive --threads, or leave it out: then there is one for each core.`,
    );
  }
  const build = settings.device ?? (gpuPresent() ? "gpu" : "cpu");
  if (settings.xla && build !== "gpu") {
    throw new UserError(
      "Cannot use --xla on a CPU: TensorFlow compiles clusters of ops with XLA on a GPU alone, and on a CPU they were half as fast.\nLeave --xla out.",
    );
  }
  return { build, cacheDir: cacheFolder() };
}

/**
 * How many GPUs TensorFlow can use. What is placed on others would run on the
 * CPU without a word.
 */
function countGpus(api: Api, config: SessionConfig): number {
  const graph = new EngineGraph(api);
  const session = new Session(graph, config);
  const found = session.devices().filter((name) => /\bGPU:\d+$/.test(name));
  session.close();
  graph.close();
  return found.length;
}

const noGpu = (why: string): UserError =>
  new UserError(
    `Cannot use a GPU: ${why}.\nSee what \`nvidia-smi\` says of the driver, or take the CPU: --device cpu.`,
  );

let xlaCache: XlaCache | undefined;

/** One for the process: the library reads once where it is. */
function xlaCacheFor({ version }: EngineLibrary): XlaCache | undefined {
  return xlaCache ??= XlaCache.open(
    join(cacheFolder(), "xla", `${version}-${gpuKind()}`),
  );
}

async function open(
  library: EngineLibrary,
  device: Device,
  settings: EngineSettings,
): Promise<Engine> {
  const xlaCache = device === "gpu" ? xlaCacheFor(library) : undefined;
  const api = await openApi(library).catch((error: EngineError) => {
    throw new UserError(`${error.message}\n${waysOut(cacheFolder())}`, {
      cause: error,
    });
  });
  const threads = settings.threads ?? navigator.hardwareConcurrency;
  const { replicas = 1 } = settings;
  // Each GPU needs threads that give it work; parts of a CPU have its cores.
  const atOnce = OPS_AT_ONCE * (device === "gpu" ? replicas : 1);
  const interThreads = Math.min(threads, atOnce);
  const config = {
    intraThreads: Math.floor(threads / interThreads),
    interThreads,
    gpu: device === "gpu",
    replicas,
    ...(settings.xla ? { xla: true } : {}),
  };
  const gpus = config.gpu ? countGpus(api, config) : 0;
  if (!config.gpu || gpus >= replicas) {
    return { api, device, threads, replicas, config, xlaCache };
  }
  if (gpus > 0) {
    throw new UserError(
      `Cannot train on ${replicas} GPUs: TensorFlow finds ${gpus} that it can use.\nGive --replicas ${gpus}, or see what \`nvidia-smi\` and CUDA_VISIBLE_DEVICES say.`,
    );
  }
  if (settings.device === "gpu" || settings.xla) {
    throw noGpu("TensorFlow finds none that it can use");
  }
  // There were signs of one, as containers on a machine with one have them.
  return {
    api,
    device: "cpu",
    threads,
    replicas,
    config: { ...config, gpu: false },
  };
}

/**
 * Refuses settings that no engine can have. A GPU that is not there is told of
 * before gigabytes are fetched for it.
 *
 * @throws {UserError} With what to change.
 */
export async function checkDevice(settings: EngineSettings): Promise<void> {
  const options = wanted(settings);
  if (options.build !== "gpu" || gpuPresent()) return;
  if (await locateEngine(options)) return;
  throw noGpu("no driver of one is here");
}

/**
 * Finds libtensorflow, or fetches it, and opens it.
 *
 * @throws {UserError} When it is missing and cannot be fetched, or cannot be
 *   loaded, when a GPU is asked for and it can use none, or XLA on a CPU.
 */
export async function openEngine(
  settings: EngineSettings = {},
): Promise<Engine> {
  const options = wanted(settings);
  await checkDevice(settings);
  const library = await ensureEngine({
    ...options,
    ...(settings.onProgress ? { onProgress: settings.onProgress } : {}),
  });
  return await open(library, options.build, settings);
}

/**
 * Opens libtensorflow where it is at hand. It loads on another thread, beside
 * what the caller does meanwhile.
 *
 * @returns `undefined` where {@linkcode openEngine} has to fetch it, or has to
 *   say what is wrong.
 */
export async function openInstalled(
  settings: EngineSettings = {},
): Promise<Engine | undefined> {
  try {
    const options = wanted(settings);
    const library = await locateEngine(options);
    return library && await open(library, options.build, settings);
  } catch {
    return undefined;
  }
}
