/** @file A machine with a python3 and a pip of our making, and processes that meet it. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { InstallProgress } from "../../lib/engine/install.ts";
import type { EngineLibrary } from "../../lib/engine/library.ts";
import type { EngineOptions } from "../../lib/engine/locate.ts";
import type { Wheel } from "../../lib/engine/wheels.ts";

/**
 * Answers where TensorFlow is, copies a wheel where pip would have downloaded
 * it, and leaves unpacking to the true python3.
 */
const PYTHON = `#!/bin/sh
if [ "$1 $2 $3" = "-m pip download" ]; then
  echo "$*" >> "$FAKE_LOG"
  for argument; do
    case "$argument" in --dest=*) dest="\${argument#--dest=}" ;; esac
  done
  sleep "\${FAKE_SECONDS:-0}"
  if [ -n "$FAKE_FAILURE" ]; then
    echo "Looking in indexes: https://pypi.example"
    echo "ERROR: $FAKE_FAILURE" >&2
    exit 1
  fi
  [ -n "$FAKE_WHEEL" ] && cp "$FAKE_WHEEL" "$dest/"
  exit 0
fi
case "$2" in
  *find_spec*)
    echo asked >> "$FAKE_LOG.asked"
    [ -n "$FAKE_NOISE" ] && echo "$FAKE_NOISE"
    [ -n "$FAKE_HANG" ] && { trap "" TERM; sleep 60 & wait; sleep 60; }
    echo "stopgrad:$FAKE_TENSORFLOW"
    exit 0 ;;
esac
exec "$TRUE_PYTHON" "$@"
`;

/** The header of a library that has nothing else. */
const ELF = new Uint8Array(64);
ELF.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);

/** Where python3 is, for the tests that need one. */
export const TRUE_PYTHON: string | undefined = (() => {
  try {
    const { stdout, success } = new Deno.Command("python3", {
      args: ["-c", "import sys; print(sys.executable)"],
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
})();

/** What a process found or installed. */
export interface Found {
  readonly library?: EngineLibrary;
  readonly error?: { readonly name: string; readonly message: string };
  readonly tasks: readonly InstallProgress[];
}

/** A folder of its own, with a cache and a python3, for one test. */
export interface Workplace {
  readonly folder: string;
  readonly cacheDir: string;
  /** The wheel that the fake pip has. */
  readonly wheel: Wheel;
  /** Looks for an engine, or installs it (`install`: in any case), in a process of its own. */
  run(
    action: "locate" | "ensure" | "install",
    env?: Record<string, string>,
    options?: Partial<EngineOptions> & {
      readonly patience?: number;
      /** Milliseconds after which the process ends, whatever it is doing. */
      readonly endAfter?: number;
    },
  ): Promise<Found>;
  /** Names of what is in the cache. */
  cached(): string[];
  /** How the fake pip was called, once a line. */
  calls(): string[];
  /** How often python3 was asked for its TensorFlow. */
  asked(): number;
  /** Makes a folder with two files named as the libraries are. */
  libraries(name: string): string;
}

const FRAMEWORK = "libtensorflow_framework.so.2";
const CC = "libtensorflow_cc.so.2";
const DRIVER = new URL("installing.ts", import.meta.url).pathname;

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

const ZIP = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as wheel:
    wheel.writestr("tensorflow/${FRAMEWORK}", b"framework" * 100)
    wheel.writestr("tensorflow/${CC}", b"cc" * 1000)
    wheel.writestr("tensorflow/__init__.py", b"")
`;

/** Runs a test in a workplace that is removed at the end. */
export async function withWorkplace(
  body: (place: Workplace) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "stopgrad-install-" });
  const [bin, cacheDir, log] = ["bin", "cache", "calls.log"].map((name) =>
    join(folder, name)
  ) as [string, string, string];
  const file = join(folder, "tensorflow_cpu-2.21.0-fake.whl");
  try {
    await Deno.mkdir(bin);
    await Deno.writeTextFile(join(bin, "python3"), PYTHON, { mode: 0o755 });
    await new Deno.Command(TRUE_PYTHON ?? "python3", {
      args: ["-c", ZIP, file],
    }).output();
    const wheel: Wheel = {
      requirement: "tensorflow-cpu==2.21.0",
      platform: "manylinux_2_27_x86_64",
      sha256: createHash("sha256").update(await Deno.readFile(file))
        .digest("hex"),
      bytes: (await Deno.stat(file)).size,
      frameworkBytes: 900,
      ccBytes: 2000,
      cuda: [],
    };
    const cached = (): string[] => {
      try {
        return Array.from(Deno.readDirSync(cacheDir), ({ name }) => name);
      } catch {
        return [];
      }
    };
    await body({
      folder,
      cacheDir,
      wheel,
      cached,
      async run(action, env = {}, options = {}) {
        const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            // As the task that fetches the engine: no more is allowed here.
            "-P=train",
            "--no-prompt",
            "--no-check",
            `--config=${CONFIG}`,
            DRIVER,
            JSON.stringify([action, {
              build: "cpu",
              cacheDir,
              wheel,
              ...options,
            }]),
          ],
          env: {
            STOPGRAD_LIBTENSORFLOW: "",
            PATH: `${bin}:${Deno.env.get("PATH")}`,
            TRUE_PYTHON: TRUE_PYTHON ?? "",
            FAKE_LOG: log,
            FAKE_WHEEL: file,
            FAKE_TENSORFLOW: "",
            ...env,
          },
          stdin: "null",
        }).output();
        const text = new TextDecoder();
        const out = text.decode(stdout);
        if (!out) throw new Error(text.decode(stderr));
        return JSON.parse(out) as Found;
      },
      calls() {
        try {
          return Deno.readTextFileSync(log).trim().split("\n");
        } catch {
          return [];
        }
      },
      asked() {
        try {
          const text = Deno.readTextFileSync(`${log}.asked`);
          return text.trim().split("\n").length;
        } catch {
          return 0;
        }
      },
      libraries(name) {
        const path = join(folder, name);
        Deno.mkdirSync(path, { recursive: true });
        for (const library of [FRAMEWORK, CC]) {
          Deno.writeFileSync(join(path, library), ELF);
        }
        return path;
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
