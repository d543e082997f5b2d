/** @file `studio [RUNS]`: a local page over the runs. */
import { UserError } from "../errors.ts";
import { openStudio, type StudioOptions } from "../studio/studio.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { print, say } from "./say.ts";

/** Options of the command. */
export type StudioCommand = Omit<StudioOptions, "runs">;

/** Runs the command, until it is interrupted. */
export async function studio(
  runs: string,
  options: StudioCommand,
): Promise<ExitCode> {
  const there = await Deno.stat(runs).catch(() => undefined);
  if (there && !there.isDirectory) {
    throw new UserError(
      `Cannot open the studio on "${runs}": it is a file.\nGive the folder that holds the runs, such as runs.`,
    );
  }
  const opened = await openStudio({ ...options, runs });
  print(`The studio is open at\n  ${opened.url}`);
  say("It can be reached from this machine alone; Ctrl-C ends it.");
  if (!there) {
    say(
      `There is no folder "${runs}" yet: its runs are shown once there are some.`,
    );
  }
  Deno.addSignalListener("SIGINT", () => void opened.close());
  await opened.finished;
  return EXIT.success;
}
