/** @file A studio beside a run in one process: apart, so that no step waits for a page. */
import { UserError } from "../errors.ts";
import { openStudio, type StudioOptions } from "./studio.ts";

/** What the worker says: once it can be asked, then where its page is. */
export type StudioMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "open"; readonly url: string }
  | { readonly kind: "failed"; readonly reason: string };

const worker = self as unknown as {
  postMessage(message: StudioMessage): void;
  onmessage: ((event: MessageEvent<StudioOptions>) => void) | null;
};

worker.onmessage = async ({ data }) => {
  try {
    const { url } = await openStudio(data);
    worker.postMessage({ kind: "open", url });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    worker.postMessage({ kind: "failed", reason: error.message });
  }
};

worker.postMessage({ kind: "ready" });
