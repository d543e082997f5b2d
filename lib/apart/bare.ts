/**
 * @file Takes from a worker what its missing permissions do not hold back.
 *
 * Permissions refuse files, network, processes, variables and native code. What
 * is left to a module is to end the worker, to write to the terminal, to take
 * signals, to start workers, to fill the web cache, and to make code of text,
 * in which an `import("npm:...")` could stand that no scan of its files sees.
 */

/** Texts as code: each of these constructors makes a function of one. */
const CONSTRUCTORS = [
  () => {},
  async () => {},
  function* () {},
  async function* () {},
].map((one) => Object.getPrototypeOf(one) as object);

/** Globals that a module does not get. */
const TAKEN = [
  "Deno",
  "process",
  "Worker",
  "caches",
  "BroadcastChannel",
  "eval",
  "Function",
  "postMessage",
  "close",
  "alert",
  "confirm",
  "prompt",
];

function refuse(name: string): never {
  throw new Error(
    `it uses ${name} while it is imported or checked: a module has no rights before it is run`,
  );
}

/** Says so of whatever is asked of a global, and how. */
const refusing = (name: string): object =>
  new Proxy(() => {}, {
    get: (_, key) =>
      typeof key === "symbol" ? undefined : refuse(`${name}.${key}`),
    set: () => refuse(name),
    apply: () => refuse(name),
    construct: () => refuse(name),
  });

/** Takes everything that is not needed to describe a stage. */
export function makeBare(): void {
  for (const prototype of CONSTRUCTORS) {
    Object.defineProperty(prototype, "constructor", {
      value: refusing("Function"),
    });
  }
  for (const name of TAKEN) {
    Object.defineProperty(globalThis, name, {
      value: refusing(name),
      writable: false,
      configurable: false,
    });
  }
  // Nothing that it prints reaches the terminal.
  for (const name of Object.keys(console)) {
    Object.defineProperty(console, name, { value: () => {} });
  }
}
