import type { Readable } from 'node:stream';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UserError } from '../errors.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { bundledText } from '../model/bundled.ts';
import { findModel } from '../model/model-file.ts';
import type { AnnotateOptions } from '../tagging/annotate.ts';
import { joinTaggers } from '../tagging/join-taggers.ts';
import { tagStream } from '../tagging/stream.ts';
import { loadTagger } from '../tagging/tagger.ts';
import type { Context } from './context.ts';
import { addNotes } from './help.ts';
import { nameOf, outputFormat, strangeText } from './input.ts';
import {
  addColor,
  addColumns,
  addCompute,
  addEngine,
  biasOption,
  choice,
  featureOption,
  inputFormats,
  modelOption,
  offsetsOption,
  outputFormats,
  parseCount,
  parseFraction,
  required,
  taggerOptions,
  whereFeatures,
} from './options.ts';
import { withOutput } from './output.ts';
import { plain, styleOf } from './style.ts';
import { chosenColumns } from './tag-columns.ts';
import type { TagFlags } from './tag-flags.ts';
import { openTagInput } from './tag-input.ts';
import { createTagWriter } from './tag-output.ts';

const examples = [
  "echo 'Angela Merkel met Google in Berlin.' | seqtag tag -m en-ner",
  'seqtag tag -m en-upos article.txt --output conllu > article.conllu',
  'seqtag tag -m model.safetensors corpus.conll > tagged.conll',
  'seqtag tag -m en-ner 2024.txt.gz 2025.txt.gz - < 2026.txt > tagged.conll',
  'seqtag tag -m model.safetensors corpus.conllu --tag-column xpos -o tagged.conllu',
  'seqtag tag -m upos-and-xpos.safetensors article.txt --tag-column xpos',
  'seqtag tag -m en-ner article.txt --output spans --offsets code-points | jq -r .text',
  'seqtag tag -m en-ner article.txt -o article.html',
  'seqtag tag -m en-ner article.txt -o article.ann',
  'seqtag tag -m en-ner reviews.txt --lines --output label-studio -o tasks.json',
  'seqtag tag -m en-ner news.txt.gz --stats --json 2> stats.json > tagged.conll',
  'seqtag tag -m en-ner article.txt --output spans --confidence --min-confidence 0.9',
  'seqtag tag -m en-upos article.txt --output jsonl --n-best 3',
  'seqtag tag -m en-upos half-annotated.conllu --given upos',
  'seqtag tag -m en-ner headlines.txt --lines --output inline',
  'seqtag tag -m en-ner reviews.csv --text-column text -o tagged.csv',
  'seqtag tag -m en-upos reviews.csv --text-column text --token-rows id',
  'seqtag tag -m en-upos -m en-ner article.txt --output conllu',
  'tail -f messages.log | seqtag tag -m en-ner --lines --output jsonl',
];

const notes = [
  'Nothing in a file of columns, conllu, csv, tsv or jsonl is lost: the output is the input plus tags. Tags become a new last column in columns, a new column `tag` in csv and tsv, and the key `tags` in jsonl. In conllu they go to the column that the model was trained on, or by their kind to upos, xpos, or NER= in MISC.',
  'With --input text (raw text), a blank line ends a paragraph and sentences may go over several lines. With --input lines, or --lines for short, each line is a text of its own, and blank lines are kept: inline has a line for each line of the input, and columns have one more blank line for each blank line. With --input horizontal, each line is a sentence whose tokens are separated by spaces.',
  'With --text-column, each cell of that column of csv or tsv is tagged as a text. The row comes back with a new column `spans`: [{start, end, text, type}], with offsets in the cell; if tags are plain, with the columns `tokens` and `tags`. --tag-column names the column otherwise. --token-rows id writes rows of id, sentence, token and tag instead.',
  'A record of jsonl or json has an array of tokens (`tokens`, `words` or `form`) or raw `text`.',
  'A model may have several tag columns (train --tag-column upos,xpos). All are written: to the columns of training if the input has them, otherwise to new ones. To write only some, list their names with --tag-column. To write all to other columns, list as many new names. The formats spans and html show the span columns, or the first column if there are none.',
  'With several models, raw text is cut into tokens as the first one was trained. Two columns of the same name get a number: NER, NER2.',
  'The format spans has one line of JSON for each span, or for each token if tags are plain, with its start and end in the raw text.',
  'doccano, prodigy and label-studio are what these tools import: a task for each text, or for each sentence of a corpus. With brat, annotations of article.txt go to article.ann; -o article.ann also writes the text if it is not there.',
  '--confidence writes the probability of each tag: a column in columns, csv and tsv, the key `confidences` in jsonl, Conf= in MISC in conllu. With several tag columns each has its own, such as `confidence_upos` or ConfUpos=. In spans and html it is the probability of the whole span.',
  '--n-best writes the most probable tag sequences: in jsonl the key `nbest`, an array of {tags, probability}; in columns the second best and so on as columns after the tag.',
  'With --given, all tags and probabilities agree with the known tags.',
];

/** `seqtag tag`: standard input, or files one after another, to standard output or a file. */
export function defineTag(command: Command, context: Context): void {
  command
    .description(
      'Tags text or files. Output is written while input arrives, to standard output unless -o names a file.',
    )
    .argument('[file...]', 'files to tag, gzip and zstd too; - or none: standard input')
    .addOption(
      modelOption('; several, each with its own -m, write their columns side by side').argParser(
        (path: string, others: string[] = []) => [...others, path],
      ),
    )
    .addOption(biasOption())
    .addOption(
      choice(
        '--input <format>',
        'input format: % (default: by extension; for .txt and standard input, text unless it is clearly something else)',
        inputFormats,
      ),
    )
    .option('--lines', 'each line is a text: short for --input lines')
    .addOption(
      choice(
        '--output <format>',
        'output format: % (default: by extension of -o, or as the input; for text columns, or inline on a terminal)',
        outputFormats,
      ),
    )
    .option('-o, --out-file <file>', 'output file; it appears when everything is written')
    .option(
      '--text-column <column>',
      'csv, tsv and jsonl: the column of running text; spans or tags of each text go to new columns, as JSON',
    )
    .option(
      '--token-rows <column>',
      'with --text-column: a row for each token, which begins with the value of this column',
    )
    .option('--confidence', 'probability of each tag, or of each span')
    .option(
      '--min-confidence <p>',
      'minimum probability, from 0 to 1: less probable tags become _, less probable spans O',
      parseFraction,
    )
    .option('--n-best <n>', 'the n most probable tag sequences (jsonl and columns)', parseCount)
    .option(
      '--given <column>',
      'input column of known tags: a tag, NN|VB for one of these, ? or _ for unknown. For a model of several tag columns: their names (xpos), or as many input columns (a,b)',
    )
    .addOption(
      new Option(
        '--max-latency <ms>',
        'milliseconds that input may wait for more, to be tagged in one batch (default: 20)',
      )
        .default(20)
        .argParser(parseMilliseconds),
    );
  addColumns(command, {
    tag: 'output column to replace; in conllu another name is a key in MISC. For a model of several tag columns: which to write (xpos), or where to write all (a,b)',
  });
  command
    .addOption(featureOption(whereFeatures))
    .addOption(offsetsOption())
    .option('--stats', 'statistics on standard error at the end: counts and speed')
    .option('--json', '--stats as one JSON object');
  addEngine(command, context);
  addCompute(command);
  addColor(command, context);
  addNotes(command, { io: context.io, examples, notes });
  command.action((files: string[], flags: TagFlags) => tagCommand({ files, flags }, context));
}

function parseMilliseconds(text: string): number {
  const ms = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && ms <= 60_000) return ms;
  throw new InvalidArgumentError('Expected milliseconds from 0 to 60000.');
}

async function tagCommand(
  { files, flags }: { files: string[]; flags: TagFlags },
  context: Context,
): Promise<void> {
  const { io } = context;
  if (flags.lines && flags.input !== undefined && flags.input !== 'lines')
    throw new UserError(
      `--lines: the same as --input lines, but --input ${flags.input} was given. Leave out one.`,
      { code: 'SEQTAG_OPTION_CONFLICT' },
    );
  const tagTable =
    flags.textColumn === undefined && flags.tokenRows === undefined
      ? undefined
      : await import('./tag-table.ts');
  tagTable?.checkTableFlags(flags, files);
  const models = required(
    flags.model,
    `tag: no model. Name one with -m: a file that \`seqtag train\` wrote, or a bundled model (${bundledText}).`,
  );
  if (flags.json && !flags.stats)
    throw new UserError(
      '--json: needs --stats, which it prints. For tags as JSON: --output jsonl.',
      {
        code: 'SEQTAG_OPTION_CONFLICT',
      },
    );
  const toScreen = flags.outFile === undefined && io.isTerminal.stdout;
  const style = flags.outFile === undefined ? await styleOf('stdout', context) : plain;
  if (flags.outFile !== undefined) refuseSameFile(flags.outFile, models.map(findModel));
  const isBrat = (flags.output ?? outputFormat(flags.outFile)) === 'brat';
  const text = isBrat
    ? (await import('../corpus/formats/offsets/brat-text.ts')).createBratText(flags.outFile)
    : undefined;
  const tagger = joinTaggers(
    models.map((model) => loadTagger(model, taggerOptions(flags, context))),
  );
  const isWatched = io.isTerminal.stderr && !toScreen;
  const progress = isWatched
    ? await (await import('./read-progress.ts')).createReadProgress(files, context)
    : undefined;
  const statistics = flags.stats ? await import('./tag-stats.ts') : undefined;
  let report = (): void => undefined;
  let hasSaid = false;
  let written = 0;
  const onLines = (name: string): void => {
    if (!hasSaid)
      context.say(
        `seqtag: ${name}: this looks like one text a line, but lines are joined. To tag each line by itself: --lines.`,
      );
    hasSaid = true;
  };
  try {
    await withOutput(context, flags.outFile, async (sink) => {
      const columns = chosenColumns(tagger.model, flags.tagColumn);
      let writer = await createTagWriter({ flags, tagger, style, toScreen, onText: text?.add });
      if (statistics) {
        const counted = statistics.countingWriter(writer, { tagger, columns });
        writer = counted.writer;
        report = () => statistics.report(counted.stats(), { json: flags.json === true, context });
      }
      const annotate = annotateOptions(flags);
      const tagRows = tagTable?.createTableTagger(tagger, { flags, columns, annotate });
      for (const file of files.length === 0 ? ['-'] : files) {
        const { source, ...input } = await openTagInput(file, {
          ...{ flags, tagger, progress, context },
          onLines,
        });
        const { format } = input.read;
        const pieces =
          tagRows && tagTable?.isTable(format)
            ? tagRows(source, { ...input.read, file: nameOf(file), format })
            : tagStream(source, tagger, {
                ...input,
                annotate,
                writer,
                columns,
                maxLatency: file === '-' ? flags.maxLatency : 0,
                onStrange: (strange) => {
                  const where = { file: nameOf(file), path: tagger.model.path };
                  for (const column of strange)
                    context.say(`seqtag: ${strangeText(column, where)}`);
                },
              });
        try {
          for await (const piece of pieces) {
            await sink.write(piece);
            if (++written === 2) await collectSooner();
          }
        } finally {
          // A pending read would keep the process alive.
          if (file === '-') (io.stdin as Partial<Readable>).destroy?.();
        }
      }
      await sink.write(writer.close());
      text?.finish();
    });
  } finally {
    progress?.close();
    await tagger.close();
  }
  report();
}

/** Tagging makes much garbage. Collecting it sooner keeps resident memory below 200 MB. */
async function collectSooner(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--optimize-for-size');
}

/** What to compute besides tags; undefined: nothing. */
function annotateOptions({
  confidence = false,
  minConfidence = 0,
  nBest,
  given,
}: TagFlags): Pick<AnnotateOptions, 'confidence' | 'minConfidence' | 'nBest'> | undefined {
  const isPlain = !confidence && minConfidence === 0 && nBest === undefined && given === undefined;
  return isPlain ? undefined : { confidence, minConfidence, nBest };
}
