/** @file The command line. */
import { Command, CommanderError, Option } from "@commander-js/extra-typings";
import { UserError } from "../errors.ts";
import { check } from "./check.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { deviceOption, positiveInteger, setOption } from "./options.ts";
import { resume } from "./resume.ts";
import { run } from "./run.ts";

/** Parses arguments, runs the command they name, and answers its exit code. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.success;
  const program = new Command("stopgrad")
    .description("Trains image encoders without labels, from YAML pipelines")
    .exitOverride()
    .showHelpAfterError("(--help shows the usage)");

  program.command("run")
    .description("train a pipeline, then evaluate its encoder")
    .argument("<file>", "pipeline, such as pipelines/simsiam.yaml")
    .addOption(setOption())
    .addOption(deviceOption())
    .option("--threads <n>", "threads inside one op", positiveInteger)
    .option("--eager", "run op by op instead of compiled, for debugging")
    .option("--runs-dir <folder>", "where runs are written", "runs")
    .action(async (file, options) => {
      code = await run(file, options as Parameters<typeof run>[1]);
    });

  program.command("resume")
    .description("go on with a run from its newest checkpoint")
    .argument("<folder>", "folder of the run")
    .addOption(setOption())
    .option("--changed", "go on although the pipeline was changed")
    .addOption(deviceOption())
    .option("--threads <n>", "threads inside one op", positiveInteger)
    .action(async (folder, options) => {
      code = await resume(folder, options as Parameters<typeof resume>[1]);
    });

  program.command("check")
    .description("report every problem of pipelines; needs no engine")
    .argument("<files...>", "pipelines")
    .addOption(setOption())
    .action(async (files, options) => {
      code = await check(files, options);
    });

  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return report(error);
  }
}

/** One message for a mistake of the user; the stack for a defect of ours. */
function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.success : EXIT.usage;
  }
  if (error instanceof UserError) {
    console.error(error.message);
    return EXIT.usage;
  }
  console.error(error);
  return EXIT.defect;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
