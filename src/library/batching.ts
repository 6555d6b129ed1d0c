/** Items in batches of at most `most`, in the unit of `sizeOf`, or of one item that is larger. */
export function* batchesOf<T>(
  source: Iterable<T>,
  { sizeOf, most }: { readonly sizeOf: (item: T) => number; readonly most: number },
): Generator<readonly T[]> {
  let items: T[] = [];
  let size = 0;
  for (const item of source) {
    const more = sizeOf(item);
    if (items.length > 0 && size + more > most) {
      yield items;
      [items, size] = [[], 0];
    }
    items.push(item);
    size += more;
  }
  if (items.length > 0) yield items;
}

/**
 * The same for a source that may be slow: a batch ends early when the next item is not there at once. When the source
 * still has nothing after that, an empty batch tells the reader that nothing more comes for now.
 */
export async function* batchesWithPauses<T>(
  source: AsyncIterable<T> | Iterable<T>,
  { sizeOf, most }: { readonly sizeOf: (item: T) => number; readonly most: number },
): AsyncGenerator<readonly T[]> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  /** A read that has not been answered. */
  let reading: Promise<IteratorResult<T>> | undefined;
  let isDone = false;
  try {
    while (!isDone) {
      const items: T[] = [];
      for (let size = 0; size < most; ) {
        reading ??= Promise.resolve(iterator.next());
        if (await isLate(reading)) {
          if (items.length > 0) break;
          yield [];
        }
        const next = await reading;
        reading = undefined;
        if (next.done) {
          isDone = true;
          break;
        }
        items.push(next.value);
        size += sizeOf(next.value);
      }
      if (items.length > 0) yield items;
    }
  } finally {
    if (!isDone) {
      // a read that nobody may ever answer must not be waited for
      reading?.catch(() => undefined);
      const returned = Promise.resolve(iterator.return?.());
      if (reading) returned.catch(() => undefined);
      else await returned;
    }
  }
}

/** Whether a promise is still open after two turns of the event loop, in which a pipe or a file gives what it has. */
async function isLate(promise: Promise<unknown>): Promise<boolean> {
  let turn: NodeJS.Immediate | undefined;
  const late = new Promise<boolean>((resolve) => {
    turn = setImmediate(() => {
      turn = setImmediate(resolve, true);
    });
  });
  try {
    return await Promise.race([promise.then(() => false), late]);
  } finally {
    clearImmediate(turn);
  }
}
