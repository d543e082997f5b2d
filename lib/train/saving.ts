/** @file Checkpoints, written while the training goes on. */
import type { Lent } from "../compile/machine.ts";
import { writing } from "./run_errors.ts";
import type { RunFolder } from "./run_folder.ts";

/** What is said of a checkpoint. */
interface Told {
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly healthy: boolean;
  /** False where an interruption writes it before it is due. */
  readonly due: boolean;
}

/**
 * Writes a run's checkpoints one after the other. Digests, the disk and copies
 * do not hold a step up: the values are written from where they are.
 */
export class Saving {
  #last: Promise<void> = Promise.resolve();
  #failed: { readonly error: unknown } | undefined;

  constructor(readonly folder: RunFolder) {}

  /** Begins to write the values of a step, once the checkpoint before is written. */
  async begin(
    step: number,
    lend: () => Promise<Lent>,
    { metrics, healthy, due }: Told,
  ): Promise<void> {
    await this.written();
    const { folder } = this;
    const lines = folder.linesDigest;
    const lent = await lend();
    this.#last = writing(folder, async () => {
      using kept = lent;
      await folder.sync();
      await folder.checkpoints.save(step, kept.values, metrics, {
        healthy,
        due,
        lines,
      });
    }).catch((error) => {
      this.#failed = { error };
    });
  }

  /** @throws {UserError} When a checkpoint could not be written. */
  check(): void {
    if (this.#failed) throw this.#failed.error;
  }

  /**
   * Waits for what is being written.
   *
   * @throws {UserError} When it could not be.
   */
  async written(): Promise<void> {
    await this.#last;
    this.check();
  }

  /** Nothing is written after it, however the training ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
  }
}
