/**
 * @file Puts back two functions of `node:util` that tfjs-node 4.22 calls and
 * newer runtimes no longer have. Import this before its kernels.
 */
import { createRequire } from "node:module";

const util = createRequire(import.meta.url)("node:util") as Record<
  string,
  unknown
>;
util["isNullOrUndefined"] ??= (value: unknown): boolean => value == null;
util["isArray"] ??= Array.isArray;
