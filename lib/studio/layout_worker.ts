/** @file The worker in which points are laid out: it takes minutes, and needs no rights. */
import {
  clusters,
  type Nearest,
  type Principal,
  principal,
  type Rows,
  umap,
} from "./layout.ts";

/** What is asked of the worker. */
export type LayoutTask =
  | { readonly kind: "plane"; readonly rows: Rows; readonly clusters: number }
  | { readonly kind: "umap"; readonly nearest: Nearest };

/** What it says. */
export type LayoutMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "progress"; readonly share: number }
  | {
    readonly kind: "plane";
    readonly principal: Principal;
    readonly clusters: Int32Array;
  }
  | { readonly kind: "umap"; readonly points: Float32Array };

const worker = self as unknown as {
  postMessage(message: LayoutMessage): void;
  onmessage: ((event: MessageEvent<LayoutTask>) => void) | null;
};

worker.onmessage = ({ data: task }) => {
  if (task.kind === "plane") {
    worker.postMessage({
      kind: "plane",
      principal: principal(task.rows),
      clusters: clusters(task.rows, task.clusters),
    });
  } else {
    worker.postMessage({
      kind: "umap",
      points: umap(
        task.nearest,
        (share) => worker.postMessage({ kind: "progress", share }),
      ),
    });
  }
};

worker.postMessage({ kind: "ready" });
