import { type Document, type ReadOptions, readCorpus, type Sentence } from '../corpus/index.ts';
import { isLemmaColumn } from '../corpus/lemmas/lemma-column.ts';
import { schemeOf } from '../corpus/tags/partial.ts';
import { convert, detectScheme, readTags, type Scheme, strayTags } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import { type Counts, countPairs, type SentencePair } from '../evaluation/counts.ts';
import { sentencePairs } from '../evaluation/pairs.ts';
import { countCertainPairs } from '../evaluation/partial.ts';
import { writtenCounts } from '../evaluation/written.ts';
import type { Context } from './context.ts';
import type { EvalFlags } from './eval-flags.ts';
import { askedScheme, checkGold, inUsualNotation, readingOf } from './eval-tags.ts';
import { type Input, nameOf, openLabelled, someOf } from './input.ts';
import { readOptions } from './options.ts';
import { mappedTag, type TagMap } from './tag-map.ts';

/** The counts of each corpus, and the scheme in which its tags were compared. */
export interface Evaluated {
  readonly scheme: Scheme;
  /** The tag column that was evaluated, if the model has several. */
  readonly column?: string | undefined;
  readonly corpora: readonly { readonly name: string; readonly counts: Counts }[];
}

/** A labelled file that was read. */
export interface LabelledFile {
  /** The name for messages. */
  readonly file: string;
  readonly sentences: readonly Sentence[];
}

export async function readLabelledFile(
  { source, name }: Input,
  read: ReadOptions,
  { map, used }: { map?: TagMap | undefined; used?: Set<string> } = {},
): Promise<LabelledFile> {
  const sentences = await readCorpus(source, { ...read, file: name, gold: true });
  return { file: name, sentences: map ? sentences.map((s) => mapped(s, map, used)) : sentences };
}

/** A sentence with the new names of its tags. */
function mapped(sentence: Sentence, map: TagMap, used: Set<string> | undefined): Sentence {
  const rename = (tags: readonly string[]): string[] =>
    tags.map((tag) => mappedTag(tag, map, used));
  const { tags, tagColumns } = sentence;
  return {
    ...sentence,
    tags: rename(tags),
    ...(tagColumns && { tagColumns: tagColumns.map(rename) }),
  };
}

/** Says which names of `--map` do not occur. */
export function reportUnused(
  map: TagMap | undefined,
  used: ReadonlySet<string>,
  { say }: Context,
): void {
  const unused = [...(map?.keys() ?? [])].filter((name) => !used.has(name));
  if (unused.length > 0)
    say(`seqtag: --map: no tag or span type is called ${unused.join(', ')}. Check the spelling.`);
}

/** Compares a file of predicted tags with a file of gold tags. */
export async function evaluateFilePair(
  { gold, pred, flags }: { gold: string; pred: string; flags: EvalFlags },
  context: Context,
): Promise<Evaluated> {
  const { io } = context;
  const naming = { map: flags.map, used: new Set<string>() };
  const golds = await openLabelled(gold, { io, format: flags.format });
  const preds = await openLabelled(pred, { io, format: flags.format });
  const predColumn = flags.predColumn ?? flags.tagColumn;
  const counts = await compare(
    await readLabelledFile(golds, readOptions(flags, golds.format, context), naming),
    await readLabelledFile(
      preds,
      {
        // spans without a text of their own are in the gold file
        text: { file: gold, format: golds.format },
        ...readOptions(flags, preds.format, context),
        ...(predColumn !== undefined && { tagColumn: predColumn }),
      },
      naming,
    ),
    { flags, context, lemmas: isLemmaColumn(flags.tagColumn, golds) },
  );
  reportUnused(flags.map, naming.used, context);
  return { scheme: counts.scheme, corpora: [{ name: nameOf(gold), counts }] };
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
      `${name}: CoNLL-U has one column for each kind of tags, so predicted tags replaced the gold ones. In one step: seqtag eval -m MODEL GOLD. In two: seqtag tag -m MODEL GOLD --tag-column Pred | seqtag eval --tag-column upos --pred-column Pred, where upos has the gold tags.`,
      { code: 'SEQTAG_COLUMN' },
    );
  if ((format === 'jsonl' || format === 'json') && predColumn === undefined)
    throw new UserError(
      `${name}: which key has the predicted tags? In one step: seqtag eval -m MODEL GOLD. In two: seqtag tag -m MODEL GOLD --tag-column pred | seqtag eval --tag-column tags --pred-column pred, where tags has the gold tags.`,
      { code: 'SEQTAG_COLUMN' },
    );
  let document: Document | undefined;
  const used = new Set<string>();
  const read = await readCorpus(source, {
    ...readOptions(flags, format, context),
    file: name,
    gold: true,
    tagColumn: [goldColumn ?? -2, predColumn ?? -1],
    onDocument: (started) => {
      document = started;
    },
  });
  const { map } = flags;
  const sentences = map ? read.map((sentence) => mapped(sentence, map, used)) : read;
  reportUnused(map, used, context);
  const columns = document?.columns ?? 0;
  if (columns < 3 && goldColumn === undefined && predColumn === undefined)
    throw new UserError(
      `${name}: ${columns} columns, expected a token, a gold and a predicted tag. To evaluate a model, name it with -m.`,
      { code: 'SEQTAG_COLUMN' },
    );
  const predicted = sentences.map((sentence) => ({ ...sentence, tags: sentence.tagColumns![1]! }));
  const counts = await compare(
    { file: name, sentences },
    { file: name, sentences: predicted },
    { flags, context, lemmas: isLemmaColumn(goldColumn, { format }) },
  );
  return { name, counts };
}

/**
 * Counts predicted tags against gold tags, in the scheme of the gold tags. Predicted tags are converted only if they
 * do not fit this scheme.
 */
async function compare(
  written: LabelledFile,
  writtenPredictions: LabelledFile,
  { flags, context, lemmas }: { flags: EvalFlags; context: Context; lemmas: boolean },
): Promise<Counts> {
  const { partial = false } = flags;
  checkGold([written], { flags, partial, lemmas }, context);
  const asked = lemmas ? 'none' : askedScheme(flags);
  const reading = readingOf(written.sentences, { partial, scheme: asked });
  const gold = inUsualNotation(written, reading);
  const scheme = lemmas ? 'none' : (reading?.scheme ?? schemeOf(tagsOf(gold), { partial }));
  const predictions =
    scheme === 'none'
      ? undefined
      : readingOf(writtenPredictions.sentences, {
          partial,
          scheme: scheme === 'IO' ? schemeOfRuns(writtenPredictions) : undefined,
        });
  const predicted = inUsualNotation(writtenPredictions, predictions);
  const sentences = inScheme(predicted, { scheme, gold, other: predictions?.scheme });
  checkCommonTags(gold, { ...predicted, sentences });
  const pairs: SentencePair[] = [];
  for await (const pair of sentencePairs(gold, { file: predicted.file, sentences }))
    pairs.push(pair);
  const counts = (partial ? countCertainPairs : countPairs)(pairs, {
    scheme,
    ...(lemmas && { lemmas: {} }),
  });
  return writtenCounts(counts, reading?.notation);
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
