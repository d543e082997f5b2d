/** @file `run FILE --studio`: the studio beside a run. */
import { UserError } from "../errors.ts";
import type { StudioOptions } from "../studio/studio.ts";
import type { StudioMessage } from "../studio/worker.ts";
import { say } from "./say.ts";

/** A studio that is open beside a run. */
export interface StudioBeside {
  /** Waits until nobody looks any more: for Ctrl-C, where there is a terminal. */
  linger(): Promise<void>;
  close(): void;
}

/**
 * Opens a studio in a worker, and says where.
 *
 * @throws {UserError} When it cannot be opened.
 */
export async function studioBeside(
  options: StudioOptions,
): Promise<StudioBeside> {
  const worker = new Worker(new URL("../studio/worker.ts", import.meta.url), {
    type: "module",
    name: "studio",
  });
  try {
    const url = await new Promise<string>((open, fail) => {
      worker.onmessage = ({ data }: MessageEvent<StudioMessage>) => {
        if (data.kind === "ready") worker.postMessage(options);
        else if (data.kind === "open") open(data.url);
        else fail(new UserError(data.reason));
      };
      worker.onerror = (event) => fail(new Error(event.message));
    });
    say(`The studio is open at\n  ${url}`);
  } catch (error) {
    worker.terminate();
    throw error;
  }
  return {
    close: () => worker.terminate(),
    async linger() {
      if (!Deno.stdout.isTerminal()) return;
      say("The studio stays open; Ctrl-C ends it.");
      await new Promise<void>((end) => {
        const listener = (): void => {
          Deno.removeSignalListener("SIGINT", listener);
          end();
        };
        Deno.addSignalListener("SIGINT", listener);
      });
    },
  };
}
