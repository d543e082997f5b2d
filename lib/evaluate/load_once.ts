/** @file Programs that are judged with again and again, and readied once. */
import type { Executable } from "../compile/machine.ts";
import type { Programs } from "../compile/runtime.ts";
import type { Traceable } from "../trace/execution.ts";

const READY = new WeakMap<Programs, Map<string, Executable>>();

/**
 * Readies a program, unless it was before.
 *
 * @param what All that the program's ops depend on, such as `[rows, width]`.
 */
export function loadOnce(
  programs: Programs,
  name: string,
  what: readonly (string | number)[],
  body: Traceable,
): Executable {
  const ready = READY.get(programs) ?? new Map<string, Executable>();
  READY.set(programs, ready);
  const key = `${name} ${what.join(" ")}`;
  const known = ready.get(key);
  if (known) return known;
  const made = programs.load(name, body);
  ready.set(key, made);
  return made;
}
