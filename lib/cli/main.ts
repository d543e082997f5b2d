/** @file The command line. */
import {
  Command,
  CommanderError,
  type CommandUnknownOpts,
  Option,
} from "@commander-js/extra-typings";
import own from "../../deno.json" with { type: "json" };
import { VERSION as TENSORFLOW } from "../engine/wheels.ts";
import { UserError } from "../errors.ts";
import { type FormatName, FORMATS } from "../export/formats.ts";
import { check } from "./check.ts";
import { LR_WAYS } from "../train/extend.ts";
import { compare } from "./compare.ts";
import { COMPARED_AXES } from "../look/compare.ts";
import { config } from "./config.ts";
import { embed } from "./embed.ts";
import { evaluate } from "./evaluate.ts";
import { finetune } from "./finetune.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { exportCommand, EXPORTED } from "./export.ts";
import { graph, GRAPH_FORMATS } from "./graph.ts";
import { init } from "./init.ts";
import { ir } from "./ir.ts";
import { guardProcess, moduleFault } from "./modules.ts";
import {
  checkpointOption,
  clusterOptions,
  deviceOption,
  fraction,
  imageSide,
  labelledOption,
  pointOption,
  positiveInteger,
  positiveNumber,
  replicasOption,
  setOption,
  similarity,
  testOption,
  threadsOption,
  xlaOptions,
} from "./options.ts";
import { plan } from "./plan.ts";
import { profile } from "./profile.ts";
import { report as reportCommand } from "./report.ts";
import { resume } from "./resume.ts";
import { run } from "./run.ts";
import { RUN_ORDERS, runs } from "./runs.ts";
import { complain } from "./say.ts";
import { schema } from "./schema.ts";
import { studio } from "./studio.ts";
import { similar } from "./similar.ts";

/** Refuses paths without a character, which would stand for the folder that one is in. */
function refuseEmpty(command: CommandUnknownOpts): void {
  const empty = command.args.some((arg) => arg.trim() === "");
  const values = command.opts();
  const option = command.options.find((one) =>
    values[one.attributeName()] === ""
  );
  if (!empty && !option) return;
  const what = empty ? "an argument" : option?.long;
  throw new UserError(
    `Cannot run "${command.name()}": ${what} is empty.\nIf it comes from a variable of the shell, that is not set; for the folder that you are in, write a dot.`,
  );
}

/**
 * The commands with their arguments and options.
 *
 * @param end Told the exit code of a command that was run.
 */
export function commandLine(end: (code: ExitCode) => void): Command {
  const program = new Command("stopgrad")
    .description("Trains image encoders without labels, from YAML pipelines")
    .version(
      `stopgrad ${own.version}, TensorFlow ${TENSORFLOW}, Deno ${Deno.version.deno}`,
      "--version",
      "what to name in a report of a defect",
    )
    .exitOverride()
    .showHelpAfterError("(--help shows the usage)")
    .hook("preAction", (_, called) => refuseEmpty(called));

  const add = (name: string, options: readonly Option[]): void => {
    const command = program.commands.find((one) => one.name() === name);
    for (const option of options) command?.addOption(option);
  };

  program.command("init")
    .description("look at a folder of images and write a pipeline that fits")
    .argument("<folder>", "images: flat, in class folders, or in splits")
    .option("--out <file>", "where to; by default <folder>.yaml")
    .option("--force", "replace a file that is there")
    .action(async (folder, options) => {
      end(await init(folder, options as Parameters<typeof init>[1]));
    });

  program.command("run")
    .description("train a pipeline, or each point of its sweep, and evaluate")
    .argument("<file>", "pipeline, such as pipelines/simsiam.yaml")
    .addOption(setOption())
    .addOption(pointOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(replicasOption())
    .option("--eager", "run op by op instead of compiled, for debugging")
    .option("--runs-dir <folder>", "where runs are written", "runs")
    .option("--studio", "open the studio beside the run")
    .action(async (file, options) => {
      end(await run(file, options as Parameters<typeof run>[1]));
    });
  add("run", [...xlaOptions(), ...clusterOptions()]);

  program.command("resume")
    .description("go on with a run or a sweep from its newest checkpoint")
    .argument("<folder>", "folder of the run or the sweep")
    .addOption(setOption())
    .option(
      "--changed",
      "go on although the pipeline, images or labels were changed",
    )
    .option("--epochs <n>", "make the run longer, to so many", positiveNumber)
    .option("--steps <n>", "make the run longer, to so many", positiveInteger)
    .addOption(
      new Option(
        "--lr-schedule <way>",
        "what becomes of the learning rate in a longer run",
      ).choices(LR_WAYS),
    )
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(replicasOption())
    .action(async (folder, options) => {
      end(await resume(folder, options as Parameters<typeof resume>[1]));
    });
  add("resume", clusterOptions());

  program.command("embed")
    .description("features of images by a run's encoder, into one file")
    .argument("<run>", "folder of the run, or one of its checkpoints")
    .argument("<images...>", "a folder, files, a tar archive or a .txt list")
    .requiredOption(
      "--out <file>",
      "where to: .parquet, .npy, .csv or .safetensors",
    )
    .option("--force", "replace files that are there")
    .option("--of <stage>", "another network of the run, such as z")
    .addOption(checkpointOption())
    .option("--batch <n>", "images of a call", positiveInteger)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .action(async (run, images, options) => {
      end(await embed(run, images, options as Parameters<typeof embed>[2]));
    });

  program.command("evaluate")
    .description("scores of a run's encoder on labelled images, and baselines")
    .argument("<run>", "folder of the run, or one of its checkpoints")
    .addOption(labelledOption())
    .addOption(testOption())
    .option("--out <file>", "write all scores, as JSON")
    .option("--force", "replace a file that is there")
    .option("--of <stage>", "another network of the run, such as z")
    .addOption(checkpointOption())
    .option("--batch <n>", "images of a call", positiveInteger)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .action(async (run, options) => {
      end(await evaluate(run, options as Parameters<typeof evaluate>[1]));
    });

  program.command("report")
    .description("runs as one HTML file: method, curves, scores, neighbours")
    .argument("<runs...>", "folders of runs, or of a sweep")
    .requiredOption("--out <file>", "where to, such as report.html")
    .option("--figures <folder>", "write the figures as SVG, too")
    .option(
      "--files-only",
      "what the runs' files tell: no scores beside baselines, no neighbours",
    )
    .addOption(labelledOption())
    .addOption(testOption())
    .option("--force", "replace files that are there")
    .addOption(checkpointOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .action(async (folders, options) => {
      end(
        await reportCommand(
          folders,
          options as Parameters<typeof reportCommand>[1],
        ),
      );
    });

  program.command("finetune")
    .description("train a run's encoder with labels: written as a pipeline")
    .argument("<run>", "folder of the run, or one of its checkpoints")
    .addOption(labelledOption())
    .addOption(testOption())
    .option("--size <pixels>", "side of the images", imageSide)
    .option("--share <part>", "share of each class' labels, as 0.01", fraction)
    .option("--head-only", "train the linear head alone")
    .option("--frozen-statistics", "batch norms keep their statistics")
    .option(
      "--layer-decay <factor>",
      "of the learning rate, from each layer to the one before it",
      fraction,
    )
    .option("--lr <rate>", "learning rate of the encoder", positiveNumber)
    .option("--epochs <n>", "by default 30, or 300 steps", positiveNumber)
    .option("--batch <n>", "images of a step", positiveInteger)
    .option("--of <stage>", "another network of the run")
    .addOption(checkpointOption())
    .option("--out <file>", "where the pipeline is written")
    .option("--force", "replace a file that is there")
    .option("--no-run", "write the pipeline, and do not run it")
    .addOption(setOption())
    .option("--runs-dir <folder>", "where runs go", "runs")
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(replicasOption())
    .action(async (run, options) => {
      end(await finetune(run, options as Parameters<typeof finetune>[1]));
    });

  program.command("similar")
    .description("nearest images and near-duplicates by a run's encoder")
    .argument("<run>", "folder of the run, or one of its checkpoints")
    .argument("<images...>", "a folder, files, a tar archive or a .txt list")
    .option("--query <image>", "compare with this image, not with each other")
    .option("--k <n>", "nearest images of the query", positiveInteger, 10)
    .option(
      "--duplicates <similarity>",
      "cosine from which two images are near-duplicates",
      similarity,
      0.99,
    )
    .option("--out <file>", "write one HTML page with the pictures")
    .option("--force", "replace a file that is there")
    .option("--of <stage>", "another network of the run, such as z")
    .addOption(checkpointOption())
    .option("--batch <n>", "images of a call", positiveInteger)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .action(async (run, images, options) => {
      end(
        await similar(
          run,
          images,
          options as Parameters<typeof similar>[2],
        ),
      );
    });

  program.command("runs")
    .description("the runs below a folder, with their verdicts and scores")
    .argument("[folder]", "where they are", "runs")
    .option("--filter <text>", "those with it in path, pipeline or verdict")
    .addOption(
      new Option("--sort <key>", "what comes first").choices(RUN_ORDERS)
        .default("name"),
    )
    .action(async (folder, options) => {
      end(await runs(folder, options as Parameters<typeof runs>[1]));
    });

  program.command("compare")
    .description("runs beside each other: what differs, curves, scores")
    .argument("<runs...>", "folders of two runs or more")
    .option(
      "--metric <key>",
      "curve to draw, a key of metrics.jsonl; may be repeated (default: loss)",
      (key: string, all: string[] | undefined) => [...all ?? [], key],
    )
    .addOption(
      new Option("--axis <axis>", "what curves run along")
        .choices(COMPARED_AXES).default("epoch"),
    )
    .option("--out <file>", "write all of it, as JSON")
    .option("--force", "replace a file that is there")
    .action(async (runs, { metric = ["loss"], ...options }) => {
      end(
        await compare(
          runs,
          { metric, ...options } as Parameters<typeof compare>[1],
        ),
      );
    });

  program.command("studio")
    .description("a local page over the runs: curves, graphs, images, live")
    .argument("[runs]", "folder of the runs", "runs")
    .option("--port <n>", "by default any that is free", positiveInteger)
    .option(
      "--pipelines <folder>",
      "pipelines that the editor shows",
      "pipelines",
    )
    .option("--own-modules", "execute modules that the runs' pipelines name")
    .action(async (folder, options) => {
      end(await studio(folder, options as Parameters<typeof studio>[1]));
    });

  program.command("check")
    .description("report every problem of pipelines; needs no engine")
    .argument("<files...>", "pipelines")
    .addOption(setOption())
    .action(async (files, options) => {
      end(await check(files, options));
    });

  program.command("config")
    .description("print the resolved pipeline with the origin of every value")
    .argument("<file>", "pipeline")
    .addOption(setOption())
    .action(async (file, options) => {
      end(await config(file, options));
    });

  program.command("graph")
    .description("draw the stage graph; needs no engine")
    .argument("<file>", "pipeline")
    .addOption(setOption())
    .addOption(pointOption())
    .addOption(
      new Option("--format <format>", "by default what --out ends with")
        .choices(GRAPH_FORMATS),
    )
    .option("--out <file>", "write to a file instead of the terminal")
    .action(async (file, options) => {
      end(await graph(file, options));
    });

  program.command("plan")
    .description("shapes, parameters, FLOPs, memory and schedules of a run")
    .argument("<file>", "pipeline")
    .addOption(setOption())
    .addOption(pointOption())
    .option("--images <n>", "number of training images", positiveInteger)
    .addOption(replicasOption())
    .action(async (file, options) => {
      end(await plan(file, options));
    });

  program.command("ir")
    .description("print the ops of a step, as recorded and after the passes")
    .argument("<file>", "pipeline")
    .addOption(setOption())
    .addOption(pointOption())
    .option("--all", "print the ops after each pass that changes them")
    .option("--pass <name>", "print the ops after this pass alone")
    .option("--before", "and those before it")
    .addOption(replicasOption())
    .action(async (file, options) => {
      end(await ir(file, options));
    });

  program.command("profile")
    .description("where the time of a step goes, by op and by stage")
    .argument("<file>", "pipeline")
    .addOption(setOption())
    .addOption(pointOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(replicasOption())
    .option("--xla", "compile with XLA, on a GPU")
    .option("--steps <n>", "steps that are timed", positiveInteger, 20)
    .option("--trace <file>", "write a Chrome trace of one step")
    .action(async (file, options) => {
      end(await profile(file, options as Parameters<typeof profile>[1]));
    });

  program.command("export")
    .description("a run's encoder for other runtimes, with a model card")
    .argument("<run>", "folder of the run, or one of its checkpoints")
    .addOption(
      new Option("--to <format>", "format")
        .choices(Object.keys(FORMATS) as FormatName[])
        .makeOptionMandatory(),
    )
    .option("--of <stage>", "another network of the run, such as z")
    .option("--out <folder>", "new folder; by default below exports/")
    .addOption(
      new Option("--checkpoint <which>", "by default the newest healthy one")
        .choices(EXPORTED),
    )
    .action(async (run, options) => {
      end(
        await exportCommand(
          run,
          options as Parameters<typeof exportCommand>[1],
        ),
      );
    });

  program.command("schema")
    .description("JSON Schema of pipeline files, for editors")
    .option("--out [file]", "write it instead of printing it")
    .action(async (options) => {
      end(await schema(options));
    });
  return program;
}

/** Parses arguments, runs the command they name, and answers its exit code. */
export async function main(args: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.success;
  const program = commandLine((ended) => {
    code = ended;
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
    complain(error.message);
    return EXIT.usage;
  }
  const fault = moduleFault(error);
  complain(fault?.message ?? Deno.inspect(error));
  return fault ? EXIT.usage : EXIT.defect;
}

/** A file that may not grow (`ulimit -f`) is told of by its write, and ends nothing. */
function surviveLimits(): void {
  if (Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGXFSZ", () => {});
}

/** Runs the command that the process was started with, and ends it. */
export async function begin(): Promise<never> {
  surviveLimits();
  const exit = guardProcess();
  return exit(await main(Deno.args));
}

if (import.meta.main) await begin();
