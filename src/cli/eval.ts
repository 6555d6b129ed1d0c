import { type Command, Option } from 'commander';
import { UserError } from '../errors.ts';
import { type CorporaReport, createCorporaReport } from '../evaluation/report.ts';
import type { Context } from './context.ts';
import { type Evaluated, evaluateColumns, evaluateFilePair } from './eval-files.ts';
import type { EvalFlags } from './eval-flags.ts';
import { evaluateModel } from './eval-model.ts';
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
  'seqtag eval --gold test.conll --pred output-of-another-tagger.conll',
  'seqtag tag -m model.safetensors test.conll | seqtag eval',
  'seqtag tag -m en-upos test.conllu --tag-column Pred | seqtag eval --tag-column upos --pred-column Pred',
  'seqtag eval -m en-ner wnut.conll --map person=PER,location=LOC,corporation=ORG,group=ORG',
];

const notes = [
  'Spans are counted as conlleval counts them. Scores are percentages; in JSON they are fractions from 0 to 1.',
  'Thresholds apply to all files together. A threshold up to 1 is a fraction (0.85), above 1 a percentage (85 or 85%). The exit code is 1 if a score is below its threshold.',
];

/** `seqtag eval`: scores a model on gold files, two files, or one file with both columns. */
export function defineEval(command: Command, context: Context): void {
  command
    .description(
      'Scores a model on gold files (-m), a file of predicted tags against a gold file (--gold, --pred), or a file whose last two columns are gold and predicted tags.',
    )
    .argument('[gold...]', 'labelled files; - or none: standard input')
    .addOption(modelOption())
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
  const { scheme, column, corpora } = await evaluate({ files, flags }, context);
  if (flags.minF1 !== undefined && scheme === 'none')
    throw new UserError(
      '--min-f1: these are plain tags, so there are no spans. Use --min-accuracy.',
      { code: 'SEQTAG_TAGS' },
    );
  const result = createCorporaReport(corpora);
  const { model } = flags;
  const text = flags.json
    ? `${JSON.stringify({ ...(model !== undefined && { model }), ...(column !== undefined && { column }), scheme, ...result })}\n`
    : reportText(result, {
        column,
        details: flags.details === true,
        style: await styleOf('stdout', context),
      });
  // The exit code does not depend on a reader that goes away, such as `head`.
  const { exitCode, messages } = judge(result, flags);
  context.exitCode = exitCode;
  try {
    await context.out.write(text);
    await context.out.flush();
  } finally {
    for (const message of messages) context.say(`seqtag: ${message}`);
  }
}

/** Chooses what to evaluate by the flags. */
function evaluate(
  { files, flags }: { files: string[]; flags: EvalFlags },
  context: Context,
): Promise<Evaluated> {
  const { model, gold, pred } = flags;
  const conflict = (message: string): UserError =>
    new UserError(`eval: ${message}`, { code: 'SEQTAG_OPTION_CONFLICT' });
  const inputs = files.length === 0 ? ['-'] : files;
  if (model !== undefined) {
    if (gold !== undefined || pred !== undefined)
      throw conflict(
        '--model with --gold or --pred: tags come either from a model or from a file. Give `-m MODEL GOLD...` or `--gold FILE --pred FILE`.',
      );
    if (flags.predColumn !== undefined)
      throw conflict('--pred-column with --model: the model predicts the tags. Leave one out.');
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
function judge(
  { total, corpora }: CorporaReport,
  { minF1, minAccuracy, allowUnseen }: EvalFlags,
): { exitCode: 0 | 1 | 2; messages: string[] } {
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
