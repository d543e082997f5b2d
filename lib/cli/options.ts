/** @file Options that several commands share. */
import { InvalidArgumentError, Option } from "@commander-js/extra-typings";
import { MOST_PIXELS } from "../data/most_pixels.ts";

/** `--set a.b=value`, repeatable. */
export function setOption(): Option<
  "--set <key=value>",
  undefined,
  string[],
  string[]
> {
  return new Option(
    "--set <key=value>",
    "change a value of the pipeline; repeatable",
  ).default([] as string[], "none").argParser<string[]>((
    value,
    previous,
  ) => [...(previous ?? []), value]);
}

/** `--point <name>`. */
export function pointOption(): Option<"--point <name>", undefined, undefined> {
  return new Option(
    "--point <name>",
    "take this point of the file's sweep in place of the whole",
  );
}

/** `--device cpu|gpu`. */
export function deviceOption(): Option<
  "--device <device>",
  undefined,
  undefined,
  undefined,
  false,
  "cpu" | "gpu"
> {
  return new Option(
    "--device <device>",
    "where to run; a GPU where there is one",
  ).choices(["cpu", "gpu"] as const);
}

/** `--replicas <n>`. */
export function replicasOption(): Option<
  "--replicas <n>",
  undefined,
  undefined,
  number
> {
  return new Option(
    "--replicas <n>",
    "devices that share each batch: GPUs, or parts of the CPU",
  ).argParser(positiveInteger);
}

/** `--cluster`, `--task` and what belongs to them. */
export function clusterOptions(): Option[] {
  return [
    new Option(
      "--cluster <host:port,...>",
      "several machines: the address of each task, in order",
    ),
    new Option("--task <k>", "which task of --cluster this is, from 0")
      .argParser(wholeNumber),
    new Option(
      "--cluster-wait <seconds>",
      "how long tasks wait for each other at the start; 120 by default",
    ).argParser(positiveNumber),
    new Option(
      "--cluster-silence <seconds>",
      "how long a task may be silent until it is lost; 10 by default",
    ).argParser(positiveNumber),
    new Option(
      "--cluster-public",
      "open the port although machines of the internet might reach it",
    ),
  ];
}

/** `--checkpoint last|best|healthy|untrained`. */
export function checkpointOption(): Option<
  "--checkpoint <which>",
  undefined,
  undefined
> {
  return new Option(
    "--checkpoint <which>",
    "which weights; by default the newest that looked healthy",
  ).choices(["last", "best", "healthy", "untrained"]);
}

/** `--threads <n>`. */
export function threadsOption(): Option<
  "--threads <n>",
  undefined,
  undefined,
  number
> {
  return new Option(
    "--threads <n>",
    "CPU threads; one for each core by default",
  ).argParser(positiveInteger);
}

/** `--data <path>`. */
export function labelledOption(): Option<
  "--data <path>",
  undefined,
  undefined
> {
  return new Option(
    "--data <path>",
    "labelled images, a folder or a tar archive; by default the run's own",
  );
}

/** `--test <path or share>`. */
export function testOption(): Option<
  "--test <path or share>",
  undefined,
  undefined
> {
  return new Option(
    "--test <path or share>",
    "images to test with; by default a folder test/, or 0.2 of them",
  );
}

/** `--xla` and `--no-xla`. */
export function xlaOptions(): Option[] {
  return [
    new Option(
      "--xla",
      "compile with XLA, on a GPU; by default what is the faster when both are tried",
    ),
    new Option("--no-xla", "do without XLA, and without trying"),
  ];
}

/** Reads a whole number of at least 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError("Expected a whole number of at least 1.");
  }
  return value;
}

/** Reads a whole number of at least 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError("Expected a whole number of at least 0.");
  }
  return value;
}

/** Reads the side of images. */
export function imageSide(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1 || value > MOST_PIXELS) {
    throw new InvalidArgumentError(
      `Expected a whole number from 1 to ${MOST_PIXELS}.`,
    );
  }
  return value;
}

/** Reads a similarity. */
export function similarity(text: string): number {
  const value = Number(text);
  if (!(value >= -1 && value <= 1)) {
    throw new InvalidArgumentError("Expected a number from -1 to 1.");
  }
  return value;
}

/** Reads a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError("Expected a number above 0.");
  }
  return value;
}

/** Reads a share. */
export function fraction(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) {
    throw new InvalidArgumentError("Expected a number above 0, at most 1.");
  }
  return value;
}
