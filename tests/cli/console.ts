/** @file The command line inside of the test's process, with what it prints. */
import process from "node:process";
import { main } from "../../lib/cli/main.ts";

/** What a command left behind. */
export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the command line. The argument parser writes its messages and its
 * help past the console, to the process's own streams.
 */
export async function printed(...args: readonly string[]): Promise<Printed> {
  const { log, error } = console;
  const { write } = process.stderr;
  const { write: writeOut } = process.stdout;
  const lines = { out: [] as string[], error: [] as string[] };
  console.log = (...parts) => lines.out.push(parts.join(" "));
  console.error = (...parts) => lines.error.push(parts.join(" "));
  process.stderr.write = (text: string | Uint8Array) => {
    lines.error.push(String(text).trimEnd());
    return true;
  };
  process.stdout.write = (text: string | Uint8Array) => {
    lines.out.push(String(text).trimEnd());
    return true;
  };
  try {
    const code = await main(args);
    return {
      code,
      stdout: `${lines.out.join("\n")}\n`,
      stderr: `${lines.error.join("\n")}\n`,
    };
  } finally {
    console.log = log;
    console.error = error;
    process.stderr.write = write;
    process.stdout.write = writeOut;
  }
}

/** Path of a file of the repository. */
export const path = (name: string): string =>
  new URL(`../../${name}`, import.meta.url).pathname;
