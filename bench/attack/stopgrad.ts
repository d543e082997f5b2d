/** @file The command line under attack: what it must never do. */
import { fromFileUrl } from "./paths.ts";

const ROOT = fromFileUrl("../../");

/** Longer than anything here should compute. */
const COMPUTING_S = 120;
/** Longer than anything here should wait for nothing. */
const IDLE_S = 60;
/** Ticks of a second in `/proc`. */
const TICKS = 100;
const LOOK_MS = 1000;

/** What a process left behind. */
export interface Outcome {
  readonly code: number;
  /** Why it was killed. */
  readonly hung?: string;
  readonly text: string;
  readonly seconds: number;
}

/** Who runs the command line: a permission set, and a shell around it. */
export interface Way {
  readonly set: string;
  /** A line of shell before it, such as a limit. */
  readonly before?: string;
}

/** Starts the command line as its task does. */
export function start(
  { set, before = "" }: Way,
  ...args: readonly string[]
): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: [
      "-c",
      `${before}\nexec "$0" "$@"`,
      Deno.execPath(),
      "run",
      "--no-check",
      "--no-prompt",
      `-P=${set}`,
      "lib/cli/main.ts",
      ...args,
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Seconds that a process computed, and whether it wants to compute or reads a disk now. */
function work(
  pid: number,
): { readonly seconds: number; readonly busy: boolean } {
  let [ticks, busy] = [0, false];
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const stat = Deno.readTextFileSync(`/proc/${pid}/task/${name}/stat`);
      // The name before may hold anything.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      ticks += Number(fields[11]) + Number(fields[12]);
      if (fields[0] === "R" || fields[0] === "D") busy = true;
    }
  } catch {
    // It has ended.
    busy = true;
  }
  return { seconds: ticks / TICKS, busy };
}

/**
 * Sees to it that a process that hangs is killed: one that computes for ever, or
 * waits for ever. One that others leave no core hangs as little as one that
 * works.
 *
 * @returns What ends the watch, and says why it was killed.
 */
function watch(child: Deno.ChildProcess): () => string | undefined {
  let hung: string | undefined;
  let [known, since] = [0, performance.now()];
  const timer = setInterval(() => {
    const { seconds, busy } = work(child.pid);
    const now = performance.now();
    if (busy || seconds > known) [known, since] = [seconds, now];
    if (seconds > COMPUTING_S) hung = `it computed for ${COMPUTING_S} s`;
    else if (now - since > 1000 * IDLE_S) hung = `it waited for ${IDLE_S} s`;
    else return;
    child.kill("SIGKILL");
    clearInterval(timer);
  }, LOOK_MS);
  return () => {
    clearInterval(timer);
    return hung;
  };
}

/** Waits for a process; one that hangs is killed and told of. */
export async function ended(child: Deno.ChildProcess): Promise<Outcome> {
  const begun = performance.now();
  const unwatch = watch(child);
  const { code, stdout, stderr } = await child.output();
  const hung = unwatch();
  const decoder = new TextDecoder();
  return {
    code,
    ...(hung === undefined ? {} : { hung }),
    text: decoder.decode(stdout) + decoder.decode(stderr),
    seconds: (performance.now() - begun) / 1000,
  };
}

/**
 * Why an outcome is a fault of ours; undefined where it is none.
 *
 * @param expected Exit codes that the attack may lead to.
 */
export function faultOf(
  { code, hung, text }: Outcome,
  expected: readonly number[],
): string | undefined {
  if (hung !== undefined) return hung;
  if (!expected.includes(code)) {
    return `exit code ${code}: ${
      text.trim().split("\n").at(-1)?.slice(0, 200)
    }`;
  }
  if (/^\s+at .*:\d+:\d+\)?$/m.test(text)) {
    return `a stack trace: ${/^.*Error.*$/m.exec(text)?.[0].slice(0, 200)}`;
  }
  if (code === 2 && text.trim() === "") return "exit code 2 without a word";
  return undefined;
}
