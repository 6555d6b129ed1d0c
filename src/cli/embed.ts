import { type Command, InvalidArgumentError } from 'commander';
import { formatOf } from '../corpus/index.ts';
import { type EmbeddingEvent, embed } from '../embedding/embed.ts';
import { checkEmbedding, embeddingNumbers } from '../embedding/options.ts';
import type { TextSource } from '../embedding/text.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { flagOf } from '../option-values.ts';
import type { Context } from './context.ts';
import { embeddingNarrator } from './embed-progress.ts';
import { follow } from './follow.ts';
import { addNotes } from './help.ts';
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

interface EmbedFlags extends ComputeOptions {
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
  'Ctrl-C stops training and writes the vectors so far; the exit code is 130. A second Ctrl-C exits at once and writes nothing.',
];

/** `seqtag embed`: raw text in, a file of word vectors out. */
export function defineEmbed(command: Command, context: Context): void {
  command
    .description('Trains word vectors on raw text (skip-gram with character n-grams).')
    .argument('<text...>', 'text files, read as one text; - is standard input')
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
  addCompute(command);
  addColor(command, context);
  addNotes(command, { io: context.io, examples, notes });
  command.action((texts: string[], flags: EmbedFlags) => embedCommand({ texts, flags }, context));
}

function parseCount(value: string): number {
  if (/^\d{1,9}$/.test(value) && Number(value) > 0) return Number(value);
  throw new InvalidArgumentError('Expected a positive whole number.');
}

async function embedCommand(
  { texts, flags }: { texts: string[]; flags: EmbedFlags },
  context: Context,
): Promise<void> {
  const output = required(
    flags.output,
    'embed: no output. Name the file of word vectors with -o, e.g. -o vectors.vec.',
  );
  refuseSameFile(output, texts);
  const { header, tokenColumn } = flags;
  const columns = {
    ...(tokenColumn !== undefined && { tokenColumn }),
    ...(header === false && { header }),
  };
  const numbers = checkEmbedding({ ...flags });
  const sources = texts.map((file): TextSource => {
    const format = flags.input ?? (file === '-' ? 'text' : formatOf(file));
    return {
      source: sourceOf(file, context.io),
      read: { ...readOptions(columns, format, context), file: nameOf(file) },
    };
  });
  const { last, signal } = await follow<EmbeddingEvent>(
    {
      flags,
      start: (signal) =>
        embed({
          texts: sources,
          output,
          numbers,
          lowercase: flags.lowercase,
          minCount: flags.minCount,
          signal,
          ...computeOptions(flags, context),
        }),
      narrator: embeddingNarrator,
      from: 'start',
      stopping: 'stopping; the vectors so far will be written (Ctrl-C: exit now)',
    },
    context,
  );
  if (last?.type === 'end' && signal !== undefined)
    context.say(`seqtag: interrupted (${signal}): ${last.vectors} has the vectors so far.`);
}
