/**
 * @file A standing attack: `deno task attack --minutes 60`.
 *
 * Attacks the command line with chance, each time by a seed of its own, and
 * writes what held to `results.json` and `README.md`. `--seed N --only NAME`
 * repeats one attempt.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ATTACKS, type Attempt } from "./attacks.ts";
import { Dice } from "./dice.ts";
import { report, type Result, type Results } from "./report.ts";
import { type Ground, makeGround } from "./whole.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    seed: { type: "string" },
    only: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const first = Number(values.seed ?? Date.now() % 1_000_000_000);

const names = Object.keys(ATTACKS).filter((name) =>
  values.only === undefined || name.includes(values.only)
);
const bag = names.flatMap((name) =>
  Array.from({ length: ATTACKS[name]?.share ?? 1 }, () => name)
);
if (bag.length === 0) {
  console.error(
    `Cannot find the attack "${values.only}".\nKnown: ${
      Object.keys(ATTACKS).join(", ")
    }.`,
  );
  Deno.exit(2);
}

/** One attempt; what it throws itself is a fault too. */
async function attempt(
  name: string,
  seed: number,
  ground: Ground,
): Promise<Attempt> {
  const place = await Deno.makeTempDir({ dir: ground.folder, prefix: "try-" });
  try {
    const attack = ATTACKS[name]?.attack;
    if (!attack) throw new Error(`no attack ${name}`);
    return await attack(new Dice(seed), place, ground);
  } catch (error) {
    return { did: "", fault: `the attack itself: ${String(error)}` };
  } finally {
    await Deno.remove(place, { recursive: true }).catch(() => {});
  }
}

const folder = await Deno.makeTempDir({ prefix: "stopgrad-attack-" });
const found = new Map<string, Result>();
const begun = performance.now();
let failed = false;
try {
  const ground = await makeGround(folder);
  console.log(`seeds from ${first}, in ${folder}`);
  const order = new Dice(first);
  for (let n = 0;; n++) {
    const over = performance.now() - begun > minutes * 60_000;
    if (n > 0 && (over || (values.seed && values.only))) break;
    const name = order.pick(bag);
    const seed = first + n;
    const { did, fault } = await attempt(name, seed, ground);
    const before = found.get(name) ?? { name, attempts: 0, faults: [] };
    const faults = fault
      ? [...before.faults, { seed, did, fault }]
      : before.faults;
    found.set(name, { name, attempts: before.attempts + 1, faults });
    if (fault) {
      failed = true;
      console.log(`FAULT ${name}, seed ${seed}, ${did}: ${fault}`);
    } else if (n % 20 === 0) {
      const passed = Math.round((performance.now() - begun) / 60_000);
      console.log(`${passed} min, ${n} attempts, seed ${seed}`);
    }
  }
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    minutes: Math.round((performance.now() - begun) / 60_000),
    seed: first,
    results: names.flatMap((name) => found.get(name) ?? []),
  };
  if (!(values.seed && values.only)) await report(results);
} finally {
  if (!values.keep) await Deno.remove(folder, { recursive: true });
  else console.log(join(folder, "attack.yaml"));
}
Deno.exit(failed ? 1 : 0);
