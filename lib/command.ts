/** @file How the command line was started, for messages that name a command. */

const STOPGRAD = "stopgrad";

let prefix = "deno task";

/** Says that it was started as `stopgrad`, and not by a task of the clone. */
export function startedAsStopgrad(): void {
  prefix = STOPGRAD;
}

/** A command to type, such as `stopgrad resume runs/a` or `deno task resume runs/a`. */
export const command = (words: string): string => `${prefix} ${words}`;

/** A command that reaches other machines, which takes permissions of its own. */
export const clusterCommand = (words: string): string =>
  prefix === STOPGRAD ? command(words) : command(`cluster ${words}`);
