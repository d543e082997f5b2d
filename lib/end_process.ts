/** @file Ends the process from a worker, or while its main thread is held up. */

/** Where `_exit` is: a worker's own way to exit ends the worker alone. */
const SYSTEM: Readonly<Record<string, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.B.dylib",
};

/** Ends the process at once, with a code. */
export function endProcess(code: number): void {
  const library = SYSTEM[Deno.build.os];
  if (library === undefined) return;
  const { symbols } = Deno.dlopen(library, {
    _exit: { parameters: ["i32"], result: "void" },
  });
  symbols._exit(code);
}
