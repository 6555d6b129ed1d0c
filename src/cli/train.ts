import type { Command } from 'commander';
import { UserError } from '../errors.ts';
import { resumedOptions } from '../training/checkpoint/resumed-options.ts';
import { checkSettings } from '../training/settings.ts';
import { type TrainingEvent, type TrainOptions, train } from '../training/train.ts';
import { givenHyperparameters } from './config-file.ts';
import type { Context } from './context.ts';
import { follow } from './follow.ts';
import { addNotes, usageText } from './help.ts';
import { addInitOptions, type InitFlags, initOf } from './initial-model.ts';
import { exitCodeOf } from './io.ts';
import { columnsOf } from './model-columns.ts';
import {
  addResumeOptions,
  type CheckpointFlags,
  checkpointsOf,
  interruptedText,
  outputOf,
} from './resume.ts';
import { addSweepOptions, type SweepFlags, sweepCommand } from './sweep.ts';
import { addTrainingOptions, type TrainingFlags, trainOptions } from './training-options.ts';
import { trainingNarrator } from './training-progress.ts';
import { addTuneOptions, type TuneFlags, tuneCommand } from './tune.ts';

const examples = [
  'seqtag train train.conll --dev dev.conll --test test.conll -o ner.safetensors',
  'seqtag train en_ewt-ud-train.conllu --tag-column xpos -o xpos.safetensors',
  'seqtag train train.conllu --tag-column xpos --feature-column upos -o xpos.safetensors',
  'seqtag train train.conll -o ner.safetensors --gazetteer cities.txt companies.txt.gz',
  'seqtag train notes.csv --token-column word --tag-column label -o notes.safetensors',
  'seqtag train train.conll --config settings.json --epochs 20 -o ner.safetensors',
  'seqtag train reviews.conll --init en-ner -o reviews.safetensors',
  'seqtag train train.conll --dev dev.conll --sweep hidden=50,100 --seeds 3 -o best.safetensors',
  'seqtag train train.conll --dev dev.conll --tune 30m -o best.safetensors',
  `seqtag train train.conll -o ner.safetensors --json --quiet | jq -c 'select(.type=="epoch") | .score'`,
];

const notes = [
  'Ctrl-C stops training and keeps it in MODEL.checkpoint; the exit code is 130. `seqtag train --resume MODEL.checkpoint` goes on, and gives the model that training without a break gives. With --finish it writes the best model so far. A killed training has the checkpoint of its last epoch, and within a long epoch of every five minutes. A second Ctrl-C exits at once.',
  'Defaults depend on the recipe: `pos` for plain tags, `spans` for spans such as names, `chunks` for spans that cover most of the text. seqtag chooses it by the corpus and says why.',
  'Without --dev, seqtag trains twice: first with a tenth of the corpus held out to find the best number of epochs, then on the whole corpus (--refit). Use --no-refit to keep the first model.',
  '--init begins with the weights of a model. The new model has its network, so that a flag for another size is refused, and its words and tags. New ones are added; `train` shows how many are kept, new and dropped. Columns are those of the model, unless flags name others.',
  '--sweep trains a model for every combination of values. Separate the values with commas, or with | if a value contains a comma. A table goes to standard output and the best model to -o. Each finished run is recorded in MODEL.sweep.jsonl. Ctrl-C drops the current run; the same command continues with the next one. Sweeps do not refit unless you pass --refit.',
  '--tune trains the default recipe, compares others with it in the time that is left, and writes the model with the best dev score to -o. Hyperparameters that you give stay fixed. Each step is recorded in MODEL.tune.jsonl. Ctrl-C drops the current step; the same command, also with more time, continues with it.',
];

type TrainFlags = TrainingFlags & InitFlags & SweepFlags & TuneFlags;

/** `seqtag train`: labelled corpora in, a model out. */
export function defineTrain(command: Command, context: Context): void {
  command
    .description('Trains a tagger on labelled corpora and writes it to a file.')
    .usage('[options] <corpus...>')
    .argument('[corpus...]', 'labelled files, read as one corpus; - is standard input');
  addInitOptions(command);
  addResumeOptions(command);
  addSweepOptions(command);
  addTuneOptions(command);
  addTrainingOptions(command, context);
  addNotes(command, { io: context.io, examples, notes });
  command.action((corpora: string[], given: TrainFlags) => {
    checkCorpora(command, corpora, given);
    const { init } = given.resume === undefined ? initOf(given) : {};
    const flags = init ? { ...columnsOf(init.model, { corpora, flags: given }), ...given } : given;
    const search = searchFlag(flags);
    if (search === undefined) return trainCommand({ corpora, flags, command, init }, context);
    if (search === '--tune' && init)
      throw new UserError(
        'train: --tune and --init exclude each other, because tuning tries other networks. Compare values with --sweep.',
        { code: 'SEQTAG_OPTION_CONFLICT' },
      );
    if (flags.resume !== undefined)
      throw new UserError(
        `train: ${search} and --resume exclude each other. A sweep or a tuning continues with the command that began it.`,
        { code: 'SEQTAG_OPTION_CONFLICT' },
      );
    const options = { ...trainOptions({ corpora, flags, command }, context), init };
    const settings = givenHyperparameters(command.opts(), flags.config);
    const searchCommand = search === '--tune' ? tuneCommand : sweepCommand;
    return searchCommand({ options, flags, given: settings }, context);
  });
}

/** The flag that asks for several runs; undefined for a single training. */
function searchFlag({ tune, sweep, seeds }: SweepFlags & TuneFlags): string | undefined {
  if (tune !== undefined) return '--tune';
  return sweep ? '--sweep' : seeds === undefined ? undefined : '--seeds';
}

/** Trains a tagger, shows the progress, and reports what was written. With a teacher it is a student. */
export async function trainCommand(
  {
    corpora,
    flags,
    command,
    teacher,
    init,
  }: { corpora: string[]; flags: TrainingFlags; command: Command } & Pick<
    TrainOptions,
    'teacher' | 'init'
  >,
  context: Context,
): Promise<void> {
  const { resume } = flags;
  const output = flags.output ?? (resume === undefined ? undefined : outputOf(resume));
  const named = { ...flags, ...(output !== undefined && { output }) };
  const asked = trainOptions({ corpora, flags: named, command }, context);
  const given = givenHyperparameters(command.opts(), flags.config);
  const hyperparameters = checkSettings({ ...given.file, ...given.flags }, command.name());
  const all = { ...asked, teacher, init, hyperparameters };
  const options =
    resume === undefined
      ? { ...all, ...checkpointsOf(asked.output, flags) }
      : resumedOptions({
          file: resume,
          ...{ finish: flags.finish, minutes: flags.checkpointEvery, asked: all },
        });
  const { last, signal } = await follow<TrainingEvent>(
    {
      flags,
      start: (signal) => train({ ...options, signal }),
      narrator: trainingNarrator(
        flags.featureColumn === undefined ? undefined : { file: corpora[0]!, flags },
      ),
      from: 'start',
      stopping: `stopping after this step; ${
        options.checkpoints ? 'the training' : 'the best model so far'
      } will be written (Ctrl-C: exit now)`,
    },
    context,
  );
  if (last?.type === 'interrupted') {
    const best = last.hasModel ? 'the best model so far' : undefined;
    context.say(`seqtag: ${interruptedText(last.checkpoint, { signal, best })}`);
  }
  if (last?.type !== 'end') return;
  const { messages, exitCode } = trainingOutcome(last, signal);
  for (const message of messages) context.say(`seqtag: ${message}`);
  if (exitCode !== undefined) context.exitCode = exitCode;
}

/** @throws UserError for corpora that are missing, and for flags that need --resume */
function checkCorpora(
  command: Command,
  corpora: readonly string[],
  { resume, finish }: CheckpointFlags,
): void {
  if (resume === undefined && corpora.length === 0)
    throw new UserError(`train: no corpus. ${usageText(command)}`);
  if (resume === undefined && finish)
    throw new UserError('train: --finish needs --resume. Name the checkpoint.', {
      code: 'SEQTAG_OPTION_CONFLICT',
    });
}

/** What to say about a model whose training was interrupted or diverged, and the exit code if this is not success. */
export function trainingOutcome(
  {
    model,
    bestEpoch,
    members,
    stopped,
    divergences = [],
  }: Pick<
    Extract<TrainingEvent, { type: 'end' }>,
    'model' | 'bestEpoch' | 'members' | 'stopped' | 'divergences'
  >,
  signal: NodeJS.Signals | undefined,
): { messages: string[]; exitCode?: 2 | 129 | 130 | 143 } {
  const epoch = members ? '' : `, of epoch ${bestEpoch}`;
  if (signal !== undefined)
    return {
      messages: [
        ...divergences,
        `interrupted (${signal}): ${model} has the best model so far${epoch}.`,
      ],
      exitCode: exitCodeOf(signal),
    };
  if (stopped !== 'diverged') return { messages: [...divergences] };
  return {
    messages: [
      ...divergences,
      `training diverged: ${model} has the best model before that${epoch}. See --learning-rate, --clip.`,
    ],
    exitCode: 2,
  };
}
