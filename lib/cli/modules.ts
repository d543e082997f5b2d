/** @file Says before a user's module is executed that it is, and what it may do. */
import { basename, dirname } from "node:path";
import { complain } from "./say.ts";

/** Rights that a process can have, in words; the first of a name covers others. */
const RIGHTS: readonly (readonly [Deno.PermissionDescriptor, string])[] = [
  [{ name: "read" }, "read files"],
  [{ name: "write" }, "write files"],
  [{ name: "ffi" }, "call native code"],
  [{ name: "run" }, "start any program"],
  [{ name: "run", command: "python3" }, "start python3"],
  [{ name: "net" }, "reach any host"],
  [{ name: "net", host: "www.cs.toronto.edu:443" }, "reach www.cs.toronto.edu"],
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

/** A sweep imports a module for each point, and executes it once. */
const told = new Set<string>();

/** Announces a module by its files, once; the first is its own. */
export function announceModule(files: readonly string[]): void {
  const [own = "", ...others] = files;
  if (told.has(own)) return;
  told.add(own);
  const beside = others.length > 0
    ? ` with ${others.map((file) => basename(file)).join(", ")}`
    : "";
  complain(
    `Executing ${basename(own)}${beside} of ${
      dirname(own)
    }, which may do what this command may: ${rights()}`,
  );
}
