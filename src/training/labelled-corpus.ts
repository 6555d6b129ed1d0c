import { columnIndex } from '../corpus/formats/column-choice.ts';
import {
  asColumns,
  type Column,
  type Document,
  type Format,
  formatOf,
  isName,
  mayBeOther,
  orTextFor,
  peekFormat,
  type ReadOptions,
  readCorpus,
} from '../corpus/index.ts';
import { convertPartial } from '../corpus/tags/partial.ts';
import { convert, type Scheme, type TagReading } from '../corpus/tags/scheme.ts';
import { byCount, tally } from '../corpus/tally.ts';
import { UserError } from '../errors.ts';
import { decompressed } from '../files/compression.ts';
import { hashed } from '../files/hash.ts';
import { describeFile, readBytes } from '../files/read.ts';
import { createRandom, seedState } from '../network/random.ts';

/** A sentence and its gold tags. */
export interface LabelledSentence {
  readonly tokens: readonly string[];
  /** One per token; empty for a sentence without gold tags. */
  readonly tags: readonly string[];
  /** `featureColumns[c][t]`: the value of feature column c at token t. */
  readonly featureColumns?: readonly (readonly string[])[] | undefined;
  /** For each token whether no white space follows it, if the format has this information. */
  readonly isJoined?: readonly boolean[] | undefined;
  /** Where it is, for messages: the line of the first token, from 1. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

export interface CorpusFile {
  readonly file: string;
  readonly sha256: string;
  /** As requested, or detected by the file's extension or content. */
  readonly format: Format;
  /** The sentences with the tags of the first tag column. */
  readonly sentences: readonly LabelledSentence[];
  /** `columns[c]`: the sentences with the tags of tag column c. */
  readonly columns: readonly (readonly LabelledSentence[])[];
  readonly hasMultiwordTokens: boolean;
  /** The feature columns: names, or indices from 0. */
  readonly featureColumns: readonly Column[];
}

/** The columns that `upos,xpos`, a list or a single column names. */
export const columnList = (columns: Column | readonly Column[] | undefined): readonly Column[] =>
  typeof columns === 'string' ? columns.split(',') : asColumns(columns);

export const countTokens = (sentences: readonly LabelledSentence[]): number =>
  sentences.reduce((sum, { tokens }) => sum + tokens.length, 0);

/**
 * Reads a labelled file and hashes its bytes, in one pass for any number of tag columns. So the file may be a pipe.
 * @param file a path, or `-` for standard input
 * @param input the bytes of `-`. Default: standard input of this process
 * @throws UserError as the readers do
 */
export async function readLabelled(
  file: string,
  options: ReadOptions,
  input?: AsyncIterable<Uint8Array>,
): Promise<CorpusFile> {
  const { bytes, sha256 } = hashed(file === '-' ? (input ?? process.stdin) : readBytes(file));
  const name = file === '-' ? '<stdin>' : file;
  const named = formatOf(file);
  const orText = orTextFor(file);
  const { format: found, bytes: plain } =
    options.format === undefined && mayBeOther(named)
      ? await peekFormat(decompressed(bytes, name), { named, orText })
      : { format: named, bytes };
  const isUnlabelled = options.gold === false || found !== 'text' || !orText;
  let document: Document | undefined;
  const tagColumns = columnList(options.tagColumn);
  const featureColumns = columnList(options.featureColumn);
  const sentences = await readCorpus(plain, {
    ...options,
    tagColumn: tagColumns.length > 0 ? tagColumns : undefined,
    featureColumn: featureColumns,
    file: name,
    format: options.format ?? (isUnlabelled ? found : 'columns'),
    onDocument: (started) => {
      document = started;
    },
  });
  const otherColumns = tagColumns.slice(1).map((_, c) =>
    sentences.map(({ tokens, featureColumns, tagColumns, file, line }) => ({
      tokens,
      featureColumns,
      file,
      line,
      tags: tagColumns![c + 1]!,
    })),
  );
  const { format, columns } = document!;
  // count columns from the start, because text to tag does not have the tag columns at the end
  const fromStart = (column: Column): Column =>
    isName(column) || format === 'jsonl' || format === 'json'
      ? column
      : columnIndex(Number(column), columns)!;
  return {
    file,
    sha256: sha256(),
    format,
    hasMultiwordTokens: document!.hasMultiwordTokens === true,
    sentences,
    columns: [sentences, ...otherColumns],
    featureColumns: featureColumns.map(fromStart),
  };
}

/**
 * @param reason why the file is read more than once
 * @throws UserError (SEQTAG_FILE_TYPE) for files that can be read only once, such as `<(...)` in a shell
 */
export function checkRereadable(
  file: string,
  { option, reason }: Record<'option' | 'reason', string>,
): void {
  if (describeFile(file)?.kind === 'stream')
    throw new UserError(`${file}: a pipe or device, but ${reason}. Write it to a file first.`, {
      code: 'SEQTAG_FILE_TYPE',
      option,
    });
}

/** Sentences that are trained on, and sentences that are held out. */
export interface HeldOut {
  readonly train: LabelledSentence[];
  readonly dev: LabelledSentence[];
  /**
   * The number of held-out sentences that were chosen because every tenth sentence has only the outside tag, or only the
   * most frequent one; 0 if there is only one other. Undefined if there was no need.
   */
  readonly chosen?: number;
  /** The indices of the sentences that are held out. */
  readonly held: ReadonlySet<number>;
}

/**
 * Splits sentences into nine tenths for training and one tenth for development. The seed chooses one of the first ten
 * sentences; it and every tenth sentence after it are held out. With fewer than ten sentences, one is held out.
 * If none of them has a tag beside the most frequent one, or all that have one are among them, a tenth of the sentences that
 * have are held out in place of the last ones.
 * @throws UserError (SEQTAG_CORPUS_EMPTY) for fewer than two sentences
 */
export function holdOut(sentences: readonly LabelledSentence[], seed: number): HeldOut {
  if (sentences.length < 2)
    throw new UserError(
      `${sentences.length} sentence: too few to hold some out. Give more, or a development file.`,
      { code: 'SEQTAG_CORPUS_EMPTY', option: 'dev' },
    );
  const period = Math.min(10, sentences.length);
  const first = Math.floor(createRandom(seedState(seed))() * period);
  const regular = sentences.map((_, i) => i).filter((i) => i % period === first);
  const split = (held: ReadonlySet<number>): HeldOut => ({ ...splitAt(sentences, held), held });

  const usual = mostFrequentTag(sentences);
  const isTelling = (i: number): boolean => sentences[i]!.tags.some((tag) => tag !== usual);
  const telling = sentences.map((_, i) => i).filter(isTelling);
  const heldOut = regular.filter(isTelling).length;
  // both parts have some, or there are none
  if (telling.length === 0 || (heldOut > 0 && heldOut < telling.length))
    return split(new Set(regular));
  if (telling.length === 1) {
    const [only = 0] = telling;
    const others = regular.filter((i) => i !== only);
    const held = others.length > 0 ? others : [(only + 1) % sentences.length];
    return { ...split(new Set(held)), chosen: 0 };
  }
  const every = Math.min(10, telling.length);
  const chosen = telling.filter((_, i) => i % every === first % every);
  const rest = regular.filter((i) => !isTelling(i));
  const others = rest.slice(0, Math.max(0, regular.length - chosen.length));
  return { ...split(new Set([...chosen, ...others])), chosen: chosen.length };
}

/** The other sentences, and those with these indices. */
export const splitAt = (
  sentences: readonly LabelledSentence[],
  held: ReadonlySet<number>,
): Pick<HeldOut, 'train' | 'dev'> => ({
  train: sentences.filter((_, i) => !held.has(i)),
  dev: sentences.filter((_, i) => held.has(i)),
});

function mostFrequentTag(sentences: readonly LabelledSentence[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { tags } of sentences) for (const tag of tags) tally(counts, tag);
  return byCount(counts, 1)[0];
}

/** The scheme of the gold tags, and the scheme of the tags that the network learns. */
export interface Schemes {
  readonly scheme: Scheme;
  readonly trainedScheme: Scheme;
}

/**
 * @param scheme the scheme of the gold tags
 * @param tagScheme a scheme, `corpus` for that of the gold tags, or `auto` for BIOES
 */
export function chooseSchemes(scheme: Scheme, tagScheme: string): Schemes {
  if (scheme === 'none' || tagScheme === 'corpus') return { scheme, trainedScheme: scheme };
  return { scheme, trainedScheme: tagScheme === 'auto' ? 'BIOES' : (tagScheme as Scheme) };
}

/** The sentences with their tags in the usual notation. */
export const withReadTags = (
  sentences: readonly LabelledSentence[],
  { read, note }: Pick<TagReading, 'read' | 'note'>,
): readonly LabelledSentence[] =>
  note === undefined
    ? sentences
    : sentences.map((sentence) => ({ ...sentence, tags: sentence.tags.map(read) }));

/** The sentences with tags in the scheme that the network learns. */
export function inTrainedScheme(
  sentences: readonly LabelledSentence[],
  { scheme, trainedScheme }: Schemes,
  { partial }: { partial: boolean },
): readonly LabelledSentence[] {
  if (scheme === trainedScheme) return sentences;
  const tags = sentences.map((sentence) => sentence.tags);
  const converted = partial
    ? convertPartial(tags, scheme, trainedScheme)
    : tags.map((one) => convert(one, scheme, trainedScheme));
  return sentences.map((sentence, s) => ({ ...sentence, tags: converted[s]! }));
}
