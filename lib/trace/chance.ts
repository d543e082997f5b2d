/**
 * @file Random numbers of the host are refused.
 *
 * tfjs draws on the host and makes a tensor of what it drew, which cannot be
 * told from any other constant: a compiled step would use the same numbers for
 * ever, and an eager one others than a resumed run. But every op opens a scope
 * of its name in tfjs's engine first, whoever calls it (`tf.dropout`, an
 * initializer, a layer of tfjs's); comparing that name costs nothing to speak
 * of. And nothing else draws while a step is recorded or runs op by op, so
 * `Math.random` itself is held back meanwhile, and the clock, which is drawn from
 * as well. A user's module must not draw as it is imported either.
 */
import type { UserError } from "../errors.ts";
import { refusal } from "./refusals.ts";
import { calledOp, opOfScope, tfjs } from "./tfjs.ts";

/** Ops that draw. `tf.dropout` and others call one of these. */
const DRAWING: ReadonlySet<string | undefined> = new Set([
  "multinomial",
  "rand",
  "randomGamma",
  "randomNormal",
  "randomUniform",
  "truncatedNormal",
].map((name) => `${name}__op`));

/** The stage that is being built. */
let building: string | undefined;

const refused = (what: string, scope: string): UserError =>
  refusal({
    attempt: `use ${what}`,
    scope,
    why: `its numbers would be drawn once, while the ${
      building === undefined ? "step is traced" : "stage is built"
    }`,
    cure:
      "Use run.random(place) in a stage, and the `random` that a transform is given: they draw anew in every step, and a resumed run draws the same. Numbers that never change belong in a variable with the role `buffer`.",
  });

/** Refuses ops that draw, wherever `place` says that a step is made. */
export function refuseDrawingOps(place: () => string | undefined): void {
  const start = tfjs.startScope.bind(tfjs);
  tfjs.startScope = (name) => {
    if (DRAWING.has(name)) {
      const scope = place() ?? building;
      if (scope !== undefined) {
        throw refused(calledOp() ?? opOfScope(name) ?? "", scope);
      }
    }
    start(name);
  };
}

/** Where the host draws. */
const SOURCES: Readonly<Record<string, readonly [object, string]>> = {
  "Date.now": [Date, "now"],
  "Math.random": [Math, "random"],
  "crypto.getRandomValues": [crypto, "getRandomValues"],
};

type Draw = (...args: unknown[]) => unknown;

/** Puts something in a source's place; what it returns gives it free. */
function replace(name: string, by: (draw: Draw) => Draw): () => void {
  const [owner, key] = SOURCES[name] as readonly [object, string];
  const own = Object.getOwnPropertyDescriptor(owner, key);
  const draw = Reflect.get(owner, key) as Draw;
  Object.defineProperty(owner, key, {
    configurable: true,
    writable: true,
    value: by(draw.bind(owner)),
  });
  return () => {
    if (own) Object.defineProperty(owner, key, own);
    else Reflect.deleteProperty(owner, key);
  };
}

/** Runs `body`, in which the host draws nothing. */
export function withoutChance<T>(place: () => string, body: () => T): T {
  const free = Object.keys(SOURCES).map((name) =>
    replace(name, () => () => {
      throw refused(name, place());
    })
  );
  try {
    return body();
  } finally {
    for (const one of free) one();
  }
}

/** Files that are being imported, and what ends their watch. */
const imported = new Set<string>();
let release: readonly (() => void)[] = [];

/**
 * Refuses what a user's module draws at its top, where two runs of one seed
 * would differ; what others draw meanwhile is theirs.
 *
 * @param url Of the module.
 * @returns Ends it: the module was imported.
 */
export function watchImport(url: string): () => void {
  if (imported.size === 0) {
    release = Object.keys(SOURCES).map((name) =>
      replace(name, (draw) => (...args) => {
        const { stack = "" } = new Error();
        if ([...imported].some((one) => stack.includes(one))) {
          throw new Error(
            `it uses ${name} as it is imported, and two runs of one seed would differ; in a stage run.random(place) draws`,
          );
        }
        return draw(...args);
      })
    );
  }
  imported.add(url);
  return () => {
    imported.delete(url);
    if (imported.size > 0) return;
    for (const one of release) one();
    release = [];
  };
}

/** Builds a stage, whose constants must not be drawn either. */
export function buildWithoutChance<T>(stage: string, build: () => T): T {
  building = stage;
  try {
    return withoutChance(() => stage, build);
  } finally {
    building = undefined;
  }
}
