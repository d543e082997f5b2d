/** @file What the page asks the server, with its token. */
/// <reference lib="dom" />
import type { Series } from "./types.ts";

const TOKEN = new URLSearchParams(location.search).get("token") ?? "";

/** Values of a query; those that are undefined are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** Address of a question. */
export function address(path: string, query: Query = {}): string {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) all.set(name, String(value));
  }
  all.set("token", TOKEN);
  return `/api/${path}?${all}`;
}

async function answer(response: Response): Promise<Response> {
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Error(error ?? `The studio answered ${response.status}.`);
}

/** Asks for JSON. */
export async function get<T>(
  path: string,
  query: Query = {},
  signal?: AbortSignal,
): Promise<T> {
  const response = await fetch(address(path, query), {
    signal: signal ?? null,
  });
  return await (await answer(response)).json();
}

/**
 * Asks for a run's curves, as many points as pixels.
 *
 * @param range Of the axis; all of it where it is left out.
 */
export const getSeries = (
  { id, keys, axis, width, range }: {
    readonly id: string;
    readonly keys: readonly string[];
    readonly axis: string;
    readonly width: number;
    readonly range: readonly [number, number] | undefined;
  },
  signal: AbortSignal,
): Promise<Series> =>
  get("run/series", {
    id,
    keys: keys.join(","),
    axis,
    width,
    from: range?.[0],
    to: range?.[1],
  }, signal);

/** Asks for bytes. */
export async function bytes(
  path: string,
  query: Query = {},
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  const response = await fetch(address(path, query), {
    signal: signal ?? null,
  });
  return await (await answer(response)).arrayBuffer();
}

/** Sends JSON, and gives the answer. */
export async function post<T>(
  path: string,
  body: unknown,
  signal?: AbortSignal,
  query: Query = {},
): Promise<T> {
  const response = await fetch(address(path, query), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
  return await (await answer(response)).json();
}

/**
 * Listens to events until the signal says otherwise. A page that nobody sees
 * does not: a browser has few connections for all of its tabs. Seen again, it
 * goes on from the last event's id, as `after`.
 */
export function listen(
  path: string,
  query: Query,
  handlers: Readonly<Record<string, (data: never) => void>>,
  signal: AbortSignal,
): void {
  let source: EventSource | undefined;
  let last: string | undefined;
  const open = (): EventSource => {
    const opened = new EventSource(
      address(path, { ...query, ...(last ? { after: last } : {}) }),
    );
    for (const [name, handle] of Object.entries(handlers)) {
      opened.addEventListener(name, (event) => {
        const { data, lastEventId } = event as MessageEvent<string>;
        if (lastEventId) last = lastEventId;
        handle(JSON.parse(data) as never);
      });
    }
    return opened;
  };
  const look = (): void => {
    if (document.hidden) {
      source?.close();
      source = undefined;
    } else source ??= open();
  };
  if (signal.aborted) return;
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => source?.close());
  look();
}
