/** @file Why a task cannot have its port. */
import { clusterCommand } from "../command.ts";
import { UserError } from "../errors.ts";
import { type Place, taskName } from "./place.ts";

/** An error of the system, by its name. */
interface Failure {
  readonly name: string;
  readonly message: string;
}

/** What to do, by the names of Deno's errors. */
const CAUSES: Readonly<
  Record<string, (place: Place) => readonly [why: string, cure: string]>
> = {
  AddrInUse: () => [
    "another program listens there",
    "End it, or give this task another port in --cluster, everywhere.",
  ],
  AddrNotAvailable: ({ task }) => [
    "this machine does not have that address",
    `Give each machine the --task of its own address; this one was given --task ${task}.`,
  ],
  NotCapable: () => [
    "this command may reach this machine alone",
    `Start it with the permissions of a cluster: ${
      clusterCommand("run FILE --cluster ... --task K")
    }`,
  ],
};

/** Why this task, or the first one for it, cannot be reached. */
export function portError(
  place: Place,
  { name, message }: Failure,
  task: number = place.task,
): UserError {
  const [why, cure] = CAUSES[name]?.(place) ??
    [
      message,
      "See that the address is this machine's, and that its port is free.",
    ];
  return new UserError(
    `Cannot use the address of ${taskName(place, task)}: ${why}.\n${cure}`,
  );
}

/**
 * Sees that this task can have its port.
 *
 * @throws {UserError} When it cannot.
 */
export function tryPort(place: Place): void {
  const { ip, port } = place.tasks[place.task] as Place["tasks"][number];
  try {
    Deno.listen({ hostname: ip, port }).close();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw portError(place, error);
  }
}
