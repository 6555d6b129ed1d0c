import { corpusFormatOf, readCorpus } from '../corpus/index.ts';
import { isLemmaColumn } from '../corpus/lemmas/lemma-column.ts';
import { isCertain, schemeOf } from '../corpus/tags/partial.ts';
import {
  convert,
  detectScheme,
  type Notation,
  readTags,
  strayTags,
  type TagReading,
} from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import {
  type CountOptions,
  type Counts,
  countPairs,
  type SentencePair,
} from '../evaluation/counts.ts';
import { type LocatedSentence, sentencePairs } from '../evaluation/pairs.ts';
import { countCertainPairs } from '../evaluation/partial.ts';
import { writtenCounts } from '../evaluation/written.ts';
import { columnNames, findColumn } from '../model/column-names.ts';
import { lemmatisersOf } from '../tagging/lemmas.ts';
import type { Tagger as InnerTagger } from '../tagging/tagger.ts';
import { givenInNotation } from '../tagging/written-tags.ts';
import {
  anything,
  boolean,
  checkStrings,
  column as columnKind,
  isAsyncIterable,
  isIterable,
  isObject,
  type Kinds,
  readKinds,
  schemeKind,
  wrongType,
} from './arguments.ts';
import type { EvaluateOptions } from './evaluation-types.ts';
import { innerTaggerOf } from './inner-taggers.ts';
import type { Column, ReadOptions, Scheme, Tagger } from './types.ts';

/** The options of `evaluate`. */
export const evaluateKinds: Kinds = {
  ...readKinds,
  tagColumn: columnKind,
  gold: anything('a labelled file or sentences'),
  predicted: anything('a tagger, a file or sentences'),
  predictedColumn: columnKind,
  partial: boolean,
  fromScheme: schemeKind,
};

/** Sentences, and their name in messages. */
interface Labelled {
  readonly file: string;
  readonly sentences: readonly (LocatedSentence & {
    readonly featureColumns?: readonly (readonly string[])[] | undefined;
  })[];
}

/** Gold and predicted tags, and what counts them. */
export interface Predictions {
  readonly scheme: Scheme;
  readonly pairs: readonly SentencePair[];
  readonly count: (pairs: readonly SentencePair[]) => Counts;
}

/** Reads or tags what is to be scored. The options must have been checked. */
export async function predictionsFor(options: EvaluateOptions): Promise<Predictions> {
  const { gold, predicted, predictedColumn, partial = false, fromScheme, ...read } = options;
  const inner = isObject(predicted) ? innerTaggerOf(predicted) : undefined;
  const { pairs, counting, notation } = inner
    ? await modelPairs(predicted as Tagger, { inner, gold, partial, fromScheme, read })
    : await filePairs({
        gold: await labelled('gold', gold, read),
        predicted: await labelled('predicted', predicted, {
          ...read,
          tagColumn: predictedColumn ?? read.tagColumn,
        }),
        partial,
        fromScheme,
        lemmas: isLemmaColumn(read.tagColumn as Column | undefined, read),
      });
  const countTags = partial ? countCertainPairs : countPairs;
  return {
    scheme: counting.scheme,
    pairs,
    count: (some) => writtenCounts(countTags(some, counting), notation),
  };
}

/** The tags to compare, and how to count them. */
interface Comparison {
  readonly pairs: readonly SentencePair[];
  readonly counting: CountOptions;
  /** How the gold file writes its tags, if not in the usual way. */
  readonly notation?: Notation | undefined;
}

async function modelPairs(
  tagger: Tagger,
  {
    inner,
    gold,
    partial,
    fromScheme,
    read,
  }: {
    readonly inner: InnerTagger;
    readonly gold: EvaluateOptions['gold'];
    readonly partial: boolean;
    readonly fromScheme: Scheme | undefined;
    readonly read: ReadOptions;
  },
): Promise<Comparison> {
  const { vocabulary } = inner.model;
  const c = columnIndex(inner, read.tagColumn as Column | undefined);
  const { scheme: own } = tagger.model.tagColumns[c]!;
  const written = await labelled('gold', gold, { ...asTrained(inner, { c, gold, read }), ...read });
  const asked = fromScheme ?? (own === 'IO' ? own : undefined);
  const reading = own === 'none' || partial ? undefined : readingOf(written, asked ?? own, asked);
  const corpus = inUsualNotation(written, reading);
  const lemmatiser = lemmatisersOf(vocabulary, inner.model.tagColumns)[c];
  const scheme =
    own === 'none'
      ? own
      : reading?.scheme === 'IO'
        ? 'IO'
        : spanScheme(corpus, { partial, otherwise: own });
  const pairs: SentencePair[] = [];
  for await (const { tokens, columns } of tagger.tagStream(
    corpus.sentences.map(({ tokens, featureColumns }) => ({ tokens, featureColumns })),
  )) {
    const tags = givenInNotation(columns[c]!.tags, inner.model.tagColumns[c]!);
    const predicted = own === scheme ? tags : convert(tags, own, scheme);
    pairs.push({ tokens, gold: corpus.sentences[pairs.length]!.tags, predicted });
  }
  return {
    pairs,
    notation: reading?.notation,
    counting: {
      scheme,
      isKnown: inner.isKnown,
      seenTags: vocabulary.tags[c]!,
      lemmas: lemmatiser && { isReachable: lemmatiser.reaches },
    },
  };
}

/** The index of the model's tag column that is scored. */
function columnIndex({ model }: InnerTagger, wanted: Column | undefined): number {
  if (wanted === undefined || model.tagColumns.length === 1) return 0;
  const c = findColumn(model, wanted);
  if (c >= 0) return c;
  throw new RangeError(
    `evaluate: tagColumn: expected a tag column of the model (${columnNames(model).join(', ')}), not ${wanted}.`,
  );
}

/** The default columns of a file whose format is that of the model's training corpus. */
function asTrained(
  { model: { tagColumns, vocabulary } }: InnerTagger,
  {
    c,
    gold,
    read,
  }: { readonly c: number; readonly gold: EvaluateOptions['gold']; readonly read: ReadOptions },
): ReadOptions {
  const trained = tagColumns[c]!;
  const featureColumn = vocabulary.tokenFeatures?.columns.map(({ column }) => column);
  const features = featureColumn?.length ? { featureColumn } : {};
  const format = read.format ?? (typeof gold === 'string' ? corpusFormatOf(gold) : undefined);
  if (format !== trained.format) return features;
  const { tokenColumn, tagColumn } = trained;
  return {
    ...features,
    ...(tokenColumn !== undefined && { tokenColumn }),
    ...(tagColumn !== undefined && { tagColumn }),
  };
}

/** The scheme of gold spans; `otherwise` if there are none. */
function spanScheme(
  { file, sentences }: Labelled,
  { partial, otherwise }: { readonly partial: boolean; readonly otherwise: Scheme },
): Scheme {
  const tags = sentences.map((sentence) => sentence.tags);
  const found = schemeOf(tags, { partial });
  if (found !== 'none') return found;
  const plain = [...strayTags(tags, otherwise).keys()].filter((tag) => !partial || isCertain(tag));
  if (plain.length === 0) return otherwise;
  throw notSpans(file, plain);
}

const notSpans = (file: string, plain: readonly string[]): UserError =>
  new UserError(
    `${file}: plain tags (${plain.slice(0, 5).join(', ')}), expected spans. Name the tag column.`,
    { code: 'SEQTAG_TAGS' },
  );

/** How the tags are read: as asked, else as found, else in the other scheme. */
function readingOf(
  { sentences }: Labelled,
  otherwise: Scheme,
  asked: Scheme | undefined,
): TagReading {
  const found = readTags(sentences, { scheme: asked });
  return found.scheme === 'none' ? readTags(sentences, { scheme: otherwise }) : found;
}

const inUsualNotation = (file: Labelled, reading: TagReading | undefined): Labelled =>
  reading?.note === undefined
    ? file
    : {
        ...file,
        sentences: file.sentences.map((one) => ({ ...one, tags: one.tags.map(reading.read) })),
      };

async function filePairs({
  gold: written,
  predicted: writtenPredictions,
  partial,
  fromScheme,
  lemmas,
}: {
  readonly gold: Labelled;
  readonly predicted: Labelled;
  readonly partial: boolean;
  readonly fromScheme: Scheme | undefined;
  readonly lemmas: boolean;
}): Promise<Comparison> {
  const isRead = !partial && !lemmas;
  const reading = isRead ? readTags(written.sentences, { scheme: fromScheme }) : undefined;
  const gold = inUsualNotation(written, reading);
  const goldTags = gold.sentences.map(({ tags }) => tags);
  const scheme = lemmas ? 'none' : (reading?.scheme ?? schemeOf(goldTags, { partial }));
  const predictions =
    isRead && scheme !== 'none'
      ? readTags(writtenPredictions.sentences, { scheme: scheme === 'IO' ? scheme : undefined })
      : undefined;
  const predicted = inUsualNotation(writtenPredictions, predictions);
  const tags = predicted.sentences.map((sentence) => sentence.tags);
  const own = predictions?.scheme ?? detectScheme(tags);
  const strays = scheme === 'none' || scheme === own ? undefined : strayTags(tags, scheme);
  if (strays?.size && own === 'none') throw notSpans(predicted.file, [...strays.keys()]);
  const sentences = strays?.size
    ? predicted.sentences.map((s) => ({ ...s, tags: convert(s.tags, own, scheme) }))
    : predicted.sentences;
  const pairs: SentencePair[] = [];
  for await (const pair of sentencePairs(gold, { file: predicted.file, sentences }))
    pairs.push(pair);
  return {
    pairs,
    notation: reading?.notation,
    counting: { scheme, ...(lemmas && { lemmas: {} }) },
  };
}

/** Reads a file, or checks sentences from the program. Their number takes the place of the line. */
async function labelled(where: string, from: unknown, read: ReadOptions): Promise<Labelled> {
  if (typeof from === 'string' || isAsyncIterable(from)) {
    const source = from as string | AsyncIterable<Uint8Array>;
    const file = read.file ?? (typeof source === 'string' ? source : `<${where}>`);
    return { file, sentences: await readCorpus(source, { ...read, file, gold: true }) };
  }
  if (!isIterable(from))
    throw wrongType(`evaluate: ${where}`, evaluateKinds[where]!.expected, from);
  const sentences = Array.from(from, (sentence, s) => {
    const name = `evaluate: ${where}: sentence ${s + 1}`;
    if (!isObject(sentence)) throw wrongType(name, 'an object with tokens and tags', sentence);
    const { tokens, tags, featureColumns } = sentence;
    checkStrings(`${name}: tokens`, tokens, { what: 'tokens' });
    checkStrings(`${name}: tags`, tags, { what: 'tags', length: tokens.length });
    return {
      tokens,
      tags,
      featureColumns: featureColumns as readonly (readonly string[])[] | undefined,
      file: where,
      line: s + 1,
    };
  });
  return { file: where, sentences };
}
