/** @file Finding libtensorflow on this machine. */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { askPython } from "./ask_python.ts";
import { isWhole } from "./elf.ts";
import { type Build, type EngineLibrary, LIBRARY_FILES } from "./library.ts";
import { areVerified } from "./verify_cache.ts";
import { VERSION, type Wheel, wheelFor } from "./wheels.ts";

/** First and last versions whose C API is known to serve. */
const OLDEST = [2, 16];
const NEWEST_MAJOR = 2;

/** How {@linkcode locateEngine} and set-up look. */
export interface EngineOptions {
  readonly build: Build;
  readonly cacheDir: string;
  /** The wheel to install; the pinned one by default. */
  readonly wheel?: Wheel;
}

/** Folder in the cache for a build. */
export function installFolder({ build, cacheDir }: EngineOptions): string {
  return join(cacheDir, `tensorflow-${build}-${VERSION}`);
}

async function size(path: string): Promise<number | undefined> {
  try {
    const info = await Deno.stat(path);
    return info.isFile ? info.size : undefined;
  } catch {
    return undefined;
  }
}

async function librariesIn(
  folder: string,
): Promise<{ framework: string; cc: string } | undefined> {
  const framework = join(folder, LIBRARY_FILES.framework);
  const cc = join(folder, LIBRARY_FILES.cc);
  return await size(framework) && await size(cc)
    ? { framework, cc }
    : undefined;
}

/** `STOPGRAD_LIBTENSORFLOW`: set but wrong is an error, never passed over. */
async function fromEnvironment(): Promise<EngineLibrary | undefined> {
  const folder = Deno.env.get("STOPGRAD_LIBTENSORFLOW");
  if (!folder) return undefined;
  const found = await librariesIn(folder);
  if (found) {
    for (const file of Object.values(found)) {
      if (await isWhole(file)) continue;
      throw new UserError(
        `STOPGRAD_LIBTENSORFLOW is "${folder}", but ${file} is no whole library: it was cut off, or is something else.\nInstall that TensorFlow again, or unset STOPGRAD_LIBTENSORFLOW.`,
      );
    }
    return { ...found, origin: "STOPGRAD_LIBTENSORFLOW", version: "unknown" };
  }
  throw new UserError(
    `STOPGRAD_LIBTENSORFLOW is "${folder}", but that folder does not hold ${LIBRARY_FILES.framework} and ${LIBRARY_FILES.cc}.\nPoint it to the folder "tensorflow" of a TensorFlow installation, or unset it.`,
  );
}

// Finds the package without importing it, which would take seconds.
const ASK_PYTHON = `
import importlib.util, importlib.metadata, json, os
spec = importlib.util.find_spec("tensorflow")
if spec and spec.submodule_search_locations:
    for name in ("tensorflow", "tensorflow-cpu"):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        folder = list(spec.submodule_search_locations)[0]
        cuda = os.path.isdir(os.path.join(os.path.dirname(folder), "nvidia", "cudnn"))
        print("stopgrad:" + json.dumps([folder, version, name == "tensorflow" and cuda]))
        break
`;

/** The line of the answer: what else is printed comes from elsewhere. */
const ANSWER = /^stopgrad:(.*)$/m;

const answerSchema = z.tuple([z.string(), z.string(), z.boolean()]);

async function fromPython(build: Build): Promise<EngineLibrary | undefined> {
  let answer: z.infer<typeof answerSchema>;
  try {
    const line = ANSWER.exec(await askPython(ASK_PYTHON) ?? "")?.[1];
    answer = answerSchema.parse(JSON.parse(line ?? ""));
  } catch {
    return undefined; // no python3, or no TensorFlow that it would import
  }
  const [folder, version, cuda] = answer;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const known = major === NEWEST_MAJOR && minor >= (OLDEST[1] as number);
  if (!known || (build === "gpu" && !cuda)) return undefined;
  const found = await librariesIn(folder);
  if (!found) return undefined;
  for (const file of Object.values(found)) {
    if (!await isWhole(file)) return undefined;
  }
  return { ...found, origin: "python3", version };
}

async function fromCache(
  options: EngineOptions,
): Promise<EngineLibrary | undefined> {
  const wheel = options.wheel ?? wheelFor(options.build);
  const found = await librariesIn(join(installFolder(options), "tensorflow"));
  if (!found || !wheel) return undefined;
  // A whole installation is renamed into place; this catches what came after.
  const whole = await size(found.framework) === wheel.frameworkBytes &&
    await size(found.cc) === wheel.ccBytes &&
    await areVerified(
      installFolder(options),
      Object.values(found),
      wheel.libraries,
    );
  return whole ? { ...found, origin: "cache", version: VERSION } : undefined;
}

/**
 * Finds libtensorflow: `STOPGRAD_LIBTENSORFLOW`, then the cache, then a
 * TensorFlow of `python3`, which is started for it.
 *
 * @throws {UserError} When `STOPGRAD_LIBTENSORFLOW` is set to a wrong folder.
 */
export async function locateEngine(
  options: EngineOptions,
): Promise<EngineLibrary | undefined> {
  return await fromEnvironment() ??
    await fromCache(options) ??
    await fromPython(options.build);
}
