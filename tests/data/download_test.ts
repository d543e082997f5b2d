import assert from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Download, download } from "../../lib/data/download.ts";
import type { LoadProgress } from "../../lib/data/source.ts";
import { rejects, withFolder } from "./fixtures.ts";

const md5 = (bytes: Uint8Array): string =>
  createHash("md5").update(bytes).digest("hex");

/** Bytes that no two files share. */
const content = (seed: number, size = 200_000): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    { length: size },
    (_, i) => (i * 31 + seed * 7 + i / 256) & 255,
  );

/** How the server answers its n-th request. */
interface Behaviour {
  /** Breaks the connection after so many bytes. */
  readonly cutAfter?: number;
  /** Sends so many bytes, then nothing more. */
  readonly hangAfter?: number;
  readonly status?: number;
}

interface Server {
  body: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
  /** For requests in turn; the last goes on for ever. */
  behaviours: Behaviour[];
  readonly url: string;
  /** `range` and `if-range` of the requests so far. */
  readonly requests: { range: string | null; ifRange: string | null }[];
}

function streamOf(
  bytes: Uint8Array,
  { cutAfter, hangAfter }: Behaviour,
): ReadableStream<Uint8Array> {
  const end = cutAfter ?? hangAfter ?? bytes.length;
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at < Math.min(end, bytes.length)) {
        const next = Math.min(at + 16_384, end, bytes.length);
        controller.enqueue(bytes.subarray(at, next));
        at = next;
        return;
      }
      if (cutAfter !== undefined) {
        // What was sent must get through before the connection breaks.
        await new Promise((resolve) => setTimeout(resolve, 50));
        controller.error(new Error("cut"));
      } else if (hangAfter === undefined) controller.close();
      else await new Promise<void>(() => {});
    },
  });
}

/** A server with one file that speaks Range and If-Range. */
async function withServer(test: (server: Server) => Promise<void>) {
  const stop = new AbortController();
  const requests: Server["requests"] = [];
  const handle = ({ headers: asked }: Request): Response => {
    const { body, headers, behaviours } = server;
    const behaviour = behaviours[requests.length] ?? behaviours.at(-1) ?? {};
    const range = asked.get("range");
    const ifRange = asked.get("if-range");
    requests.push({ range, ifRange });
    if (behaviour.status) {
      return new Response("no", { status: behaviour.status });
    }
    const same = ifRange === null ||
      [headers["etag"], headers["last-modified"]].includes(ifRange);
    const from = range && same ? Number(/=(\d+)-/.exec(range)?.[1]) : 0;
    if (from >= body.length) {
      return new Response(null, {
        status: 416,
        headers: { "content-range": `bytes */${body.length}` },
      });
    }
    const rest = body.subarray(from);
    return new Response(streamOf(rest, behaviour), {
      status: from > 0 ? 206 : 200,
      headers: {
        ...headers,
        "content-length": String(rest.length),
        ...(from > 0
          ? {
            "content-range": `bytes ${from}-${body.length - 1}/${body.length}`,
          }
          : {}),
      },
    });
  };
  const http = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    signal: stop.signal,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, handle);
  const server: Server = {
    body: content(1),
    headers: { etag: '"one"' },
    behaviours: [],
    url: `http://127.0.0.1:${http.addr.port}/file.tar.gz`,
    requests,
  };
  try {
    await test(server);
  } finally {
    stop.abort();
    await http.finished;
  }
}

const job = (
  folder: string,
  { url, body }: Pick<Server, "url" | "body">,
  more: Partial<Download> = {},
): Download => ({
  what: "a file",
  url,
  path: join(folder, "cache", "file.tar.gz"),
  checksum: { algorithm: "md5", digest: md5(body) },
  otherwise: "Get it by other means.",
  ...more,
});

const names = async (folder: string): Promise<string[]> =>
  (await Array.fromAsync(Deno.readDir(join(folder, "cache"))))
    .map(({ name }) => name).sort();

function check(
  name: string,
  test: (folder: string, server: Server) => Promise<void>,
): void {
  Deno.test(
    `A download ${name}`,
    withFolder((folder) => withServer((server) => test(folder, server))),
  );
}

check("is verified and leaves nothing else behind", async (folder, server) => {
  const progress: LoadProgress[] = [];
  await download(job(folder, server, { onProgress: (p) => progress.push(p) }));
  const path = join(folder, "cache", "file.tar.gz");
  assert.deepEqual(await Deno.readFile(path), server.body);
  assert.deepEqual(await names(folder), ["file.tar.gz"]);
  const loading = progress.filter(({ task }) => task.startsWith("Download"));
  assert.deepEqual(loading.at(-1), {
    task: "Downloading a file",
    done: 200_000,
    total: 200_000,
    unit: "bytes",
  });
  assert.equal(progress.at(-1)?.task, "Verifying a file");
});

check("that is there is not asked for again", async (folder, server) => {
  await download(job(folder, server));
  await download(job(folder, server));
  assert.equal(server.requests.length, 1);
});

check("can be verified by SHA-256", async (folder, server) => {
  const digest = createHash("sha256").update(server.body).digest("hex");
  await download(
    job(folder, server, { checksum: { algorithm: "sha256", digest } }),
  );
  assert.deepEqual(await names(folder), ["file.tar.gz"]);
});

check("goes on where its connection broke", async (folder, server) => {
  server.behaviours = [{ cutAfter: 70_000 }, { cutAfter: 70_000 }, {}];
  const done: number[] = [];
  await download(
    job(folder, server, {
      onProgress: ({ task, done: at }) => {
        if (task.startsWith("Download")) done.push(at);
      },
    }),
  );
  assert.deepEqual(server.requests, [
    { range: null, ifRange: null },
    { range: "bytes=70000-", ifRange: '"one"' },
    { range: "bytes=140000-", ifRange: '"one"' },
  ]);
  assert.deepEqual(done, [...done].sort((a, b) => a - b));
  const path = join(folder, "cache", "file.tar.gz");
  assert.deepEqual(await Deno.readFile(path), server.body);
});

check("goes on in a later run", async (folder, server) => {
  server.behaviours = [{ cutAfter: 70_000 }, { cutAfter: 0 }, {}];
  await rejects(
    download(job(folder, server)),
    /after 70000 bytes, which are kept/,
    /Get it by other means/,
  );
  await download(job(folder, server));
  assert.equal(server.requests.at(-1)?.range, "bytes=70000-");
  assert.deepEqual(await names(folder), ["file.tar.gz"]);
});

check("of a file that changed begins anew", async (folder, server) => {
  server.behaviours = [{ cutAfter: 70_000 }, { cutAfter: 0 }, {}];
  await rejects(download(job(folder, server)), /kept/);
  server.body = content(2);
  server.headers = { etag: '"two"' };
  await download(job(folder, server));
  assert.equal(server.requests.at(-1)?.ifRange, '"one"');
  const path = join(folder, "cache", "file.tar.gz");
  assert.deepEqual(await Deno.readFile(path), server.body);
});

check("without a strong validator begins anew", async (folder, server) => {
  server.headers = { etag: 'W/"weak"' };
  server.behaviours = [{ cutAfter: 70_000 }, {}];
  await download(job(folder, server));
  assert.deepEqual(server.requests.at(-1), { range: null, ifRange: null });
  assert.deepEqual(await names(folder), ["file.tar.gz"]);
});

check("goes on by date when there is no ETag", async (folder, server) => {
  const date = "Wed, 21 Oct 2015 07:28:00 GMT";
  server.headers = { "last-modified": date };
  server.behaviours = [{ cutAfter: 70_000 }, {}];
  await download(job(folder, server));
  assert.deepEqual(server.requests.at(-1), {
    range: "bytes=70000-",
    ifRange: date,
  });
});

check("that came whole is only verified", async (folder, server) => {
  await download(job(folder, server));
  const path = join(folder, "cache", "file.tar.gz");
  await Deno.rename(path, `${path}.part`);
  const note = JSON.stringify({ url: server.url, validator: '"one"' });
  await Deno.writeTextFile(`${path}.part.json`, note);
  await download(job(folder, server));
  assert.equal(server.requests.at(-1)?.range, "bytes=200000-");
  assert.deepEqual(await names(folder), ["file.tar.gz"]);
});

check("with the wrong checksum is deleted", async (folder, server) => {
  const digest = "0".repeat(32);
  await rejects(
    download(job(folder, server, { checksum: { algorithm: "md5", digest } })),
    new RegExp(`is ${md5(server.body)}, expected ${digest}`),
    /deleted/,
  );
  assert.deepEqual(await names(folder), ["file.tar.gz.lock"]);
});

check("that is not there says the status", async (folder, server) => {
  server.behaviours = [{ status: 404 }];
  await rejects(
    download(job(folder, server)),
    /Cannot download a file from http:/,
    /answered 404 Not Found/,
    /other means/,
  );
});

check("gives up on a silent server", async (folder, server) => {
  server.behaviours = [{ hangAfter: 16_384 }, { hangAfter: 0 }];
  await rejects(
    download(job(folder, server, { stallMs: 300 })),
    /nothing came for .* after 16384 bytes, which are kept/,
  );
});

check("is made once by two at a time", async (folder, server) => {
  await Promise.all([
    download(job(folder, server)),
    download(job(folder, server)),
  ]);
  assert.equal(server.requests.length, 1);
  assert.deepEqual(await names(folder), ["file.tar.gz"]);
});

Deno.test({
  name: "A download says that the disk is full",
  ignore: Deno.build.os !== "linux",
  fn: withFolder((folder) =>
    withServer(async (server) => {
      await Deno.mkdir(join(folder, "cache"));
      const part = join(folder, "cache", "file.tar.gz.part");
      await Deno.symlink("/dev/full", part);
      await rejects(
        download(job(folder, server)),
        /no space left in/,
        /STOPGRAD_CACHE/,
      );
    })
  ),
});

Deno.test(
  "A download without a network says so",
  withFolder(async (folder) => {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = listener.addr;
    listener.close();
    const url = `http://127.0.0.1:${port}/file.tar.gz`;
    await rejects(
      download(job(folder, { url, body: content(1) })),
      /Cannot download a file from http:/,
      /refused/,
      /other means/,
    );
  }),
);
