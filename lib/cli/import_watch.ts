/**
 * @file The worker that ends the process where a module never ends its import.
 * Whoever started it ends it before, where the import comes to an end.
 */

/** What is said, when, and the exit code of the process then. */
interface Order {
  readonly seconds: number;
  readonly text: string;
  readonly code: number;
}

/** Where `_exit` is: a worker's own way to exit ends the worker alone. */
const SYSTEM: Readonly<Record<string, string>> = {
  linux: "libc.so.6",
  darwin: "libSystem.B.dylib",
};

function endProcess(code: number): void {
  const library = SYSTEM[Deno.build.os];
  if (library === undefined) return;
  const { symbols } = Deno.dlopen(library, {
    _exit: { parameters: ["i32"], result: "void" },
  });
  symbols._exit(code);
}

(self as unknown as { onmessage: (event: MessageEvent<Order>) => void })
  .onmessage = ({ data }: MessageEvent<Order>): void => {
    const { seconds, text, code } = data;
    setTimeout(() => {
      console.error(text);
      endProcess(code);
    }, 1000 * seconds);
  };
