/**
 * @file Programs that XLA compiled, kept from one process to the next.
 *
 * TensorFlow reads and writes them in one folder. A process that is killed while
 * it writes would leave half a file there, which ends every later run that reads
 * it. So each process has a folder of its own with links to the whole files of
 * the store, and what is new is linked into the store once it is written.
 */
import { join } from "node:path";
import process from "node:process";

/** Beyond it, the oldest programs are removed. */
const MOST_BYTES = 2 * 2 ** 30;

const FLAGS = "TF_XLA_FLAGS";
const FOLDER_FLAG = "--tf_xla_persistent_cache_directory=";
const LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL";

const OWN = "process-";

const names = (folder: string): string[] =>
  [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile)
    .map(({ name }) => name);

function isRunning(id: string): boolean {
  try {
    Deno.statSync(`/proc/${id}`);
    return true;
  } catch {
    return false;
  }
}

/** Removes the folders of processes that were killed. */
function sweep(store: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(store)) {
    if (!isDirectory || !name.startsWith(OWN)) continue;
    if (isRunning(name.slice(OWN.length))) continue;
    Deno.removeSync(join(store, name), { recursive: true });
  }
}

/** Removes what was written first until the rest is small enough. */
function prune(store: string, most: number): void {
  const files = names(store).map((name) => {
    const path = join(store, name);
    const { size, mtime } = Deno.statSync(path);
    return { path, size, written: mtime?.getTime() ?? 0 };
  }).sort((a, b) => b.written - a.written);
  let bytes = 0;
  for (const { path, size } of files) {
    bytes += size;
    if (bytes > most) Deno.removeSync(path);
  }
}

/** A process's share of the compiled programs. */
export class XlaCache {
  private constructor(readonly store: string, readonly own: string) {}

  /**
   * Makes TensorFlow look there. Has to come before the library is loaded, which
   * reads its flags once.
   *
   * @param store Programs of one build of TensorFlow on one kind of device.
   * @returns `undefined` where the user has named a folder, or none can be made.
   */
  static open(store: string, most: number = MOST_BYTES): XlaCache | undefined {
    const flags = Deno.env.get(FLAGS) ?? "";
    if (flags.includes(FOLDER_FLAG)) return undefined;
    const own = join(store, `${OWN}${process.pid}`);
    try {
      Deno.mkdirSync(store, { recursive: true });
      sweep(store);
      prune(store, most);
      Deno.mkdirSync(own, { recursive: true });
      for (const name of names(store)) {
        Deno.linkSync(join(store, name), join(own, name));
      }
    } catch {
      // A run does not depend on it.
      return undefined;
    }
    Deno.env.set(FLAGS, `${flags} ${FOLDER_FLAG}${own}`.trim());
    // It tries to read each as text first, and calls that an error.
    if (!Deno.env.get(LOG_LEVEL)) Deno.env.set(LOG_LEVEL, "3");
    return new XlaCache(store, own);
  }

  /** Keeps what was compiled so far. Nothing may be compiling meanwhile. */
  keep(): void {
    try {
      for (const name of names(this.own)) {
        const kept = join(this.store, name);
        try {
          Deno.linkSync(join(this.own, name), kept);
        } catch (error) {
          if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
        }
      }
    } catch {
      // The next process compiles again.
    }
  }
}
