/** @file The attacks: each says what must hold, and what did not. */
import { copy } from "./copy.ts";
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { SOURCES } from "../../lib/data/sources.ts";
import { UserError } from "../../lib/errors.ts";
import { checkText } from "../../lib/pipeline/load.ts";
import { damageOne, harmed } from "./damage.ts";
import type { Dice } from "./dice.ts";
import { fromFileUrl } from "./paths.ts";
import { ended, faultOf, start } from "./stopgrad.ts";
import { digestOf, type Ground, runIn } from "./whole.ts";

/** One attempt: what was done, and the fault where there is one. */
export interface Attempt {
  readonly did: string;
  readonly fault?: string | undefined;
}

/** Attacks once, in a folder that is removed afterwards. */
export type Attack = (
  dice: Dice,
  place: string,
  ground: Ground,
) => Promise<Attempt>;

const SHIPPED = [...Deno.readDirSync(fromFileUrl("../../pipelines"))]
  .map(({ name }) => name).filter((name) => name.endsWith(".yaml")).sort()
  .map((name) => Deno.readTextFileSync(fromFileUrl(`../../pipelines/${name}`)));

const encoder = new TextEncoder();

/** Pieces that parsers and people have stumbled over. */
const PIECES = [
  ..."{}[]:,-#&*!|>'\"%@`\\\n\t\0 ",
  ...["${", "$${", "__proto__", "constructor", "null", ".nan", ".inf", "1e999"],
  ...["-1", "0", "9999999999999999999", "&a ", "*a", "<<: ", "---\n", "\u202e"],
  ...["../..", "\u001b[2J", "stop_gradient(", "y[9]", "use: ./x.ts", "~"],
];

/** A text with pieces put in, taken out and doubled. */
function mutated(text: string, dice: Dice): string {
  let current = text;
  for (let i = 0; i < 1 + dice.below(4); i++) {
    const at = dice.below(current.length + 1);
    const to = at + dice.below(20);
    const [before, after] = [current.slice(0, at), current.slice(to)];
    current = dice.pick([
      () => before + dice.pick(PIECES) + current.slice(at),
      () => before + after,
      () => before + current.slice(at, to) + current.slice(at),
      () => before + dice.pick(PIECES).repeat(1 + dice.below(2000)) + after,
    ])();
  }
  return current;
}

/** Enough of a stack to find the place. */
const stackOf = (error: unknown): string =>
  (error instanceof Error ? error.stack ?? error.message : String(error))
    .split("\n").slice(0, 3).join(" ").slice(0, 300);

/** Texts in one attempt: each takes milliseconds. */
const TEXTS = 200;
const SLOW_MS = 5000;

/** Milliseconds that this process has computed: others may leave it no core. */
function computed(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A text is judged in time, by findings or one message. */
const pipelineText: Attack = (dice) => {
  for (let i = 0; i < TEXTS; i++) {
    const text = mutated(dice.pick(SHIPPED), dice);
    const before = computed();
    try {
      checkText("attack.yaml", text);
    } catch (error) {
      if (!(error instanceof UserError)) {
        return Promise.resolve({
          did: `text ${i}`,
          fault: `text ${i}: ${stackOf(error)}`,
        });
      }
    }
    const took = computed() - before;
    if (took > SLOW_MS) {
      const fault = `text ${i} took ${(took / 1000).toFixed(1)} s of computing`;
      return Promise.resolve({ did: `text ${i}`, fault });
    }
  }
  return Promise.resolve({ did: `${TEXTS} texts` });
};

const LOOKS = [["check", "check"], ["inspect", "config"], ["draw", "graph"]];

/** A file is judged by a process of its own, which prints no controls. */
const pipelineFile: Attack = async (dice, place) => {
  const file = join(place, "attack.yaml");
  await Deno.writeFile(
    file,
    dice.unit() < 0.5
      ? encoder.encode(mutated(dice.pick(SHIPPED), dice))
      : harmed(encoder.encode(dice.pick(SHIPPED)), dice),
  );
  const [set = "check", command = "check"] = dice.pick(LOOKS);
  const outcome = await ended(start({ set }, command, file));
  // deno-lint-ignore no-control-regex
  const controls = /[\u0000-\u0008\u000b-\u001f\u007f\u202e]/.exec(
    // Deno's own warning comes before anything of ours.
    outcome.text.replace(/^.*Permissions in the config file.*\n/m, ""),
  );
  return {
    did: command,
    fault: faultOf(outcome, [0, 2]) ??
      (controls ? `it printed ${JSON.stringify(controls[0])}` : undefined),
  };
};

/** What a module can try; each alone or after another. */
const TRIES = [
  'Deno.writeTextFileSync(MARK, "")',
  'new Deno.Command("touch", { args: [MARK] }).outputSync()',
  'globalThis["pro" + "cess"].exit(0)',
  "Deno.exit(0)",
  "for (;;);",
  "await new Promise(() => {})",
  "Promise.reject(new Error('late'))",
  'setTimeout(() => { throw new Error("later") })',
  'postMessage({ kind: "answer", checked: [] })',
  "globalThis.onmessage = () => {}",
  "Array.prototype.map = () => []",
  "JSON.parse = () => ({})",
  'Object.prototype.kind = "loss"',
  "Object.freeze(globalThis)",
  "delete globalThis.console",
  "throw null",
  "throw { toString() { throw 1 } }",
  "close()",
];

/** A module that is looked at leaves nothing, and does not pass for another. */
const module: Attack = async (dice, place) => {
  const tries = Array.from(
    { length: 1 + dice.below(3) },
    () => dice.pick(TRIES),
  );
  const file = join(place, "attack.yaml");
  await Deno.writeTextFile(
    file,
    `
data: { source: photos, batch: 8 }
stages:
  views: { augment: simsiam, of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4 }
  loss: { use: ./mine.ts, between: [y, y] }
train: { steps: 2, optimizer: { sgd: { lr: 0.1 } } }
`,
  );
  await Deno.writeTextFile(
    join(place, "mine.ts"),
    `const MARK = ${JSON.stringify(join(place, "mark"))};\n${
      tries.map((one) => `try { ${one}; } catch {}`).join("\n")
    }\nexport default 1;\n`,
  );
  const outcome = await ended(
    start({ set: "inspect" }, "config", file),
  );
  const left = [...Deno.readDirSync(place)].length;
  return {
    did: tries.join("; "),
    fault: faultOf(outcome, [2]) ??
      (left === 2 ? undefined : "it left a file behind"),
  };
};

const SIGNALS: readonly Deno.Signal[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGKILL",
  "SIGPIPE",
];

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** A run that signals cut off again and again ends with the same bits. */
const signals: Attack = async (dice, place, { pipeline, whole }) => {
  const runs = join(place, "runs");
  const did: string[] = [];
  let run: string | undefined;
  for (let cut = 0; cut < 3; cut++) {
    const child = run
      ? start({ set: "train" }, "resume", run)
      : start({ set: "train" }, "run", pipeline, "--runs-dir", runs);
    const signal = dice.pick(SIGNALS);
    const wait = dice.below(3000);
    did.push(`${signal} after ${wait} ms`);
    const outcome = ended(child);
    await pause(wait);
    try {
      child.kill(signal);
    } catch {
      // It has ended.
    }
    // 128 and more: ended by the signal itself.
    const fault = faultOf(await outcome, [0, 130, 129, 137, 141, 143]);
    if (fault) return { did: did.join(", "), fault };
    run ??= await runIn(runs);
  }
  const last = run
    ? start({ set: "train" }, "resume", run)
    : start({ set: "train" }, "run", pipeline, "--runs-dir", runs);
  const fault = faultOf(await ended(last), [0]);
  const same = await digestOf(await runIn(runs) ?? "") === whole;
  return {
    did: did.join(", "),
    fault: fault ?? (same ? undefined : "other bits than those of a whole run"),
  };
};

/** A damaged run folder is resumed to the same bits, or refused with a word. */
const runFolder: Attack = async (dice, place, { half, whole }) => {
  const run = join(place, "run");
  await copy(half, run);
  const did: string[] = [];
  for (let i = 0; i < 1 + dice.below(2); i++) {
    did.push(await damageOne(run, dice));
  }
  const outcome = await ended(start({ set: "train" }, "resume", run));
  const fault = faultOf(outcome, [0, 2]);
  const told = /passed over|left out|lacks \d+ of|changed values|Starting anew/
    .test(
      outcome.text,
    );
  const same = outcome.code !== 0 || told || await digestOf(run) === whole;
  return {
    did: did.join(", "),
    fault: fault ?? (same ? undefined : "other bits, without a word"),
  };
};

/** A disk that is full somewhere ends a run with a word; it goes on later. */
const disk: Attack = async (dice, place, { pipeline, whole }) => {
  const runs = join(place, "runs");
  const blocks = dice.below(1200);
  const first = await ended(
    start(
      { set: "train", before: `ulimit -f ${blocks}` },
      "run",
      pipeline,
      "--runs-dir",
      runs,
    ),
  );
  const did = `ulimit -f ${blocks}`;
  const fault = faultOf(first, [0, 2]);
  const run = await runIn(runs);
  if (fault || !run) return { did, fault };
  const second = await ended(start({ set: "train" }, "resume", run));
  // What was not even described cannot go on.
  const described = await Deno.stat(join(run, "run.json"))
    .then(({ size }) => size > 0, () => false);
  const wrong = faultOf(second, described ? [0] : [0, 2]);
  const same = second.code !== 0 || await digestOf(run) === whole;
  return { did, fault: wrong ?? (same ? undefined : "other bits") };
};

const LOAD_MS = 60_000;

/** Small data in the form of each source, by the source's name. */
async function makeData(name: string, place: string): Promise<string> {
  const idx = (shape: readonly number[]): Uint8Array => {
    const size = shape.reduce((a, b) => a * b);
    const bytes = new Uint8Array(4 + 4 * shape.length + size).fill(7);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x0800 | shape.length);
    shape.forEach((side, i) => view.setUint32(4 + 4 * i, side));
    return bytes;
  };
  const write = (file: string, bytes: Uint8Array) =>
    Deno.writeFile(join(place, file), bytes);
  if (name === "mnist") {
    await write("train-images-idx3-ubyte", idx([8, 28, 28]));
    await write("train-labels-idx1-ubyte.gz", gzipSync(idx([8])));
    return place;
  }
  if (name === "cifar10") {
    for (const batch of [1, 2, 3, 4, 5]) {
      await write(`data_batch_${batch}.bin`, new Uint8Array(4 * 3073));
    }
    await write("test_batch.bin", new Uint8Array(4 * 3073));
    await write("batches.meta.txt", encoder.encode("a\nb\n"));
    return place;
  }
  const { default: sharp } = await import("sharp");
  const folder = name === "tar" ? join(place, "images") : place;
  for (const path of ["a/0.png", "a/1.jpeg", "b/0.webp", "b/1.gif"]) {
    await Deno.mkdir(join(folder, path.slice(0, 1)), { recursive: true });
    const format = path.slice(4) as "png" | "jpeg" | "webp" | "gif";
    const create = { width: 9, height: 9, channels: 3, background: "red" };
    const bytes = await sharp({ create: create as never }).toFormat(format)
      .toBuffer();
    await Deno.writeFile(join(folder, path), bytes);
  }
  if (name === "folder") return place;
  const args = ["-C", folder, "-cf", join(place, "images.tar"), "a", "b"];
  await new Deno.Command("tar", { args }).output();
  await Deno.remove(folder, { recursive: true });
  return join(place, "images.tar");
}

/** Damaged data loads, or is refused with one message, in time. */
const data: Attack = async (dice, place) => {
  const name = dice.pick(["mnist", "cifar10", "folder", "tar"]);
  const path = await makeData(name, place);
  const did = `${name}: ${await damageOne(place, dice)}`;
  const source = SOURCES.find((one) => one.name === name);
  if (!source) throw new Error(`no source ${name}`);
  const images = name === "folder" || name === "tar"
    ? {
      size: 8,
      on_error: dice.pick(["fail", "skip"]),
      memory: dice.pick([0, 64]),
    }
    : {};
  const options = source.options.parse({ path, ...images });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("it hung"), LOAD_MS);
  });
  const load = source.load(options, { baseDir: place, cacheDir: place })
    .then(
      () => undefined,
      (error: unknown) =>
        error instanceof UserError ? undefined : String(error).slice(0, 200),
    );
  const fault = await Promise.race([load, late]);
  clearTimeout(timer);
  return { did, fault };
};

/** Every attack, with how often it comes beside the others. */
export const ATTACKS: Readonly<
  Record<string, { readonly attack: Attack; readonly share: number }>
> = {
  "mutated pipelines (200 texts each)": { attack: pipelineText, share: 6 },
  "mutated pipeline files": { attack: pipelineFile, share: 6 },
  "hostile modules": { attack: module, share: 3 },
  "signals (3 each)": { attack: signals, share: 2 },
  "damaged run folders": { attack: runFolder, share: 4 },
  "full disks": { attack: disk, share: 3 },
  "damaged data": { attack: data, share: 12 },
};
