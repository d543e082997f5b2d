/**
 * @file Runs the tests and closes with the plain line `N passed, N failed`.
 *
 * Fetches the engine first, so that its progress is seen and a machine
 * without it says so once. Arguments go to `deno test`.
 */
import { processTerminal, reporter } from "../lib/cli/reporter.ts";
import { openEngine } from "../lib/engine/open.ts";
import { UserError } from "../lib/errors.ts";

const SUMMARY = /(\d+) passed.*?\| (\d+) failed/g;

/** Counts in the summaries that `deno test` printed. */
export function counts(output: string): { passed: number; failed: number } {
  let [passed, failed] = [0, 0];
  for (const [, p, f] of output.matchAll(SUMMARY)) {
    passed += Number(p);
    failed += Number(f);
  }
  return { passed, failed };
}

async function main(args: readonly string[]): Promise<number> {
  const report = reporter(processTerminal());
  try {
    await openEngine({
      device: "cpu",
      onProgress: (progress) => report({ kind: "install", progress }),
    });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return 2;
  }
  let [passed, failed] = [0, 0];
  for (const targets of args.length > 0 ? [args] : suites()) {
    const result = await runSuite(targets);
    passed += result.passed;
    failed += result.failed;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0 ? 0 : 1;
}

/**
 * A process for each folder of tests: oneDNN's primitives are shared by all that
 * a process ever ran, and an eager context beside the sessions of other files
 * was seen to read memory that was not its own.
 */
function suites(): string[][] {
  const folders = [...Deno.readDirSync("tests")]
    .filter(({ name, isDirectory }) =>
      isDirectory && !["helpers", "fixtures"].includes(name)
    )
    .map(({ name }) => [`tests/${name}/`]);
  return folders.sort(([a = ""], [b = ""]) => a < b ? -1 : 1);
}

async function runSuite(
  targets: readonly string[],
): Promise<{ passed: number; failed: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...targets],
    stdout: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { success } = await child.status;
  const { passed, failed } = counts(output);
  // A process that died without a summary is a failure too.
  return { passed, failed: success ? failed : Math.max(1, failed) };
}

if (import.meta.main) Deno.exit(await main(Deno.args));
