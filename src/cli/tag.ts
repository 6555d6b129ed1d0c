import type { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  createWriter,
  type Format,
  formatOf,
  type ReadOptions,
  type WriteOptions,
  type Writer,
} from '../corpus/index.ts';
import { tagParts } from '../corpus/tags/scheme.ts';
import { UserError } from '../errors.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { findModel } from '../model/model.ts';
import type { AnnotateOptions } from '../tagging/annotate.ts';
import { tagStream } from '../tagging/stream.ts';
import { loadTagger, type Tagger } from '../tagging/tagger.ts';
import type { Context } from './context.ts';
import {
  nameOf,
  outputFormat,
  sourceOf,
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
  inputFormats,
  modelOption,
  type OffsetOptions,
  offsetsOption,
  outputFormats,
  parseCount,
  parseShare,
  readOptions,
  required,
  taggerOptions,
  whereFeatures,
} from './options.ts';
import { withOutput } from './output.ts';
import { plain, type Style, styleOf, tagPainter } from './style.ts';
import { chosenColumns, givenColumns, writtenColumns } from './tag-columns.ts';

interface TagFlags extends ColumnOptions, ComputeOptions, BiasOptions, OffsetOptions {
  model?: string;
  input?: (typeof inputFormats)[number];
  output?: (typeof outputFormats)[number];
  outFile?: string;
  maxLatency: number;
  stats?: boolean;
  json?: boolean;
  confidence?: boolean;
  minConfidence?: number;
  nBest?: number;
  given?: string;
}

const examples = `
Examples:
  $ echo 'Angela Merkel met Google in Berlin.' | seqtag tag -m en-ner
  $ seqtag tag -m en-upos article.txt --output conllu > article.conllu
  $ seqtag tag -m model.safetensors corpus.conll > tagged.conll
  $ seqtag tag -m en-ner 2024.txt.gz 2025.txt.gz - < 2026.txt > tagged.conll
  $ seqtag tag -m model.safetensors corpus.conllu --tag-column xpos -o tagged.conllu
  $ seqtag tag -m upos-and-xpos.safetensors article.txt --tag-column xpos
  $ seqtag tag -m en-ner article.txt --output spans --offsets code-points | jq -r .text
  $ seqtag tag -m en-ner article.txt -o article.html
  $ seqtag tag -m en-ner news.txt.gz --stats --json 2> stats.json > tagged.conll
  $ seqtag tag -m en-ner article.txt --output spans --confidence --min-confidence 0.9
  $ seqtag tag -m en-upos article.txt --output jsonl --n-best 3
  $ seqtag tag -m en-upos half-annotated.conllu --given upos
  $ tail -f sentences.txt | seqtag tag -m en-ner --input horizontal --output jsonl

What was in a file of columns, conllu, csv, tsv or jsonl is in the output, byte for byte, plus the tags: in columns a new
last column, in csv and tsv a new column \`tag\`, in jsonl the key \`tags\`, in conllu \`upos\`, or NER= in MISC for spans, or
what the model was trained on. A line of jsonl has an array of tokens (\`tokens\`, \`words\`, \`form\`) or raw \`text\`.
A model of several columns (train --tag-column upos,xpos) writes them all, in columns, csv and tsv where they were in
training if they are there, else as new columns. --tag-column with names of its columns writes only those; with as many
other names as it has columns it writes them there, in order. Spans and html have the columns that are of spans, else the
first. Output spans: a line of JSON for each span, or token with a plain tag, with start and end in the raw text.
--confidence writes the probability of each token's tag: in columns, csv and tsv a column more, in jsonl the key
\`confidences\`, in conllu Conf= in MISC; of several columns one each (\`confidence_upos\`, ConfUpos=). In spans and html it is
that of the whole span. --n-best writes the key \`nbest\`, an array of {tags, probability}, or in columns the second best and
so on after the tag. With --given, tags and probabilities are those of what agrees with it.`;

/** \`seqtag tag\`: standard input, or files one after another, to standard output as it comes. */
export function defineTag(command: Command, context: Context): void {
  command
    .description('Tags text or files, standard input to standard output, as it comes.')
    .argument('[file...]', 'files to tag, in order, gzip and zstd too; - or none: standard input')
    .addOption(modelOption())
    .addOption(biasOption())
    .addOption(
      choice(
        '--input <format>',
        'of the input: % (default: by extension; standard input: text)',
        inputFormats,
      ),
    )
    .addOption(
      choice(
        '--output <format>',
        'of the output: % (default: as the input; text: columns, or inline on a terminal)',
        outputFormats,
      ),
    )
    .option('-o, --out-file <file>', 'instead of standard output; appears when all is written')
    .option('--confidence', 'write how probable each tag is; each span, where spans are written')
    .option(
      '--min-confidence <p>',
      'from 0 to 1: what is less probable is not told: a plain tag becomes _, a span O',
      parseShare,
    )
    .option(
      '--n-best <n>',
      'write the n best sequences of tags of each sentence, as jsonl or columns',
      parseCount,
    )
    .option(
      '--given <column>',
      'column of the input that has what is known: a tag, NN|VB for one of these, ? or _ for any; of a model of several columns: which of them (xpos), or where they are (a,b)',
    );
  command.addOption(
    new Option(
      '--max-latency <ms>',
      'milliseconds that what was read may wait for more, so that more is tagged at once; 0: none (default: 20)',
    )
      .default(20)
      .argParser(milliseconds),
  );
  addColumns(command, {
    tag: 'column of the output to replace, or its name; a name that conllu has not is a key in MISC; of a model of several columns: which of them (xpos), or where they go (a,b)',
  });
  command
    .addOption(featureOption(whereFeatures))
    .addOption(offsetsOption())
    .option('--stats', 'at the end a line on standard error: what was tagged, how fast')
    .option('--json', '--stats as one JSON object');
  addCompute(command);
  addColor(command, context);
  command
    .addHelpText('after', examples)
    .action((files: string[], flags: TagFlags) => tagCommand({ files, flags }, context));
}

async function tagCommand(
  { files, flags }: { files: string[]; flags: TagFlags },
  context: Context,
): Promise<void> {
  // A stream makes garbage without end: collect it sooner, which keeps resident memory below 200 MB.
  setFlagsFromString('--optimize-for-size');
  const { io, say } = context;
  const toScreen = flags.outFile === undefined && io.isTerminal.stdout;
  const style = flags.outFile === undefined ? await styleOf('stdout', context) : plain;
  const model = required(
    flags.model,
    'tag: no model. Name one with -m: a file that `seqtag train` wrote, or en-upos or en-ner.',
  );
  if (flags.json && !flags.stats)
    throw new UserError(
      '--json: goes with --stats, which it writes. For tags in JSON: --output jsonl.',
    );
  if (flags.outFile !== undefined) refuseSameFile(flags.outFile, [findModel(model)]);
  const tagger = loadTagger(model, taggerOptions(flags));
  const isWatched = io.isTerminal.stderr && !toScreen;
  const progress = isWatched
    ? await (await import('./read-progress.ts')).createReadProgress(files, context)
    : undefined;
  const counting = flags.stats ? await import('./tag-stats.ts') : undefined;
  let report = (): void => undefined;
  try {
    await withOutput(context, flags.outFile, async (sink) => {
      const columns = chosenColumns(tagger.model, flags.tagColumn);
      let writer = firstWriter(writeOptions({ flags, tagger, style, toScreen }));
      if (counting) {
        const counted = counting.countingWriter(writer, { tagger, columns });
        writer = counted.writer;
        report = () => {
          const stats = counted.stats();
          say(flags.json ? JSON.stringify(stats) : counting.statsLine(stats));
        };
      }
      for (const file of files.length === 0 ? ['-'] : files) {
        const read = readingOf(file, { flags, tagger });
        const isTyped = file === '-' && io.isTerminal.stdin;
        if (isTyped) say('Type text; each line is tagged when it ends. Ctrl-D ends.');
        const source =
          isTyped && read.format === 'text'
            ? paragraphs(io.stdin)
            : (progress?.read(file) ?? sourceOf(file, io));
        const maxLatency = file === '-' ? flags.maxLatency : 0;
        const pieces = tagStream(source, tagger, {
          ...givenIn(read, { flags, tagger }),
          annotate: annotateOptions(flags),
          writer,
          columns,
          maxLatency,
          onStrange: (columns) => {
            const where = { file: nameOf(file), path: tagger.model.path };
            for (const column of columns) say(`seqtag: ${strangeText(column, where)}`);
          },
        });
        try {
          for await (const out of pieces) await sink.write(out);
        } finally {
          // a read that still waits would keep the process alive
          if (file === '-') (io.stdin as Partial<Readable>).destroy?.();
        }
      }
      await sink.write(writer.close());
    });
  } finally {
    progress?.close();
    await tagger.close();
  }
  report();
}

function milliseconds(text: string): number {
  const ms = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && ms <= 60_000) return ms;
  throw new InvalidArgumentError('Expected milliseconds from 0 to 60000.');
}

function readingOf(
  file: string,
  { flags, tagger }: { flags: TagFlags; tagger: Tagger },
): ReadOptions {
  const format = flags.input ?? (file === '-' ? 'text' : formatOf(file, 'tag'));
  const { tokenColumn } = trainedColumns(tagger.model.tagColumns[0]!, format);
  const { tagColumn: _, ...own } = readOptions(flags, format);
  const name = nameOf(file);
  return {
    ...(tokenColumn !== undefined && { tokenColumn }),
    ...own,
    ...trainedFeatures(tagger.model, { file: name, format, asked: flags.featureColumn }),
    file: name,
    gold: false,
  };
}

/** What is asked for beside tags; undefined: nothing. */
function annotateOptions({
  confidence = false,
  minConfidence = 0,
  nBest,
  given,
}: TagFlags): Pick<AnnotateOptions, 'confidence' | 'minConfidence' | 'nBest'> | undefined {
  const isPlain = !confidence && minConfidence === 0 && nBest === undefined && given === undefined;
  return isPlain ? undefined : { confidence, minConfidence, nBest };
}

/** How to read a file and what is given in it. */
function givenIn(
  read: ReadOptions,
  { flags: { given }, tagger }: { flags: TagFlags; tagger: Tagger },
): { read: ReadOptions; given?: readonly number[] } {
  if (given === undefined) return { read };
  const { format } = read;
  const { columns, tagColumn } = givenColumns(tagger.model, { format, asked: given });
  return { read: { ...read, gold: true, tagColumn, absentTag: '?' }, given: columns };
}

/** On a terminal a person waits at each line's end: it ends a paragraph too. */
async function* paragraphs(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const newline = new TextEncoder().encode('\n');
  for await (const chunk of source) {
    yield chunk;
    if (chunk.at(-1) === 10) yield newline;
  }
}

/** How to write, given the format of the first document. */
function writeOptions({
  flags,
  tagger,
  style,
  toScreen,
}: {
  flags: TagFlags;
  tagger: Tagger;
  style: Style;
  toScreen: boolean;
}): (input: Format) => WriteOptions & { format: Format } {
  const named = outputFormat(flags.outFile);
  const { confidence, nBest } = flags;
  const isMore = confidence || nBest !== undefined;
  return (input) => {
    const isRaw = input === 'text' || input === 'horizontal';
    const format =
      flags.output ??
      (named !== 'horizontal' ? named : undefined) ??
      (isRaw ? (toScreen && !isMore ? 'inline' : 'columns') : input);
    return {
      format,
      confidence,
      nBest,
      ...writtenColumns(tagger.model, { format, asked: flags.tagColumn }),
      offsets: flags.offsets,
      paint: tagPainter(style, typesOf(tagger)),
    };
  };
}

/** One writer for all files, made when the first begins: until then its format may not be known. */
function firstWriter(options: (input: Format) => WriteOptions & { format: Format }): Writer {
  let first: { writer: Writer; format: Format; file: string } | undefined;
  return {
    get isPlain() {
      return createWriter(options('horizontal')).isPlain;
    },
    begin(document) {
      const chosen = options(document.format);
      first ??= { writer: createWriter(chosen), format: chosen.format, file: document.file };
      if (chosen.format !== first.format)
        throw new UserError(
          `${document.file}: its output would be ${chosen.format}, after ${first.format} for ${first.file}. Name one format with --output.`,
        );
      first.writer.begin(document);
    },
    write: (...written) => first!.writer.write(...written),
    end: () => first?.writer.end() ?? '',
    close: () => first?.writer.close() ?? '',
  };
}

/** A model's tags without prefixes, the most frequent of each column first. */
const typesOf = ({ model: { tagColumns, vocabulary } }: Tagger): Set<string> =>
  new Set(
    vocabulary.tags.flatMap((tags, column) =>
      tags.map((tag) => {
        const { role, type } = tagParts(tag, tagColumns[column]!.trainedScheme);
        return role === 'outside' ? tag : type;
      }),
    ),
  );
