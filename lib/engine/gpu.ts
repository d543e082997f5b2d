/** @file Whether this machine has a GPU. */

const SIGNS = ["/dev/nvidia0", "/proc/driver/nvidia/version", "/dev/dxg"];

/** Whether an NVIDIA GPU and its driver are there. */
export function gpuPresent(): boolean {
  return SIGNS.some((path) => {
    try {
      Deno.statSync(path);
      return true;
    } catch {
      return false;
    }
  });
}
