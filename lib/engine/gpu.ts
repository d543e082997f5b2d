/** @file Whether this machine has a GPU, and which. */
import { createHash } from "node:crypto";

const DRIVER = "/proc/driver/nvidia";
const SIGNS = ["/dev/nvidia0", `${DRIVER}/version`, "/dev/dxg"];

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

/**
 * Digest of the kinds of GPUs and their driver, where it tells: what was found
 * out about one kind says nothing of another.
 */
export function gpuKind(): string {
  const hash = createHash("sha256");
  try {
    hash.update(Deno.readTextFileSync(`${DRIVER}/version`));
    const models = [...Deno.readDirSync(`${DRIVER}/gpus`)].map(({ name }) =>
      Deno.readTextFileSync(`${DRIVER}/gpus/${name}/information`)
        .match(/^Model:.*$/m)?.[0] ?? ""
    );
    hash.update(models.sort().join("\n"));
  } catch {
    // The driver of a virtual machine says less.
  }
  return hash.digest("hex").slice(0, 16);
}
