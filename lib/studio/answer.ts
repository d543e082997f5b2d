/** @file Routes of the studio and what they answer with. */
import { z } from "zod";
import { Refused } from "./guard.ts";

/** A request that passed, with what it asks for. */
export interface Asked {
  readonly request: Request;
  /** The query. */
  readonly query: URLSearchParams;
}

/** Answers a request; what is no response is sent as JSON. */
export type Handler = (asked: Asked) => unknown;

/** Handlers by method and path, such as `GET /api/runs`. */
export type Routes = Readonly<Record<string, Handler>>;

/** A parameter that has to be there. */
export function needed({ query }: Asked, name: string): string {
  const value = query.get(name);
  if (value === null) {
    throw new Refused(400, `Cannot answer without "${name}".`);
  }
  return value;
}

/** A number of the query, within limits. */
export function numberOf(
  { query }: Asked,
  name: string,
  otherwise: number,
  [least, most]: readonly [number, number] = [-Infinity, Infinity],
): number {
  const text = query.get(name);
  const value = text === null ? otherwise : Number(text);
  if (Number.isNaN(value)) {
    throw new Refused(400, `Cannot read "${name}": it is no number.`);
  }
  return Math.min(most, Math.max(least, value));
}

/** More than any pipeline or selection. */
const MOST_BODY = 4 * 2 ** 20;

/** The JSON of a request's body. */
export async function bodyOf<T>(
  { request }: Asked,
  schema: z.ZodType<T>,
): Promise<T> {
  if (Number(request.headers.get("content-length") ?? 0) > MOST_BODY) {
    throw new Refused(413, "Cannot take so much at once.");
  }
  const read = schema.safeParse(await request.json().catch(() => undefined));
  if (!read.success) {
    throw new Refused(
      400,
      `Cannot read the question: ${z.prettifyError(read.error)}`,
    );
  }
  return read.data;
}

/** A value as JSON: what is no number becomes `null`. */
export const json = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value ?? null), {
    status,
    headers: { "content-type": "application/json" },
  });

/** An event for the page; `id` is what it names when it comes back. */
export interface PageEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: unknown;
}

/**
 * Server-sent events, until the page goes.
 *
 * @param produce Sends events; ends when the signal says so.
 */
export function events(
  produce: (
    send: (event: PageEvent) => void,
    signal: AbortSignal,
  ) => Promise<void>,
): Response {
  const encoder = new TextEncoder();
  const gone = new AbortController();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = ({ event, id, data }: PageEvent): void => {
        if (gone.signal.aborted) return;
        const text = `event: ${event}\n${
          id === undefined ? "" : `id: ${id}\n`
        }data: ${JSON.stringify(data)}\n\n`;
        controller.enqueue(encoder.encode(text));
      };
      controller.enqueue(encoder.encode("retry: 1000\n\n"));
      produce(send, gone.signal)
        .catch((error) => {
          send({
            event: "failed",
            data: error instanceof Error ? error.message : String(error),
          });
        })
        .finally(() => {
          try {
            controller.close();
          } catch {
            // The page closed it.
          }
        });
    },
    cancel: () => gone.abort(),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream" },
  });
}

/** Waits, or until nobody does. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done();
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      done();
    }
    signal.addEventListener("abort", end);
  });
}
