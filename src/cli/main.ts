import { Command, CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { version } from '../files/package.ts';
import type { Context } from './context.ts';
import { addNotes, helpWidth } from './help.ts';
import { ClosedPipe, createSink, type Io } from './io.ts';
import { oneLine, printable } from './printable.ts';
import { wantsColor } from './style.ts';

export { processIo } from './io.ts';

interface Loader {
  readonly summary: string;
  /** Loads the function that adds arguments, options and action. Only the command that runs is loaded. */
  load(): Promise<(command: Command, context: Context) => void>;
}

const loaders: Readonly<Record<string, Loader>> = {
  train: {
    summary: 'train a tagger on a labelled corpus',
    load: async () => (await import('./train.ts')).defineTrain,
  },
  distill: {
    summary: 'train a tagger on the predictions of another',
    load: async () => (await import('./distill.ts')).defineDistill,
  },
  tag: {
    summary: 'tag text or files',
    load: async () => (await import('./tag.ts')).defineTag,
  },
  eval: {
    summary: 'score a model, or predicted tags, against gold tags',
    load: async () => (await import('./eval.ts')).defineEval,
  },
  inspect: {
    summary: 'describe a model or a corpus',
    load: async () => (await import('./inspect.ts')).defineInspect,
  },
  convert: {
    summary: 'convert a corpus between formats and tag schemes',
    load: async () => (await import('./convert.ts')).defineConvert,
  },
  embed: {
    summary: 'train word vectors on raw text',
    load: async () => (await import('./embed.ts')).defineEmbed,
  },
};

const examples = [
  'seqtag train train.conll --dev dev.conll -o model.safetensors',
  "echo 'Angela Merkel met Google in Berlin.' | seqtag tag -m en-ner",
  'seqtag tag -m model.safetensors corpus.conllu > tagged.conllu',
  'seqtag eval -m model.safetensors test.conll --min-f1 0.85',
  'seqtag inspect model.safetensors',
  'seqtag convert corpus.conll --scheme BIOES',
];

const notes = [
  '`seqtag help COMMAND` describes a command. A model is a file that `seqtag train` wrote, or a bundled one: en-upos, en-ner.',
  'Exit codes: 0 success; 1 a score is below a threshold; 2 wrong use or wrong input; 3 a bug in seqtag; 130 and 143 after SIGINT and SIGTERM.',
];

/** Runs the command line `argv`, without node and script. Resolves to the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const context: Context = {
    io,
    out: createSink(io.stdout, 'standard output'),
    say: (line) => {
      io.stderr.write(`${printable(line)}\n`);
    },
    color: undefined,
    exitCode: 0,
  };
  // Messages may get lost; the work goes on.
  io.stderr.on('error', () => undefined);
  const help: string[] = [];
  let program: Command | undefined;
  try {
    program = await createProgram(argv, context, help);
    await runProgram(program, { argv, help, context });
    await context.out.flush();
  } catch (error) {
    const command = program?.commands.find((one) => one.name() === commandName(argv));
    return await fail(error, command, context);
  }
  return context.exitCode;
}

/** Parses the command line and runs the command. Help and version are written to standard output. */
async function runProgram(
  program: Command,
  { argv, help, context }: { argv: readonly string[]; help: string[]; context: Context },
): Promise<void> {
  if (argv.length === 0) {
    context.io.stderr.write(program.helpInformation());
    context.exitCode = 2;
    return;
  }
  try {
    await program.parseAsync(withoutHelp(argv), { from: 'user' });
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.exitCode === 0;
    if (!isHelp) throw error;
    await context.out.write(help.join(''));
  }
}

/** The command that is run, or whose help is asked for. */
function commandName(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  return first === 'help' && second !== undefined ? second : first;
}

/** Makes `seqtag tga --help` fail for the unknown command; commander would print the general help. */
function withoutHelp(argv: readonly string[]): readonly string[] {
  const name = commandName(argv);
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
    .description('Trains, runs and evaluates BiLSTM sequence taggers (POS, NER, chunking).')
    .usage('COMMAND [options]')
    .version(version, '-V, --version', 'version number')
    .helpOption('-h, --help', 'this help')
    .helpCommand('help [command]', 'help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => help.push(text),
      writeErr: () => undefined, // `fail` prints errors
      getOutHelpWidth: () => helpWidth(io),
      getErrHelpWidth: () => helpWidth(io),
      getOutHasColors: () => wantsColor('stdout', { io, color: undefined }),
    })
    .configureHelp({
      minWidthToWrap: 10,
      styleTitle: (title) => `\u001b[1m${title}\u001b[22m`,
      subcommandTerm: (command) => command.name(),
      optionDescription: ({ description }) => description,
      optionTerm: (option) => option.flags.replace(/^--no-/, '--[no-]'),
    });
  addNotes(program, { io, examples, notes });
  const wanted = commandName(argv);
  for (const [name, { summary, load }] of Object.entries(loaders)) {
    const command = program.command(name).summary(summary);
    if (name === wanted) (await load())(command, context);
  }
  return program;
}

/** Reports an error on standard error. Returns the exit code. */
async function fail(
  error: unknown,
  command: Command | undefined,
  { io, say, exitCode }: Context,
): Promise<number> {
  if (error instanceof ClosedPipe) return exitCode;
  if (error instanceof UserError) {
    const { withRemedy } = await import('./remedies.ts');
    const { suggestion } = await import('./suggestions.ts');
    const flags = new Set(command?.options.map(({ long }) => long ?? ''));
    say(`seqtag: ${oneLine(withRemedy(error, flags) + suggestion(error.message))}`);
    return 2;
  }
  if (error instanceof CommanderError) {
    const message = oneLine(error.message.replace(/^error: /, ''));
    const name = command ? `seqtag ${command.name()}` : 'seqtag';
    const { suggestion } = await import('./suggestions.ts');
    const remedy = message.endsWith('?)') ? '' : suggestion(message) || ` See \`${name} --help\`.`;
    say(`seqtag: ${message}${/[.?)]$/.test(message) ? '' : '.'}${remedy}`);
    return 2;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(
    `seqtag ${version} failed. This is a bug in seqtag, not a mistake in its input.\n${stack.split('\n').map(printable).join('\n')}\n`,
  );
  return 3;
}
