/** @file How much is done side by side. */

/** Files at work side by side: some wait for the disk while others decode. */
export const AT_ONCE: number = 2 * navigator.hardwareConcurrency;

/** Files that are asked for where the engine decodes: some are read, some wait, some are in a batch. */
export const IN_BATCHES: number = Math.max(96, AT_ONCE);
