import { type Command, CommanderError } from 'commander';
import { UserError } from '../errors.ts';
import { version } from '../files/package.ts';
import type { Context } from './context.ts';
import { ClosedPipe, createSink, type Io } from './io.ts';
import { oneLine, printable } from './printable.ts';
import { commandNames, createProgram } from './program.ts';

export { processIo } from './io.ts';

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
    program = await createProgram(context, {
      loaded: loadedCommands(argv),
      writeHelp: (text) => help.push(text),
    });
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

const withoutFlags = (argv: readonly string[]): string[] =>
  argv.filter((word) => !word.startsWith('-'));

/** The command that is run, or whose help is asked for. */
function commandName(argv: readonly string[]): string | undefined {
  const [first, second] = withoutFlags(argv);
  return first === 'help' && second !== undefined ? second : first;
}

/** The commands whose options are needed. `help` and `complete` are about another command. */
function loadedCommands(argv: readonly string[]): string[] {
  const [first, second] = withoutFlags(argv);
  const isAbout = first === 'help' || first === 'complete';
  return [first, isAbout ? second : undefined].filter((name) => name !== undefined);
}

/** Makes `seqtag tga --help` fail for the unknown command; commander would print the general help. */
function withoutHelp(argv: readonly string[]): readonly string[] {
  const name = commandName(argv);
  if (name === undefined || name === 'help' || commandNames.includes(name)) return argv;
  return [name];
}

/** Reports an error on standard error. Returns the exit code. */
async function fail(
  error: unknown,
  command: Command | undefined,
  { io, say, exitCode }: Context,
): Promise<number> {
  if (error instanceof ClosedPipe) return exitCode;
  if (error instanceof UserError) {
    const [{ withRemedy }, { suggestion, withModelNames }, { givenFlags }] = await Promise.all([
      import('./remedies.ts'),
      import('./suggestions.ts'),
      import('./usage.ts'),
    ]);
    const flags = new Set(command?.options.map(({ long }) => long ?? ''));
    const given = command ? givenFlags(command) : new Set<string>();
    const message = withModelNames(withRemedy(error, { flags, given }));
    say(`seqtag: ${oneLine(message + suggestion(message))}`);
    return 2;
  }
  if (error instanceof CommanderError) {
    const [{ usageMessage }, { suggestion }] = await Promise.all([
      import('./usage.ts'),
      import('./suggestions.ts'),
    ]);
    const message = usageMessage(error.message, command);
    say(`seqtag: ${message}${suggestion(message)}`);
    return 2;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.stderr.write(
    `seqtag ${version} failed. This is a bug in seqtag, not a mistake in its input.\n${stack.split('\n').map(printable).join('\n')}\n`,
  );
  return 3;
}
