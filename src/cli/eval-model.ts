import { watchColumns } from '../corpus/features/token-features.ts';
import { type Column, isName } from '../corpus/index.ts';
import { isCertain, schemeOf } from '../corpus/tags/partial.ts';
import { convert, type Scheme, strayTags, type TagReading } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { CountOptions, Counts, SentencePair } from '../evaluation/counts.ts';
import { hashed } from '../files/hash.ts';
import { readBytes } from '../files/read.ts';
import { columnNames, findColumn } from '../model/column-names.ts';
import type { TagColumn, TrainingRecord } from '../model/model.ts';
import { lemmatisersOf } from '../tagging/lemmas.ts';
import { loadTagger, type Tagger } from '../tagging/tagger.ts';
import type { Context } from './context.ts';
import { type Evaluated, readLabelledFile, renamingOf, reportUnused } from './eval-files.ts';
import type { EvalFlags } from './eval-flags.ts';
import { askedScheme, checkGold, inUsualNotation, readingOf } from './eval-tags.ts';
import {
  type Input,
  openLabelled,
  someOf,
  strangeText,
  trainedColumns,
  trainedFeatures,
} from './input.ts';
import { readOptions, taggerOptions } from './options.ts';
import { countsOf, type LabelledFile, type Predictions } from './predictions.ts';
import { mappedTag } from './tag-map.ts';

type Model = Tagger['model'];

interface ModelOnFiles {
  readonly model: string;
  readonly files: readonly string[];
  readonly flags: EvalFlags;
  /** What was read, by file and options, for the models that follow. */
  readonly read?: ReadFiles | undefined;
}

type ReadFile = LabelledFile & { readonly sha256: string };

/** What was read: each file is opened once, and read once for models that need the same columns. */
export interface ReadFiles {
  readonly opened: Map<string, Input>;
  /** By file and options. */
  readonly corpora: Map<string, ReadFile>;
}

/** No file was read. */
export const noFiles = (): ReadFiles => ({ opened: new Map(), corpora: new Map() });

/** Evaluates one tag column of a model on labelled files. */
export const evaluateModel = (on: ModelOnFiles, context: Context): Promise<Evaluated> =>
  withPredictions(on, context, (corpora, column) => ({
    scheme: corpora[0]!.counting.scheme,
    column,
    corpora: corpora.map((predictions) => {
      const counts = countsOf(predictions);
      const name = predictions.gold.file;
      checkCounts(counts, { file: name, model: on.model });
      return { name, counts };
    }),
  }));

/**
 * Calls `use` with the predictions of one tag column of a model for each file, and with the name of the column if the model
 * has several. The model tags while `use` reads the pairs, which can be read once.
 */
export async function withPredictions<Result>(
  { model: name, files, flags, read = noFiles() }: ModelOnFiles,
  context: Context,
  use: (corpora: readonly Predictions[], column: string | undefined) => Result,
): Promise<Result> {
  const tagger = loadTagger(name, taggerOptions(flags, context));
  const { model } = tagger;
  try {
    const column = evaluatedColumn(model, flags.tagColumn);
    const tagColumn = model.tagColumns[column]!;
    const partial = flags.partial ?? model.record.hyperparameters.partial === true;
    const renaming = renamingOf(flags);
    const written: ReadFile[] = [];
    for (const file of files)
      written.push(await readCorpusFor(model, { file, tagColumn, flags, read, context }));
    const { lemmas = false } = tagColumn;
    checkGold(
      written,
      { flags: { ...flags, ...runsOf(tagColumn, flags) }, partial, lemmas },
      context,
    );
    const reading = goldReading(written, { tagColumn, partial, flags });
    const corpora = written.map((corpus) => inUsualNotation(corpus, reading, renaming));
    const anyCase = reading?.notation !== undefined;
    const rename = (tag: string): string => mappedTag(tag, renaming, { anyCase });
    const scheme = goldScheme(corpora, { tagColumn, path: model.path, partial, reading });
    const seenTags = seenTagsIn(scheme, model.vocabulary.tags[column]!.map(rename), tagColumn);
    const lemmatiser = lemmatisersOf(model.vocabulary, model.tagColumns)[column];
    reportUnused(renaming, context);
    const counting: CountOptions = {
      scheme,
      isKnown: tagger.isKnown,
      seenTags,
      lemmas: lemmatiser && { isReachable: lemmatiser.reaches },
    };
    const predictions = corpora.map((gold) => ({
      gold,
      pairs: predictedPairs(gold.sentences, { tagger, column, scheme, rename }),
      counting,
      partial,
      notation: reading?.notation,
    }));
    const isOneOfMany = model.tagColumns.length > 1;
    const result = use(predictions, isOneOfMany ? columnNames(model)[column]! : undefined);
    for (const { file, sha256 } of corpora)
      if (wasTrainedOn(model.record, sha256))
        context.say(
          `seqtag: ${file}: ${name} was trained on this very file. Its scores here say nothing about new text.`,
        );
    return result;
  } finally {
    await tagger.close();
  }
}

/** The index of the tag column to evaluate: the one that was asked for, or the first. */
function evaluatedColumn(model: Model, wanted: Column | undefined): number {
  if (wanted === undefined || model.tagColumns.length === 1) return 0;
  const column = findColumn(model, wanted);
  if (column >= 0) return column;
  throw new UserError(
    `--tag-column ${wanted}: ${model.path} has the tag columns ${columnNames(model).join(', ')}. Name one of them.`,
    { code: 'SEQTAG_COLUMN' },
  );
}

/** Reads the columns that the model needs. */
async function readCorpusFor(
  model: Model,
  {
    file,
    tagColumn,
    flags,
    read,
    context,
  }: {
    file: string;
    tagColumn: TagColumn;
    flags: EvalFlags;
    read: ReadFiles;
    context: Context;
  },
): Promise<ReadFile> {
  const input =
    read.opened.get(file) ?? (await openLabelled(file, { io: context.io, format: flags.format }));
  read.opened.set(file, input);
  const { format, name, source } = input;
  const { tagColumn: asked, ...otherFlags } = flags;
  /** Whether the flag is the name of a column of the model that the file has at an index. */
  const isNameOfIndex =
    isName(asked) &&
    findColumn(model, asked) >= 0 &&
    tagColumn.format === format &&
    !isName(tagColumn.tagColumn);
  const options = {
    ...trainedColumns(tagColumn, format),
    ...readOptions(isNameOfIndex ? otherFlags : flags, format, context),
    ...trainedFeatures(model, { file: name, format, asked: flags.featureColumn }),
  };
  const key = JSON.stringify([file, options]);
  const known = read.corpora.get(key);
  if (!known && file === '-' && [...read.corpora.values()].some((other) => other.file === name))
    throw new UserError(
      `${name}: ${model.path} needs other columns than the models before it, but standard input can be read once. Give a file.`,
      { code: 'SEQTAG_COLUMN' },
    );
  const bytes = hashed(typeof source === 'string' ? readBytes(source) : source);
  const corpus = known ?? {
    ...(await readLabelledFile({ ...input, source: bytes.bytes }, options)),
    sha256: bytes.sha256(),
  };
  read.corpora.set(key, corpus);
  checkFeatureValues(corpus, model);
  return corpus;
}

/** @throws UserError if no value of a feature column was seen in training: it must be another column */
function checkFeatureValues({ file, sentences }: LabelledFile, { vocabulary, path }: Model): void {
  if (!vocabulary.tokenFeatures) return;
  const watch = watchColumns(vocabulary.tokenFeatures);
  watch.look(sentences);
  for (const column of watch.strange())
    throw new UserError(strangeText(column, { file, path }), { code: 'SEQTAG_COLUMN' });
}

/** A model that was trained on runs of labels is evaluated on them, unless another scheme was asked for. */
const runsOf = ({ scheme }: TagColumn, { fromScheme }: EvalFlags): Pick<EvalFlags, 'fromScheme'> =>
  fromScheme === undefined && scheme === 'IO' ? { fromScheme: 'IO' } : {};

/** How the gold tags are read: undefined for plain and for partial tags, which are read as they are. */
function goldReading(
  corpora: readonly LabelledFile[],
  { tagColumn, partial, flags }: { tagColumn: TagColumn; partial: boolean; flags: EvalFlags },
): TagReading | undefined {
  if (tagColumn.scheme === 'none') return undefined;
  const sentences = corpora.flatMap((corpus) => corpus.sentences);
  const found = readingOf(sentences, { partial, scheme: askedScheme(flags) });
  if (found?.scheme !== 'none') return found;
  // no span, or labels without letters
  return readingOf(sentences, { partial, scheme: tagColumn.scheme });
}

/** The scheme of the gold tags. The predicted tags are converted to it. */
function goldScheme(
  corpora: readonly LabelledFile[],
  {
    tagColumn,
    path,
    partial,
    reading,
  }: {
    tagColumn: TagColumn;
    path: string;
    partial: boolean;
    reading: TagReading | undefined;
  },
): Scheme {
  if (tagColumn.scheme === 'none') return 'none';
  if (reading?.scheme === 'IO') return 'IO';
  const tags = corpora.flatMap(({ sentences }) => sentences.map((sentence) => sentence.tags));
  const found = schemeOf(tags, { partial });
  if (found !== 'none') return reading?.scheme ?? found;
  const strays = [...strayTags(tags, tagColumn.scheme).keys()].filter(
    (tag) => !partial || isCertain(tag),
  );
  if (strays.length === 0) return tagColumn.scheme;
  throw new UserError(
    `${corpora.map(({ file }) => file).join(', ')}: plain tags (${someOf(strays)}), but ${path} predicts spans in ${tagColumn.scheme}. Name the right column with --tag-column. If a run of one label is a span (PER PER O), give --from-scheme IO.`,
    { code: 'SEQTAG_TAGS' },
  );
}

/** The tags that the model learned, in a scheme with the same kind of tags as that of the gold tags. */
function seenTagsIn(
  scheme: Scheme,
  tags: readonly string[],
  { trainedScheme }: TagColumn,
): readonly string[] {
  if ((scheme === 'IO') === (trainedScheme === 'IO')) return tags;
  return tags.map((tag) => convert([tag], trainedScheme, scheme)[0]!);
}

/** Sentences tagged at once: enough for all threads, few enough to save memory. */
const SENTENCES = 512;

function* predictedPairs(
  sentences: LabelledFile['sentences'],
  {
    tagger,
    column,
    scheme,
    rename,
  }: { tagger: Tagger; column: number; scheme: Scheme; rename: (tag: string) => string },
): Generator<SentencePair> {
  const modelScheme = tagger.model.tagColumns[column]!.scheme;
  for (let from = 0; from < sentences.length; from += SENTENCES) {
    const part = sentences.slice(from, from + SENTENCES);
    const tags = tagger.tagColumns(
      part.map(({ tokens }) => tokens),
      part.map(({ featureColumns }) => featureColumns ?? []),
    )[column]!;
    for (const [i, { tokens, tags: gold }] of part.entries()) {
      const predicted = modelScheme === scheme ? tags[i]! : convert(tags[i]!, modelScheme, scheme);
      yield { tokens, gold, predicted: predicted.map(rename) };
    }
  }
}

/** @throws UserError if nothing was measured, or if training saw none of the gold tags */
export function checkCounts(
  counts: Counts,
  { file, model }: { file: string; model: string },
): void {
  const { total } = counts.tokens;
  if (total === 0)
    throw new UserError(`${file}: no tag is certain, so there is nothing to measure.`, {
      code: 'SEQTAG_CORPUS_EMPTY',
    });
  const unseen = [...(counts.unseenTags ?? [])];
  if (unseen.reduce((sum, [, n]) => sum + n, 0) < total) return;
  throw new UserError(
    `${file}: none of its tags (${someOf(unseen.map(([tag]) => tag))}) was seen in training of ${model}. Name the right column with --tag-column.`,
    { code: 'SEQTAG_TAGS' },
  );
}

/** Whether the weights were trained on a file. Development data only selects the best epoch, unless a refit used it. */
const wasTrainedOn = ({ corpora, refit }: TrainingRecord, hash: string): boolean =>
  corpora.some(
    ({ role, sha256 }) =>
      sha256 === hash && (role === 'train' || (role === 'dev' && refit !== undefined)),
  );
