/**
 * @file A user's modules on the command line: said before they are executed, told
 * of where they fail later.
 */
import { basename, dirname } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { UserError } from "../errors.ts";
import {
  type ExecutedModule,
  IMPORT_SECONDS,
} from "../pipeline/parse/custom.ts";
import { reasonIn } from "../stages/user_code.ts";
import { EXIT } from "./exit.ts";
import { complain } from "./say.ts";

/** Rights that a process can have, in words; the first of a name covers others. */
const RIGHTS: readonly (readonly [Deno.PermissionDescriptor, string])[] = [
  [{ name: "read" }, "read files"],
  [{ name: "write" }, "write files"],
  [{ name: "ffi" }, "call native code"],
  [{ name: "run" }, "start any program"],
  [{ name: "run", command: "python3" }, "start python3"],
  [{ name: "net" }, "reach any host"],
  [
    { name: "net", host: "10.0.0.1" },
    "reach www.cs.toronto.edu and machines of private networks",
  ],
  [
    { name: "net", host: "www.cs.toronto.edu:443" },
    "reach www.cs.toronto.edu and this machine's own ports",
  ],
];

/** What this process may do, in words. */
function rights(): string {
  const said = new Map<string, string>();
  for (const [descriptor, text] of RIGHTS) {
    const { name } = descriptor;
    // A copy, for the query writes into what it is given.
    const { state } = Deno.permissions.querySync({ ...descriptor });
    if (state === "granted" && !said.has(name)) said.set(name, text);
  }
  return [...said.values()].join(", ");
}

/** By their own files. A sweep imports a module for each point, and executes it once. */
const executed = new Map<string, ExecutedModule>();

/** Announces a module, once, and sees that its import ends. */
export function announceModule(module: ExecutedModule): (() => void) | void {
  const [own = "", ...others] = module.files;
  if (executed.has(own)) return;
  executed.set(own, module);
  const beside = others.length > 0
    ? ` with ${others.map((file) => basename(file)).join(", ")}`
    : "";
  complain(
    `Executing ${basename(own)}${beside} of ${
      dirname(own)
    }, which may do what this command may: ${rights()}`,
  );
  return watchImport(module);
}

const where = ({ file, path }: ExecutedModule): string =>
  path[0] === "stages"
    ? `"${file}" in the stage "${path[1]}"`
    : `"${file}" under "${path[0]}"`;

/** What only waits is told of by then, in its place, by whoever imports it. */
const GRACE_SECONDS = 5;

/**
 * Ends the process where a module never ends its import: a loop would hold up
 * all of it but a worker.
 */
export function watchImport(
  module: ExecutedModule,
  seconds: number = IMPORT_SECONDS,
): () => void {
  const worker = new Worker(new URL("./import_watch.ts", import.meta.url), {
    type: "module",
    name: "watch",
  });
  worker.postMessage({
    seconds: seconds + GRACE_SECONDS,
    text: `Cannot use ${
      where(module)
    }: its import did not come to an end within ${seconds} s.\nMend the file: it must do no more than describe its stage.`,
    code: EXIT.usage,
  });
  return () => worker.terminate();
}

/**
 * What an error is that a user's module has a part in; undefined for others.
 *
 * @param thrown Anything; a text or nothing is never ours.
 */
export function moduleFault(thrown: unknown): UserError | undefined {
  const modules = [...executed.values()];
  if (thrown instanceof UserError || modules.length === 0) return undefined;
  const stack = thrown instanceof Error ? thrown.stack ?? "" : undefined;
  for (const module of modules) {
    const file = module.files.find((one) =>
      stack?.includes(`${pathToFileURL(one).href}:`)
    );
    if (file === undefined) continue;
    return new UserError(
      `Cannot use ${where(module)}: ${reasonIn(file, thrown)}.\nMend the file.`,
    );
  }
  return stack === undefined
    ? new UserError(
      `Cannot use ${modules.map(where).join(" or ")}: it throws ${
        Deno.inspect(thrown)
      }, which does not say where.\nMend the file: throw an Error.`,
    )
    : undefined;
}

/** What is done with a fault that comes while nobody waits for the module. */
type OnFault = (fault: UserError) => void;

const endAtOnce: OnFault = ({ message }) => {
  complain(message);
  exit(EXIT.usage);
};

let onFault = endAtOnce;

/** Has faults of modules taken by `take`, until what is returned is called. */
export function takeModuleFaults(take: OnFault): () => void {
  onFault = take;
  return () => {
    onFault = endAtOnce;
  };
}

const exit = Deno.exit.bind(Deno);

/** A module that ended the process would end it without a word. */
function refuseExit(): never {
  throw new Error("it ends the process, which a module may not");
}

/**
 * Takes faults of modules that come late, such as a promise of theirs that is
 * rejected when nobody waits for it. Those of Stopgrad end the process as ever.
 *
 * @returns What ends the process, which no module can from now on.
 */
export function guardProcess(): (code: number) => never {
  const hear = (event: Event, thrown: unknown): void => {
    const fault = moduleFault(thrown);
    if (!fault) return;
    event.preventDefault();
    onFault(fault);
  };
  addEventListener(
    "unhandledrejection",
    (event) => hear(event, event.reason),
  );
  addEventListener("error", (event) => hear(event, event.error));
  Object.defineProperty(Deno, "exit", { value: refuseExit });
  Object.defineProperty(process, "exit", { value: refuseExit });
  return exit;
}
