/** @file Keeps what a native library writes while it loads off the terminal. */

const LIBC = {
  dup: { parameters: ["i32"], result: "i32" },
  dup2: { parameters: ["i32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

const STDERR = 2;
const WRITE_ONLY = 1;

/**
 * Runs `body` with the process's standard error turned off. libtensorflow
 * logs from its initialisers, before its log level can be set.
 */
export function withoutStderr<T>(body: () => T): T {
  if (Deno.build.os !== "linux") return body();
  const libc = Deno.dlopen("libc.so.6", LIBC);
  const c = libc.symbols;
  const saved = c.dup(STDERR);
  const sink = c.open(new TextEncoder().encode("/dev/null\0"), WRITE_ONLY);
  c.dup2(sink, STDERR);
  try {
    return body();
  } finally {
    c.dup2(saved, STDERR);
    c.close(saved);
    c.close(sink);
    libc.close();
  }
}
