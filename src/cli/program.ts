import { Command } from 'commander';
import { version } from '../files/package.ts';
import { bundledText } from '../model/bundled.ts';
import type { Context } from './context.ts';
import { addNotes, helpWidth } from './help.ts';
import { wantsColor } from './style.ts';

interface Loader {
  readonly summary: string;
  readonly isHidden?: boolean;
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
  compare: {
    summary: 'compare taggers: intervals, and p-values of their differences',
    load: async () => (await import('./compare.ts')).defineCompare,
  },
  inspect: {
    summary: 'describe a model, or describe and check a corpus',
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
  completion: {
    summary: 'print a script that completes commands in a shell',
    load: async () => (await import('./completion.ts')).defineCompletion,
  },
  complete: {
    summary: 'complete a command line, for the scripts of `completion`',
    isHidden: true,
    load: async () => (await import('./complete.ts')).defineComplete,
  },
};

/** All commands, with those that help does not list. */
export const commandNames: readonly string[] = Object.keys(loaders);

const examples = [
  'seqtag train train.conll --dev dev.conll -o model.safetensors',
  "echo 'Angela Merkel met Google in Berlin.' | seqtag tag -m en-ner",
  'seqtag tag -m model.safetensors corpus.conllu > tagged.conllu',
  'seqtag eval -m model.safetensors test.conll --min-f1 0.85',
  'seqtag inspect model.safetensors',
  'seqtag convert corpus.conll --scheme BIOES',
];

const notes = [
  `\`seqtag help COMMAND\` describes a command. A model is a file that \`seqtag train\` wrote, or a bundled one: ${bundledText}.`,
  'Exit codes: 0 success; 1 a score is below its threshold, or --lint found an error; 2 wrong use or wrong input; 3 a bug in seqtag; 129, 130 and 143 after SIGHUP, SIGINT and SIGTERM.',
];

/**
 * The commander program: all commands by name, and the named ones with their options.
 * @param loaded names of the commands to define; names of no command are ignored
 * @param writeHelp gets the help that was asked for, and the version
 */
export async function createProgram(
  context: Context,
  { loaded, writeHelp }: { loaded: readonly string[]; writeHelp: (text: string) => void },
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
      writeOut: writeHelp,
      writeErr: () => undefined, // `fail` of main.ts prints errors
      getOutHelpWidth: () => helpWidth(io),
      getErrHelpWidth: () => helpWidth(io),
      getOutHasColors: () => wantsColor('stdout', { io, color: undefined }),
    })
    .configureHelp({
      minWidthToWrap: 10,
      styleTitle: (title) => `\u001b[1m${title}\u001b[22m`,
      subcommandTerm: (command) => command.name(),
      argumentDescription: ({ description }) => description,
      optionDescription: ({ description }) => description,
      optionTerm: (option) => option.flags.replace(/^--no-/, '--[no-]'),
    });
  program.hook('preAction', async (_, command) => {
    const { checkValues } = await import('./usage.ts');
    checkValues(command);
  });
  addNotes(program, { io, examples, notes });
  for (const [name, { summary, isHidden, load }] of Object.entries(loaders)) {
    const command = program.command(name, { hidden: isHidden === true }).summary(summary);
    if (loaded.includes(name)) (await load())(command, context);
  }
  return program;
}
