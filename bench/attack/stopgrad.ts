/** @file The command line under attack: what it must never do. */
import { fromFileUrl } from "./paths.ts";

const ROOT = fromFileUrl("../../");

/** Longer than anything here should take on a busy machine. */
export const PATIENCE_MS = 120_000;

/** What a process left behind. */
export interface Outcome {
  readonly code: number;
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

/** Waits for a process; one that hangs is killed and told of. */
export async function ended(child: Deno.ChildProcess): Promise<Outcome> {
  const begun = performance.now();
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, PATIENCE_MS);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  return {
    code: hung ? -1 : code,
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
  { code, text }: Outcome,
  expected: readonly number[],
): string | undefined {
  if (code === -1) return `it hung for ${PATIENCE_MS / 1000} s`;
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
