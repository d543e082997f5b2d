/** @file Work side by side, but not all at once. */

/**
 * Works on items, on at most `limit` of them at a time.
 *
 * Resolves or rejects only when no work is left running; after a failure no
 * more items are taken, and the first failure is thrown.
 */
export async function sideBySide<T>(
  items: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const pending = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const item of items) {
      while (pending.size >= limit) await Promise.race(pending);
      if (failure) break;
      const run = work(item)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => pending.delete(run));
      pending.add(run);
    }
  } finally {
    await Promise.all(pending);
  }
  if (failure) throw failure.error;
}
