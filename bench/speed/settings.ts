/** @file How a run of the benches is done, for all that measure. */
import type { Device } from "../../lib/engine/open.ts";

/** Settings of a run. */
export interface Settings {
  /** What all sides work on. */
  readonly device: Device;
  /** Rounds of each bench. */
  readonly rounds: number;
  /** Seconds that a side works in a round, about. */
  readonly seconds: number;
  /** Cores of each side. */
  readonly threads: number;
  /** A look whether all works: one round, little work, nothing kept. */
  readonly quick: boolean;
}

/** What is made once, and only when a bench asks for it. */
export interface Workplace {
  readonly settings: Settings;
  /** For files that go when the benches end, however they end. */
  readonly folder: string;
  /** Interpreter with PyTorch and lightly. */
  python(): Promise<string>;
  /** Folder with `train-pixels.npy` and CIFAR-10's binary files. */
  data(): Promise<string>;
}
