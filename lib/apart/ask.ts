/** @file Asks the worker that checks a stranger's modules, for a limited time. */
import { mentions } from "../pipeline/parse/custom.ts";
import { type Checked, message, type Request } from "./messages.ts";

/** An honest module is imported in a fraction of a second. */
const SECONDS = 10;
/** Beside it, for each pipeline of a sweep. */
const SECONDS_EACH = 0.5;

/** Rights of the worker: its modules' own files, and nothing else. */
const rightsTo = (files: readonly string[]): Deno.PermissionOptions => ({
  read: [...files],
  write: false,
  net: false,
  env: false,
  run: false,
  ffi: false,
  sys: false,
  import: false,
});

/**
 * What is said when there is no answer.
 *
 * @param file The module at work, or `""` where its stage was.
 */
function failure(
  { values: [own, ...others] }: Request,
  file: string,
  reason: string,
): Checked[] {
  const all = [own, ...others].flatMap((value) => [...mentions(value)]);
  const place = all.find((one) => one.file === file) ?? all[0];
  const found = [{
    code: "custom-stage" as const,
    severity: "error" as const,
    message: `Cannot use "${place?.file}": ${reason}`,
    path: place?.path ?? [],
    at: place?.at ?? "value" as const,
    hints: ["it must do no more than describe its stage"],
    related: [],
  }];
  return [{ found }, ...others.map(() => ({ found: [] }))];
}

/**
 * Has a pipeline checked, with its modules, apart from this process's rights.
 *
 * @param files That the modules are made of; absolute paths.
 * @returns An answer for each of its pipelines.
 */
export async function ask(
  request: Request,
  files: readonly string[],
): Promise<readonly Checked[]> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    type: "module",
    name: "modules of a pipeline",
    deno: { permissions: rightsTo(files) },
  });
  let at = "";
  let started = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const seconds = SECONDS + SECONDS_EACH * request.values.length;
  try {
    return await new Promise<readonly Checked[]>((answer, fail) => {
      const end = (reason: string): void =>
        answer(failure(request, at, reason));
      worker.onmessage = ({ data }: MessageEvent<unknown>) => {
        const { success, data: said } = message.safeParse(data);
        if (!success) end("it gives no description of a stage");
        else if (said.kind === "at") at = said.file;
        else if (said.kind === "failed") end(said.reason);
        else if (said.kind === "answer") {
          if (said.checked.length === request.values.length) {
            answer(said.checked);
          } else end("it left out a pipeline");
        } else if (!started) {
          started = true;
          worker.postMessage(request);
          timer = setTimeout(
            () => end(`it did not come to an end within ${seconds} s`),
            1000 * seconds,
          );
        }
      };
      worker.onerror = (event) => {
        event.preventDefault();
        const text = event.message.replace(/^Uncaught (\(in \w+\) )?/, "");
        if (started) end(text.split("\n")[0] ?? text);
        // Before a module was there, the fault is ours.
        else fail(new Error(event.message));
      };
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}
