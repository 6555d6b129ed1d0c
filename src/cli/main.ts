import { Command, CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { version } from '../version.ts';
import type { Context } from './context.ts';
import { ClosedPipe, createSink, type Io } from './io.ts';
import { wantsColor } from './style.ts';

interface Loader {
  readonly summary: string;
  /** What adds arguments, options and action; only the command that was called is loaded. */
  load(): Promise<(command: Command, context: Context) => void>;
}

const loaders: Readonly<Record<string, Loader>> = {
  train: {
    summary: 'learn a tagger from a labelled corpus',
    load: async () => (await import('./train.ts')).defineTrain,
  },
  distill: {
    summary: 'learn a tagger from the answers of another',
    load: async () => (await import('./distill.ts')).defineDistill,
  },
  tag: {
    summary: 'tag text or files, standard input to standard output',
    load: async () => (await import('./tag.ts')).defineTag,
  },
  eval: {
    summary: 'measure a model, or predicted tags, against gold tags',
    load: async () => (await import('./eval.ts')).defineEval,
  },
  inspect: {
    summary: 'say what is in a model or a corpus',
    load: async () => (await import('./inspect.ts')).defineInspect,
  },
  convert: {
    summary: 'convert a corpus between formats and tag schemes',
    load: async () => (await import('./convert.ts')).defineConvert,
  },
  embed: {
    summary: 'learn word vectors from raw text',
    load: async () => (await import('./embed.ts')).defineEmbed,
  },
};

const examples = `
Examples:
  $ seqtag train train.conll --dev dev.conll -o model.safetensors
  $ echo 'Angela Merkel met Google in Berlin.' | seqtag tag -m en-ner
  $ seqtag tag -m model.safetensors corpus.conllu > tagged.conllu
  $ seqtag eval -m model.safetensors test.conll --min-f1 0.85
  $ seqtag inspect model.safetensors
  $ seqtag convert corpus.conll --scheme BIOES

\`seqtag help COMMAND\` tells all about a command. Models are files that \`train\` wrote, or bundled: en-upos, en-ner.
Exit codes: 0 done, 1 a threshold was not met, 2 wrong use or input, 3 a failure of seqtag itself.`;

/** Runs the command line `argv` (without node and script) in the world `io`; resolves to the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const context: Context = {
    io,
    out: createSink(io.stdout, 'standard output'),
    say: (line) => {
      io.stderr.write(`${line}\n`);
    },
    color: undefined,
    exitCode: 0,
  };
  // a closed standard error is no reason to stop
  io.stderr.on('error', () => undefined);
  const help: string[] = [];
  try {
    const program = await createProgram(argv, context, help);
    if (argv.length === 0) {
      io.stderr.write(program.helpInformation());
      return 2;
    }
    await program.parseAsync(withoutHelp(argv), { from: 'user' });
    await context.out.flush();
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return show(help, context);
    return fail(error, argv, context);
  }
}

/** Asking for the help of a command that there is not is to be told so, not to be answered with other help. */
function withoutHelp(argv: readonly string[]): readonly string[] {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  const isHelp = first === 'help' && second !== undefined;
  const name = isHelp ? second : first;
  if (name === undefined || name === 'help' || Object.hasOwn(loaders, name)) return argv;
  return [name];
}

async function createProgram(
  argv: readonly string[],
  context: Context,
  help: string[],
): Promise<Command> {
  const { io } = context;
  const program = new Command('seqtag')
    .description('Train, run and measure BiLSTM sequence taggers (POS, NER, chunking).')
    .usage('COMMAND [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => help.push(text),
      writeErr: () => undefined, // errors are printed by `fail`
      getOutHelpWidth: () => Math.min(100, Math.max(60, io.columns)),
      getErrHelpWidth: () => Math.min(100, Math.max(60, io.columns)),
      getOutHasColors: () => wantsColor('stdout', { io, color: undefined }),
    })
    .configureHelp({
      styleTitle: (title) => `\u001b[1m${title}\u001b[22m`,
      subcommandTerm: (command) => command.name(),
      optionDescription: ({ description }) => description,
      optionTerm: (option) => option.flags.replace(/^--no-/, '--[no-]'),
    });
  const named = argv.filter((word) => !word.startsWith('-'));
  const wanted = named[0] === 'help' ? named[1] : named[0];
  for (const [name, { summary, load }] of Object.entries(loaders)) {
    const command = program.command(name).summary(summary);
    if (name === wanted) (await load())(command, context);
  }
  return program;
}

async function show(help: readonly string[], { out }: Context): Promise<number> {
  try {
    await out.write(help.join(''));
    await out.flush();
    return 0;
  } catch (error) {
    if (error instanceof ClosedPipe) return 0;
    throw error;
  }
}

function fail(error: unknown, argv: readonly string[], { say }: Context): number {
  if (error instanceof ClosedPipe) return 0;
  if (error instanceof UserError) {
    say(`seqtag: ${oneLine(error.message)}`);
    return 2;
  }
  if (error instanceof CommanderError) {
    const message = oneLine(error.message.replace(/^error: /, ''));
    const command = argv[0] !== undefined && Object.hasOwn(loaders, argv[0]) ? ` ${argv[0]}` : '';
    const remedy = message.endsWith('?)') ? '' : ` See \`seqtag${command} --help\`.`;
    say(`seqtag: ${message}${/[.?)]$/.test(message) ? '' : '.'}${remedy}`);
    return 2;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  say(`seqtag ${version} failed; this is a fault of seqtag, not of its input.\n${stack}`);
  return 3;
}

/** Messages quote files and tokens: nothing in them may begin a line or speak to the terminal. */
const oneLine = (message: string): string =>
  message
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
