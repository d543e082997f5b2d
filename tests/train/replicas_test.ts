/** @file Runs on several devices: what is refused, said and kept. */
import assert from "@std/assert";
import { join } from "node:path";
import { planText } from "../../lib/cli/plan.ts";
import { checkText, type LoadedPipeline } from "../../lib/pipeline/load.ts";
import { resolve } from "../../lib/pipeline/explain/resolve.ts";
import { planRun } from "../../lib/train/plan.ts";
import {
  checkReplicas,
  deviceText,
  replicaNotes,
} from "../../lib/train/replicas.ts";
import { findResumable } from "../../lib/train/resume.ts";
import { train } from "../../lib/train/train.ts";
import { withFolder } from "../data/fixtures.ts";
import { engine } from "../helpers/engine.ts";

function load(settings = "", batch = 12, baseDir = "."): LoadedPipeline {
  const text = `name: small
data: { source: photos, batch: ${batch} }
stages:
  views: { augment: [horizontal_flip, { grayscale: { p: 0.5 } }], of: image }
  y: { encode: mlp, of: views, hidden: 4, out: 4, batch_norm: all }
  z: { project: mlp, of: y, hidden: 4, out: 4, batch_norm: none }
  bank: { queue: z, size: 24 }
  s: { predict: prototypes, of: [z, bank], out: 3 }
  q: { target: sinkhorn, of: "s[0:2]" }
  loss: { loss: soft_cross_entropy, between: ["s[0:2]", q] }
  more: { loss: nt_xent, between: [z, z] }
train: { steps: 3, optimizer: { sgd: { lr: 0.01 } }${settings} }
monitor: off
evaluate: false
`;
  const { loaded, text: findings } = checkText("small.yaml", text, { baseDir });
  if (!loaded) throw new Error(findings);
  return loaded;
}

Deno.test("A batch that replicas cannot share is refused, with those that they can", () => {
  const refused = (
    { pipeline, graph }: LoadedPipeline,
    replicas: number,
    message: RegExp,
  ) =>
    assert.throws(() => checkReplicas(pipeline, graph, replicas), {
      name: "UserError",
      message,
    });
  refused(
    load(),
    5,
    /^Cannot share a batch of 12 among 5 replicas: expected a multiple of 5\.\nSet data\.batch to 10 or 15, or give another --replicas\.$/,
  );
  refused(
    load(", accumulate: 2"),
    4,
    /in 2 parts .* a multiple of 8\.\n.*8 or/,
  );
  refused(load(), 24, /Set data\.batch to 24, or/);
  const alone = load(", replicas: { batch_norm: per_replica }");
  refused(alone, 12, /^Cannot normalise batches of 1: .*"y" has batch norms/);
  for (const [loaded, replicas] of [[load(), 12], [alone, 6]] as const) {
    checkReplicas(loaded.pipeline, loaded.graph, replicas);
  }
});

Deno.test("A run says where it runs, and where the method depends on the replicas", () => {
  const notes = (settings: string, device: "cpu" | "gpu", replicas = 3) => {
    const { pipeline, graph } = load(settings);
    return replicaNotes(pipeline, graph, { device, replicas }).join("\n");
  };
  assert.equal(deviceText({ device: "cpu", replicas: 1 }, 12), "cpu");
  const four = { device: "gpu", replicas: 4 } as const;
  assert.equal(deviceText(four, 12), "4 GPUs, 3 images each");
  assert.equal(notes("", "gpu"), "");
  assert.equal(notes(", replicas: { losses: per_replica }", "cpu", 1), "");
  assert.match(notes("", "cpu"), /^3 replicas on one CPU .*no faster than one/);
  const xla = replicaNotes(load().pipeline, load().graph, {
    ...four,
    config: { xla: true },
  });
  assert.match(
    xla.join("\n"),
    /^with XLA, .* depends on the number of replicas$/,
  );
  const own = ", replicas: { batch_norm: per_replica, losses: per_replica }";
  assert.match(notes(own, "gpu"), /: y, more see 4 of 12 images at a time/);
  assert.match(
    notes(", per_stage: { more: { replicas: per_replica } }", "gpu"),
    /: more sees 4 of 12/,
  );
  const { pipeline, graph } = load();
  const order = graph.order.map((wired) =>
    wired.name === "y" ? { ...wired, code: "./own.ts" } : wired
  );
  const [said] = replicaNotes(pipeline, { ...graph, order }, four);
  assert.match(said ?? "", /^each replica runs "y" .* if \.\/own\.ts looks/);
});

Deno.test("What replicas see is resolved as it was written, and nowhere else", () => {
  const trainOf = (settings: string) =>
    resolve(load(settings).pipeline)["train"] as Record<string, unknown>;
  assert.ok(!("replicas" in trainOf("")));
  const { replicas, per_stage } = trainOf(
    ", replicas: { losses: per_replica }, per_stage: { y: { replicas: all } }",
  );
  assert.deepEqual(replicas, { batch_norm: "all", losses: "per_replica" });
  assert.deepEqual(per_stage, { y: { replicas: "all" } });
  assert.throws(
    () => load(", per_stage: { s: { replicas: per_replica } }"),
    /Cannot show "s" a replica's rows alone: it reads a queue/,
  );
  assert.throws(
    () => load(", per_stage: { more: { replicas: all, lr: 1 } }"),
    /Cannot train "more" in its own way: it has no weights/,
  );
});

Deno.test("The plan has what each device holds", () => {
  const loaded = load();
  const text = planText(
    planRun(loaded, engine, { replicas: 3 }),
    loaded.pipeline,
  );
  assert.match(text, /^On 3 devices: the first has .*; the others .* each$/m);
  assert.doesNotMatch(
    planText(planRun(loaded, engine), loaded.pipeline),
    /devices/,
  );
});

Deno.test(
  "A run by two replicas goes on by one, which it says, as one that had one all along",
  withFolder(async (folder) => {
    const said: string[] = [];
    const end = new AbortController();
    const loaded = load("", 12, folder);
    const { folder: run } = await train(loaded, {
      runsDir: folder,
      replicas: 2,
      signal: end.signal,
      onEvent: (event) => {
        if (event.kind === "step") end.abort();
        if (event.kind === "ready") said.push(event.device);
      },
    });
    assert.deepEqual(said, ["2 parts of the CPU, 6 images each"]);
    const { loaded: again, point } = await findResumable(run);
    assert.equal(point.checkpoint?.entry.step, 1);
    assert.equal(point.origin.settings?.replicas, 2);
    said.length = 0;
    const { end: how } = await train(again, {
      resume: point,
      onEvent: (event) => {
        if (event.kind === "notice") said.push(event.text);
      },
    });
    assert.equal(how, "finished");
    assert.deepEqual(said, [
      "the run began with 2 replicas and goes on with 1: sums are rounded otherwise",
    ]);
    const { folder: whole } = await train(load("", 12, folder), {
      folder: () => Deno.makeTempDir({ dir: folder }),
    });
    const [a, b] = await Promise.all([run, whole].map(lossesOf));
    assert.equal(a?.length, 3);
    a?.forEach((loss, i) => assert.ok(Math.abs(loss - b![i]!) < 1e-5));
    await assert.rejects(
      train(load("", 12, folder), {
        runsDir: folder,
        replicas: 2,
        eager: true,
      }),
      /^UserError: Cannot use --eager with --replicas/,
    );
  }),
);

async function lossesOf(run: string): Promise<number[]> {
  const lines = await Deno.readTextFile(join(run, "metrics.jsonl"));
  return lines.trimEnd().split("\n").map((line) => JSON.parse(line).loss);
}
