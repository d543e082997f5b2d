/** @file Most memory of a process. */

/** Megabytes that this process ever held, as Linux counts them. */
export function peakMegabytes(): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(
    Deno.readTextFileSync("/proc/self/status"),
  ) ?? [];
  return Math.round(Number(kilobytes) / 1000);
}
