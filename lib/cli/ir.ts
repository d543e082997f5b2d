/** @file `ir FILE`: the recorded ops of a step, before and after each pass. */
import { optimize, passesFor } from "../compile/compile.ts";
import type { Pass } from "../compile/passes/pass.ts";
import { UserError } from "../errors.ts";
import type { Program } from "../ir/program.ts";
import { printProgram } from "../ir/print.ts";
import { FLOAT32, ROUNDINGS } from "../ir/rounding.ts";
import { loadPipeline } from "../pipeline/load.ts";
import { nearest } from "../diagnostics/nearest.ts";
import { checkReplicas } from "../train/replicas.ts";
import { recordStep } from "../train/record.ts";
import { roundingFor } from "../train/rounding.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { integer } from "./format.ts";
import { announceModule } from "./modules.ts";
import { recordingEngine } from "./recording_engine.ts";
import { complain, print } from "./say.ts";

/** A program as it was before and after a pass. */
export interface Passage {
  readonly pass: string;
  readonly before: Program;
  readonly after: Program;
}

/** Runs the passes and keeps the program around each. */
export function passages(
  program: Program,
  passes: readonly Pass[] = passesFor(FLOAT32),
): readonly Passage[] {
  const found: Passage[] = [];
  let before: Program | undefined;
  optimize(program, passes, (pass, after) => {
    // The first call shows the trace itself.
    if (before) found.push({ pass, before, after });
    before = after;
  });
  return found;
}

const ops = ({ nodes }: Program): string => `${integer(nodes.length)} ops`;

/** Options of the command. */
export interface IrCommand {
  readonly set: readonly string[];
  /** A point of the file's sweep, in place of its own pipeline. */
  readonly point?: string | undefined;
  /** Devices that share each batch. */
  readonly replicas?: number | undefined;
  /** Prints this pass alone. */
  readonly pass?: string | undefined;
  /** Prints the program before it too. */
  readonly before?: boolean | undefined;
  /** Prints the program after each pass that changes it. */
  readonly all?: boolean | undefined;
}

/**
 * Programs with headings, then one line for each pass. Lines that are not ops
 * start with `#`. Without a choice these are the recorded program and the one
 * that runs.
 */
export function* irText(
  passages: readonly Passage[],
  { pass, before, all }: Pick<IrCommand, "pass" | "before" | "all">,
): Generator<string> {
  const [first] = passages;
  const last = passages.at(-1);
  if (!first || !last) return;
  const changed = passages.map(({ before, after }) =>
    printProgram(before) !== printProgram(after)
  );
  if (pass === undefined) {
    yield `# recorded: ${ops(first.before)}`;
    yield printProgram(first.before);
  }
  for (const [i, passage] of passages.entries()) {
    if (pass === undefined ? !all || !changed[i] : pass !== passage.pass) {
      continue;
    }
    if (pass !== undefined && before) {
      yield `# before ${passage.pass}: ${ops(passage.before)}`;
      yield printProgram(passage.before);
    }
    yield `# after ${passage.pass}: ${ops(passage.after)}`;
    yield printProgram(passage.after);
  }
  if (pass === undefined && !all) {
    yield `# after all passes: ${ops(last.after)}`;
    yield printProgram(last.after);
  }
  const width = Math.max(...passages.map(({ pass }) => pass.length));
  for (const [i, { pass, before, after }] of passages.entries()) {
    yield `# ${pass.padEnd(width)}  ${ops(before)} → ${ops(after)}${
      changed[i] ? "" : ", changes nothing"
    }`;
  }
}

/** @throws {UserError} Unless a pass has this name. */
function checkPass(name: string, passes: readonly Pass[]): void {
  const names = [...new Set(passes.map((pass) => pass.name))];
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new UserError(
    `Cannot find the pass "${name}"${
      near ? `: did you mean "${near}"?` : "."
    }\nKnown: ${names.join(", ")}.`,
  );
}

/** Runs the command. */
export async function ir(file: string, options: IrCommand): Promise<ExitCode> {
  const loaded = await loadPipeline(file, {
    set: options.set,
    point: options.point,
    onModule: announceModule,
  });
  const { replicas = 1 } = options;
  const { precision } = loaded.pipeline.train;
  if (options.pass !== undefined) {
    checkPass(options.pass, passesFor(ROUNDINGS[precision]));
  }
  if (loaded.warnings) complain(loaded.warnings);
  checkReplicas(loaded.pipeline, loaded.graph, replicas);
  const engine = await recordingEngine();
  const rounding = await roundingFor(engine, precision);
  const { program } = recordStep(engine.api, loaded, { rounding, replicas });
  const passes = passesFor(rounding);
  for (const text of irText(passages(program, passes), options)) {
    print(text);
  }
  return EXIT.success;
}
