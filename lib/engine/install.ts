/** @file Fetching libtensorflow into the cache, with pip. */
import { join } from "node:path";
import { freeBytes } from "../disk_space.ts";
import { UserError } from "../errors.ts";
import { gigabytes } from "../gigabytes.ts";
import { type EngineLibrary, LIBRARY_FILES, waysOut } from "./library.ts";
import { type EngineOptions, installFolder, locateEngine } from "./locate.ts";
import { sha256 } from "./verify_cache.ts";
import { VERSION, type Wheel, wheelFor } from "./wheels.ts";

/** How far an installation has come. */
export interface InstallProgress {
  /** What is being done. */
  readonly task: "download" | "verify" | "unpack";
  /** Bytes. */
  readonly done: number;
  /** Bytes. */
  readonly total: number;
}

/** Options of {@linkcode installEngine}. */
export interface InstallOptions extends EngineOptions {
  readonly onProgress?: (progress: InstallProgress) => void;
  /** Seconds in which something has to come from pip; 300 by default. */
  readonly patience?: number;
}

/** Options of what is fetched; `signal` ends the programs that fetch. */
type Fetching = InstallOptions & { readonly signal: AbortSignal };

const POLL_MS = 200;

/** Bytes of the files in a folder and below. */
async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  try {
    for await (const entry of Deno.readDir(folder)) {
      const path = join(folder, entry.name);
      bytes += entry.isDirectory
        ? await bytesBelow(path)
        : (await Deno.stat(path)).size;
    }
  } catch {
    // pip moves and deletes its files meanwhile
  }
  return bytes;
}

/** A host that is slow sends something in that time; pip itself gives up on one that is silent sooner. */
const PATIENCE_SECONDS = 300;

/** Resolves once nothing was added below a folder for so long. */
function standstill(
  folder: string,
  seconds: number,
): { readonly over: Promise<undefined>; stop(): void } {
  let [known, since] = [-1, performance.now()];
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setInterval(async () => {
    const bytes = await bytesBelow(folder);
    const now = performance.now();
    if (bytes !== known) [known, since] = [bytes, now];
    else if (now - since > 1000 * seconds) resolve(undefined);
  }, POLL_MS);
  return { over, stop: () => clearInterval(timer) };
}

/**
 * Runs python3, which writes below a folder.
 *
 * @returns Its last line of complaint, or undefined.
 */
async function python(
  args: readonly string[],
  folder: string,
  { patience = PATIENCE_SECONDS, signal }: Fetching,
  env: Record<string, string> = {},
): Promise<string | undefined> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("python3", {
      args: [...args],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal,
    }).spawn();
  } catch {
    return "there is no python3 on the PATH";
  }
  const { over, stop } = standstill(folder, patience);
  const result = await Promise.race([child.output(), over]);
  stop();
  if (!result) {
    child.unref();
    child.kill("SIGKILL");
    return `nothing came for ${patience} s`;
  }
  if (result.success) return undefined;
  const text = new TextDecoder();
  const lines = (text.decode(result.stdout) + text.decode(result.stderr))
    .split("\n").map((line) => line.trim()).filter(Boolean);
  const errors = lines.filter((line) => /error/i.test(line));
  return errors[0] ?? lines.at(-1) ?? `python3 ended with ${result.code}`;
}

/** Calls `report` every so often while a promise is pending. */
async function watched<T>(
  work: Promise<T>,
  report: () => Promise<void>,
): Promise<T> {
  const timer = setInterval(() => void report(), POLL_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

const UNPACK = `
import shutil, sys, zipfile
archive, target, *names = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for name in names:
        with wheel.open("tensorflow/" + name) as source, open(target + "/" + name, "wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
`;

async function checkSpace(folder: string, wheel: Wheel): Promise<void> {
  const needed = wheel.bytes + wheel.frameworkBytes + wheel.ccBytes +
    (wheel.cuda.length > 0 ? 8e9 : 0);
  const free = await freeBytes(folder);
  if (free >= needed) return;
  throw new Error(
    `not enough space in ${folder}: ${gigabytes(needed)} needed, ${
      gigabytes(free)
    } free`,
  );
}

async function fetchInto(
  work: string,
  wheel: Wheel,
  options: Fetching,
): Promise<void> {
  const { onProgress } = options;
  const downloads = join(work, "download");
  await Deno.mkdir(downloads);
  const total = wheel.bytes;
  // pip shows no progress when nobody looks; its files grow all the same.
  const failure = await watched(
    python(
      [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--only-binary=:all:",
        "--implementation=cp",
        "--python-version=3.11",
        "--abi=cp311",
        `--platform=${wheel.platform}`,
        `--dest=${downloads}`,
        wheel.requirement,
      ],
      downloads,
      options,
      { TMPDIR: downloads },
    ),
    async () => {
      const done = Math.min(await bytesBelow(downloads), total);
      onProgress?.({ task: "download", done, total });
    },
  );
  if (failure) throw new Error(`pip could not download it: ${failure}`);
  const files = await Array.fromAsync(Deno.readDir(downloads));
  const file = files.find(({ name }) => name.endsWith(".whl"));
  if (!file) throw new Error("pip downloaded no wheel");
  const path = join(downloads, file.name);
  onProgress?.({ task: "verify", done: total, total });
  const found = await sha256(path);
  if (found !== wheel.sha256) {
    throw new Error(
      `the checksum of ${file.name} is ${found}, expected ${wheel.sha256}`,
    );
  }
  const target = join(work, "tensorflow");
  await Deno.mkdir(target);
  const unpacked = wheel.frameworkBytes + wheel.ccBytes;
  const trouble = await watched(
    python(
      ["-c", UNPACK, path, target, ...Object.values(LIBRARY_FILES)],
      target,
      options,
    ),
    async () => {
      const done = await bytesBelow(target);
      onProgress?.({ task: "unpack", done, total: unpacked });
    },
  );
  if (trouble) throw new Error(`the wheel could not be unpacked: ${trouble}`);
  await Deno.remove(downloads, { recursive: true });
  if (wheel.cuda.length > 0) {
    // TensorFlow looks for CUDA in `nvidia/` beside its own folder.
    const trouble = await python(
      [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-cache-dir",
        `--target=${work}`,
        ...wheel.cuda,
      ],
      work,
      options,
    );
    if (trouble) throw new Error(`pip could not install CUDA: ${trouble}`);
  }
}

/**
 * Downloads the pinned wheel, verifies its SHA-256, unpacks the two libraries
 * into the cache. Everything happens in a folder of its own that is renamed
 * into place at the end: a run that was killed, or two at once, leave nothing
 * half done.
 *
 * @throws {UserError} When it cannot, with the cause and the ways out.
 */
export async function installEngine(
  options: InstallOptions,
): Promise<EngineLibrary> {
  const { build, cacheDir } = options;
  const wheel = options.wheel ?? wheelFor(build);
  const fail = (cause: string): UserError =>
    new UserError(
      `The engine (libtensorflow ${VERSION}, ${build}) is missing and could not be fetched: ${cause}.\n${
        waysOut(cacheDir)
      }`,
    );
  if (!wheel) {
    throw fail(
      `there is no build for ${Deno.build.os} on ${Deno.build.arch}`,
    );
  }
  const target = installFolder(options);
  let work: string | undefined;
  const ended = new AbortController();
  // Where the process ends meanwhile, by Ctrl-C as well, `finally` is not met.
  const tidy = (): void => {
    ended.abort();
    if (!work) return;
    try {
      Deno.removeSync(work, { recursive: true });
    } catch {
      // Then the next installation removes it.
    }
  };
  globalThis.addEventListener("unload", tidy);
  try {
    await Deno.mkdir(cacheDir, { recursive: true });
    await removeLeftovers(cacheDir);
    await checkSpace(cacheDir, wheel);
    work = await Deno.makeTempDir({ dir: cacheDir, prefix: "installing-" });
    await fetchInto(work, wheel, { ...options, signal: ended.signal });
    await putInPlace(work, target, options);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  } finally {
    globalThis.removeEventListener("unload", tidy);
    if (work) await Deno.remove(work, { recursive: true }).catch(() => {});
  }
  const installed = await locateEngine(options);
  if (!installed) throw fail("the files are not what they should be");
  return installed;
}

async function putInPlace(
  work: string,
  target: string,
  options: InstallOptions,
): Promise<void> {
  try {
    await Deno.rename(work, target);
  } catch (error) {
    // Another process was first; its files serve as well, if they are whole.
    const other = await locateEngine(options);
    if (other?.origin === "cache") return;
    await Deno.remove(target, { recursive: true }).catch(() => {});
    await Deno.rename(work, target).catch(() => {
      throw error;
    });
  }
}

/** A killed installation leaves its folder; a day later nobody is at work in it. */
const ABANDONED_MS = 24 * 3600 * 1000;

async function removeLeftovers(cacheDir: string): Promise<void> {
  for await (const { name } of Deno.readDir(cacheDir)) {
    if (!name.startsWith("installing-")) continue;
    const path = join(cacheDir, name);
    const { mtime } = await Deno.stat(path);
    if (mtime && Date.now() - mtime.getTime() > ABANDONED_MS) {
      await Deno.remove(path, { recursive: true });
    }
  }
}

/** Finds the engine, or installs it. */
export async function ensureEngine(
  options: InstallOptions,
): Promise<EngineLibrary> {
  return await locateEngine(options) ?? await installEngine(options);
}
