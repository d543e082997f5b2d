/** @file Where in a step ops stand: the stage or layer that runs them. */
import { gradientScope } from "../ir/scope.ts";

/** Knows its place, so that nodes and refusals can name it. */
export class Scoped {
  #place = "";

  /** Path of the stage or layer; `""` outside of all, as for autodiff's ops. */
  get place(): string {
    return this.#place;
  }

  /** Runs `body`; ops meanwhile stand at `path`, which does not nest. */
  scope<T>(path: string, body: () => T): T {
    const outer = this.#place;
    this.#place = path;
    try {
      return body();
    } finally {
      this.#place = outer;
    }
  }

  /** Remembers where ops stand now; what it returns runs a body as their gradient. */
  gradientPlace(): <T>(body: () => T) => T {
    const path = gradientScope(this.#place);
    return (body) => this.scope(path, body);
  }
}
