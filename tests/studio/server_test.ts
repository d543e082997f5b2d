/** @file The studio's server: who may ask, what is told, and what is not. */
import assert from "@std/assert";
import { join } from "node:path";
import { openStudio } from "../../lib/studio/studio.ts";
import { inFolder } from "../end_to_end/cli.ts";

const line = (step: number): string =>
  `${JSON.stringify({ step, epoch: step / 10, loss: 1 / step })}\n`;

/** A folder of runs with one run of 20 steps that has not ended. */
async function writeRun(runs: string, name = "small/one"): Promise<string> {
  const run = join(runs, name);
  await Deno.mkdir(run, { recursive: true });
  await Deno.writeTextFile(
    join(run, "run.json"),
    JSON.stringify({
      baseDir: "/",
      id: "x",
      pipeline: { name: "small", seed: name.length, data: { batch: 8 } },
    }),
  );
  await Deno.writeTextFile(
    join(run, "metrics.jsonl"),
    Array.from({ length: 20 }, (_, i) => line(i + 1)).join(""),
  );
  return run;
}

/** What a page of the studio does, and others try. */
interface Client {
  readonly port: number;
  readonly token: string;
  /** Sends a body, where there is one. */
  get(
    path: string,
    headers?: Record<string, string>,
    body?: unknown,
  ): Promise<Response>;
  /** A request as it stands, with any host. */
  raw(head: string): Promise<string>;
}

async function withStudio(
  body: (client: Client, runs: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const runs = join(folder, "runs");
    await writeRun(runs);
    const studio = await openStudio({ runs });
    const { port: text, searchParams, origin } = new URL(studio.url);
    const [port, token] = [Number(text), searchParams.get("token") ?? ""];
    try {
      await body({
        port,
        token,
        get: (path, headers = {}, body) =>
          fetch(`${origin}${path}`, {
            headers: { "x-token": token, ...headers },
            ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
          }),
        async raw(head) {
          using socket = await Deno.connect({ hostname: "127.0.0.1", port });
          await socket.write(
            new TextEncoder().encode(`${head}\r\nConnection: close\r\n\r\n`),
          );
          return (await new Response(socket.readable).text());
        },
      }, runs);
    } finally {
      await studio.close();
    }
  });
}

Deno.test("Only the studio's own page, with its token, is answered", () =>
  withStudio(async ({ get, raw, port, token }) => {
    const status = async (
      path: string,
      headers: Record<string, string>,
    ): Promise<number> => {
      const response = await get(path, headers);
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status("/api/runs", {}), 200);
    assert.equal(await status("/api/runs", { "x-token": "" }), 401);
    assert.equal(await status("/api/runs", { "x-token": token.slice(1) }), 401);
    const own = `http://127.0.0.1:${port}`;
    assert.equal(await status("/api/runs", { origin: own }), 200);
    for (const origin of ["http://evil.example", "null", `${own}0`]) {
      assert.equal(await status("/api/runs", { origin }), 403, origin);
    }
    assert.equal(
      await status("/api/runs", { "sec-fetch-site": "cross-site" }),
      403,
    );
    const rebound = await raw(
      `GET /api/runs?token=${token} HTTP/1.1\r\nHost: evil.example:${port}`,
    );
    assert.match(rebound, /^HTTP\/1.1 403/);
    // The page's own code is no secret, and still not another name's.
    assert.match(
      await raw(`GET / HTTP/1.1\r\nHost: evil.example:${port}`),
      /^HTTP\/1.1 403/,
    );
  }));

Deno.test("Nothing comes from elsewhere, and no path leads out", () =>
  withStudio(async ({ get, raw, port }, runs) => {
    const page = await get("/");
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|https?:/);
    assert.match(await page.text(), /<script type="module"/);
    const outside = [
      "/lib/../deno.json",
      "/lib/studio/page/../guard.ts",
      "/lib/studio/page/%2e%2e/guard.ts",
      "/lib/studio/guard.ts",
      "/lib/cli/main.ts",
      "/npm/../../etc/passwd",
    ];
    for (const path of outside) {
      assert.match(
        await raw(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}`),
        /^HTTP\/1.1 40[14]/,
        path,
      );
    }
    for (const id of ["..", "../..", "/etc", "small", "small/one/../one"]) {
      const response = await get(`/api/run?id=${encodeURIComponent(id)}`);
      assert.equal(response.status, 404, id);
      await response.body?.cancel();
    }
    const linked = await writeRun(runs, "small/linked");
    await Deno.remove(join(linked, "metrics.jsonl"));
    await Deno.symlink("/etc/passwd", join(linked, "metrics.jsonl"));
    const response = await get(
      `/api/run?id=${encodeURIComponent("small/linked")}`,
    );
    assert.equal(response.status, 403);
    assert.match((await response.json()).error, /metrics.jsonl is a link/);
  }));

Deno.test("The table tells what differs among neighbours", () =>
  withStudio(async ({ get }, runs) => {
    await writeRun(runs, "small/longer");
    const rows = await (await get("/api/runs")).json();
    assert.deepEqual(
      rows.map(({ id, differs }: { id: string; differs: unknown }) => [
        id,
        differs,
      ]).sort(),
      [["small/longer", { seed: "12" }], ["small/one", { seed: "9" }]],
    );
  }));

/** Events of a stream, until one of this name came. */
async function eventsUntil(
  response: Response,
  name: string,
): Promise<{ event: string; id?: string; data: Record<string, unknown> }[]> {
  const found = [];
  let text = "";
  const decoder = new TextDecoder();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    for (let end; (end = text.indexOf("\n\n")) >= 0;) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const field = (key: string): string | undefined =>
        new RegExp(`^${key}: (.*)$`, "m").exec(block)?.[1];
      const event = field("event");
      if (!event) continue;
      const id = field("id");
      found.push({
        event,
        ...(id ? { id } : {}),
        data: JSON.parse(field("data") ?? "null"),
      });
      if (event === name) {
        await reader.cancel();
        return found;
      }
    }
  }
  return found;
}

Deno.test("A page that listens is told the new steps, from where it stood, and no others", () =>
  withStudio(async ({ get }, runs) => {
    const id = encodeURIComponent("small/one");
    const run = await (await get(`/api/run?id=${id}`)).json();
    assert.equal(run.rows, 20);
    const live = await get(`/api/run/events?id=${id}&after=0:20`);
    await Deno.writeTextFile(
      join(runs, "small/one/metrics.jsonl"),
      line(21) + line(22),
      { append: true },
    );
    const rows = (await eventsUntil(live, "rows")).at(-1);
    assert.deepEqual(rows?.data["steps"], [21, 22]);
    assert.equal(rows?.id, "0:22");
    // It comes back after a break, and names what it had.
    await Deno.writeTextFile(
      join(runs, "small/one/metrics.jsonl"),
      line(23),
      { append: true },
    );
    const again = await get(`/api/run/events?id=${id}&after=0:20`, {
      "last-event-id": "0:22",
    });
    const more = (await eventsUntil(again, "rows")).at(-1);
    assert.deepEqual(more?.data["steps"], [23]);
    const cut = await get(`/api/run/events?id=${id}&after=0:23`);
    await Deno.writeTextFile(
      join(runs, "small/one/metrics.jsonl"),
      line(1) + line(2),
    );
    const anew = (await eventsUntil(cut, "anew")).at(-1);
    assert.equal(anew?.id, "1:2");
  }));

Deno.test("A curve has no more points than pixels, and a zoom has finer ones", () =>
  withStudio(async ({ get }) => {
    const id = encodeURIComponent("small/one");
    const series = async (more: string) =>
      (await (await get(
        `/api/run/series?id=${id}&keys=loss,nothing&width=4${more}`,
      )).json()).series;
    const { loss, nothing } = await series("");
    assert.equal(nothing, undefined);
    assert.equal(loss.x.length, 4);
    assert.ok(Math.abs(loss.largest[0] - 1) < 1e-6);
    const zoomed = await series("&from=4&to=7");
    assert.deepEqual(zoomed.loss.x, [4, 5, 6, 7].slice(0, 4));
    const byEpoch = await series("&axis=epoch&from=0.4&to=0.7");
    assert.equal(byEpoch.loss.x.length, 4);
  }));

Deno.test("A module that a run's pipeline names is not executed, unless it was allowed", () =>
  withStudio(async ({ get }, runs) => {
    const run = await writeRun(runs, "small/own");
    const marker = join(runs, "executed");
    await Deno.writeTextFile(
      join(run, "own.ts"),
      `Deno.writeTextFileSync(${JSON.stringify(marker)}, "");
       export default {};`,
    );
    const pipeline = {
      name: "own",
      data: { source: "photos", batch: 8 },
      stages: {
        views: { augment: "simclr", of: "image", count: 2 },
        y: { encode: "mlp", of: "views", hidden: 4, out: 4 },
        loss: { use: "./own.ts", between: ["y", "y"] },
      },
      train: { steps: 1, optimizer: { sgd: { lr: 0.1 } } },
    };
    await Deno.writeTextFile(
      join(run, "run.json"),
      JSON.stringify({ baseDir: run, id: "x", pipeline }),
    );
    // JSON is YAML.
    await Deno.writeTextFile(
      join(run, "pipeline.yaml"),
      JSON.stringify(pipeline),
    );
    const id = encodeURIComponent("small/own");
    const shown = await (await get(`/api/run?id=${id}`)).json();
    assert.equal(shown.rows, 20);
    assert.deepEqual(shown.thresholds, []);
    // The graph's worker may import it, and has no right to write.
    await (await get(`/api/run/graph?id=${id}`)).text();
    const views = await get("/api/views", {}, {
      id: "small/own",
      count: 1,
      first: 0,
      step: 0,
    });
    assert.equal(views.status, 403);
    assert.match((await views.json()).error, /own.ts, which is a program/);
    await assert.rejects(Deno.stat(marker));
  }));
