/** @file oneDNN's kernels, wherever TensorFlow has them. */

const LIBC = {
  setenv: { parameters: ["buffer", "buffer", "i32"], result: "i32" },
} as const;

const KEEP = 0;

/**
 * Has TensorFlow use oneDNN, unless the environment says otherwise. By itself
 * it does so on CPUs with AVX-512 for neural networks alone; with AVX2 steps
 * are up to twice as fast with it, too.
 *
 * To be called before the library is loaded.
 */
export function askForOneDnn(): void {
  const { os, arch } = Deno.build;
  if (os !== "linux" || arch !== "x86_64") return;
  const libc = Deno.dlopen("libc.so.6", LIBC);
  const text = (value: string) => new TextEncoder().encode(`${value}\0`);
  // Not `Deno.env`: that would ask for a permission of its own.
  libc.symbols.setenv(text("TF_ENABLE_ONEDNN_OPTS"), text("1"), KEEP);
  libc.close();
}
