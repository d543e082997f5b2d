/** @file Several devices that share each batch: what does not go, what to say. */
import { counted } from "../counted.ts";
import type { ServerPlace, SessionConfig } from "../engine/config.ts";
import type { Engine } from "../engine/open.ts";
import { UserError } from "../errors.ts";
import { isPerImage, sharedStages } from "../graph/sharing.ts";
import { hasBatchNorm, type StageGraph } from "../graph/stage_graph.ts";
import type { Pipeline } from "../model/pipeline.ts";
import { isUserFile } from "../stages/user_file.ts";
import type { ResumePoint } from "./resume_point.ts";

/** The multiples of a number around another one. */
function multiples(of: number, near: number): string {
  const below = Math.floor(near / of) * of;
  return [below, below + of].filter((one) => one > 0).join(" or ");
}

/**
 * Refuses replicas that a batch cannot be shared among.
 *
 * @throws {UserError} When it does not divide, or a replica's rows have no
 *   statistics.
 */
export function checkReplicas(
  pipeline: Pipeline,
  graph: StageGraph,
  replicas: number,
): void {
  if (replicas === 1) return;
  const { data: { batch }, train: { accumulate } } = pipeline;
  const rows = batch / (accumulate * replicas);
  if (!Number.isInteger(rows)) {
    const parts = accumulate > 1
      ? ` in ${accumulate} parts (train.accumulate)`
      : "";
    throw new UserError(
      `Cannot share a batch of ${batch}${parts} among ${replicas} replicas: expected a multiple of ${
        accumulate * replicas
      }.\nSet data.batch to ${
        multiples(accumulate * replicas, batch)
      }, or give another --replicas.`,
    );
  }
  if (rows > 1) return;
  const { alone } = sharedStages(pipeline, graph);
  const normed = graph.order.find((wired) =>
    alone.has(wired.name) && hasBatchNorm(wired)
  );
  if (!normed) return;
  throw new UserError(
    `Cannot normalise batches of 1: each of ${replicas} replicas has one image, and "${normed.name}" has batch norms that see no other.\nTake fewer replicas, or let batch norms see all (train.replicas.batch_norm: all).`,
  );
}

/** Devices that share a batch, in words. */
function devicesText(
  { device, replicas }: Pick<Engine, "device" | "replicas">,
  server: ServerPlace | undefined,
): string {
  const kind = device === "gpu" ? "GPUs" : "parts of the CPU";
  if (!server) return `${replicas} ${kind}`;
  const { devicesEach } = server;
  return `${replicas / devicesEach} tasks, ${
    devicesEach === 1 ? `a ${device.toUpperCase()}` : `${devicesEach} ${kind}`
  } each`;
}

/** Where a run is computed: `cpu`, or so many devices. */
export const deviceText = (
  engine: Pick<Engine, "device" | "replicas">,
  batch: number,
  server?: ServerPlace,
): string =>
  engine.replicas === 1
    ? engine.device
    : `${devicesText(engine, server)}, ${batch / engine.replicas} images each`;

/** What is to be known of a run that began with another number of replicas. */
export function otherReplicas(
  { origin: { settings } }: ResumePoint,
  replicas: number,
): string[] {
  const begun = settings?.replicas ?? 1;
  return begun === replicas ? [] : [
    `the run began with ${
      counted(begun, "replica")
    } and goes on with ${replicas}: sums are rounded otherwise`,
  ];
}

/** What is to be known of a run on several devices. */
export function replicaNotes(
  pipeline: Pipeline,
  graph: StageGraph,
  { device, replicas, config }:
    & Pick<Engine, "device" | "replicas">
    & { readonly config?: Pick<SessionConfig, "xla"> },
  server?: ServerPlace,
): string[] {
  if (replicas === 1) return [];
  const cores = navigator.hardwareConcurrency;
  const shared = sharedStages(pipeline, graph);
  // To others it makes no difference.
  const alone = graph.order.filter((wired) =>
    shared.alone.has(wired.name) &&
    (hasBatchNorm(wired) || !isPerImage(wired, graph))
  ).map(({ name }) => name);
  const rows = pipeline.data.batch / pipeline.train.accumulate / replicas;
  const own = graph.order.filter(({ name, code }) =>
    shared.onRows.has(name) && isUserFile(code)
  );
  return [
    ...device === "cpu" && !server
      ? [
        `${replicas} replicas on one CPU ${
          replicas > cores ? `of ${cores} cores ` : ""
        }are no faster than one: they show what several GPUs would compute`,
      ]
      : [],
    ...config?.xla
      ? [
        `with XLA, crops, colours and first weights are others than those of one GPU: what it draws depends on the number of replicas`,
      ]
      : [],
    ...own.map(({ name, code }) =>
      `each replica runs "${name}" on its own rows; if ${code} looks across the batch, but by batch norms, give it \`perImage: false\``
    ),
    ...alone.length > 0
      ? [
        `the method depends on the number of replicas: ${alone.join(", ")} ${
          alone.length > 1 ? "see" : "sees"
        } ${rows} of ${pipeline.data.batch} images at a time (\`per_replica\`)`,
      ]
      : [],
  ];
}
