/** @file How the command line was started, for messages that name a command. */

let prefix = "deno task";

/** Says that it was started as `stopgrad`, and not by a task of the clone. */
export function startedAsStopgrad(): void {
  prefix = "stopgrad";
}

/** A command to type, such as `stopgrad resume runs/a` or `deno task resume runs/a`. */
export const command = (words: string): string => `${prefix} ${words}`;
