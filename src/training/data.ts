import { createTokenEncoder, type NumberedTokens } from '../corpus/features/token-features.ts';
import { resolve } from '../corpus/formats/places.ts';
import {
  type Column,
  type Document,
  type Format,
  formatOf,
  isName,
  listed,
  type ReadOptions,
  readCorpus,
} from '../corpus/index.ts';
import { convertPartial, numberLabels, schemeOf } from '../corpus/tags/partial.ts';
import { convert, type Scheme } from '../corpus/tags/scheme.ts';
import { createEncoder, type Vocabulary } from '../corpus/vocabulary.ts';
import { UserError } from '../errors.ts';
import { hashed } from '../files/hash.ts';
import { describeFile, readBytes } from '../files/read.ts';
import type { Types } from '../network/batch.ts';
import { createRandom, type Random, seedState, shuffle } from '../network/random.ts';
import { type Window, windows } from '../tagging/windows.ts';

/** A sentence with its gold tags; without any where nothing is known of it. */
export interface LabelledSentence {
  readonly tokens: readonly string[];
  readonly tags: readonly string[];
  /** Of each column that is read beside them, a value a token. */
  readonly featureColumns?: readonly (readonly string[])[] | undefined;
}

export interface CorpusFile {
  readonly file: string;
  readonly sha256: string;
  /** As given, or by extension, or found by looking. */
  readonly format: Format;
  readonly sentences: readonly LabelledSentence[];
  /** The same sentences for each column of tags; those of the first are `sentences`. */
  readonly columns: readonly (readonly LabelledSentence[])[];
  /** Those that are read as features: names, or indices from 0. */
  readonly featureColumns: readonly Column[];
}

/** Columns that are asked for: `upos,xpos`, or a list. */
export const columnsOf = (asked: Column | readonly Column[] | undefined): readonly Column[] =>
  typeof asked === 'string' ? asked.split(',') : listed(asked);

export const countTokens = (sentences: readonly LabelledSentence[]): number =>
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
  const { bytes, sha256 } = hashed(file === '-' ? (input ?? process.stdin) : readBytes(file));
  let document: Document | undefined;
  const wanted = columnsOf(options.tagColumn);
  const features = columnsOf(options.featureColumn);
  const sentences = await readCorpus(bytes, {
    ...options,
    tagColumn: wanted.length > 0 ? wanted : undefined,
    featureColumn: features,
    file: file === '-' ? '<stdin>' : file,
    format: options.format ?? formatOf(file, options.gold === false ? 'tag' : 'train'),
    onDocument: (started) => {
      document = started;
    },
  });
  const columns = [
    sentences,
    ...wanted.slice(1).map((_, c) =>
      sentences.map(({ tokens, featureColumns, tagColumns }) => ({
        tokens,
        featureColumns,
        tags: tagColumns![c + 1]!,
      })),
    ),
  ];
  // an index from the end is another column where there are no tags
  const places = features.map((column) =>
    isName(column) || document!.format === 'jsonl'
      ? column
      : resolve(Number(column), document!.columns)!,
  );
  return {
    file,
    sha256: sha256(),
    format: document!.format,
    sentences,
    columns,
    featureColumns: places,
  };
}

/** @throws UserError for what can be read only once, as `<(...)` of a shell */
export function checkRereadable(file: string, why: string): void {
  if (describeFile(file)?.kind === 'stream')
    throw new UserError(`${file}: a pipe or device, but ${why}. Write it to a file first.`);
}

/** Holds out every tenth sentence, beginning with one that the seed chooses among the first ten. */
export function holdOut(
  sentences: readonly LabelledSentence[],
  seed: number,
): { train: LabelledSentence[]; dev: LabelledSentence[] } {
  if (sentences.length < 2)
    throw new UserError(
      `${sentences.length} sentence: too few to hold some out. Give more, or --dev FILE.`,
    );
  const every = Math.min(10, sentences.length);
  const first = Math.floor(createRandom(seedState(seed))() * every);
  const isDev = (_: LabelledSentence, i: number): boolean => i % every === first;
  return { train: sentences.filter((s, i) => !isDev(s, i)), dev: sentences.filter(isDev) };
}

/** Whether tags may be partial labels, `?` and `NN|VB`: see `candidates`. */
interface Labels {
  readonly partial?: boolean;
}

/** The scheme of the corpus, and the one to train in. */
export function chooseScheme(
  sentences: readonly LabelledSentence[],
  wanted: string,
  { partial = false }: Labels = {},
): { scheme: Scheme; trainedScheme: Scheme } {
  const scheme = schemeOf(
    sentences.map(({ tags }) => tags),
    { partial },
  );
  if (scheme === 'none' || wanted === 'corpus') return { scheme, trainedScheme: scheme };
  return { scheme, trainedScheme: wanted === 'auto' ? 'BIOES' : (wanted as Scheme) };
}

export function inScheme(
  sentences: readonly LabelledSentence[],
  from: Scheme,
  to: Scheme,
  { partial = false }: Labels = {},
): readonly LabelledSentence[] {
  if (from === to) return sentences;
  const tags = sentences.map((sentence) => sentence.tags);
  const converted = partial
    ? convertPartial(tags, from, to)
    : tags.map((own) => convert(own, from, to));
  return sentences.map((sentence, s) => ({ ...sentence, tags: converted[s]! }));
}

/** A corpus as numbers: what never changes from epoch to epoch. */
export interface NumberedCorpus {
  /** Every different token of the corpus. */
  readonly types: Types;
  readonly sentences: readonly {
    readonly types: Int32Array;
    readonly words: Int32Array;
    /** Of each column, as in `TrainingBatch`; -1 also where the token counts in another window of its sentence. */
    readonly tags: readonly Int32Array[];
    /** Where the vocabulary has features of tokens. */
    readonly tokens?: NumberedTokens;
  }[];
  /** Of each column, as in `TrainingBatch`. */
  readonly sets: readonly (Float32Array | undefined)[];
}

/** Longer sentences are cut into windows, so that one step's memory stays bounded. */
const MOST_TOKENS = 1024;
export const cut = ({ length }: readonly string[]): Window[] => windows(length, MOST_TOKENS);

/** @param columns the same sentences for each column of tags */
export function numberCorpus(
  columns: readonly (readonly LabelledSentence[])[],
  vocabulary: Vocabulary,
  { partial = false }: Labels = {},
): NumberedCorpus {
  const encoder = createEncoder(vocabulary);
  const tokenEncoder = vocabulary.tokenFeatures && createTokenEncoder(vocabulary.tokenFeatures);
  const labels = columns.map((_, c) => numberLabels((tag) => encoder.tag(tag, c)));
  const numberTag = (tag: string, c: number): number =>
    partial ? labels[c]!.number(tag) : encoder.tag(tag, c);
  const ids = new Map<string, number>();
  const number = (token: string): number => {
    if (!ids.has(token)) ids.set(token, ids.size);
    return ids.get(token)!;
  };
  const numbered = columns[0]!.flatMap((sentence, s) => {
    const { tokens } = sentence;
    const all = tokenEncoder?.number(sentence);
    return cut(tokens).map(({ start, end, from, to }) => {
      const own = tokens.slice(start, end);
      return {
        ...(all && { tokens: { ...all, from: start, to: end } }),
        types: Int32Array.from(own, number),
        words: Int32Array.from(own, encoder.word),
        tags: columns.map((column, c) =>
          Int32Array.from(own, (_, i) => {
            const tag = column[s]!.tags[start + i];
            const counts = start + i >= from && start + i < to;
            return tag !== undefined && counts ? numberTag(tag, c) : -1;
          }),
        ),
      };
    });
  });
  const sets = columns.map((_, c) => labels[c]!.table(vocabulary.tags[c]!.length));
  return { types: encoder.types([...ids.keys()]), sentences: numbered, sets };
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
