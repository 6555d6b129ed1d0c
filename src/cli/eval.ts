import type { Command } from 'commander';
import { watchColumns } from '../corpus/features/token-features.ts';
import {
  type Column,
  type Document,
  type ReadOptions,
  readCorpus,
  type Sentence,
} from '../corpus/index.ts';
import { isCertain, schemeOf } from '../corpus/tags/partial.ts';
import { convert, detectScheme, type Scheme, strayTags } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import {
  type CountOptions,
  type Counts,
  countPairs,
  type SentencePair,
} from '../evaluation/counts.ts';
import { sentencePairs } from '../evaluation/pairs.ts';
import { countCertainPairs } from '../evaluation/partial.ts';
import { type CorporaReport, createCorporaReport } from '../evaluation/report.ts';
import { hashed } from '../files/hash.ts';
import { readBytes } from '../files/read.ts';
import { columnNames, findColumn } from '../model/column-names.ts';
import type { TagColumn, TrainingRecord } from '../model/model.ts';
import { loadTagger, type Tagger } from '../tagging/tagger.ts';
import type { Context } from './context.ts';
import {
  type Input,
  nameOf,
  openLabelled,
  someOf,
  strangeText,
  trainedColumns,
  trainedFeatures,
} from './input.ts';
import {
  addColor,
  addColumns,
  addCompute,
  type BiasOptions,
  biasOption,
  type ColumnOptions,
  type ComputeOptions,
  choice,
  featureOption,
  modelOption,
  parseShare,
  readFormats,
  readOptions,
  taggerOptions,
  whereFeatures,
} from './options.ts';
import { confusionRows, scoreRows, singleReport, tagRows, typeRows, unseenList } from './scores.ts';
import { type Style, styleOf } from './style.ts';
import { percent } from './table.ts';

interface EvalFlags extends ColumnOptions, ComputeOptions, BiasOptions {
  model?: string;
  gold?: string;
  pred?: string;
  predColumn?: string;
  format?: (typeof readFormats)[number];
  details?: boolean;
  json?: boolean;
  minF1?: number;
  minAccuracy?: number;
  partial?: boolean;
  allowUnseen?: boolean;
}

const examples = `
Examples:
  $ seqtag eval -m model.safetensors test.conll
  $ seqtag eval -m en-ner news.conll mail.conll --json | jq .total.spans.f1
  $ seqtag eval -m model.safetensors test.conll --min-f1 0.85 && echo good enough
  $ seqtag eval --gold test.conll --pred output-of-another-tagger.conll
  $ seqtag tag -m model.safetensors test.conll | seqtag eval

Spans are counted as conlleval counts them. All figures are percentages, in JSON shares from 0 to 1. Thresholds hold for
all files together; up to 1 they are shares (0.85), above 1 percentages (85 or 85%). Exit code 1: below a threshold.`;

/** \`seqtag eval\`: a model on gold files, two files, or one file with both columns. */
export function defineEval(command: Command, context: Context): void {
  command
    .description(
      'Measures a model on gold files (-m), a file of predicted tags against a gold one (--gold, --pred), or one file whose last two columns are gold and predicted tags.',
    )
    .argument('[gold...]', 'labelled files; - or none: standard input')
    .addOption(modelOption())
    .addOption(biasOption())
    .option('--gold <file>', 'file with gold tags')
    .option('--pred <file>', 'file with the same tokens and predicted tags')
    .addOption(
      choice(
        '--format <format>',
        'of the files: % (default: by extension, else found by looking)',
        readFormats,
      ),
    );
  addColumns(command, {
    tag: 'column of the gold tag (default: the last; of a file with both, the last but one)',
  });
  command
    .addOption(featureOption(whereFeatures))
    .option('--pred-column <column>', 'column of the predicted tag (default: the last)')
    .option('--details', 'tag by tag, and what is taken for what')
    .option('--json', 'one JSON object: corpora, each with its report, and total')
    .option('--min-f1 <x>', 'exit with 1 if F1 is below', parseShare)
    .option('--min-accuracy <x>', 'exit with 1 if accuracy is below', parseShare)
    .option(
      '--partial',
      'gold tags may be ? (unknown) or NN|VB (one of these): only certain ones are measured (default: as the model was trained)',
    )
    .option(
      '--allow-unseen',
      'gold tags that training never saw are counted as errors, but exit with 0',
    );
  addCompute(command);
  addColor(command, context);
  command
    .addHelpText('after', examples)
    .action((files: string[], flags: EvalFlags) => evalCommand({ files, flags }, context));
}

interface Measured {
  readonly scheme: Scheme;
  readonly corpora: { name: string; counts: Counts }[];
}

async function evalCommand(
  { files, flags }: { files: string[]; flags: EvalFlags },
  context: Context,
): Promise<void> {
  const { scheme, corpora } = await measure({ files, flags }, context);
  const result = createCorporaReport(corpora);
  if (flags.minF1 !== undefined && scheme === 'none')
    throw new UserError(
      '--min-f1: these are plain tags, so there are no spans. Use --min-accuracy.',
    );
  const text = flags.json
    ? `${JSON.stringify({ ...(flags.model !== undefined && { model: flags.model }), scheme, ...result })}\n`
    : reportText(result, {
        details: flags.details === true,
        style: await styleOf('stdout', context),
      });
  await context.out.write(text);
  await context.out.flush();
  judge(result, flags, context);
}

async function measure(
  { files, flags }: { files: string[]; flags: EvalFlags },
  context: Context,
): Promise<Measured> {
  const { model, gold, pred } = flags;
  if (model !== undefined) {
    if (gold !== undefined || pred !== undefined)
      throw new UserError(
        'eval: --model with --gold or --pred: tags come either from a model or from a file. Give `-m MODEL GOLD...` or `--gold FILE --pred FILE`.',
      );
    if (flags.predColumn !== undefined)
      throw new UserError(
        'eval: --pred-column with --model: the model predicts the tags. Leave one out.',
      );
    return measureModel({ model, files: files.length === 0 ? ['-'] : files, flags }, context);
  }
  if (flags.biasRecall)
    throw new UserError(
      'eval: --bias-recall without --model: there are no scores to change. Give -m.',
    );
  if (flags.featureColumn !== undefined)
    throw new UserError('eval: --feature-column without --model: nothing reads it. Give -m.');
  if (gold === undefined && pred === undefined)
    return measureColumns({ files: files.length === 0 ? ['-'] : files, flags }, context);
  if (gold === undefined || pred === undefined || files.length > 0)
    throw new UserError(
      'eval: expected both --gold FILE and --pred FILE, and no other file. See `seqtag eval --help`.',
    );
  const open = { io: context.io, format: flags.format };
  const golds = await openLabelled(gold, open);
  const preds = await openLabelled(pred, open);
  const predColumn = flags.predColumn ?? flags.tagColumn;
  const counts = await comparePair(
    await labelled(golds, readOptions(flags, golds.format)),
    await labelled(preds, {
      ...readOptions(flags, preds.format),
      ...(predColumn !== undefined && { tagColumn: predColumn }),
    }),
    flags,
  );
  return { scheme: counts.scheme, corpora: [{ name: nameOf(gold), counts }] };
}

interface Labelled {
  readonly file: string;
  readonly sentences: readonly Sentence[];
}

async function labelled({ source, name }: Input, read: ReadOptions): Promise<Labelled> {
  const sentences = await readCorpus(source, { ...read, file: name, gold: true });
  return { file: name, sentences };
}

/** Sentences tagged at once: enough for all threads, few enough to keep memory low. */
const SENTENCES = 512;

async function measureModel(
  { model, files, flags }: { model: string; files: string[]; flags: EvalFlags },
  context: Context,
): Promise<Measured> {
  const tagger = loadTagger(model, taggerOptions(flags));
  try {
    const column = columnOf(tagger, flags.tagColumn);
    const tagColumn = tagger.model.tagColumns[column]!;
    const partial = flags.partial ?? tagger.model.record.hyperparameters.partial === true;
    const corpora: Labelled[] = [];
    const learned: string[] = [];
    for (const file of files) {
      const input = await openLabelled(file, { io: context.io, format: flags.format });
      const { format } = input;
      const read = {
        ...trainedColumns(tagColumn, format),
        ...readOptions(flags, format),
        ...trainedFeatures(tagger.model, { file: input.name, format, asked: flags.featureColumn }),
      };
      const bytes = typeof input.source === 'string' ? readBytes(input.source) : input.source;
      const { bytes: source, sha256 } = hashed(bytes);
      const corpus = await labelled({ ...input, source }, read);
      checkValues(corpus, tagger.model);
      if (hasLearned(tagger.model.record, sha256())) learned.push(input.name);
      corpora.push(corpus);
    }
    const scheme = goldScheme(corpora, { tagColumn, path: tagger.model.path, partial });
    const options: CountOptions = {
      scheme,
      isKnown: tagger.isKnown,
      seenTags: tagger.model.vocabulary.tags[column]!,
    };
    const counting = partial ? countCertainPairs : countPairs;
    const measured = corpora.map(({ file, sentences }) => {
      const counts = counting(predictedPairs(sentences, { tagger, column, scheme }), options);
      if (counts.tokens.total === 0)
        throw new UserError(`${file}: no tag is certain, so there is nothing to measure.`);
      const unseen = [...(counts.unseenTags ?? [])];
      if (unseen.reduce((sum, [, n]) => sum + n, 0) === counts.tokens.total)
        throw new UserError(
          `${file}: none of its tags (${someOf(unseen.map(([tag]) => tag))}) was seen in training of ${model}. Name the right column with --tag-column.`,
        );
      return { name: file, counts };
    });
    for (const file of learned)
      context.say(
        `seqtag: ${file}: ${model} was trained on this very file, so the figures tell nothing of new text.`,
      );
    return { scheme, corpora: measured };
  } finally {
    await tagger.close();
  }
}

/** Whether a model was trained on a file, not only chosen by it. */
const hasLearned = ({ corpora, refit }: TrainingRecord, hash: string): boolean =>
  corpora.some(
    ({ role, sha256 }) =>
      sha256 === hash && (role === 'train' || (role === 'dev' && refit !== undefined)),
  );

/** @throws UserError for a column of which training saw no value: it is another one. */
function checkValues(
  { file, sentences }: Labelled,
  { vocabulary, path }: Pick<Tagger['model'], 'vocabulary' | 'path'>,
): void {
  if (!vocabulary.tokenFeatures) return;
  const watch = watchColumns(vocabulary.tokenFeatures);
  watch.look(sentences);
  for (const column of watch.strange()) throw new UserError(strangeText(column, { file, path }));
}

/** Which of a model's columns is measured: its only one, the one asked for, or the first. */
function columnOf({ model }: Tagger, wanted: Column | undefined): number {
  if (wanted === undefined || model.tagColumns.length === 1) return 0;
  const column = findColumn(model, wanted);
  if (column >= 0) return column;
  throw new UserError(
    `--tag-column ${wanted}: ${model.path} gives ${columnNames(model).join(', ')}. Name one of these.`,
  );
}

/** The scheme of the gold tags, in which a model's tags are compared with them. */
function goldScheme(
  corpora: readonly Labelled[],
  { tagColumn, path, partial }: { tagColumn: TagColumn; path: string; partial: boolean },
): Scheme {
  if (tagColumn.scheme === 'none') return 'none';
  const tags = corpora.flatMap(({ sentences }) => sentences.map((sentence) => sentence.tags));
  const found = schemeOf(tags, { partial });
  if (found !== 'none') return found;
  const strays = [...strayTags(tags, tagColumn.scheme).keys()].filter(
    (tag) => !partial || isCertain(tag),
  );
  if (strays.length === 0) return tagColumn.scheme;
  throw new UserError(
    `${corpora.map(({ file }) => file).join(', ')}: plain tags (${someOf(strays)}), but ${path} gives spans in ${tagColumn.scheme}. Name the right column with --tag-column.`,
  );
}

function* predictedPairs(
  sentences: readonly Sentence[],
  { tagger, column, scheme }: { tagger: Tagger; column: number; scheme: Scheme },
): Generator<SentencePair> {
  const own = tagger.model.tagColumns[column]!.scheme;
  for (let from = 0; from < sentences.length; from += SENTENCES) {
    const part = sentences.slice(from, from + SENTENCES);
    const tags = tagger.tagColumns(
      part.map(({ tokens }) => tokens),
      part.map(({ featureColumns }) => featureColumns ?? []),
    )[column]!;
    for (const [i, { tokens, tags: gold }] of part.entries()) {
      const predicted = own === scheme ? tags[i]! : convert(tags[i]!, own, scheme);
      yield { tokens, gold, predicted };
    }
  }
}

async function measureColumns(
  { files, flags }: { files: string[]; flags: EvalFlags },
  context: Context,
): Promise<Measured> {
  const corpora: { name: string; counts: Counts }[] = [];
  for (const file of files) corpora.push(await bothColumns(file, flags, context));
  const [first] = corpora;
  const other = corpora.find(({ counts }) => counts.scheme !== first!.counts.scheme);
  if (other)
    throw new UserError(
      `${other.name}: tags in ${other.counts.scheme}, but ${first!.name} has ${first!.counts.scheme}. Measure them one by one.`,
    );
  return { scheme: first!.counts.scheme, corpora };
}

/** Gold and predicted tags from one file, which is read twice: once for each column. */
async function bothColumns(
  file: string,
  flags: EvalFlags,
  { io }: Context,
): Promise<{ name: string; counts: Counts }> {
  if (file === '-' && io.isTerminal.stdin)
    throw new UserError(
      'eval: nothing to measure. Give `-m MODEL GOLD...`, `--gold FILE --pred FILE`, or a file with both columns.',
    );
  const { source, name, format } = await openLabelled(file, { io, format: flags.format });
  const chunks: Uint8Array[] = [];
  if (typeof source !== 'string') for await (const chunk of source) chunks.push(chunk);
  if (format === 'conllu' && flags.predColumn === undefined)
    throw new UserError(
      `${name}: CoNLL-U has no last two columns of tags. Give -m MODEL, or name them: --tag-column upos --pred-column xpos.`,
    );
  const read = async (column: Column): Promise<Labelled> => {
    let document: Document | undefined;
    const sentences = await readCorpus(typeof source === 'string' ? source : bytesOf(chunks), {
      ...readOptions(flags, format),
      file: name,
      gold: true,
      tagColumn: column,
      onDocument: (started) => {
        document = started;
      },
    });
    const columns = document?.columns ?? 0;
    if (columns < 3 && flags.tagColumn === undefined && flags.predColumn === undefined)
      throw new UserError(
        `${name}: ${columns} columns, expected a token, a gold and a predicted tag. To measure a model, name it with -m.`,
      );
    return { file: name, sentences };
  };
  const gold = await read(flags.tagColumn ?? -2);
  return { name, counts: await comparePair(gold, await read(flags.predColumn ?? -1), flags) };
}

async function* bytesOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** Predicted tags are read in the gold's scheme; they are converted only if their letters are not of it. */
async function comparePair(
  gold: Labelled,
  predicted: Labelled,
  { partial = false }: EvalFlags,
): Promise<Counts> {
  const tagsOf = ({ sentences }: Labelled) => sentences.map(({ tags }) => tags);
  const scheme = schemeOf(tagsOf(gold), { partial });
  const other = detectScheme(tagsOf(predicted));
  const differs =
    scheme !== 'none' && scheme !== other && strayTags(tagsOf(predicted), scheme).size > 0;
  if (differs && other === 'none')
    throw new UserError(
      `${predicted.file}: plain tags (${someOf([...strayTags(tagsOf(predicted), scheme).keys()])}), but ${gold.file} has spans in ${scheme}. Name the columns with --tag-column and --pred-column.`,
    );
  const sentences = differs
    ? predicted.sentences.map((s) => ({ ...s, tags: convert(s.tags, other, scheme) }))
    : predicted.sentences;
  checkShared(gold, { ...predicted, sentences });
  const both: SentencePair[] = [];
  for await (const pair of sentencePairs(gold, { file: predicted.file, sentences }))
    both.push(pair);
  return (partial ? countCertainPairs : countPairs)(both, { scheme });
}

/** Columns that have no tag in common were not meant to be compared. */
function checkShared(gold: Labelled, predicted: Labelled): void {
  const own = new Set(gold.sentences.flatMap(({ tags }) => tags));
  const others = new Set(predicted.sentences.flatMap(({ tags }) => tags));
  if ([...others].some((tag) => own.has(tag))) return;
  throw new UserError(
    `${predicted.file}: none of the predicted tags (${someOf([...others])}) is a gold tag (${someOf([...own])}). Name the columns with --tag-column and --pred-column.`,
  );
}

function reportText(
  { corpora, total }: CorporaReport,
  { details, style }: { details: boolean; style: Style },
): string {
  const parts =
    corpora.length === 1
      ? [singleReport(corpora[0]!, style)]
      : [scoreRows([...corpora, { name: 'total', report: total }], style)];
  parts.push(typeRows(total, style));
  if (details) parts.push(tagRows(total, style), confusionRows(total, style));
  return parts.filter((part) => part !== '').join('\n');
}

/** Says what fell short, and sets the exit code. */
function judge({ total, corpora }: CorporaReport, flags: EvalFlags, context: Context): void {
  const short: string[] = [];
  const check = (
    what: string,
    flag: string,
    limits: { score: number | null; least: number | undefined },
  ): void => {
    const { score, least } = limits;
    if (least !== undefined && !(score !== null && score >= least))
      short.push(`${what} ${percent(score)} is below ${flag} ${percent(least)}`);
  };
  check('F1', '--min-f1', { score: total.spans?.f1 ?? null, least: flags.minF1 });
  check('accuracy', '--min-accuracy', { score: total.accuracy, least: flags.minAccuracy });
  if (short.length > 0) {
    context.say(`seqtag: ${short.join(', ')}.`);
    context.exitCode = 1;
  }
  const unseen = unseenList(total);
  if (unseen === undefined) return;
  const files = corpora.filter(({ report }) => report.unseenTags?.length).map(({ name }) => name);
  const remedy = flags.allowUnseen ? '' : ' Train on them, or pass --allow-unseen.';
  context.say(
    `seqtag: ${files.join(', ')}: tags that training never saw, counted as errors: ${unseen}.${remedy}`,
  );
  if (!flags.allowUnseen && context.exitCode === 0) context.exitCode = 2;
}
