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
  const room: (() => void)[] = [];
  let pending = 0;
  let failure: { readonly error: unknown } | undefined;
  let idle = (): void => {};
  const finish = (): void => {
    pending--;
    room.pop()?.();
    if (pending === 0) idle();
  };
  try {
    for await (const item of items) {
      if (pending >= limit) {
        await new Promise<void>((resolve) => room.push(resolve));
      }
      if (failure) break;
      pending++;
      work(item).catch((error: unknown) => {
        failure ??= { error };
      }).then(finish);
    }
  } finally {
    if (pending > 0) await new Promise<void>((resolve) => idle = resolve);
  }
  if (failure) throw failure.error;
}
