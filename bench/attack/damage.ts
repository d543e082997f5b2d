/** @file Damage to bytes and files, as disks, crashes and people do it. */
import { join } from "node:path";
import type { Dice } from "./dice.ts";

type Harm = (bytes: Uint8Array, dice: Dice) => Uint8Array;

const HARMS: readonly Harm[] = [
  (bytes, dice) => bytes.slice(0, dice.below(bytes.length + 1)),
  (bytes, dice) => {
    const changed = bytes.slice();
    for (let i = 0; i < 1 + dice.below(8) && changed.length > 0; i++) {
      changed[dice.below(changed.length)] = dice.below(256);
    }
    return changed;
  },
  (bytes, dice) => {
    const from = dice.below(bytes.length + 1);
    const changed = bytes.slice();
    changed.fill(0, from, from + dice.below(4096));
    return changed;
  },
  (bytes, dice) => {
    const from = dice.below(bytes.length + 1);
    const part = bytes.slice(from, from + dice.below(1 + bytes.length));
    const joined = new Uint8Array(bytes.length + part.length);
    joined.set(bytes);
    joined.set(part, bytes.length);
    return joined;
  },
  () => new Uint8Array(),
];

/** Bytes with some harm done to them. */
export const harmed: Harm = (bytes, dice) => dice.pick(HARMS)(bytes, dice);

/** What can stand in the place of a file. */
const PLACES: readonly ((path: string) => Promise<unknown>)[] = [
  () => Promise.resolve(),
  (path) => Deno.mkdir(path),
  (path) => new Deno.Command("mkfifo", { args: [path] }).output(),
  (path) => Deno.symlink("/dev/zero", path),
  (path) => Deno.symlink(path, path),
  (path) => Deno.writeTextFile(path, "null"),
];

/** Files below a folder, sorted. */
export async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await filesIn(path));
    else found.push(path);
  }
  return found.sort();
}

/**
 * Damages one file below a folder, or puts something else in its place.
 *
 * @returns What was done, for the report.
 */
export async function damageOne(folder: string, dice: Dice): Promise<string> {
  const path = dice.pick(await filesIn(folder));
  const name = path.slice(folder.length + 1);
  if (dice.unit() < 0.6) {
    await Deno.writeFile(path, harmed(await Deno.readFile(path), dice));
    return `bytes of ${name}`;
  }
  const place = dice.below(PLACES.length);
  await Deno.remove(path);
  await PLACES[place]?.(path);
  return `place ${place} of ${name}`;
}
