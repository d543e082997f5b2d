/**
 * @file What contrastive and non-contrastive methods need, from the plans of
 * the shipped pipelines: the table of docs/lessons/compare.md.
 *
 * `deno run -A bench/lessons/compare.ts`. Trains nothing.
 */
import { fileURLToPath } from "node:url";
import { openEngine } from "../../lib/engine/open.ts";
import { loadPipeline } from "../../lib/pipeline/load.ts";
import { planRun } from "../../lib/train/plan.ts";
import { markdownTable, writeResult } from "../markdown.ts";

const PIPELINES = fileURLToPath(new URL("../../pipelines/", import.meta.url));

const BATCHES = [128, 512] as const;

/** What a row cannot be computed from: what each image is told from. */
const METHODS: Readonly<Record<string, (batch: number) => string>> = {
  simclr: (batch) => `${2 * batch - 2} of the batch`,
  moco: () => "4,096 of a queue",
  simsiam: () => "none",
  byol: () => "none",
  barlow_twins: () => "none",
  vicreg: () => "none",
};

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

async function row(method: string): Promise<string[]> {
  const engine = await openEngine({ device: "cpu" });
  const plans = [];
  for (const batch of BATCHES) {
    const loaded = await loadPipeline(`${PIPELINES}${method}.yaml`, {
      set: [`data.batch=${batch}`],
    });
    plans.push(planRun(loaded, engine));
  }
  const memory = plans.map(({ memory }) =>
    megabytes(memory.variables + memory.temporary)
  );
  const losses = plans.map(({ stages }) =>
    (stages.filter(({ wired }) => wired.stage.definition.objective)
      .reduce((sum, { activations }) => sum + activations, 0) / 1e6).toFixed(1)
  );
  const [plan] = plans;
  const encoder = plan?.stages.find(({ wired }) => wired.name === "y");
  const forward = plan?.stages.reduce((sum, { flops }) => sum + flops, 0) ?? 0;
  return [
    method,
    BATCHES.map((batch) => METHODS[method]?.(batch) ?? "")
      .filter((one, i, all) => all.indexOf(one) === i).join(" / "),
    memory.join(" / "),
    losses.join(" / "),
    (forward / (encoder?.flops ?? NaN)).toFixed(2),
  ];
}

if (import.meta.main) {
  const rows: string[][] = [];
  for (const method of Object.keys(METHODS)) rows.push(await row(method));
  await writeResult(
    new URL("../../docs/lessons/compare.md", import.meta.url),
    markdownTable([
      [
        "method",
        "negatives of an image",
        "memory of a step, MB",
        "of it kept for the loss, MB",
        "forward passes, in encoders",
      ],
      ...rows,
    ]),
  );
}
