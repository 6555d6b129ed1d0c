import { createHash } from 'node:crypto';
import {
  type Column,
  type Document,
  type Format,
  formatOf,
  listed,
  type ReadOptions,
  readBytes,
  readCorpus,
} from '../corpus/index.ts';
import { convert, detectScheme, type Scheme } from '../corpus/scheme.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import type { Types } from '../network/batch.ts';
import { createRandom, type Random, seedState, shuffle } from '../network/random.ts';
import { windows } from '../tagging/windows.ts';

/** A sentence with its gold tags. */
export interface Labelled {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
}

export interface CorpusFile {
  readonly file: string;
  readonly sha256: string;
  /** As given, or by extension, or found by looking. */
  readonly format: Format;
  readonly sentences: readonly Labelled[];
  /** The same sentences for each column of tags; those of the first are `sentences`. */
  readonly columns: readonly (readonly Labelled[])[];
}

/** The columns of tags that are asked for: `upos,xpos`, or a list. */
export const tagColumnsOf = ({ tagColumn }: Pick<ReadOptions, 'tagColumn'>): readonly Column[] =>
  typeof tagColumn === 'string' ? tagColumn.split(',') : listed(tagColumn);

export const countTokens = (sentences: readonly Labelled[]): number =>
  sentences.reduce((sum, { tokens }) => sum + tokens.length, 0);

/**
 * Reads a labelled file, or standard input for `-`, whole and once, whatever the number of its columns of tags, with the
 * hash of its bytes: it may be a pipe.
 * @param input what `-` is (default: standard input of this process)
 */
export async function readLabelled(
  file: string,
  options: ReadOptions,
  input?: AsyncIterable<Uint8Array>,
): Promise<CorpusFile> {
  const hash = createHash('sha256');
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of file === '-' ? (input ?? process.stdin) : readBytes(file)) {
      hash.update(chunk);
      yield chunk;
    }
  }
  let document: Document | undefined;
  const wanted = tagColumnsOf(options);
  const sentences = await readCorpus(bytes(), {
    ...options,
    tagColumn: wanted.length > 0 ? wanted : undefined,
    file: file === '-' ? '<stdin>' : file,
    format: options.format ?? formatOf(file, 'train'),
    onDocument: (started) => {
      document = started;
    },
  });
  const columns = [
    sentences,
    ...wanted
      .slice(1)
      .map((_, c) =>
        sentences.map(({ tokens, tagColumns }) => ({ tokens, tags: tagColumns![c + 1]! })),
      ),
  ];
  return { file, sha256: hash.digest('hex'), format: document!.format, sentences, columns };
}

/** Holds out every tenth sentence, beginning with one that the seed chooses among the first ten. */
export function holdOut(
  sentences: readonly Labelled[],
  seed: number,
): { train: Labelled[]; dev: Labelled[] } {
  if (sentences.length < 2)
    throw new UserError(
      `${sentences.length} sentence: too few to hold some out. Give more, or --dev FILE.`,
    );
  const every = Math.min(10, sentences.length);
  const first = Math.floor(createRandom(seedState(seed))() * every);
  const isDev = (_: Labelled, i: number): boolean => i % every === first;
  return { train: sentences.filter((s, i) => !isDev(s, i)), dev: sentences.filter(isDev) };
}

/** The scheme of the corpus, and the one to train in. */
export function chooseScheme(
  sentences: readonly Labelled[],
  wanted: string,
): { scheme: Scheme; trainedScheme: Scheme } {
  const scheme = detectScheme(sentences.map(({ tags }) => tags));
  if (scheme === 'none' || wanted === 'corpus') return { scheme, trainedScheme: scheme };
  return { scheme, trainedScheme: wanted === 'auto' ? 'BIOES' : (wanted as Scheme) };
}

export const inScheme = (
  sentences: readonly Labelled[],
  from: Scheme,
  to: Scheme,
): readonly Labelled[] =>
  from === to
    ? sentences
    : sentences.map(({ tokens, tags }) => ({ tokens, tags: convert(tags, from, to) }));

/** A corpus as numbers: what never changes from epoch to epoch. */
export interface Numbered {
  /** Every different token of the corpus. */
  readonly types: Types;
  readonly sentences: readonly {
    readonly types: Int32Array;
    readonly words: Int32Array;
    /** Of each column; -1 where unknown, or where the token counts in another window of its sentence. */
    readonly tags: readonly Int32Array[];
  }[];
}

/** Longer sentences are cut into windows, so that one step's memory stays bounded. */
const MOST_TOKENS = 1024;

/** @param columns the same sentences for each column of tags */
export function numberCorpus(
  columns: readonly (readonly Labelled[])[],
  vocabulary: Vocabulary,
): Numbered {
  const encoder = createEncoder(vocabulary);
  const ids = new Map<string, number>();
  const number = (token: string): number => {
    if (!ids.has(token)) ids.set(token, ids.size);
    return ids.get(token)!;
  };
  const numbered = columns[0]!.flatMap(({ tokens }, s) =>
    windows(tokens.length, MOST_TOKENS).map(({ start, end, from, to }) => {
      const own = tokens.slice(start, end);
      return {
        types: Int32Array.from(own, number),
        words: Int32Array.from(own, encoder.word),
        tags: columns.map((column, c) =>
          Int32Array.from(column[s]!.tags.slice(start, end), (tag, i) =>
            start + i >= from && start + i < to ? encoder.tag(tag, c) : -1,
          ),
        ),
      };
    }),
  );
  return { types: encoder.types([...ids.keys()]), sentences: numbered };
}

/** Batches sorted by length inside pools: alike enough to waste no rows, random enough to learn from. */
const POOL_BATCHES = 64;

/** The batches of an epoch, as places of sentences, in random order. */
export function epochBatches(
  lengths: readonly number[],
  batchSize: number,
  random: Random,
): number[][] {
  const order = shuffle(
    lengths.map((_, i) => i),
    random,
  );
  const batches: number[][] = [];
  for (let from = 0; from < order.length; from += batchSize * POOL_BATCHES) {
    const pool = order
      .slice(from, from + batchSize * POOL_BATCHES)
      .sort((a, b) => lengths[b]! - lengths[a]!);
    for (let at = 0; at < pool.length; at += batchSize)
      batches.push(pool.slice(at, at + batchSize));
  }
  return shuffle(batches, random);
}
