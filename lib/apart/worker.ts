/**
 * @file The worker in which a stranger's modules are imported for a check. It
 * can read their files and nothing else; it answers with plain data.
 */
import "./jitless.ts";
import { modulesIn, reason, withUserFiles } from "../pipeline/parse/custom.ts";
import { Findings } from "../diagnostics/diagnostic.ts";
import { labelsRead } from "../pipeline/check/check_data.ts";
import { checkValue } from "../pipeline/load.ts";
import { outlineOf } from "../pipeline/explain/outline.ts";
import { BUILT_IN } from "../model/registry.ts";
import { watchImport } from "../trace/chance.ts";
// Modules share these with us: they are there before anything is taken away.
import "../../mod.ts";
import { makeBare } from "./bare.ts";
import type { Checked, Message, Request } from "./messages.ts";

/** What of a worker is used, which the types of a window lack. */
const worker = self as unknown as {
  postMessage(message: Message): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
};
const post = worker.postMessage.bind(worker);

/** Data without what cannot be sent, such as functions. */
const plain = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

async function check(
  value: unknown,
  { file, baseDir, modules }: Request,
): Promise<Checked> {
  const findings = new Findings();
  const byFile = new Map(modules.map((one) => [one.file, one]));
  const types = modulesIn(value).flatMap((one) => byFile.get(one) ?? []);
  const registry = await withUserFiles(value, baseDir, BUILT_IN, findings, {
    async importer(name) {
      const { url, refused } = byFile.get(name) ?? {};
      if (url === undefined) throw new Error(refused ?? "it is not known");
      post({ kind: "at", file: name });
      const watched = watchImport(url);
      try {
        return (await import(url)).default;
      } finally {
        watched();
      }
    },
    typeCheck: (_, name) =>
      Promise.resolve(types.find((one) => one.file === name)?.types ?? []),
  });
  post({ kind: "at", file: "" });
  const made = checkValue(value, file, registry, findings);
  const found = [...findings.all];
  if (!made || findings.failed) return { found };
  const { data: { source, options }, evaluate: { knn, linear, data } } =
    made.pipeline;
  return {
    found,
    data: {
      source: source.name,
      options: plain(options),
      knn: Boolean(knn),
      linear: Boolean(linear),
      ...(data
        ? { judged: { source: data.source.name, options: plain(data.options) } }
        : {}),
      labels: labelsRead(made.pipeline),
    },
    outline: plain(outlineOf(made)) as NonNullable<Checked["outline"]>,
  };
}

const fail = (error: unknown): void =>
  post({ kind: "failed", reason: reason(error) });

worker.onmessage = async ({ data }) => {
  worker.onmessage = null;
  makeBare();
  try {
    const checked: Checked[] = [];
    for (const value of data.values) checked.push(await check(value, data));
    post({ kind: "answer", checked });
  } catch (error) {
    fail(error);
  }
};

// What a module left to fail later is its fault, too, and no word of ours.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  fail(event.reason);
});
globalThis.addEventListener("error", (event) => {
  event.preventDefault();
  fail(event.error);
});

post({ kind: "ready" });
