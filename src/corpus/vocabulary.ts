import { appendBags, type Features } from './features/features.ts';
import type { TokenFeatures } from './features/token-features.ts';
import { vectorLookup, type WordVectors } from './features/word-vectors.ts';
import { candidates } from './tags/partial.ts';
import { byCount, tally } from './tally.ts';
import type { Tokenization } from './text/tokenization.ts';

/** The words, characters and tags of a model. They are fixed in training: indices are rows of its matrices. */
export interface Vocabulary {
  /** Normalised words. Row 0, `''`, is the unknown word. */
  readonly words: readonly string[];
  /** Code points; 0 is the unknown character, 1 and 2 the beginning and the end of a word. */
  readonly chars: readonly string[];
  /** The tags of each tag column, in the scheme in which the model was trained. */
  readonly tags: readonly (readonly string[])[];
  readonly lowercase: boolean;
  /** Absent if the model has none. */
  readonly features?: Features;
  readonly tokenFeatures?: TokenFeatures;
  readonly vectors?: WordVectors;
  /** How the corpus cuts text into tokens. Default: as English-EWT does. */
  readonly tokenization?: Tokenization;
}

export interface VocabularyOptions {
  readonly lowercase: boolean;
  /** Rarer words have the row of the unknown word. */
  readonly minCount: number;
  readonly features?: Features | undefined;
  /** Whether tags may be partial labels such as `?` and `NN|VB` (see `candidates`). */
  readonly partial?: boolean;
}

const BEGIN = 1;
const END = 2;
/** Whether a character id marks the beginning or the end of a word. */
export const isBorder = (char: number): boolean => char === BEGIN || char === END;
/** Of a longer word, only its beginning and its end are used, with half as many characters each. */
const MOST_CHARS = 48;
/** Rarer characters train the row of the unknown character. */
const LEAST_CHAR_COUNT = 2;

/** Digits become 0 (Collobert et al. 2011). Lower case is optional, since the characters keep the case. */
export const normalise = (token: string, lowercase: boolean): string => {
  const word = token.replace(/\p{Nd}/gu, '0');
  return lowercase ? word.toLowerCase() : word;
};

/**
 * The vocabulary of a labelled corpus.
 * @param columns the same sentences for each tag column
 */
export function buildVocabulary(
  columns: readonly (readonly {
    readonly tokens: readonly string[];
    readonly tags: readonly string[];
  }[])[],
  { lowercase, minCount, features, partial = false }: VocabularyOptions,
): { vocabulary: Vocabulary; wordCounts: Int32Array } {
  const words = new Map<string, number>();
  const chars = new Map<string, number>();
  for (const { tokens } of columns[0]!)
    for (const token of tokens) {
      tally(words, normalise(token, lowercase));
      for (const char of token) tally(chars, char);
    }
  const tags = columns.map((sentences) => {
    const counts = new Map<string, number>();
    for (const sentence of sentences)
      for (const label of sentence.tags)
        for (const tag of partial ? candidates(label) : [label]) tally(counts, tag);
    return byCount(counts, 1);
  });
  words.delete('');
  const vocabulary = {
    words: ['', ...byCount(words, minCount)],
    chars: ['', '', '', ...byCount(chars, LEAST_CHAR_COUNT)],
    tags,
    lowercase,
    ...(features && { features }),
  };
  return {
    vocabulary,
    wordCounts: Int32Array.from(vocabulary.words, (word) => words.get(word) ?? 0),
  };
}

/** Turns tokens into numbers. */
export interface Encoder {
  /** Row of the word embedding, 0 if unknown. */
  word(token: string): number;
  /** Appends the token's characters, with the marks of its beginning and end, to `into`. */
  chars(token: string, into: number[]): void;
  /** The index of a tag in its column, -1 if it is unknown. */
  tag(tag: string, column: number): number;
  /** Word types in the form that the network needs. */
  types(tokens: readonly string[]): {
    words: Int32Array;
    offsets: Int32Array;
    chars: Int32Array;
    vectors?: Float32Array;
    bags?: { offsets: Int32Array; members: Int32Array };
  };
}

export function createEncoder({
  words,
  chars,
  tags,
  lowercase,
  features,
  vectors,
}: Vocabulary): Encoder {
  const wordIds = numbered(words);
  const charIds = numbered(chars, END + 1);
  const tagIds = tags.map((column) => numbered(column));
  const encoder: Encoder = {
    word: (token) => wordIds.get(normalise(token, lowercase)) ?? 0,
    chars(token, into) {
      const all = token.length > MOST_CHARS ? shorten(token) : token;
      into.push(BEGIN);
      for (const char of all) into.push(charIds.get(char) ?? 0);
      into.push(END);
    },
    tag: (tag, column) => tagIds[column]!.get(tag) ?? -1,
    types(tokens) {
      const all: number[] = [];
      const offsets = new Int32Array(tokens.length + 1);
      tokens.forEach((token, i) => {
        encoder.chars(token, all);
        offsets[i + 1] = all.length;
      });
      const bags = { offsets: [0], members: [] as number[] };
      if (features) for (const token of tokens) appendBags(features, token, bags);
      return {
        words: Int32Array.from(tokens, encoder.word),
        offsets,
        chars: Int32Array.from(all),
        ...(vectors && { vectors: vectorsOf(vectors, tokens) }),
        ...(features && {
          bags: {
            offsets: Int32Array.from(bags.offsets),
            members: Int32Array.from(bags.members),
          },
        }),
      };
    },
  };
  return encoder;
}

/** The index of each item, from the index `first` on. */
function numbered(items: readonly string[], first = 0): Map<string, number> {
  const ids = new Map<string, number>();
  for (let i = first; i < items.length; i++) ids.set(items[i]!, i);
  return ids;
}

/** (tokens, dim) Pretrained vectors; zeros for a token without one. */
function vectorsOf(vectors: WordVectors, tokens: readonly string[]): Float32Array {
  const { find, copy } = vectorLookup(vectors);
  const values = new Float32Array(tokens.length * vectors.dim);
  tokens.forEach((token, i) => {
    const row = find(token);
    if (row !== undefined) copy(row, values, i * vectors.dim);
  });
  return values;
}

/** The beginning and the end of a word. It is sliced first, so that a huge token costs no more than a long one. */
function shorten(token: string): string {
  const points = [...token.slice(0, MOST_CHARS), ...token.slice(-MOST_CHARS)];
  return [...points.slice(0, MOST_CHARS / 2), ...points.slice(-MOST_CHARS / 2)].join('');
}
