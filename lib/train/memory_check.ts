/** @file Whether a step fits into memory, said before the system ends it. */
import { UserError } from "../errors.ts";
import { gigabytes } from "../gigabytes.ts";
import type { Program } from "../ir/program.ts";
import { peakByPart } from "../ir/memory.ts";
import type { MachineMemory } from "./machine_memory.ts";

/** A share that is left to all else. */
const USABLE = 0.8;

/** The stage that has the most of it, and its bytes. */
function largestStage(program: Program): [string, number] | undefined {
  const stages = [...peakByPart(program)].filter(([part]) => part !== "");
  return stages.sort(([, a], [, b]) => b - a)[0];
}

/** What would fit: nearly all that a step holds grows with the batch. */
function cureFor(batch: number, needed: number, total: number): string {
  const most = Math.floor(batch * USABLE * total / needed);
  const fits = most >= 2 ? 2 ** Math.floor(Math.log2(most)) : undefined;
  return fits === undefined
    ? "Take a smaller network or smaller images."
    : `A batch of ${fits} would fit: --set data.batch=${fits}. So would a smaller network, or smaller images.`;
}

/** What a step needs, in bytes. */
export interface Needed {
  readonly variables: number;
  /** Most bytes of its values at once. */
  readonly temporary: number;
  readonly images?: number;
}

/**
 * Why a step does not fit; undefined where it does, or nothing is known.
 *
 * @param machine Of the device that it runs on.
 */
export function tooMuch(
  { variables, temporary }: Needed,
  program: Program,
  batch: number,
  machine: MachineMemory | undefined,
): string | undefined {
  const needed = variables + temporary;
  if (!machine || needed <= machine.total) return undefined;
  const [stage, most] = largestStage(program) ?? [];
  const where = stage === undefined
    ? ""
    : `, ${gigabytes(most ?? 0)} of it for the stage "${stage}"`;
  return `a step needs ${
    gigabytes(needed)
  } at once${where}, and ${machine.whose} has ${gigabytes(machine.total)}.\n${
    cureFor(batch, needed, machine.total)
  }`;
}

/** A warning of a step that fits into the machine, but not beside what it does now. */
export function tight(
  { variables, temporary, images = 0 }: Needed,
  machine: MachineMemory | undefined,
): string | undefined {
  const needed = variables + temporary + images;
  if (!machine || needed <= machine.free) return undefined;
  return `a step with its images needs ${gigabytes(needed)}, and of the ${
    gigabytes(machine.total)
  } of ${machine.whose} ${gigabytes(Math.max(0, machine.free))} are free`;
}

/** What TensorFlow says when it gets no memory, and where. */
const EXHAUSTED = /OOM when allocating|RESOURCE_EXHAUSTED|bad_alloc/i;
const NODE = /\{\{node [^/}]+\/([^/}]+)\//;

/** The stage in which the engine says that something failed. */
export const stageIn = (message: string): string | undefined =>
  NODE.exec(message)?.[1];

/**
 * A failed allocation as a message; other errors as they are.
 *
 * @param error What a call of the engine threw.
 */
export function explainAllocation(error: unknown, batch: number): unknown {
  if (!(error instanceof Error) || !EXHAUSTED.test(error.message)) return error;
  const stage = stageIn(error.message);
  return new UserError(
    `There was no memory left${stage ? ` in the stage "${stage}"` : ""}: ${
      error.message.split("\n")[0]?.slice(0, 300)
    }.\nTake a smaller batch (--set data.batch=${
      Math.max(2, batch >> 1)
    }), a smaller network or smaller images, or end what else uses the memory.`,
    { cause: error },
  );
}
