import { setTimeout } from 'node:timers/promises';
import { packingError, packVectors, type WordVectors } from '../corpus/features/word-vectors.ts';
import { tally } from '../corpus/tally.ts';
import { describeFile } from '../files/read.ts';
import { vectorPath } from '../vectors/npm-package.ts';
import {
  type Coverage,
  readVectors,
  type VectorOptions,
  type VectorTable,
} from '../vectors/read.ts';
import type { TrainingEvent } from './events.ts';
import type { Hyperparameters } from './hyperparameters.ts';

export type Sentences = readonly { readonly tokens: readonly string[] }[];

/** Word vectors for a corpus that are there before its network is trained. */
export interface Pretrained {
  readonly vectors: WordVectors;
  readonly coverage: Coverage;
  /** Root mean square error of the vectors in `vectorBits`, relative to their size. */
  readonly error: number;
}

/** Root mean square of the lengths of all vectors, as of GloVe. The network learns more slowly from shorter ones. */
const LENGTH = 5;

/**
 * Reads the vectors of the words of a corpus, and the first `keepVectors` vectors of the file.
 * @param source a path, or `npm:NAME`
 * @throws UserError for a file that is damaged, not there, or of an unknown format
 */
export async function* readPretrained(
  source: string,
  sentences: Sentences,
  { keepVectors, vectorBits }: Pick<Hyperparameters, 'keepVectors' | 'vectorBits'>,
): AsyncGenerator<TrainingEvent, Pretrained> {
  const table = yield* readWithProgress(vectorPath(source), {
    counts: countsOf(sentences),
    keep: keepVectors,
    file: source,
  });
  return pack(table, vectorBits);
}

export function countsOf(sentences: Sentences): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { tokens } of sentences) for (const token of tokens) tally(counts, token);
  return counts;
}

/** Packs vectors after scaling them to the mean length `LENGTH`. */
export function pack(
  { words, values, coverage }: VectorTable,
  vectorBits: Hyperparameters['vectorBits'],
): Pretrained {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  const factor = squares === 0 ? 1 : LENGTH / Math.sqrt(squares / words.length);
  const packed = packVectors(words, values, { bits: vectorBits === '8' ? 8 : 16, factor });
  return { vectors: packed, coverage, error: packingError(words, values, { packed, factor }) };
}

/** Time between two progress events, in milliseconds. */
export const PROGRESS_INTERVAL = 500;

async function* readWithProgress(
  path: string,
  options: VectorOptions,
): AsyncGenerator<TrainingEvent, VectorTable> {
  let bytes = 0;
  const onRead = (read: number): void => {
    bytes = read;
  };
  const file = describeFile(path);
  const reading = readVectors(path, { ...options, onRead });
  reading.catch(() => undefined); // it is thrown below, unless the caller has stopped
  for (;;) {
    const timeout = new AbortController();
    const pause = setTimeout(PROGRESS_INTERVAL, undefined, { signal: timeout.signal });
    try {
      const table = await Promise.race([reading, pause.catch(() => undefined)]);
      if (table !== undefined) return table;
    } finally {
      timeout.abort();
    }
    yield { type: 'vectors', bytes, ...(file?.kind === 'file' && { of: file.bytes }) };
  }
}
