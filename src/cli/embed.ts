import type { Writable } from 'node:stream';
import { type Command, InvalidArgumentError } from 'commander';
import { formatOf } from '../corpus/index.ts';
import { type EmbeddingEvent, embed } from '../embedding/embed.ts';
import { checkEmbedding, embeddingNumbers } from '../embedding/options.ts';
import type { TextSource } from '../embedding/text.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { flagOf } from '../option-values.ts';
import type { Context } from './context.ts';
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
import { shellWord } from './progress.ts';
import { type Style, styleOf } from './style.ts';
import { bytes, counted, duration, number, percent, table } from './table.ts';

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

const examples = `
Examples:
  $ seqtag embed news.txt wiki.txt -o vectors.vec
  $ zcat articles.txt.gz | seqtag embed - -o vectors.vec.gz --dim 300 --epochs 10
  $ seqtag embed tokenised.txt --input horizontal -o vectors.bin
  $ seqtag embed raw.txt -o vectors.vec && seqtag train train.conll --embeddings vectors.vec -o ner.safetensors

Words are normalised as \`train\` does it: digits become 0 and, unless --no-lowercase, case is folded.
The same texts, options and seed give the same bytes for any number of threads; more than four have nothing to do.
Ctrl-C ends training and writes the vectors so far; pressed again it leaves at once and writes nothing.`;

/** \`seqtag embed\`: raw text in, a file of word vectors out. */
export function defineEmbed(command: Command, context: Context): void {
  command
    .description('Learns word vectors from raw text (skip-gram with character n-grams).')
    .argument('<text...>', 'files, read as one text; - is standard input')
    .option(
      '-o, --output <vectors>',
      'where vectors go: word2vec text, binary if it ends in .bin; gzip with .gz',
    )
    .addOption(
      choice(
        '--input <format>',
        'of the texts: % (default: by extension; standard input: text)',
        inputFormats,
      ),
    )
    .option('--token-column <column>', 'column of the token, as for `tag`')
    .option('--no-header', 'csv and tsv: the first row is no header')
    .option('--no-lowercase', 'keep the case of words')
    .option(
      '--min-count <n>',
      'words seen less often have no vector (default: 5; 2 below a million tokens)',
      parseCount,
    );
  for (const [name, { help, default: value }] of Object.entries(embeddingNumbers))
    command.option(`--${flagOf(name)} <n>`, `${help} (default: ${value})`);
  command
    .option('--json', 'every event as a line of JSON on standard output')
    .option('-q, --quiet', 'no progress and no summary');
  addCompute(command);
  addColor(command, context);
  command
    .addHelpText('after', examples)
    .action((texts: string[], flags: EmbedFlags) => embedCommand({ texts, flags }, context));
}

function parseCount(value: string): number {
  if (/^\d{1,9}$/.test(value) && Number(value) > 0) return Number(value);
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

async function embedCommand(
  { texts, flags }: { texts: string[]; flags: EmbedFlags },
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const output = required(
    flags.output,
    'embed: no output. Say with -o where the vectors go, e.g. -o vectors.vec.',
  );
  refuseSameFile(output, texts);
  const { header, tokenColumn } = flags;
  const columns = {
    ...(tokenColumn !== undefined && { tokenColumn }),
    ...(header === false && { header }),
  };
  const numbers = checkEmbedding({ ...flags });
  const sources = texts.map((file): TextSource => {
    const format = flags.input ?? (file === '-' ? 'text' : formatOf(file, 'tag'));
    return {
      source: sourceOf(file, io),
      read: { ...readOptions(columns, format), file: nameOf(file) },
    };
  });
  const display = await createDisplay(flags, context);
  const abort = new AbortController();
  let isTraining = false;
  const release = io.onInterrupt((signal) => {
    if (isTraining && !abort.signal.aborted) {
      abort.abort();
      display?.note('ending, the vectors so far are kept; again to leave at once');
      return;
    }
    display?.close();
    io.quit(signal === 'SIGTERM' ? 143 : 130);
  });
  try {
    const events = embed({
      texts: sources,
      output,
      numbers,
      lowercase: flags.lowercase,
      minCount: flags.minCount,
      signal: abort.signal,
      ...computeOptions(flags),
    });
    for await (const event of events) {
      if (event.type === 'start') isTraining = true;
      display?.show(event);
      if (flags.json) await out.write(`${JSON.stringify(event)}\n`);
    }
  } finally {
    display?.close();
    release();
  }
}

/** Shows what happens to people. */
interface Display {
  show(event: EmbeddingEvent): void;
  note(line: string): void;
  close(): void;
}

async function createDisplay(flags: EmbedFlags, context: Context): Promise<Display | undefined> {
  const { io } = context;
  // on one terminal, events and text would be mixed
  if (flags.quiet || (flags.json && io.isTerminal.stdout && io.isTerminal.stderr)) return undefined;
  const style = await styleOf('stderr', context);
  const isScreen = io.isTerminal.stderr && io.env.TERM !== 'dumb';
  return isScreen ? createSpinner(io.stderr, style) : createLines(io.stderr, style);
}

/** What stays to be read: what there is to learn, an epoch a line, the summary. */
function linesOf(event: EmbeddingEvent, style: Style): string {
  if (event.type === 'start') return startText(event, style);
  if (event.type === 'epoch') return epochLine(event, style);
  return event.type === 'end' ? endText(event, style) : '';
}

const createLines = (stream: Writable, style: Style): Display => ({
  show: (event) => {
    stream.write(linesOf(event, style));
  },
  note: (line) => {
    stream.write(`${line}\n`);
  },
  close: () => undefined,
});

/** The same on a terminal, with a line below that moves. */
async function createSpinner(stream: Writable, style: Style): Promise<Display> {
  const { default: ora } = await import('ora');
  const spinner = ora({
    stream: stream as NodeJS.WriteStream,
    isEnabled: true,
    discardStdin: false, // else Ctrl-C would not come as a signal
    color: style.isColored ? 'cyan' : false,
    text: 'reading',
  }).start();
  let isNoted = false;
  return {
    show(event) {
      if (event.type === 'end') spinner.stop();
      const lines = linesOf(event, style);
      if (lines !== '') {
        spinner.clear();
        stream.write(lines);
      }
      if (isNoted) return;
      if (event.type === 'read') spinner.text = `reading  ${counted(event.tokens, 'token')}`;
      if (event.type === 'start') spinner.text = `epoch 1 of ${event.epochs}`;
      if (event.type === 'progress')
        spinner.text = [
          `epoch ${event.epoch} of ${event.epochs}`,
          `${Math.floor(event.done * 100)} %`,
          `loss ${lossText(event.loss)}`,
          `${number(event.tokensPerSecond)} tokens/s`,
          `${duration(event.secondsLeft)} left`,
        ].join('  ');
    },
    note(line) {
      isNoted = true;
      spinner.text = line;
    },
    close: () => {
      spinner.stop();
    },
  };
}

type Event<T extends EmbeddingEvent['type']> = Extract<EmbeddingEvent, { type: T }>;

const lossText = (loss: number | null): string => loss?.toFixed(4) ?? '–';

function startText(event: Event<'start'>, style: Style): string {
  const facts = table(
    [
      [['text', style.dim], counted(event.sentences, 'sentence'), counted(event.tokens, 'token')],
      [['words', style.dim], number(event.words), `${percent(event.covered)} % of the tokens`],
      [
        ['model', style.dim],
        counted(event.parameters, 'parameter'),
        `${event.backend}, ${counted(event.threads, 'thread')}`,
      ],
    ],
    { align: 'lrl' },
  );
  const head = `${'epoch'.padStart(9)}${'loss'.padStart(10)}${'tokens/s'.padStart(12)}${'time'.padStart(12)}${'left'.padStart(12)}`;
  return `${facts}\n${style.dim(head)}\n`;
}

function epochLine(event: Event<'epoch'>, style: Style): string {
  const place = `${event.epoch}/${event.epochs}`.padStart(9);
  const rest = `${number(event.tokensPerSecond).padStart(12)}${duration(event.seconds).padStart(12)}${duration(event.secondsLeft).padStart(12)}`;
  return `${place}${lossText(event.loss).padStart(10)}${style.dim(rest)}\n`;
}

function endText(event: Event<'end'>, style: Style): string {
  const fact = (name: string, value: string): string => `${style.dim(name.padEnd(7))}  ${value}\n`;
  const ended = event.stopped === 'signal' ? '; ended on request' : '';
  return [
    '\n',
    fact(
      'vectors',
      `${style.bold(event.vectors)} (${bytes(event.bytes)}, ${counted(event.words, 'word')} of ${number(event.dim)} numbers)`,
    ),
    fact('time', `${duration(event.seconds)} (${number(event.tokensPerSecond)} tokens/s)${ended}`),
    fact(
      'try',
      `seqtag train CORPUS --embeddings ${shellWord(event.vectors)} -o model.safetensors`,
    ),
  ].join('');
}
