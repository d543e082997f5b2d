/**
 * @file Who may ask: a page of this studio's own, opened with its token. Every
 * page in the browser can reach the loopback, and any name can point at it.
 */
import { timingSafeEqual } from "node:crypto";

/** A refusal, or another answer that is no success. */
export class Refused extends Error {
  /** @param status Of HTTP. */
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** A secret of 192 bits, for an address. */
export function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-").replaceAll("/", "_");
}

function same(a: string, b: string): boolean {
  const [x, y] = [a, b].map((text) => new TextEncoder().encode(text));
  return x?.length === y?.length &&
    timingSafeEqual(x as Uint8Array, y as Uint8Array);
}

/**
 * Lets a request pass that this studio's own page made.
 *
 * @param request Asked of the server.
 * @param port The server's.
 * @param token In its address; not asked for where `open`, of files that
 *   everybody has.
 * @throws {Refused} With the reason.
 */
export function guard(
  request: Request,
  port: number,
  token: string,
  open: boolean,
): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const host = request.headers.get("host") ?? "";
  // A name of a stranger that points at this machine (DNS rebinding).
  if (!hosts.includes(host)) {
    throw new Refused(403, "This address is not the studio's own.");
  }
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== `http://${host}`) {
    throw new Refused(403, "Another page may not ask the studio.");
  }
  const site = request.headers.get("sec-fetch-site");
  if (!open && site !== null && site !== "same-origin" && site !== "none") {
    throw new Refused(403, "Another page may not ask the studio.");
  }
  if (open) return;
  const given = request.headers.get("x-token") ??
    new URL(request.url).searchParams.get("token") ?? "";
  if (!same(given, token)) {
    throw new Refused(
      401,
      "The token is missing or old: open the address that the command printed.",
    );
  }
}

/**
 * What every answer carries: nothing comes from elsewhere, and nothing is framed.
 *
 * @param nonce Of the style sheets that the editor adds.
 */
export const headers = (nonce: string): Readonly<Record<string, string>> => ({
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
});
