import { type Command, Option } from 'commander';
import { featureNames } from '../corpus/features/features.ts';
import { schemeNamed } from '../corpus/tags/scheme.ts';
import { refuseSameFile } from '../files/same-file.ts';
import { flagOf } from '../option-values.ts';
import {
  type HyperparameterName,
  hyperparameterNames,
  hyperparameters,
} from '../training/hyperparameters.ts';
import { recipeNames, recipeValues } from '../training/recipes.ts';
import type { TrainOptions } from '../training/train.ts';
import type { Context } from './context.ts';
import {
  addColor,
  addColumns,
  addCompute,
  addEngine,
  type ColumnOptions,
  type ComputeOptions,
  choice,
  computeOptions,
  featureOption,
  readFormats,
  readOptions,
  required,
} from './options.ts';
import { addCheckpointOptions, type CheckpointFlags } from './resume.ts';

/** The flags of every command that trains a tagger. */
export interface TrainingFlags extends ColumnOptions, ComputeOptions, CheckpointFlags {
  output?: string;
  dev?: string;
  test?: string;
  embeddings?: string;
  gazetteer?: string[];
  config?: string;
  lemmaColumn?: string;
  fromScheme?: string;
  force?: boolean;
  format?: (typeof readFormats)[number];
  json?: boolean;
  quiet?: boolean;
}

export function addTrainingOptions(command: Command, context: Context): void {
  command
    .option('-o, --output <model>', 'output: the model file, e.g. model.safetensors')
    .option(
      '--dev <file>',
      'development corpus, which selects the best epoch (default: every tenth sentence of the training corpus)',
    )
    .option('--test <file>', 'test corpus, scored once after training')
    .option(
      '--embeddings <vectors>',
      'pretrained word vectors: a file of GloVe, word2vec, fastText (.vec, .bin) or JSON, gzip or zstd too, or npm:NAME for an installed package',
    )
    .option(
      '--gazetteer <file...>',
      'phrase lists: one phrase on a line, alone or followed by a tab and its type; without a type, the file name is the type',
    )
    .addOption(
      choice(
        '--format <format>',
        'input format: % (default: by extension, or by content)',
        readFormats,
      ),
    );
  addColumns(command, {
    tag: 'column of the tags, or several: upos,xpos,feats,lemma (default: the last; conllu: upos; csv: by header)',
  });
  command
    .option(
      '--lemma-column <column>',
      'column of lemmas, learned as edit scripts; one more tag column if it is not among them (default: a tag column called lemma)',
    )
    .addOption(
      featureOption(
        'column to use as a feature of each token, or several: upos,lemma (tag and eval need it too)',
      ),
    )
    .option(
      '--from-scheme <scheme>',
      'tag scheme of the corpora; IO: PER PER O, where a run of one label is a span (default: by the tags)',
    )
    .option('--force', 'train on corpora that make a worthless model, such as empty tags, too')
    .option('--config <file>', 'hyperparameters as JSON: {"hidden": 200}; flags override it')
    .option('--json', 'print each training event as a line of JSON on standard output')
    .option('-q, --quiet', 'no progress and no summary');
  addCheckpointOptions(command);
  addEngine(command, context);
  addCompute(command);
  addColor(command, context);
  command.optionsGroup('Hyperparameters:');
  for (const name of hyperparameterNames) addHyperparameter(command, name);
}

function addHyperparameter(command: Command, name: HyperparameterName): void {
  const kind = hyperparameters[name];
  const flag = flagOf(name);
  const usual = kind.default;
  const choices = 'choices' in kind ? `${kind.choices.join(', ')}; ` : '';
  // A list without spaces would be wider than its column.
  const help = kind.help.replace(/\S{40,}/g, (list) => list.replaceAll(',', ', '));
  // the help text itself may say what holds by default
  const about = help.includes('by default')
    ? help
    : `${help} (${choices}default: ${defaultsText(name)})`;
  if (typeof usual === 'boolean') {
    const yes = new Option(`--${flag}`, about);
    const no = new Option(`--no-${flag}`, about);
    (usual ? yes : no).hideHelp();
    command.addOption(yes).addOption(no); // in this order: otherwise commander sets the default to true
    return;
  }
  const value = typeof usual === 'number' ? 'n' : 'choices' in kind ? 'name' : 'value';
  const option = new Option(`--${flag} <${value}>`, about);
  if ('choices' in kind) option.argChoices = [...kind.choices]; // for completion; `checkSettings` refuses others
  if ('repeatable' in kind)
    option.argParser((given: string, before?: string) =>
      before === undefined ? given : `${before},${given}`,
    );
  command.addOption(option);
}

const allFeatures = featureNames.join();
const shown = (value: unknown): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === allFeatures ? 'all' : String(value);
};

/** The default, or those of the recipes if they differ: `3 for pos, 5 for spans, 5 for chunks`. */
function defaultsText(name: HyperparameterName): string {
  const texts = recipeNames.map(
    (recipe) => [recipe, recipeValues(recipe, name).map(shown).join(' or ')] as const,
  );
  if (texts.every(([, text]) => text === texts[0]![1])) return texts[0]![1];
  return texts.map(([recipe, text]) => `${text} for ${recipe}`).join(', ');
}

/** Options of training other than hyperparameters. */
export function trainOptions(
  { corpora, flags, command }: { corpora: string[]; flags: TrainingFlags; command: Command },
  context: Context,
): Omit<TrainOptions, 'hyperparameters' | 'signal'> {
  const output = required(
    flags.output,
    `${command.name()}: no output. Name the model file with -o, e.g. -o model.safetensors.`,
  );
  refuseSameFile(output, [flags.config]);
  return {
    corpora,
    output,
    dev: flags.dev,
    test: flags.test,
    embeddings: flags.embeddings,
    gazetteers: flags.gazetteer,
    read: readOptions(flags, flags.format, context),
    lemmaColumn: flags.lemmaColumn,
    ...(flags.fromScheme !== undefined && { fromScheme: schemeNamed(flags.fromScheme) }),
    ...(flags.force && { force: true }),
    ...computeOptions(flags, context),
  };
}
