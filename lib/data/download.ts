/** @file Downloads that can be cut off anywhere, and are verified. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { freeBytes } from "../disk_space.ts";
import { UserError } from "../errors.ts";
import { readRegularText } from "../regular_file.ts";
import { reasonOf } from "./place.ts";
import type { LoadProgress } from "./source.ts";

/** A file to be had. */
export interface Download {
  /** For messages, such as `CIFAR-10`. */
  readonly what: string;
  readonly url: string;
  /** Where it is to be; a file there counts as downloaded and verified. */
  readonly path: string;
  readonly checksum: {
    readonly algorithm: "md5" | "sha256";
    /** Lower-case hexadecimal. */
    readonly digest: string;
  };
  /** The way out without a network, for messages. */
  readonly otherwise: string;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Gives up on a connection that is silent for so long. */
  readonly stallMs?: number;
}

const STALL_MS = 60_000;

/** What a part was the beginning of. */
const originSchema = z.object({ url: z.string(), validator: z.string() });

/** The network failed: to try again may help. */
class Interrupted extends Error {}

/** The innermost cause of a failed fetch says the most. */
function networkReason(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause !== undefined) {
    inner = inner.cause;
  }
  return inner instanceof Error ? inner.message : String(inner);
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOSPC";

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch {
    return 0;
  }
}

/** Names one version of a file; a weak ETag does not vouch for every byte. */
function validatorOf(headers: Headers): string | undefined {
  const tag = headers.get("etag");
  if (tag && !tag.startsWith("W/")) return tag;
  return headers.get("last-modified") ?? undefined;
}

const numberOf = (text: string | null | undefined): number | undefined =>
  text && /^\d+$/.test(text) ? Number(text) : undefined;

/** One download under way. */
class Transfer {
  readonly #job: Download;
  readonly #part: string;
  /** Says what the part is the beginning of. */
  readonly #note: string;

  constructor(job: Download) {
    this.#job = job;
    this.#part = `${job.path}.part`;
    this.#note = `${job.path}.part.json`;
  }

  fail(reason: string, cure = this.#job.otherwise): UserError {
    const { what, url } = this.#job;
    return new UserError(
      `Cannot download ${what} from ${url}: ${reason}.\n${cure}`,
    );
  }

  async run(): Promise<void> {
    let best = await sizeOf(this.#part);
    // Goes on for as long as every connection gets further than the last.
    while (true) {
      try {
        await this.#fetch();
        break;
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        const size = await sizeOf(this.#part);
        if (size <= best) {
          const kept = size > 0
            ? ` after ${size} bytes, which are kept: the next run goes on from there`
            : "";
          throw this.fail(`${error.message}${kept}`);
        }
        best = size;
      }
    }
    await this.#verify();
    await Deno.rename(this.#part, this.#job.path);
    await Deno.remove(this.#note).catch(() => {});
  }

  /** Validator of the part, when it is of this address. */
  async #validator(): Promise<string | undefined> {
    try {
      const origin = originSchema.parse(
        JSON.parse(await readRegularText(this.#note)),
      );
      return origin.url === this.#job.url ? origin.validator : undefined;
    } catch {
      return undefined;
    }
  }

  async #fetch(): Promise<void> {
    const { url, stallMs = STALL_MS } = this.#job;
    const validator = await this.#validator();
    const have = validator === undefined ? 0 : await sizeOf(this.#part);
    const controller = new AbortController();
    const stalled = () =>
      controller.abort(
        new Error(`nothing came for ${Math.round(stallMs / 1000)} seconds`),
      );
    let timer = setTimeout(stalled, stallMs);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(stalled, stallMs);
    };
    try {
      const response = await fetch(url, {
        headers: {
          // Ranges and sizes are of the file itself.
          "accept-encoding": "identity",
          ...(validator !== undefined && have > 0
            ? { range: `bytes=${have}-`, "if-range": validator }
            : {}),
        },
        signal: controller.signal,
      }).catch((error: unknown) => {
        throw new Interrupted(networkReason(error));
      });
      alive();
      await this.#receive(response, have, alive);
    } finally {
      clearTimeout(timer);
      controller.abort();
    }
  }

  async #receive(
    response: Response,
    have: number,
    alive: () => void,
  ): Promise<void> {
    const { status, headers, body } = response;
    const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(
      headers.get("content-range") ?? "",
    );
    if (status === 416 && have > 0 && numberOf(range?.[2]) === have) return;
    const resumed = status === 206 && numberOf(range?.[1]) === have;
    if (status === 416 || (status === 206 && !resumed)) {
      await Deno.remove(this.#part).catch(() => {});
      await Deno.remove(this.#note).catch(() => {});
      throw this.fail(
        "the server does not go on from where it was asked to",
        "Run it again: it begins anew.",
      );
    }
    if (!response.ok || !body) {
      throw this.fail(
        `the server answered ${status} ${response.statusText}`.trimEnd(),
      );
    }
    const from = resumed ? have : 0;
    const rest = numberOf(headers.get("content-length"));
    await this.#checkSpace(rest ?? 0);
    if (!resumed) await this.#begin(validatorOf(headers));
    await this.#store(
      body,
      from,
      rest === undefined ? undefined : from + rest,
      alive,
    );
  }

  /** Forgets an older part; from now on the note is of the new one. */
  async #begin(validator: string | undefined): Promise<void> {
    await Deno.remove(this.#note).catch(() => {});
    await this.#writing(async () => {
      using _ = await this.#open(true);
      if (validator === undefined) return;
      const note = JSON.stringify({ url: this.#job.url, validator });
      await Deno.writeTextFile(this.#note, note);
    });
  }

  #open(truncate: boolean): Promise<Deno.FsFile> {
    return Deno.open(this.#part, {
      create: true,
      write: true,
      truncate,
      append: !truncate,
    });
  }

  async #store(
    body: ReadableStream<Uint8Array>,
    from: number,
    total: number | undefined,
    alive: () => void,
  ): Promise<void> {
    const task = `Downloading ${this.#job.what}`;
    const size = total === undefined ? {} : { total };
    let done = from;
    using file = await this.#writing(() => this.#open(false));
    const reader = body.getReader();
    while (true) {
      const chunk = await reader.read().catch((error: unknown) => {
        throw new Interrupted(networkReason(error));
      });
      if (chunk.done) break;
      alive();
      await this.#writing(async () => {
        for (let at = 0; at < chunk.value.length;) {
          at += await file.write(chunk.value.subarray(at));
        }
      });
      done += chunk.value.length;
      this.#job.onProgress?.({ task, done, ...size, unit: "bytes" });
    }
    await this.#writing(() => file.sync());
  }

  async #checkSpace(needed: number): Promise<void> {
    const folder = dirname(this.#job.path);
    if (await freeBytes(folder) < needed) throw this.#full(needed);
  }

  #full(needed?: number): UserError {
    const much = needed === undefined
      ? ""
      : `: ${(needed / 1e6).toFixed(1)} MB needed`;
    return this.fail(
      `there is no space left in ${dirname(this.#job.path)}${much}`,
      "Make space and run it again, or set STOPGRAD_CACHE to a folder on another disk.",
    );
  }

  async #writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isFull(error)) throw this.#full();
      throw this.fail(
        `${this.#part} cannot be written: ${reasonOf(error)}`,
        "Check the folder, or set STOPGRAD_CACHE to another one.",
      );
    }
  }

  async #verify(): Promise<void> {
    const { what, checksum: { algorithm, digest }, onProgress } = this.#job;
    const total = await sizeOf(this.#part);
    const hash = createHash(algorithm);
    let done = 0;
    for await (const chunk of createReadStream(this.#part)) {
      hash.update(chunk);
      done += chunk.length;
      onProgress?.({ task: `Verifying ${what}`, done, total, unit: "bytes" });
    }
    const found = hash.digest("hex");
    if (found === digest) return;
    await Deno.remove(this.#part);
    await Deno.remove(this.#note).catch(() => {});
    throw this.fail(
      `the ${algorithm} of what came (${total} bytes) is ${found}, expected ${digest}; it was deleted`,
      `Run it again; if it fails again, the file there is another one. ${this.#job.otherwise}`,
    );
  }
}

/**
 * Downloads a file unless it is there already.
 *
 * Bytes go to `<path>.part` until all have come and the checksum is right, so
 * that `path` is whole or absent. A connection that breaks is taken up again
 * where it broke, now or in a later run, if the file has not changed. Of two
 * processes the second waits for the first.
 *
 * @throws {UserError} When it cannot be had, with the cause and a way out.
 */
export async function download(job: Download): Promise<void> {
  if (await exists(job.path)) return;
  const transfer = new Transfer(job);
  const lock = `${job.path}.lock`;
  try {
    await Deno.mkdir(dirname(job.path), { recursive: true });
    using file = await Deno.open(lock, { create: true, write: true });
    if (!await file.tryLock(true)) {
      const task = `Waiting for another download of ${job.what}`;
      job.onProgress?.({ task, done: 0, unit: "bytes" });
      await file.lock(true);
    }
    if (!await exists(job.path)) await transfer.run();
    await Deno.remove(lock).catch(() => {});
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw transfer.fail(
      isFull(error) ? "there is no space left" : reasonOf(error),
    );
  }
}
