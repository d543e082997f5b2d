/**
 * @file MLflow's REST protocol, version 2.0
 * (https://mlflow.org/docs/latest/rest-api.html).
 */
import { UserError } from "../../errors.ts";

/** The server does not answer, or not now: the same can be tried again. */
export class Unanswered extends Error {}

/** The server does not want what it was sent: trying again is of no use. */
export class Refused extends Error {
  /** @param code MLflow's own, such as `RESOURCE_DOES_NOT_EXIST`. */
  constructor(message: string, readonly code: string) {
    super(message);
  }
}

/** A request is given up after so long. */
const TIMEOUT_MS = 10_000;

/** What MLflow's own clients read; each only if this process may. */
function authorization(): Record<string, string> {
  const token = Deno.env.get("MLFLOW_TRACKING_TOKEN");
  if (token) return { authorization: `Bearer ${token}` };
  const name = Deno.env.get("MLFLOW_TRACKING_USERNAME");
  const password = Deno.env.get("MLFLOW_TRACKING_PASSWORD");
  if (!name || !password) return {};
  const pair = new TextEncoder().encode(`${name}:${password}`);
  return { authorization: `Basic ${pair.toBase64()}` };
}

/** The port is part of what a permission names. */
export function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

/**
 * Refuses a server that this process may not reach, before anything is done.
 *
 * @throws {UserError} With the permission that it takes.
 */
export async function checkMayReach(url: string): Promise<void> {
  const host = hostOf(url);
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state === "granted") return;
  throw new UserError(
    `Cannot send to the MLflow server at ${url}: this command may not reach ${host}.\nGive it the right, \`deno run -P=train --allow-net=${host} lib/cli/main.ts run FILE\`, or train without it: --set track.mlflow=null`,
  );
}

/** Calls one server. */
export class MlflowClient {
  /** @param signal Ends what is going on. */
  constructor(readonly url: string, readonly signal: AbortSignal) {}

  /**
   * Asks.
   *
   * @throws {Unanswered | Refused} When there is no answer, or a bad one.
   */
  get(
    path: string,
    query: Readonly<Record<string, string>>,
  ): Promise<unknown> {
    return this.#call(`${path}?${new URLSearchParams(query)}`, {});
  }

  /**
   * Sends.
   *
   * @throws {Unanswered | Refused} When there is no answer, or a bad one.
   */
  post(path: string, body: unknown): Promise<unknown> {
    return this.#call(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  async #call(path: string, init: RequestInit): Promise<unknown> {
    const url = `${this.url.replace(/\/+$/, "")}/api/2.0/mlflow/${path}`;
    let response: Response, text: string;
    try {
      response = await fetch(url, {
        ...init,
        headers: { ...init.headers, ...authorization() },
        signal: AbortSignal.any([
          this.signal,
          AbortSignal.timeout(TIMEOUT_MS),
        ]),
      });
      text = await response.text();
    } catch (error) {
      throw new Unanswered(reasonOf(error));
    }
    const answer = parsed(text);
    const { status } = response;
    if (response.ok && answer) return answer;
    const code = String(answer?.["error_code"] ?? "");
    const message = String(answer?.["message"] ?? `HTTP status ${status}`);
    // Too many requests, or a fault of the server's own.
    if (status === 408 || status === 429 || status >= 500) {
      throw new Unanswered(message);
    }
    throw new Refused(
      response.ok ? "it is no MLflow server" : message.split("\n")[0] ?? "",
      code,
    );
  }
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `no answer in ${TIMEOUT_MS / 1000} s`;
  }
  const cause = error instanceof Error && error.cause instanceof Error
    ? error.cause
    : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.split("\n")[0] ?? "";
}
