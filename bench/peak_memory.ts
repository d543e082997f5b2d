/** @file Most memory of a process. */

/** Bytes that this process held at most, as Linux counts them. */
export async function peakBytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status");
  return 1024 * Number(status.match(/VmHWM:\s*(\d+) kB/)?.[1]);
}
