import { type Command, Option } from 'commander';
import { UserError } from '../errors.ts';
import { readTextFile } from '../files/read.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { flagOf } from '../option-values.ts';
import {
  type Hyperparameters,
  hyperparameterNames,
  hyperparameters,
} from '../training/hyperparameters.ts';
import { checkSettings } from '../training/settings.ts';
import { type TrainingEvent, type TrainOptions, train } from '../training/train.ts';
import type { Context } from './context.ts';
import {
  addColor,
  addColumns,
  addCompute,
  type ColumnOptions,
  type ComputeOptions,
  choice,
  computeOptions,
  featureOption,
  readFormats,
  readOptions,
  required,
} from './options.ts';
import { createLines, createSpinner, type Display, progressKind } from './progress.ts';
import { styleOf } from './style.ts';
import { addSweep, type SweepFlags, sweepCommand } from './sweep.ts';

export interface TrainingFlags extends ColumnOptions, ComputeOptions {
  output?: string;
  dev?: string;
  test?: string;
  embeddings?: string;
  gazetteer?: string[];
  config?: string;
  format?: (typeof readFormats)[number];
  json?: boolean;
  quiet?: boolean;
}
type TrainFlags = TrainingFlags & SweepFlags;

const examples = `
Examples:
  $ seqtag train train.conll --dev dev.conll --test test.conll -o ner.safetensors
  $ seqtag train en_ewt-ud-train.conllu --tag-column xpos -o xpos.safetensors
  $ seqtag train train.conllu --tag-column xpos --feature-column upos -o xpos.safetensors
  $ seqtag train train.conll -o ner.safetensors --gazetteer cities.txt companies.txt.gz
  $ seqtag train notes.csv --token-column word --tag-column label -o notes.safetensors
  $ seqtag train train.conll --config settings.json --epochs 20 -o ner.safetensors
  $ seqtag train train.conll --dev dev.conll --sweep hidden=50,100 --seeds 3 -o best.safetensors
  $ seqtag train train.conll -o ner.safetensors --json --quiet | jq -c 'select(.type=="epoch") | .score'

Ctrl-C ends training and keeps the best epoch so far; pressed again it leaves at once and writes nothing.
A sweep trains every combination of the values of all --sweep, with the values separated by commas, or by | when one has
a comma in it. Its table goes to standard output, the best single model to -o, and every finished run to a line of
MODEL.sweep.jsonl beside it. Ctrl-C drops the run under way; the same command goes on from there.`;

/** \`seqtag train\`: corpora in, a model out, events on the way. */
export function defineTrain(command: Command, context: Context): void {
  command
    .description('Learns a tagger from labelled corpora and writes it to a file.')
    .argument('<corpus...>', 'labelled files, read as one corpus; - is standard input');
  addSweep(command);
  addTraining(command, context);
  command.addHelpText('after', examples).action((corpora: string[], flags: TrainFlags) => {
    if (flags.sweep || flags.seeds !== undefined) {
      const common = commonOptions({ corpora, flags, command });
      refuseSameFile(common.output, [flags.config]);
      const given = givenHyperparameters(command, flags.config);
      return sweepCommand({ common, flags, given }, context);
    }
    return trainCommand({ corpora, flags, command }, context);
  });
}

/** What every command takes that trains. */
export function addTraining(command: Command, context: Context): void {
  command
    .option('-o, --output <model>', 'where the model goes, e.g. model.safetensors')
    .option('--dev <file>', 'chooses the best epoch (default: every tenth sentence, held out)')
    .option('--test <file>', 'scored once, at the end')
    .option(
      '--embeddings <file>',
      'pretrained word vectors: GloVe, word2vec (text, binary) or fastText .vec, gzip too',
    )
    .option(
      '--gazetteer <file...>',
      'lists of phrases, one a line, with PHRASE<tab>TYPE or of the type that the file is called by; gzip too',
    )
    .addOption(
      choice(
        '--format <format>',
        'of the corpora: % (default: by extension, else found by looking)',
        readFormats,
      ),
    );
  addColumns(command, {
    tag: 'column of the tag (default: the last; conllu: upos; csv: by header)',
  });
  command
    .addOption(
      featureOption(
        'column that is read beside the token, or several (upos,lemma); tag and eval read it too',
      ),
    )
    .option('--config <file>', 'hyperparameters as JSON, {"hidden": 200}; flags win over it')
    .option('--json', 'every event as a line of JSON on standard output')
    .option('-q, --quiet', 'no progress and no summary');
  addCompute(command);
  addColor(command, context);
  command.optionsGroup('Hyperparameters:');
  for (const name of hyperparameterNames) addHyperparameter(command, name);
}

function addHyperparameter(command: Command, name: keyof Hyperparameters): void {
  const kind = hyperparameters[name];
  const flag = flagOf(name);
  const value = kind.default;
  if (typeof value === 'boolean') {
    const about = `${kind.help} (default: ${value ? 'yes' : 'no'})`;
    const yes = new Option(`--${flag}`, about);
    const no = new Option(`--no-${flag}`, about);
    (value ? yes : no).hideHelp();
    command.addOption(yes).addOption(no); // in this order: else commander takes the default for true
    return;
  }
  const choices = 'choices' in kind ? `${kind.choices.join(', ')}; ` : '';
  const option = new Option(
    `--${flag} <${typeof value === 'number' ? 'n' : 'name'}>`,
    `${kind.help} (${choices}default: ${value})`,
  );
  if ('repeatable' in kind)
    option.argParser((given: string, before?: string) =>
      before === undefined ? given : `${before},${given}`,
    );
  command.addOption(option);
}

/** What the file says and what flags say; the file is checked for itself, so that messages say where a mistake is. */
function givenHyperparameters(
  command: Command,
  config: string | undefined,
): { file: Record<string, unknown>; flags: Record<string, unknown> } {
  const file = config === undefined ? {} : readConfig(config);
  if (config !== undefined) checkSettings(file, config);
  const given = command.opts<Record<string, unknown>>();
  const flags = Object.fromEntries(
    hyperparameterNames
      .filter((name) => given[name] !== undefined)
      .map((name) => [flagOf(name), given[name]]),
  );
  // spelled as flags, so that a flag replaces what the file calls `learning-rate` or `learningRate`
  const fromFile = Object.entries(file).map(([key, value]) => [flagOf(key), value]);
  return { file: Object.fromEntries(fromFile), flags };
}

function readConfig(file: string): Record<string, unknown> {
  const text = readTextFile(file);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `${file}: not JSON: ${(error as Error).message}. Expected e.g. {"hidden": 200}.`,
    );
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new UserError(
      `${file}: not an object of hyperparameters. Expected e.g. {"hidden": 200}.`,
    );
  return parsed as Record<string, unknown>;
}

interface Asked {
  corpora: string[];
  flags: TrainingFlags;
  command: Command;
}

const commonOptions = ({ corpora, flags, command }: Asked) => ({
  corpora,
  output: required(
    flags.output,
    `${command.name()}: no output. Say with -o where the model goes, e.g. -o model.safetensors.`,
  ),
  dev: flags.dev,
  test: flags.test,
  embeddings: flags.embeddings,
  gazetteers: flags.gazetteer,
  read: readOptions(flags, flags.format),
  ...computeOptions(flags),
});

/** Trains, from a teacher where one is given, and shows it. */
export async function trainCommand(
  { teacher, ...asked }: Asked & Pick<TrainOptions, 'teacher'>,
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const { flags, command } = asked;
  const common = { ...commonOptions(asked), teacher };
  refuseSameFile(common.output, [flags.config]);
  const given = givenHyperparameters(command, flags.config);
  const chosen = checkSettings({ ...given.file, ...given.flags }, command.name());
  const display = await createDisplay(flags, context);
  const abort = new AbortController();
  let isTraining = false;
  const release = io.onInterrupt((signal) => {
    if (isTraining && !abort.signal.aborted) {
      abort.abort();
      display?.note('ending after this step, the best epoch is kept; again to leave at once');
      return;
    }
    display?.close();
    io.quit(signal === 'SIGTERM' ? 143 : 130);
  });
  try {
    const events = train({ ...common, hyperparameters: chosen, signal: abort.signal });
    for await (const event of events) {
      if (event.type === 'start') isTraining = true;
      display?.show(event);
      if (flags.json) await out.write(`${JSON.stringify(event satisfies TrainingEvent)}\n`);
    }
  } finally {
    display?.close();
    release();
  }
}

async function createDisplay(flags: TrainingFlags, context: Context): Promise<Display | undefined> {
  const { io } = context;
  const kind = progressKind(flags, io);
  if (!kind) return undefined;
  const style = await styleOf('stderr', context);
  return kind === 'spinner'
    ? createSpinner(io.stderr, { style, columns: io.columns })
    : createLines(io.stderr, style);
}
