import { type Command, InvalidArgumentError } from 'commander';
import { formatOf } from '../corpus/index.ts';
import { readEmbeddingCheckpoint } from '../embedding/checkpoint.ts';
import { type EmbeddingEvent, type EmbedOptions, embed } from '../embedding/embed.ts';
import { checkEmbedding, embeddingNumbers } from '../embedding/options.ts';
import type { TextSource } from '../embedding/text.ts';
import { UserError } from '../errors.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { CHECKPOINT_MINUTES, flagOf } from '../option-values.ts';
import type { Context } from './context.ts';
import { embeddingNarrator } from './embed-progress.ts';
import { follow } from './follow.ts';
import { addNotes, usageText } from './help.ts';
import { nameOf, sourceOf } from './input.ts';
import {
  addColor,
  addCompute,
  type ComputeOptions,
  choice,
  computeOptions,
  inputFormats,
  readOptions,
  required,
} from './options.ts';
import {
  addCheckpointOptions,
  addResumeOptions,
  type CheckpointFlags,
  checkpointsOf,
  interruptedText,
  outputOf,
} from './resume.ts';

interface EmbedFlags extends ComputeOptions, CheckpointFlags {
  output?: string;
  input?: (typeof inputFormats)[number];
  tokenColumn?: string;
  header?: boolean;
  lowercase?: boolean;
  minCount?: number;
  json?: boolean;
  quiet?: boolean;
}

const examples = [
  'seqtag embed news.txt wiki.txt -o vectors.vec',
  'zcat articles.txt.gz | seqtag embed - -o vectors.vec.gz --dim 300 --epochs 10',
  'seqtag embed tokenised.txt --input horizontal -o vectors.bin',
  'seqtag embed raw.txt -o vectors.vec && seqtag train train.conll --embeddings vectors.vec -o ner.safetensors',
];

const notes = [
  'Words are normalised as in `seqtag train`: every digit becomes 0, and letters become lower case unless you pass --no-lowercase.',
  'The same texts, options and seed give the same bytes for any number of threads. At most four threads are used.',
  'Ctrl-C stops training and keeps it in VECTORS.checkpoint; the exit code is 130. `seqtag embed --resume VECTORS.checkpoint` goes on, and writes the bytes of a training without a break. With --finish it writes the vectors so far. With --no-checkpoint, Ctrl-C writes them at once. A second Ctrl-C exits at once.',
];

/** `seqtag embed`: raw text in, a file of word vectors out. */
export function defineEmbed(command: Command, context: Context): void {
  command
    .description('Trains word vectors on raw text (skip-gram with character n-grams).')
    .usage('[options] <text...>')
    .argument('[text...]', 'text files, read as one text; - is standard input')
    .option(
      '-o, --output <vectors>',
      'output: word2vec text format, binary if the name ends in .bin, compressed if it ends in .gz',
    )
    .addOption(
      choice(
        '--input <format>',
        'input format: % (default: by extension; standard input: text)',
        inputFormats,
      ),
    )
    .option('--token-column <column>', 'column of the tokens, as for `seqtag tag`')
    .option('--no-header', 'csv and tsv: the first row is not a header')
    .option('--no-lowercase', 'keep upper case')
    .option(
      '--min-count <n>',
      'minimum frequency of a word (default: 5; 2 for texts under a million tokens)',
      parseCount,
    );
  for (const [name, { help, default: value }] of Object.entries(embeddingNumbers))
    command.option(`--${flagOf(name)} <n>`, `${help} (default: ${value})`);
  command
    .option('--json', 'print each event as a line of JSON on standard output')
    .option('-q, --quiet', 'no progress and no summary');
  addResumeOptions(command, 'the vectors so far');
  addCheckpointOptions(command, 'VECTORS');
  addCompute(command);
  addColor(command, context);
  addNotes(command, { io: context.io, examples, notes });
  command.action((texts: string[], flags: EmbedFlags) => {
    if (flags.resume === undefined && texts.length === 0)
      throw new UserError(`embed: no text. ${usageText(command)}`);
    if (flags.resume === undefined && flags.finish)
      throw new UserError('embed: --finish needs --resume. Name the checkpoint.', {
        code: 'SEQTAG_OPTION_CONFLICT',
      });
    return embedCommand({ texts, flags }, context);
  });
}

function parseCount(value: string): number {
  if (/^\d{1,9}$/.test(value) && Number(value) > 0) return Number(value);
  throw new InvalidArgumentError('Expected a positive whole number.');
}

async function embedCommand(
  { texts, flags }: { texts: string[]; flags: EmbedFlags },
  context: Context,
): Promise<void> {
  const options =
    flags.resume === undefined
      ? newOptions({ texts, flags }, context)
      : resumedOptions({ texts, flags: { ...flags, resume: flags.resume } }, context);
  const { last, signal } = await follow<EmbeddingEvent>(
    {
      flags,
      start: (signal) => embed({ ...options, signal, ...computeOptions(flags, context) }),
      narrator: embeddingNarrator,
      from: 'start',
      stopping: `stopping; the ${options.checkpoints ? 'training' : 'vectors so far'} will be written (Ctrl-C: exit now)`,
    },
    context,
  );
  if (last?.type === 'interrupted') {
    const about = { signal, command: 'embed', best: 'the vectors so far' };
    context.say(`seqtag: ${interruptedText(last.checkpoint, about)}`);
  }
  if (last?.type === 'end' && signal !== undefined)
    context.say(`seqtag: interrupted (${signal}): ${last.vectors} has the vectors so far.`);
}

function newOptions(
  { texts, flags }: { texts: string[]; flags: EmbedFlags },
  context: Context,
): EmbedOptions {
  const output = required(
    flags.output,
    'embed: no output. Name the file of word vectors with -o, e.g. -o vectors.vec.',
  );
  refuseSameFile(output, texts);
  const { header, tokenColumn, lowercase, minCount } = flags;
  const columns = {
    ...(tokenColumn !== undefined && { tokenColumn }),
    ...(header === false && { header }),
  };
  return {
    texts: texts.map((file): TextSource => {
      const format = flags.input ?? (file === '-' ? 'text' : formatOf(file));
      return {
        source: sourceOf(file, context.io),
        read: { ...readOptions(columns, format, context), file: nameOf(file) },
      };
    }),
    output,
    numbers: checkEmbedding({ ...flags }),
    ...{ lowercase, minCount },
    ...checkpointsOf(output, flags, 'embed'),
  };
}

/** @throws UserError if texts or settings are given too, which the checkpoint has */
function resumedOptions(
  { texts, flags }: { texts: string[]; flags: EmbedFlags & { resume: string } },
  context: Context,
): EmbedOptions {
  const {
    resume: file,
    output = outputOf(file),
    finish,
    checkpointEvery = CHECKPOINT_MINUTES,
  } = flags;
  const given: Readonly<Record<string, unknown>> = { ...flags };
  const settings = ['input', 'tokenColumn', 'minCount', ...Object.keys(embeddingNumbers)];
  const again = [
    ...texts,
    ...settings.filter((name) => given[name] !== undefined).map((name) => `--${flagOf(name)}`),
    ...['header', 'lowercase']
      .filter((name) => given[name] === false)
      .map((name) => `--no-${name}`),
  ];
  if (again.length > 0)
    throw new UserError(
      `embed: ${again[0]} and --resume exclude each other: ${file} has the texts and settings. Leave it out.`,
      { code: 'SEQTAG_OPTION_CONFLICT' },
    );
  const resume = readEmbeddingCheckpoint(file);
  const { numbers, lowercase, minCount } = resume;
  return {
    texts: resume.texts.map(({ source, read }) => ({
      source: sourceOf(source, context.io),
      read: { ...readOptions({}, read.format ?? 'text', context), ...read },
    })),
    ...{ output, numbers, lowercase, minCount, resume, finish },
    checkpoints: { file, minutes: checkpointEvery },
  };
}
