/** @file How much memory there is: the machine's, or what a container may take of it. */

/** Memory of this machine, in bytes. */
export interface MachineMemory {
  readonly total: number;
  /** That nobody uses, as far as is known. */
  readonly free: number;
  /** Whose it is, for messages. */
  readonly whose: string;
}

/** Limits of control groups and what is used of them, version 2 and 1. */
const CGROUPS = [
  ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"],
  [
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes",
  ],
] as const;

function numberIn(path: string): number | undefined {
  try {
    const value = Number(Deno.readTextFileSync(path).trim());
    return Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined; // no limit, or no such system
  }
}

/** What there is; undefined where the system does not tell. */
export function machineMemory(): MachineMemory | undefined {
  let machine: MachineMemory;
  try {
    const { total, available } = Deno.systemMemoryInfo();
    machine = { total, free: available, whose: "this machine" };
  } catch {
    return undefined;
  }
  for (const [limitFile, usedFile] of CGROUPS) {
    const limit = numberIn(limitFile);
    if (limit === undefined || limit >= machine.total) continue;
    const free = Math.min(machine.free, limit - (numberIn(usedFile) ?? 0));
    return { total: limit, free, whose: "this container" };
  }
  return machine;
}
