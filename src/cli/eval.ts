import { type Command, Option } from 'commander';
import { UserError } from '../errors.ts';
import { type CorporaReport, createCorporaReport } from '../evaluation/report.ts';
import { type Context, withoutRepetition } from './context.ts';
import { type Evaluated, evaluateColumns, evaluateFilePair } from './eval-files.ts';
import { type EvalFlags, tableFormats } from './eval-flags.ts';
import { type GridRow, gridFacts, gridText } from './eval-grid.ts';
import { evaluateModel, noFiles } from './eval-model.ts';
import { addNotes } from './help.ts';
import {
  addColor,
  addColumns,
  addCompute,
  addEngine,
  biasOption,
  choice,
  featureOption,
  modelOption,
  parseFraction,
  readFormats,
  whereFeatures,
} from './options.ts';
import {
  confusionRows,
  labelRows,
  scoreRows,
  singleReport,
  tagRows,
  typeRows,
  unreachableText,
  unseenList,
} from './scores.ts';
import { type Style, styleOf } from './style.ts';
import { percent } from './table.ts';
import { parseTagMap } from './tag-map.ts';

const examples = [
  'seqtag eval -m model.safetensors test.conll',
  'seqtag eval -m en-ner news.conll mail.conll --json | jq .total.spans.f1',
  'seqtag eval -m model.safetensors test.conll --min-f1 0.85 && echo good enough',
  'seqtag eval -m old.safetensors -m new.safetensors news.conll mail.conll --table markdown',
  'seqtag eval --gold test.conll --pred output-of-another-tagger.conll',
  'seqtag tag -m model.safetensors test.conll | seqtag eval',
  'seqtag tag -m en-upos test.conllu --tag-column Pred | seqtag eval --tag-column upos --pred-column Pred',
  'seqtag eval -m en-ner wnut.conll --map person=PER,location=LOC,corporation=ORG,group=ORG',
];

const notes = [
  'Spans are counted as conlleval counts them. Scores are percentages; in JSON they are fractions from 0 to 1.',
  'Thresholds apply to all files together; with several models, to each model on each file. A threshold up to 1 is a fraction (0.85), above 1 a percentage (85 or 85%). The exit code is 1 if a score is below its threshold.',
];

/** `seqtag eval`: scores a model on gold files, two files, or one file with both columns. */
export function defineEval(command: Command, context: Context): void {
  command
    .description(
      'Scores a model on gold files (-m), a file of predicted tags against a gold file (--gold, --pred), or a file whose last two columns are gold and predicted tags.',
    )
    .argument('[gold...]', 'labelled files; - or none: standard input')
    .addOption(
      modelOption('; repeat it for a table of models').argParser(
        (model: string, all: string[] = []) => [...all, model],
      ),
    )
    .addOption(biasOption())
    .option('--gold <file>', 'file with gold tags')
    .option('--pred <file>', 'file with the same tokens and predicted tags')
    .addOption(
      choice(
        '--format <format>',
        'input format: % (default: by extension, or by content)',
        readFormats,
      ),
    );
  addColumns(command, {
    tag: 'column of the gold tags (default: the last; in a file with both, the last but one)',
  });
  command
    .addOption(featureOption(whereFeatures))
    .option('--pred-column <column>', 'column of the predicted tags (default: the last)')
    .addOption(
      new Option(
        '--map <names>',
        'new names of tags or span types, gold and predicted: person=PER,product=O',
      ).argParser(parseTagMap),
    )
    .option('--details', 'scores of each tag, and a table of confusions')
    .addOption(
      choice(
        '--table <format>',
        'a table of models and gold files: % (default for several models: text)',
        tableFormats,
      ),
    )
    .option('--json', 'print one JSON object: a report for each corpus, and the total')
    .option('--min-f1 <x>', 'threshold: exit with 1 if F1 is below', parseFraction)
    .option('--min-accuracy <x>', 'threshold: exit with 1 if accuracy is below', parseFraction)
    .option(
      '--partial',
      'partial gold tags: ? (unknown) or NN|VB (one of these); only certain ones are scored (default: as in training)',
    )
    .option(
      '--from-scheme <scheme>',
      'tag scheme of the gold tags; IO: PER PER O, where a run of one label is a span (default: by the tags)',
    )
    .option('--force', 'score files in which tokens or tags are empty or numbers, too')
    .option('--allow-unseen', 'exit with 0 though some gold tags were never seen in training');
  addEngine(command, context);
  addCompute(command);
  addColor(command, context);
  addNotes(command, { io: context.io, examples, notes });
  command.action((files: string[], flags: EvalFlags) => evalCommand({ files, flags }, context));
}

async function evalCommand(
  { files, flags }: { files: string[]; flags: EvalFlags },
  context: Context,
): Promise<void> {
  const models = flags.model ?? [];
  if (models.length > 1 || flags.table) return gridCommand({ models, files, flags }, context);
  const { scheme, column, corpora } = await evaluate({ files, flags }, context);
  checkThresholds(flags, scheme);
  const result = createCorporaReport(corpora);
  const [model] = models;
  const text = flags.json
    ? `${JSON.stringify({ ...(model !== undefined && { model }), ...(column !== undefined && { column }), scheme, ...result })}\n`
    : reportText(result, {
        column,
        details: flags.details === true,
        style: await styleOf('stdout', context),
      });
  await finish(text, judge(result, flags), context);
}

/** Scores each model on each file. Thresholds are for each of these scores. */
async function gridCommand(
  {
    models,
    files,
    flags,
  }: { models: readonly string[]; files: readonly string[]; flags: EvalFlags },
  context: Context,
): Promise<void> {
  checkModelFlags(flags);
  if (models.length === 0) throw conflict('--table without --model. Give -m, once or more.');
  if (flags.details || (flags.json && flags.table))
    throw conflict(
      `${flags.details ? '--details' : '--json'} with a table of models. Leave one out.`,
    );
  const once = withoutRepetition(context);
  const read = noFiles();
  const rows: GridRow[] = [];
  const verdicts: Verdict[] = [];
  for (const model of models) {
    const inputs = files.length === 0 ? ['-'] : files;
    const { scheme, column, corpora } = await evaluateModel(
      { model, files: inputs, flags, read },
      once,
    );
    checkThresholds(flags, scheme);
    const result = createCorporaReport(corpora);
    rows.push({ model, ...(column !== undefined && { column }), scheme, ...result });
    for (const cell of result.corpora) {
      const verdict = judge({ corpora: [cell], total: cell.report }, flags);
      const messages = verdict.messages.map((message) =>
        message.startsWith(cell.name)
          ? `${model}: ${message}`
          : `${model}: ${cell.name}: ${message}`,
      );
      verdicts.push({ ...verdict, messages });
    }
  }
  const codes = verdicts.map((verdict) => verdict.exitCode);
  await finish(
    flags.json
      ? `${JSON.stringify(gridFacts(rows))}\n`
      : gridText(rows, { format: flags.table ?? 'text', style: await styleOf('stdout', context) }),
    {
      exitCode: codes.includes(1) ? 1 : codes.includes(2) ? 2 : 0,
      messages: verdicts.flatMap(({ messages }) => messages),
    },
    context,
  );
}

function checkThresholds({ minF1 }: EvalFlags, scheme: Evaluated['scheme']): void {
  if (minF1 !== undefined && scheme === 'none')
    throw new UserError(
      '--min-f1: these are plain tags, so there are no spans. Use --min-accuracy.',
      { code: 'SEQTAG_TAGS' },
    );
}

/** Writes the scores, and what there is to say about them. */
async function finish(
  text: string,
  { exitCode, messages }: Verdict,
  context: Context,
): Promise<void> {
  // The exit code does not depend on a reader that goes away, such as `head`.
  context.exitCode = exitCode;
  try {
    await context.out.write(text);
    await context.out.flush();
  } finally {
    for (const message of messages) context.say(`seqtag: ${message}`);
  }
}

const conflict = (message: string): UserError =>
  new UserError(`eval: ${message}`, { code: 'SEQTAG_OPTION_CONFLICT' });

/** @throws UserError for flags that exclude a model */
function checkModelFlags({ gold, pred, predColumn }: EvalFlags): void {
  if (gold !== undefined || pred !== undefined)
    throw conflict(
      '--model with --gold or --pred: tags come either from a model or from a file. Give `-m MODEL GOLD...` or `--gold FILE --pred FILE`.',
    );
  if (predColumn !== undefined)
    throw conflict('--pred-column with --model: the model predicts the tags. Leave one out.');
}

/** Chooses what to evaluate by the flags. */
function evaluate(
  { files, flags }: { files: string[]; flags: EvalFlags },
  context: Context,
): Promise<Evaluated> {
  const { gold, pred } = flags;
  const [model] = flags.model ?? [];
  const inputs = files.length === 0 ? ['-'] : files;
  if (model !== undefined) {
    checkModelFlags(flags);
    return evaluateModel({ model, files: inputs, flags }, context);
  }
  if (flags.biasRecall)
    throw conflict('--bias-recall without --model: there are no scores to change. Give -m.');
  if (flags.featureColumn !== undefined)
    throw conflict('--feature-column without --model: nothing reads it. Give -m.');
  if (gold === undefined && pred === undefined)
    return evaluateColumns({ files: inputs, flags }, context);
  if (gold === undefined || pred === undefined || files.length > 0)
    throw conflict(
      'expected both --gold FILE and --pred FILE, and no other file. See `seqtag eval --help`.',
    );
  return evaluateFilePair({ gold, pred, flags }, context);
}

function reportText(
  { corpora, total }: CorporaReport,
  { column, details, style }: { column: string | undefined; details: boolean; style: Style },
): string {
  const named = corpora.map(({ name, report }) => ({
    name: column === undefined ? name : `${name} ${column}`,
    report,
  }));
  const parts =
    named.length === 1
      ? [singleReport(named[0]!, style)]
      : [scoreRows([...named, { name: 'total', report: total }], style)];
  parts.push(typeRows(total, style));
  if (details) parts.push(tagRows(total, style), confusionRows(total, style));
  else parts.push(labelRows(total, style));
  return parts.filter((part) => part !== '').join('\n');
}

/** The exit code, and a message for each reason that it is not 0. */
interface Verdict {
  readonly exitCode: 0 | 1 | 2;
  readonly messages: readonly string[];
}

function judge(
  { total, corpora }: CorporaReport,
  { minF1, minAccuracy, allowUnseen }: EvalFlags,
): Verdict {
  const thresholds = [
    { name: 'F1', flag: '--min-f1', score: total.spans?.f1, least: minF1 },
    { name: 'accuracy', flag: '--min-accuracy', score: total.accuracy, least: minAccuracy },
  ];
  const missed = thresholds.filter(
    ({ score, least }) => least !== undefined && !((score ?? Number.NaN) >= least),
  );
  const messages: string[] = [];
  if (missed.length > 0) {
    const parts = missed.map(
      ({ name, flag, score, least }) =>
        `${name} ${percent(score)} is below ${flag} ${percent(least)}`,
    );
    messages.push(`${parts.join(', ')}.`);
  }
  const unreachable = unreachableText(total);
  if (unreachable !== undefined) messages.push(unreachable);
  // that a model cannot give every lemma is usual
  const unseen = total.lemmas ? undefined : unseenList(total);
  if (unseen !== undefined) {
    const files = corpora.filter(({ report }) => report.unseenTags?.length).map(({ name }) => name);
    const remedy = allowUnseen
      ? ''
      : ' Train on them, rename them with --map, or pass --allow-unseen.';
    messages.push(
      `${files.join(', ')}: tags that training never saw, counted as errors: ${unseen}.${remedy}`,
    );
  }
  const isUnseen = unseen !== undefined && !allowUnseen;
  return { exitCode: missed.length > 0 ? 1 : isUnseen ? 2 : 0, messages };
}
