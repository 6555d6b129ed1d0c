import { type ReadOptions, readSentences } from '../corpus/index.ts';
import { normalise } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';

/** A text to read: a path, or a stream with the name `read.file`. */
export interface TextSource {
  readonly source: string | AsyncIterable<Uint8Array>;
  readonly read: ReadOptions;
}

/** A text as word ids, 4 bytes per token. */
export interface NumberedText {
  /** By descending count, then by code units. The id of a word is its index. */
  readonly words: readonly string[];
  readonly counts: Int32Array;
  /** The ids of all words in order, with SENTENCE_END after each sentence, in chunks. Rare words are left out. */
  readonly ids: readonly Int32Array[];
  readonly sentences: number;
  /** Number of tokens, including rare words. */
  readonly tokens: number;
}

/** Separates sentences in `NumberedText.ids`. */
export const SENTENCE_END = -1;

const CHUNK = 1 << 20;
/** Number of distinct words above which the rarest are dropped. A JavaScript map can hold 2^24 entries. */
const MOST_WORDS = 12_000_000;
/** Number of tokens from which the default minimum count is that of word2vec. */
const LARGE = 1_000_000;

/** The default minimum word count. */
export const defaultMinCount = (tokens: number): number => (tokens < LARGE ? 2 : 5);

/**
 * Reads texts and numbers their words.
 * @returns yields the number of tokens read so far; returns the text
 * @throws UserError as the readers do, and if fewer than two words occur `minCount` times
 */
export async function* readNumberedText(
  sources: readonly TextSource[],
  options: NumberingOptions,
): AsyncGenerator<number, NumberedText> {
  const text = yield* numberText(sentencesOf(sources), options);
  const { words, tokens } = text;
  if (words.length >= 2) return text;
  const name = sources.map(({ source, read }) => read.file ?? String(source)).join(', ');
  const minCount = options.minCount ?? defaultMinCount(tokens);
  throw tokens === 0
    ? new UserError(`${name}: no words. Is the file empty, or the format wrong?`, {
        code: 'SEQTAG_CORPUS_EMPTY',
      })
    : new UserError(
        `${name}: ${words.length === 0 ? 'no word occurs' : 'only one word occurs'} at least ${minCount} times in ${tokens} tokens. Use more text or a lower minimum count.`,
        { code: 'SEQTAG_CORPUS_EMPTY', option: 'minCount' },
      );
}

async function* sentencesOf(sources: readonly TextSource[]): AsyncGenerator<readonly Tokens[]> {
  for (const { source, read } of sources)
    yield* readSentences(source, { ...read, gold: false, keepSource: false });
}

type Tokens = { readonly tokens: readonly string[] };

interface NumberingOptions {
  readonly lowercase: boolean;
  /** Minimum word count. Default: see `defaultMinCount`. */
  readonly minCount: number | undefined;
  /** Number of distinct words above which the rarest are dropped. The count of a dropped word restarts at 0. */
  readonly mostWords?: number;
}

/**
 * Counts and numbers the words of sentences, which come in batches. Words are normalised as in training, so that vectors
 * fit the vocabulary of a model: digits become 0 and, with `lowercase`, case is folded. Words that contain white space are
 * left out, because a file of vectors cannot hold them.
 * @returns yields the number of tokens so far, after each batch; returns the text
 */
export async function* numberText(
  batches: AsyncIterable<readonly Tokens[]> | Iterable<readonly Tokens[]>,
  options: NumberingOptions,
): AsyncGenerator<number, NumberedText> {
  const { lowercase, mostWords = MOST_WORDS } = options;
  const ids = new Map<string, number>(); // in order of first occurrence
  let counts = new Int32Array(1 << 16);
  let next = 0;
  let droppedCount = 0; // words with at most this count have been dropped from `ids`
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
  const normalised = new Map<string, string>(); // a cache, because normalising costs more than looking up
  const idOf = (token: string): number => {
    let word = normalised.get(token);
    if (word === undefined) {
      word = normalise(token, lowercase);
      if (normalised.size < 1 << 17) normalised.set(token, word);
    }
    const known = ids.get(word);
    if (known !== undefined) return known;
    if (/\s/.test(word) || word === '') return SENTENCE_END;
    if (ids.size >= mostWords) {
      droppedCount++;
      for (const [rare, id] of ids) if (counts[id]! <= droppedCount) ids.delete(rare);
    }
    if (next === counts.length) {
      const more = new Int32Array(next * 2);
      more.set(counts);
      counts = more;
    }
    ids.set(word, next);
    return next++;
  };

  for await (const batch of batches) {
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

  const minCount = options.minCount ?? defaultMinCount(tokens);
  const kept = [...ids]
    .filter(([, id]) => counts[id]! >= minCount)
    .sort(([a, i], [b, j]) => counts[j]! - counts[i]! || (a < b ? -1 : 1));
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

/** Replaces ids in place and removes words without a new id. */
function renumbered(ids: Int32Array, renumber: Int32Array): Int32Array {
  let n = 0;
  for (const id of ids) {
    const newId = id < 0 ? id : renumber[id]!;
    if (id < 0 || newId >= 0) ids[n++] = newId;
  }
  return ids.subarray(0, n);
}
