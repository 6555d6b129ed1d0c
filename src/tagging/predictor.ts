import { convert } from '../corpus/scheme.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import type { Task } from '../model/model.ts';
import type { Engine } from '../network/engine.ts';
import { join, windows } from './windows.ts';

/** Sentences longer than this are tagged in windows of this many tokens, and so many are tagged at once. */
const MOST_TOKENS = 4096;

/**
 * The same string with no hold on another: V8 keeps a slice of 13 characters or more as a pointer into the text that it
 * was cut from, and a cache of words must not keep all that was ever read.
 */
const detached = (token: string): string =>
  token.length < 13 ? token : Buffer.from(token, 'utf16le').toString('utf16le');

/** Tags sentences with an engine's present parameters. */
export interface Predictor {
  /** For each column, tags in the corpus's own scheme, one list a sentence. */
  predict(sentences: readonly (readonly string[])[]): string[][][];
  /** Has the word, its digits as 0 and its case folded as the model does, a row of its own? */
  isKnown(token: string): boolean;
  /** Forgets what it knows of word types; needed after the parameters changed. */
  reset(): void;
}

/**
 * Everything about a word that does not depend on its context (embedding, characters, their projection into the first
 * layer's gates) is computed once and kept in the engine's cache; when that is full it starts anew.
 */
export function createPredictor(
  engine: Engine,
  vocabulary: Vocabulary,
  tasks: readonly Task[],
): Predictor {
  const encoder = createEncoder(vocabulary);
  const places = new Map<string, number>();
  const reset = (): void => {
    places.clear();
    engine.clearCache();
  };

  /** Tags, as numbers, of pieces that together have at most as many tokens as the cache has places. */
  function tagPieces(pieces: readonly (readonly string[])[]): readonly Int32Array[] {
    const find = (): string[] => {
      const missing = new Set<string>();
      for (const piece of pieces)
        for (const token of piece) if (!places.has(token)) missing.add(token);
      return [...missing];
    };
    let missing = find();
    if (engine.cached + missing.length > engine.capacity) {
      reset();
      missing = find();
    }
    if (missing.length > 0) {
      const slots = engine.encode(encoder.types(missing));
      missing.forEach((token, i) => {
        places.set(detached(token), slots[i]!);
      });
    }
    const lengths = Int32Array.from(pieces, (piece) => piece.length);
    const ids = new Int32Array(lengths.reduce((sum, n) => sum + n, 0));
    let at = 0;
    for (const piece of pieces) for (const token of piece) ids[at++] = places.get(token)!;
    return engine.infer(ids, lengths).best;
  }

  return {
    reset,
    isKnown: (token) => encoder.word(token) !== 0,
    predict(sentences) {
      const most = Math.min(engine.capacity, MOST_TOKENS);
      const cuts = sentences.map(({ length }) => windows(length, most));
      const pieces = sentences.flatMap((tokens, s) =>
        cuts[s]!.length === 1
          ? [tokens]
          : cuts[s]!.map(({ start, end }) => tokens.slice(start, end)),
      );
      const best: Int32Array[][] = tasks.map(() => []); // of each column, of each piece
      for (let from = 0; from < pieces.length; ) {
        let to = from;
        for (
          let tokens = 0;
          to < pieces.length && (to === from || tokens + pieces[to]!.length <= most);
          to++
        )
          tokens += pieces[to]!.length;
        const batch = pieces.slice(from, to);
        tagPieces(batch).forEach((tags, column) => {
          let at = 0;
          for (const { length } of batch) {
            best[column]!.push(tags.subarray(at, at + length));
            at += length;
          }
        });
        from = to;
      }
      return tasks.map((task, column) => {
        const names = vocabulary.tags[column]!;
        let at = 0;
        return cuts.map((windows) => {
          const joined = join(windows, best[column]!.slice(at, at + windows.length));
          at += windows.length;
          const tags = Array.from(joined, (tag) => names[tag]!);
          return task.scheme === 'none' ? tags : convert(tags, task.trainedScheme, task.scheme);
        });
      });
    },
  };
}
