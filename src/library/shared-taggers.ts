import { statSync } from 'node:fs';
import { findModel } from '../model/model-file.ts';
import { type Tagger as InnerTagger, loadTagger, type TaggerOptions } from '../tagging/tagger.ts';

// Taggers of one process that have the same model file and options share the weights, the vocabulary, the caches and the
// threads. That is safe, because each call of a tagger completes the one before.

interface Shared {
  readonly inner: InnerTagger;
  users: number;
}

const open = new Map<string, Shared>();

/** The shared tagger of a model file with these options. */
export interface SharedTagger {
  readonly inner: InnerTagger;
  /** Ends the threads if no other tagger uses them. */
  release(): Promise<void>;
}

/** @throws UserError as `loadTagger` does */
export function openShared(nameOrPath: string, options: TaggerOptions): SharedTagger {
  const path = findModel(nameOrPath);
  const key = keyOf(path, options);
  let shared = open.get(key);
  if (!shared) {
    shared = { inner: loadTagger(path, options), users: 0 };
    open.set(key, shared);
  }
  const { inner } = shared;
  shared.users++;
  const forget = (): void => {
    if (open.get(key)?.inner === inner) open.delete(key);
  };
  const whileThreadsLive =
    <Given extends unknown[], Result>(call: (...given: Given) => Result) =>
    (...given: Given): Result => {
      try {
        return call(...given);
      } catch (error) {
        // a tagger that is loaded from now on gets new threads
        if ((error as { code?: unknown }).code === 'SEQTAG_THREAD') forget();
        throw error;
      }
    };
  return {
    inner: {
      ...inner,
      begin: whileThreadsLive((...given: Parameters<InnerTagger['begin']>) =>
        whileThreadsLive(inner.begin(...given)),
      ),
      annotate: whileThreadsLive(inner.annotate),
    },
    async release() {
      if (--shared.users > 0) return;
      forget();
      await inner.close();
    },
  };
}

/** Differs if the file has been replaced or written since. */
function keyOf(path: string, options: TaggerOptions): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  const file = [dev, ino, size, mtimeNs, ctimeNs].map(String);
  return JSON.stringify([path, file, Object.entries(options).sort()]);
}
