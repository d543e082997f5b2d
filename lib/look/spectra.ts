/** @file `spectrum.jsonl`: the spectrum of a run's embeddings, over its steps. */
import { join } from "node:path";
import { z } from "zod";
import { RUN_FILES } from "../checkpoint/run_record.ts";
import { readRegularText } from "../regular_file.ts";

const lineSchema = z.object({
  step: z.int().positive(),
  covariance: z.array(z.number()).max(100_000),
});

/** Eigenvalues of the embeddings' covariance at a step, the largest first. */
export type Spectrum = z.infer<typeof lineSchema>;

/** The spectra of a run, by rising step; what is no line is left out. */
export async function readSpectra(run: string): Promise<readonly Spectrum[]> {
  const text = await readRegularText(join(run, RUN_FILES.spectrum))
    .catch(() => "");
  const found: Spectrum[] = [];
  for (const line of text.split("\n")) {
    try {
      const read = lineSchema.parse(JSON.parse(line));
      if (read.step > (found.at(-1)?.step ?? 0)) found.push(read);
    } catch {
      // A line that was torn tells nothing.
    }
  }
  return found;
}
