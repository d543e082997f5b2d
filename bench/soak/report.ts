/** @file The table of the soak bench. */

/** Memory of the process after a step, in bytes. */
export interface Sample {
  readonly step: number;
  /** Resident. */
  readonly rss: number;
  /** Of JavaScript's heap. */
  readonly heapUsed: number;
  /** Of buffers beside it. */
  readonly external: number;
}

/** One run. */
export interface Soak {
  readonly command: string;
  readonly date: string;
  readonly steps: number;
  readonly batch: number;
  readonly seconds: number;
  readonly engine: string;
  readonly samples: readonly Sample[];
}

const RESULTS = new URL("results.json", import.meta.url);
const README = new URL("README.md", import.meta.url);

/** Share of the run that is warm-up. */
export const WARM_UP = 0.2;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Samples in tenths of a run after the warm-up. */
function after(samples: readonly Sample[], from: number, to: number): number {
  const last = samples.at(-1)?.step ?? 0;
  const inside = samples.filter(({ step }) =>
    step > from * last && step <= to * last
  );
  return mean(inside.map(({ rss }) => rss));
}

/**
 * How much more is resident in the last tenth of the run than in the first
 * tenth after the warm-up, as a share of that.
 */
export function growth(samples: readonly Sample[]): number {
  return after(samples, 0.9, 1) / after(samples, WARM_UP, WARM_UP + 0.1) - 1;
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

const TITLES: Readonly<Record<string, string>> = {
  memory: "Images in memory (`photos`)",
  stream: "Images decoded from JPEG files in every step",
};

function table(name: string, soak: Soak): string {
  const { samples, steps, batch, seconds, engine, date, command } = soak;
  const rows = Array.from({ length: 10 }, (_, i) => {
    const [from, to] = [i / 10, (i + 1) / 10];
    return `| ${from * steps + 1}–${to * steps} | ${
      mib(after(samples, from, to))
    } |`;
  });
  const later = samples.filter(({ step }) => step > WARM_UP * steps)
    .map(({ rss }) => rss);
  return [
    `## ${TITLES[name]}`,
    "",
    `\`${command}\`, ${date}: ${steps} steps of a batch of ${batch} in ${seconds} s, ${engine}.`,
    `Last tenth over the first after the warm-up (${
      100 * WARM_UP
    } % of the steps): **${
      (100 * growth(samples)).toFixed(1)
    } %**; least and most after it: ${mib(Math.min(...later))} and ${
      mib(Math.max(...later))
    } MiB.`,
    "",
    "| steps | resident, MiB (mean) |",
    "| --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** Keeps a run in `results.json`, and writes `README.md` anew. */
export async function report(name: string, soak: Soak): Promise<void> {
  const text = await Deno.readTextFile(RESULTS).catch(() => "{}");
  const results: Record<string, Soak> = JSON.parse(text);
  results[name] = soak;
  await Deno.writeTextFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  const parts = Object.entries(results).map(([key, one]) => table(key, one));
  await Deno.writeTextFile(
    README,
    [
      "# Soak",
      "",
      "Resident memory of a run over its steps, checkpoints every epoch included. It is",
      "to stay flat within 5 % after the warm-up.",
      "",
      ...parts,
    ].join("\n"),
  );
}
