/** @file The studio's server: on the loopback, for one page of its own. */
import { type Asked, json, type Routes } from "./answer.ts";
import { guard, headers, newToken, Refused } from "./guard.ts";
import { isPageFile, pageFile } from "./page_files.ts";
import { UserError } from "../errors.ts";

/** A studio that runs. */
export interface Studio {
  /** Its address, with the token. */
  readonly url: string;
  /** Settles when it was closed. */
  readonly finished: Promise<void>;
  close(): Promise<void>;
}

/** Only from this machine. */
const HOSTNAME = "127.0.0.1";

/** What a server answers by. */
interface Terms {
  readonly routes: Routes;
  readonly port: number;
  readonly token: string;
  readonly nonce: string;
}

async function answer(
  request: Request,
  { routes, port, token, nonce }: Terms,
): Promise<Response> {
  const url = new URL(request.url);
  const open = isPageFile(url.pathname);
  try {
    guard(request, port, token, open);
    if (open) return await pageFile(url.pathname, nonce);
    const handler = routes[`${request.method} ${url.pathname}`];
    if (!handler) throw new Refused(404, "There is nothing of this name.");
    const asked: Asked = {
      request,
      query: url.searchParams,
    };
    const found = await handler(asked);
    return found instanceof Response ? found : json(found);
  } catch (error) {
    if (error instanceof Refused) {
      return json({ error: error.message }, error.status);
    }
    if (error instanceof UserError) return json({ error: error.message }, 422);
    console.error(error);
    return json({ error: "The studio failed; its terminal says how." }, 500);
  }
}

/**
 * Starts a studio.
 *
 * @param port 0 takes any that is free.
 * @throws {UserError} When the port is taken.
 */
export function serve(routes: Routes, port = 0): Studio {
  const token = newToken();
  const nonce = newToken();
  const common = Object.entries(headers(nonce));
  const closing = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve(
      {
        hostname: HOSTNAME,
        port,
        onListen: () => {},
        signal: closing.signal,
      },
      async (request) => {
        const response = await answer(request, {
          routes,
          port: server.addr.port,
          token,
          nonce,
        });
        for (const [name, value] of common) {
          response.headers.set(name, value);
        }
        return response;
      },
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new UserError(
      `Cannot open the studio on port ${port}: another program has it.\nGive another one with --port, or none to take any that is free.`,
    );
  }
  return {
    url: `http://${HOSTNAME}:${server.addr.port}/?token=${token}`,
    finished: server.finished,
    async close() {
      // Pages that listen would keep a shutdown waiting.
      closing.abort();
      await server.finished.catch(() => {});
    },
  };
}
