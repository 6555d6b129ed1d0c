import { type Document, type ReadOptions, readCorpus, type Sentence } from '../corpus/index.ts';
import { isLemmaColumn } from '../corpus/lemmas/lemma-column.ts';
import { schemeOf } from '../corpus/tags/partial.ts';
import { convert, detectScheme, readTags, type Scheme, strayTags } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import type { Counts, SentencePair } from '../evaluation/counts.ts';
import { sentencePairs } from '../evaluation/pairs.ts';
import type { Context } from './context.ts';
import type { EvalFlags } from './eval-flags.ts';
import { askedScheme, checkGold, inUsualNotation, readingOf } from './eval-tags.ts';
import { type Input, nameOf, openLabelled, someOf } from './input.ts';
import { readOptions } from './options.ts';
import { countsOf, type LabelledFile, type Predictions } from './predictions.ts';
import { oneLine } from './printable.ts';
import { type Renaming, unusedNames } from './tag-map.ts';

/** The counts of each corpus, and the scheme in which its tags were compared. */
export interface Evaluated {
  readonly scheme: Scheme;
  /** The tag column that was evaluated, if the model has several. */
  readonly column?: string | undefined;
  readonly corpora: readonly { readonly name: string; readonly counts: Counts }[];
}

export const readLabelledFile = async (
  { source, name }: Input,
  read: ReadOptions,
): Promise<LabelledFile> => ({
  file: name,
  sentences: await readCorpus(source, { ...read, file: name, gold: true }),
});

/** A renaming that has seen no tag. */
export const renamingOf = ({ map }: EvalFlags): Renaming => ({
  map,
  used: new Set(),
  seen: new Set(),
});

/** Says which names of `--map` do not occur. */
export function reportUnused(renaming: Renaming, { say }: Context): void {
  const message = unusedNames(renaming);
  if (message !== undefined) say(`seqtag: ${message}`);
}

interface FilePair {
  readonly gold: string;
  readonly pred: string;
  readonly flags: EvalFlags;
}

/** Compares a file of predicted tags with a file of gold tags. */
export async function evaluateFilePair(files: FilePair, context: Context): Promise<Evaluated> {
  const counts = countsOf(await readFilePair(files, context));
  return { scheme: counts.scheme, corpora: [{ name: nameOf(files.gold), counts }] };
}

/** Reads a file of predicted tags, and a file of gold tags. */
export async function readFilePair(
  { gold, pred, flags }: FilePair,
  context: Context,
): Promise<Predictions> {
  const { io } = context;
  const golds = await openLabelled(gold, { io, format: flags.format });
  const preds = await openLabelled(pred, { io, format: flags.format });
  const predColumn = flags.predColumn ?? flags.tagColumn;
  return pairFiles(
    await readLabelledFile(golds, readOptions(flags, golds.format, context)),
    await readLabelledFile(preds, {
      // spans without a text of their own are in the gold file
      text: { file: gold, format: golds.format },
      ...readOptions(flags, preds.format, context),
      ...(predColumn !== undefined && { tagColumn: predColumn }),
    }),
    { flags, context, lemmas: isLemmaColumn(flags.tagColumn, golds) },
  );
}

/** Compares the gold and the predicted column of each file. */
export async function evaluateColumns(
  { files, flags }: { files: readonly string[]; flags: EvalFlags },
  context: Context,
): Promise<Evaluated> {
  const corpora: { name: string; counts: Counts }[] = [];
  for (const file of files) corpora.push(await compareColumns(file, flags, context));
  const [first] = corpora;
  const { scheme } = first!.counts;
  const other = corpora.find(({ counts }) => counts.scheme !== scheme);
  if (other)
    throw new UserError(
      `${other.name}: tags in ${other.counts.scheme}, but ${first!.name} has ${scheme}. Evaluate the files separately.`,
      { code: 'SEQTAG_CORPUS_MISMATCH' },
    );
  return { scheme, corpora };
}

async function compareColumns(
  file: string,
  flags: EvalFlags,
  context: Context,
): Promise<{ name: string; counts: Counts }> {
  const { io } = context;
  if (file === '-' && io.isTerminal.stdin)
    throw new UserError(
      'eval: nothing to measure. Give `-m MODEL GOLD...`, `--gold FILE --pred FILE`, or a file with both columns.',
      { code: 'SEQTAG_OPTION' },
    );
  const input = await openLabelled(file, { io, format: flags.format });
  const { name, format, source } = input;
  const { tagColumn: goldColumn, predColumn } = flags;
  if (format === 'conllu' && predColumn === undefined)
    throw new UserError(
      `${name}: which column has the predicted tags? In CoNLL-U, \`seqtag tag\` replaces the gold tags unless it writes to a column of its own. In one step: seqtag eval -m MODEL GOLD. In two: seqtag tag -m MODEL GOLD --tag-column Pred | seqtag eval --tag-column ${goldColumn ?? 'COLUMN'} --pred-column Pred${goldColumn === undefined ? ', where COLUMN has the gold tags, such as upos or NER' : ''}.`,
      { code: 'SEQTAG_COLUMN' },
    );
  if ((format === 'jsonl' || format === 'json') && predColumn === undefined)
    throw new UserError(
      `${name}: which key has the predicted tags? In one step: seqtag eval -m MODEL GOLD. In two: seqtag tag -m MODEL GOLD --tag-column pred | seqtag eval --tag-column tags --pred-column pred, if tags has the gold tags.`,
      { code: 'SEQTAG_COLUMN' },
    );
  let document: Document | undefined;
  const sentences = await readCorpus(source, {
    ...readOptions(flags, format, context),
    file: name,
    gold: true,
    tagColumn: [goldColumn ?? -2, predColumn ?? -1],
    onDocument: (started) => {
      document = started;
    },
  });
  const columns = document?.columns ?? 0;
  if (columns < 3 && goldColumn === undefined && predColumn === undefined)
    throw new UserError(
      `${name}: ${columns} columns, expected a token, a gold and a predicted tag. To score a model: seqtag eval -m MODEL GOLD. To compare two files: seqtag eval --gold GOLD --pred PRED.`,
      { code: 'SEQTAG_COLUMN' },
    );
  const predicted = sentences.map((sentence) => ({ ...sentence, tags: sentence.tagColumns![1]! }));
  const predictions = await pairFiles(
    { file: name, sentences },
    { file: name, sentences: predicted },
    { flags, context, lemmas: isLemmaColumn(goldColumn, { format }) },
  );
  return { name, counts: countsOf(predictions) };
}

/**
 * Pairs predicted tags with gold tags, in the scheme of the gold tags. Predicted tags are converted only if they do not
 * fit this scheme.
 */
async function pairFiles(
  written: LabelledFile,
  writtenPredictions: LabelledFile,
  { flags, context, lemmas }: { flags: EvalFlags; context: Context; lemmas: boolean },
): Promise<Predictions> {
  const { partial = false } = flags;
  checkGold([written], { flags, partial, lemmas }, context);
  const asked = lemmas ? 'none' : askedScheme(flags);
  const reading = readingOf(written.sentences, { partial, scheme: asked });
  const renaming = renamingOf(flags);
  const gold = inUsualNotation(written, reading, renaming);
  const scheme = lemmas ? 'none' : (reading?.scheme ?? schemeOf(tagsOf(gold), { partial }));
  const predictions =
    scheme === 'none'
      ? undefined
      : readingOf(writtenPredictions.sentences, {
          partial,
          scheme: scheme === 'IO' ? schemeOfRuns(writtenPredictions) : undefined,
        });
  const { note } = predictions ?? {};
  if (note !== undefined && (note !== reading?.note || writtenPredictions.file !== written.file))
    context.say(`seqtag: ${oneLine(`${writtenPredictions.file}: predicted tags: ${note}`)}.`);
  const predicted = inUsualNotation(writtenPredictions, predictions, renaming);
  reportUnused(renaming, context);
  const sentences = inScheme(predicted, { scheme, gold, other: predictions?.scheme });
  checkCommonTags(gold, { ...predicted, sentences });
  const pairs: SentencePair[] = [];
  for await (const pair of sentencePairs(gold, { file: predicted.file, sentences }))
    pairs.push(pair);
  return {
    gold,
    pairs,
    counting: { scheme, ...(lemmas && { lemmas: {} }) },
    partial,
    notation: reading?.notation,
  };
}

/** The scheme of predicted tags where the gold tags are in IO: IO, unless they have letters of another scheme. */
function schemeOfRuns({ sentences }: LabelledFile): Scheme {
  const { scheme } = readTags(sentences);
  return scheme === 'none' ? 'IO' : scheme;
}

const tagsOf = ({ sentences }: LabelledFile): (readonly string[])[] =>
  sentences.map(({ tags }) => tags);

function inScheme(
  predicted: LabelledFile,
  { scheme, gold, other: known }: { scheme: Scheme; gold: LabelledFile; other: Scheme | undefined },
): readonly Sentence[] {
  const tags = tagsOf(predicted);
  const other = known ?? detectScheme(tags);
  if (scheme === 'IO' && other !== 'IO')
    return predicted.sentences.map((s) => ({ ...s, tags: convert(s.tags, other, scheme) }));
  const strays =
    scheme === 'none' || scheme === other ? new Map<string, number>() : strayTags(tags, scheme);
  if (strays.size === 0) return predicted.sentences;
  if (other === 'none')
    throw new UserError(
      `${predicted.file}: plain tags (${someOf([...strays.keys()])}), but ${gold.file} has spans in ${scheme}. Name the columns with --tag-column and --pred-column.`,
      { code: 'SEQTAG_TAGS' },
    );
  return predicted.sentences.map((s) => ({ ...s, tags: convert(s.tags, other, scheme) }));
}

/** @throws UserError if two columns have no tag in common: they are hardly gold and prediction */
function checkCommonTags(gold: LabelledFile, predicted: LabelledFile): void {
  const golds = new Set(tagsOf(gold).flat());
  const others = new Set(tagsOf(predicted).flat());
  if ([...others].some((tag) => golds.has(tag))) return;
  throw new UserError(
    `${predicted.file}: none of the predicted tags (${someOf([...others])}) is a gold tag (${someOf([...golds])}). Name the columns with --tag-column and --pred-column.`,
    { code: 'SEQTAG_TAGS' },
  );
}
