/** Groups items into batches whose total `sizeOf` is at most `most`. A larger item is a batch by itself. */
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
 * As `batchesOf`, for a source that may be slow: a batch ends early if the next item is not available at once. If there
 * is still no item after that batch, an empty batch signals the pause.
 */
export async function* batchesWithPauses<T>(
  source: AsyncIterable<T> | Iterable<T>,
  { sizeOf, most }: { readonly sizeOf: (item: T) => number; readonly most: number },
): AsyncGenerator<readonly T[]> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  /** A pending read. */
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
      // do not wait for the pending read, which may never complete
      reading?.catch(() => undefined);
      const returned = Promise.resolve(iterator.return?.());
      if (reading) returned.catch(() => undefined);
      else await returned;
    }
  }
}

/**
 * Whether a promise is still pending after two turns of the event loop: enough for a pipe or file to deliver available
 * data.
 */
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
