import { type ReadOptions, readSentences } from '../corpus/index.ts';
import { normalise } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';

/** Something to read: a file by its path, or a stream under the name `read.file`. */
export interface TextSource {
  readonly source: string | AsyncIterable<Uint8Array>;
  readonly read: ReadOptions;
}

/** A corpus as numbers, four bytes a token. */
export interface Text {
  /** By falling count, equals by code units: the place of a word is its id. */
  readonly words: readonly string[];
  readonly counts: Int32Array;
  /** The ids of all words in order, -1 after each sentence. Words that are not in `words` are left out. */
  readonly ids: readonly Int32Array[];
  readonly sentences: number;
  /** All that were read, rare words included. */
  readonly tokens: number;
}

/** What parts sentences in `ids`. */
export const SENTENCE_END = -1;

const CHUNK = 1 << 20;
/** A JavaScript map holds 2^24 entries: from this many on, the rarest words are forgotten. */
const MOST_WORDS = 12_000_000;
/** A corpus with fewer tokens keeps words that are seen twice; a larger one, as word2vec does, five times. */
const LARGE = 1_000_000;

/** The default of `minCount`. */
export const leastCount = (tokens: number): number => (tokens < LARGE ? 2 : 5);

/**
 * Reads and counts. Words are normalised as `train` does it, so that they are the words of a model: digits become 0 and,
 * with `lowercase`, case is folded. A word with white space in it has no place in a file of vectors and is left out.
 * @param options.mostWords distinct words to remember while counting; beyond, the rarest are forgotten and, if they
 * come again, counted anew
 * @returns events `tokens` as they are read, and at last the text
 * @throws UserError as the readers do, when there are no words, and when all are rarer than `minCount`.
 */
export async function* readText(
  sources: readonly TextSource[],
  options: { lowercase: boolean; minCount: number | undefined; mostWords?: number },
): AsyncGenerator<number, Text> {
  const { lowercase, mostWords = MOST_WORDS } = options;
  const ids = new Map<string, number>(); // in the order of their first coming
  let counts = new Int32Array(1 << 16);
  let next = 0;
  let forgotten = 0; // words that come no more often than this were dropped from `ids`
  const chunks: Int32Array[] = [];
  let chunk = new Int32Array(0);
  let size = 0;
  let tokens = 0;
  let sentences = 0;

  const put = (id: number): void => {
    if (size === chunk.length) {
      chunk = new Int32Array(CHUNK);
      chunks.push(chunk);
      size = 0;
    }
    chunk[size++] = id;
  };
  const spelling = new Map<string, string>(); // of frequent tokens: normalising costs more than looking up
  const idOf = (token: string): number => {
    let word = spelling.get(token);
    if (word === undefined) {
      word = normalise(token, lowercase);
      if (spelling.size < 1 << 17) spelling.set(token, word);
    }
    const known = ids.get(word);
    if (known !== undefined) return known;
    if (/\s/.test(word) || word === '') return SENTENCE_END;
    if (ids.size >= mostWords) {
      forgotten++;
      for (const [rare, id] of ids) if (counts[id]! <= forgotten) ids.delete(rare);
    }
    if (next === counts.length) {
      const more = new Int32Array(next * 2);
      more.set(counts);
      counts = more;
    }
    ids.set(word, next);
    return next++;
  };

  for (const { source, read } of sources)
    for await (const batch of readSentences(source, { ...read, gold: false, keepSource: false })) {
      for (const sentence of batch) {
        for (const token of sentence.tokens) {
          const id = idOf(token);
          if (id < 0) continue;
          counts[id]!++;
          put(id);
        }
        put(SENTENCE_END);
        tokens += sentence.tokens.length;
        sentences++;
      }
      yield tokens;
    }

  const name = sources.map(({ source, read }) => read.file ?? String(source)).join(', ');
  if (ids.size === 0)
    throw new UserError(`${name}: no words. Is the file empty, or the format another?`);
  const minCount = options.minCount ?? leastCount(tokens);
  const kept = [...ids]
    .filter(([, id]) => counts[id]! >= minCount)
    .sort(([a, i], [b, j]) => counts[j]! - counts[i]! || (a < b ? -1 : 1));
  if (kept.length < 2)
    throw new UserError(
      `${name}: ${kept.length === 0 ? 'no word is' : 'only one word is'} there ${minCount} times or more, of ${tokens} tokens. Give more text, or a lower --min-count.`,
    );
  const renumber = new Int32Array(next).fill(SENTENCE_END);
  kept.forEach(([, id], i) => {
    renumber[id] = i;
  });
  return {
    words: kept.map(([word]) => word),
    counts: Int32Array.from(kept, ([, id]) => counts[id]!),
    ids: chunks.map((each, i) =>
      renumbered(each.subarray(0, i === chunks.length - 1 ? size : CHUNK), renumber),
    ),
    sentences,
    tokens,
  };
}

/** In place: new numbers, without words that have none. */
function renumbered(ids: Int32Array, renumber: Int32Array): Int32Array {
  let n = 0;
  for (const id of ids) {
    const now = id < 0 ? id : renumber[id]!;
    if (id < 0 || now >= 0) ids[n++] = now;
  }
  return ids.subarray(0, n);
}
