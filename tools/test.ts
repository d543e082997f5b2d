/**
 * @file Runs the tests and closes with the plain line `N passed, N failed`.
 *
 * Fetches the engine first, so that its progress is seen and a machine
 * without it says so once. Arguments go to `deno test`.
 */
import process from "node:process";
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
  const results = args.length > 0
    ? [await runSuite(args, toScreen)]
    : await inLanes(suites(), runBeside);
  const passed = results.reduce((sum, one) => sum + one.passed, 0);
  const failed = results.reduce((sum, one) => sum + one.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return passed > 0 && failed === 0 ? 0 : 1;
}

/** Folders whose files take minutes together: a process for each file. */
const LONG = ["end_to_end", "graph"];
/** Folders that take minutes, too. */
const LONGER = ["train", "trace", "engine"];

/**
 * A process for each folder of tests: oneDNN's primitives are shared by all that
 * a process ever ran, and an eager context beside the sessions of other files
 * was seen to read memory that was not its own. Long ones come first, so that
 * no core is idle at the end.
 */
function suites(): string[][] {
  const inside = (folder: string) =>
    [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  const parts = LONG.flatMap((folder) =>
    inside(`tests/${folder}`)
      .filter(({ name, isDirectory }) =>
        isDirectory || name.endsWith("_test.ts")
      )
      .map(({ name }) => `tests/${folder}/${name}`)
  );
  const others = inside("tests")
    .filter(({ name, isDirectory }) =>
      isDirectory &&
      ![...LONG, ...LONGER, "helpers", "fixtures"].includes(name)
    )
    .map(({ name }) => name);
  const folders = [...LONGER, ...others].map((name) => `tests/${name}/`);
  return [...parts, ...folders].map((path) => [path]);
}

/** Does as many at a time as there are cores, in their order. */
async function inLanes<T, R>(
  tasks: readonly T[],
  run: (task: T) => Promise<R>,
): Promise<R[]> {
  const waiting = tasks.entries();
  const results: R[] = [];
  const lane = async (): Promise<void> => {
    for (const [at, task] of waiting) results[at] = await run(task);
  };
  await Promise.all(
    Array.from({ length: navigator.hardwareConcurrency }, lane),
  );
  return results;
}

/** Runs tests in a process of their own. */
async function runSuite(
  targets: readonly string[],
  print: (chunk: Uint8Array) => void,
): Promise<{ passed: number; failed: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...targets],
    stdout: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    print(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { success } = await child.status;
  const { passed, failed } = counts(output);
  // A process that died without a summary is a failure too.
  return { passed, failed: success ? failed : Math.max(1, failed) };
}

const toScreen = (chunk: Uint8Array): void => {
  process.stdout.write(chunk);
};

/** What it prints comes in one piece, beside others that run meanwhile. */
async function runBeside(
  targets: readonly string[],
): Promise<{ passed: number; failed: number }> {
  const chunks: Uint8Array[] = [];
  const result = await runSuite(targets, (chunk) => chunks.push(chunk));
  chunks.forEach(toScreen);
  return result;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
