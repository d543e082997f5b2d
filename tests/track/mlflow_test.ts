/** @file A run told to a server that speaks MLflow's protocol, and to none. */
import assert from "@std/assert";
import { join } from "node:path";
import { checkMayReach } from "../../lib/track/mlflow/client.ts";
import { Mlflow } from "../../lib/track/mlflow/mlflow.ts";
import { withFolder } from "../data/fixtures.ts";
import { MlflowServer } from "./mlflow_server.ts";

const CONFIG = {
  name: "small",
  stages: {
    y: { encode: "mlp", hidden: 6, sizes: [1, 2], text: "ä".repeat(900) },
  },
  train: { steps: 4 },
  // More than one request of parameters.
  many: Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`k${i}`, i])),
  track: { mlflow: { url: "x" } },
};

interface Session {
  readonly folder: string;
  readonly url: string;
  readonly from: number;
  readonly to: number;
  readonly endMs?: number;
  readonly end?: "finished" | "interrupted" | "stopped";
  readonly config?: object;
  /** Lines that are read again, of a run that goes on. */
  readonly recalled?: number;
  /** After each step. */
  readonly after?: (step: number) => Promise<void> | void;
}

const line = (step: number) => ({
  step,
  epoch: step / 3,
  seconds: step / 10,
  lr: 0.1,
  loss: step === 2 ? NaN : 1 / step,
  "loss:a": -step,
});

/** A process that trains from one step to another. */
async function session(
  {
    folder,
    url,
    from,
    to,
    end = "finished",
    config = CONFIG,
    recalled,
    ...its
  }: Session,
): Promise<{ readonly said: string[]; readonly ms: number }> {
  const said: string[] = [];
  const tracker = new Mlflow(
    { folder, name: "small", config, say: (text) => said.push(text) },
    { url, run_name: "my run" },
    its.endMs,
  );
  if (recalled) {
    tracker.recall(Array.from({ length: recalled }, (_, i) => line(i + 1)));
  }
  await tracker.begin(from);
  let slowest = 0;
  for (let step = from + 1; step <= to; step++) {
    const before = performance.now();
    await tracker.step({ line: line(step) });
    slowest = Math.max(slowest, performance.now() - before);
    await its.after?.(step);
  }
  const summary = { steps: to, knn: 0.5, linear: null, verdict: "healthy" };
  await tracker.end({ end, summary });
  return { said, ms: slowest };
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

const steps = (server: MlflowServer, key: string): number[] =>
  (server.run.metrics.get(key) ?? []).map(({ step }) => step);

Deno.test(
  "Experiment, run, parameters, metrics, scores and status are sent as the protocol has them",
  withFolder(async (folder) => {
    const server = new MlflowServer();
    try {
      const { url } = server;
      const { said } = await session({ folder, url, from: 0, to: 400 });
      assert.deepEqual(server.faults, []);
      assert.deepEqual(server.experiments, ["small"]);
      const { name, params, tags, metrics, status, end } = server.run;
      assert.equal(name, "my run");
      assert.equal(params.get("stages.y.sizes"), "[1,2]");
      assert.equal(params.get("train.steps"), "4");
      assert.equal(params.get("many.k149"), "149");
      assert.equal(params.get("stages.y.text"), `${"ä".repeat(499)}…`);
      assert.ok(![...params.keys()].some((key) => key.startsWith("track")));
      const all = Array.from({ length: 400 }, (_, i) => i + 1);
      for (const key of ["epoch", "seconds", "lr", "loss", "loss.a"]) {
        assert.deepEqual(steps(server, key), all, key);
      }
      assert.ok(Number.isNaN(metrics.get("loss")?.[1]?.value));
      assert.equal(metrics.get("loss")?.[3]?.value, 0.25);
      assert.deepEqual(
        metrics.get("knn")?.map(({ value, step }) => [value, step]),
        [[0.5, 400]],
      );
      assert.ok(!metrics.has("linear"));
      assert.equal(tags.get("verdict"), "healthy");
      assert.equal(status, "FINISHED");
      assert.ok(Math.abs((end ?? 0) - Date.now()) < 60_000);
      assert.deepEqual(said.length, 1);
      assert.match(
        said[0] ?? "",
        /^MLflow: http:.*\/#\/experiments\/0\/runs\//,
      );
    } finally {
      await server.close();
    }
  }),
);

Deno.test(
  "A run that goes on is the same run, and sends what the server lacks, once",
  withFolder(async (folder) => {
    const server = new MlflowServer();
    try {
      const { url } = server;
      await session({ folder, url, from: 0, to: 5, end: "interrupted" });
      assert.equal(server.run.status, "KILLED");
      // From the checkpoint of step 3, though 5 had been told.
      const config = { ...CONFIG, train: { steps: 9 } };
      const after = async (step: number) => {
        // The server is asked what it has before step 5 is done again.
        while (step === 4 && server.run.status !== "RUNNING") await pause(5);
        if (step === 4) await pause(50);
      };
      await session({
        folder,
        url,
        from: 3,
        to: 7,
        recalled: 3,
        config,
        after,
        end: "stopped",
      });
      assert.deepEqual(server.faults, []);
      assert.deepEqual(steps(server, "loss"), [1, 2, 3, 4, 5, 6, 7]);
      assert.equal(server.run.params.get("train.steps"), "4");
      assert.equal(server.run.tags.get("changed.train.steps"), "9");
      assert.equal(server.run.status, "FAILED");
      // One that it has forgotten is told anew, from the start.
      server.runs.clear();
      await session({ folder, url, from: 7, to: 8, recalled: 7 });
      assert.deepEqual(steps(server, "loss"), [1, 2, 3, 4, 5, 6, 7, 8]);
      const [first, second] = server.run.metrics.get("loss") ?? [];
      assert.equal(Math.round((second?.time ?? 0) - (first?.time ?? 0)), 100);
    } finally {
      await server.close();
    }
  }),
);

Deno.test(
  "A server that is away or ill holds no step up, is told of once, and gets all when it is back",
  withFolder(async (folder) => {
    // A port that nobody listens on, until the server is there.
    const port = (() => {
      using probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      return (probe.addr as Deno.NetAddr).port;
    })();
    const url = `http://127.0.0.1:${port}`;
    const servers: MlflowServer[] = [];
    try {
      const { said, ms } = await session({
        folder,
        url,
        from: 0,
        to: 6,
        async after(step) {
          if (step === 3) {
            await new Promise((resolve) => setTimeout(resolve, 300));
            servers.push(new MlflowServer(port));
            for (const server of servers) server.ill = 503;
          }
          if (step === 5) {
            for (const server of servers) server.ill = undefined;
          }
        },
      });
      assert.ok(ms < 200, `a step took ${ms} ms`);
      const server = servers[0] as MlflowServer;
      assert.deepEqual(server.faults, []);
      assert.deepEqual(steps(server, "loss"), [1, 2, 3, 4, 5, 6]);
      assert.equal(server.run.status, "FINISHED");
      assert.equal(said.length, 2, said.join("\n"));
      assert.match(
        said[0] ?? "",
        /does not answer: .*Training goes on; it is tried again/,
      );
    } finally {
      for (const server of servers) await server.close();
    }
  }),
);

Deno.test(
  "What could not be sent is said at the end, and sent when the run is resumed",
  withFolder(async (folder) => {
    const silent = new MlflowServer();
    silent.ill = "silent";
    const { url } = silent;
    const away = await session({ folder, url, from: 0, to: 4, endMs: 200 });
    assert.ok(away.ms < 200, `a step took ${away.ms} ms`);
    await silent.close();
    assert.equal(away.said.length, 1, away.said.join("\n"));
    assert.match(
      away.said[0] ?? "",
      /^MLflow: 4 steps of the run could not be sent \(.*\); `deno task resume .*` sends what the server lacks$/,
    );
    const server = new MlflowServer();
    try {
      await session({ folder, url: server.url, from: 4, to: 4, recalled: 4 });
      assert.deepEqual(steps(server, "loss"), [1, 2, 3, 4]);
      assert.equal(server.run.status, "FINISHED");
    } finally {
      await server.close();
    }
  }),
);

Deno.test(
  "What is no MLflow server is told of, and left",
  withFolder(async (folder) => {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("<html>hello</html>"),
    );
    try {
      const url = `http://127.0.0.1:${server.addr.port}`;
      const { said } = await session({ folder, url, from: 0, to: 2 });
      assert.match(
        said[0] ?? "",
        /refuses the run: it is no MLflow server\. Training goes on without it/,
      );
      await assert.rejects(Deno.stat(join(folder, "mlflow.json")));
    } finally {
      await server.shutdown();
    }
  }),
);

Deno.test({
  name:
    "A host that the command may not reach is refused before training, with the right that it takes",
  permissions: { net: ["127.0.0.1:5000"], read: true },
  async fn() {
    await checkMayReach("http://127.0.0.1:5000/");
    await assert.rejects(
      checkMayReach("https://mlflow.example"),
      /may not reach mlflow\.example:443\.\n.*--allow-net=mlflow\.example:443/,
    );
  },
});
