/**
 * @file The page's own files. Its modules are TypeScript as they stand here;
 * types are taken out when they are asked for, so there is nothing to build.
 */
import { stripTypeScriptTypes } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Refused } from "./guard.ts";
import { packageFile, withAddresses } from "./packages.ts";

const LIB = new URL("../", import.meta.url);

/** What runs in the page: folders, and modules that they import. */
const SERVED = ["studio/page/", "look/draw/", "markup.ts"] as const;

const TYPES: Readonly<Record<string, string>> = {
  ".ts": "text/javascript; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".svg": "image/svg+xml",
};

const cached = new Map<string, string>();

async function textOf(url: URL): Promise<string> {
  const text = await Deno.readTextFile(fileURLToPath(url));
  return url.pathname.endsWith(".ts")
    ? withAddresses(stripTypeScriptTypes(text))
    : text;
}

/** Whether a path is one of the page's own files, which hold no secret. */
export const isPageFile = (path: string): boolean =>
  path === "/" || path.startsWith("/lib/") || path.startsWith("/npm/");

/** Stands for the nonce in the page. */
const NONCE = "{{nonce}}";

/**
 * One of the page's files.
 *
 * @param nonce That style sheets of scripts carry.
 * @throws {Refused} When there is none.
 */
export async function pageFile(
  path: string,
  nonce: string,
): Promise<Response> {
  const own = path === "/" ? "studio/page/index.html" : path.slice(5);
  const name = path.startsWith("/npm/") ? path.slice(5) : own;
  const type = TYPES[extname(name)];
  let text = cached.get(path);
  if (text === undefined) {
    if (path.startsWith("/npm/")) text = await packageFile(name);
    else {
      const served = /^[\w/.-]+$/.test(name) && !name.includes("..") &&
        SERVED.some((one) => name.startsWith(one));
      if (!served || !type) throw new Refused(404, "There is no such page.");
      text = await textOf(new URL(name, LIB)).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        throw new Refused(404, "There is no such page.");
      });
    }
    cached.set(path, text);
  }
  return new Response(text.replace(NONCE, nonce), {
    headers: { "content-type": type ?? (TYPES[".js"] as string) },
  });
}
