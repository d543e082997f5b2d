/**
 * @file `stopgrad`, the command that `deno install` puts on the path: starts
 * each command where one stands, with the permissions of its task.
 */
import config from "../../deno.json" with { type: "json" };

/** A task of the command line, and the set of permissions that it names. */
const TASK = /^deno run -P=(\w+) lib\/cli\/main\.ts\b/;

/** What needs least: for help, and for what is no command. */
const LEAST = "inspect";

/** What reaches other machines, with the set of its own. */
const CLUSTER = "cluster";
const onCluster = (option: string): boolean =>
  option === `--${CLUSTER}` || option.startsWith(`--${CLUSTER}=`);

/**
 * The set of permissions of a command: that of the task of its name, or of
 * clusters where it is given one.
 */
export function setOf(
  command: string | undefined,
  options: readonly string[] = [],
): string {
  const tasks: Readonly<Record<string, { readonly command: string }>> =
    config.tasks;
  const name = options.some(onCluster) ? CLUSTER : command ?? "";
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  return TASK.exec(task?.command ?? "")?.[1] ?? LEAST;
}

/** The path of a file beside this one. */
const beside = (name: string): string =>
  decodeURIComponent(new URL(name, import.meta.url).pathname);

/**
 * Signals that end the command line. `kill` sends them to this process alone; a
 * terminal and `timeout` send them to both, and the command line takes the two
 * for one.
 */
const PASSED_ON: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Starts a command and waits for its end. @returns Its exit code. */
async function launch(args: readonly string[]): Promise<number> {
  const child = new Deno.Command("deno", {
    args: [
      "run",
      // Deno would remark on permission sets and build scripts each time.
      "--quiet",
      `-P=${setOf(args[0], args.slice(1))}`,
      "--config",
      beside("../../deno.json"),
      beside("installed.ts"),
      ...args,
    ],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  for (const signal of PASSED_ON) {
    Deno.addSignalListener(signal, () => {
      try {
        child.kill(signal);
      } catch {
        // It has ended already.
      }
    });
  }
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await launch(Deno.args));
