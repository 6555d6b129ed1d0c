import { type Command, InvalidArgumentError } from 'commander';
import { bundledText } from '../model/bundled.ts';
import { TEACHER_WEIGHT } from '../training/distill.ts';
import type { Context } from './context.ts';
import { addNotes } from './help.ts';
import { columnsOf } from './model-columns.ts';
import { choice, inputFormats } from './options.ts';
import { trainCommand } from './train.ts';
import { addTrainingOptions, type TrainingFlags } from './training-options.ts';

interface DistillFlags extends TrainingFlags {
  raw?: string[];
  rawFormat?: (typeof inputFormats)[number];
  teacherWeight?: number;
}

const examples = [
  'seqtag train train.conll --dev dev.conll --ensemble 5 -o teacher.safetensors',
  'seqtag distill teacher.safetensors train.conll --dev dev.conll -o student.safetensors',
  'seqtag distill teacher.safetensors train.conll --dev dev.conll --raw news.txt --hidden 50 -o small.safetensors',
];

const notes = [
  "The student is a single network. It uses the teacher's hyperparameters unless a flag sets them, except for --seed and --ensemble. It reads the same columns as the teacher.",
  'In each epoch the student learns from tags that the teacher assigns, drawn by their probability. With --teacher-weight below 1 it also learns from gold tags.',
];

/** `seqtag distill`: a teacher and corpora in, a student out. */
export function defineDistill(command: Command, context: Context): void {
  command
    .description(
      'Trains a tagger on the predictions of another, e.g. one network on those of an ensemble.',
    )
    .argument('<teacher>', `a model file, or a bundled model (${bundledText})`)
    .argument('<corpus...>', 'labelled files, read as one corpus; - is standard input')
    .option(
      '--raw <file>',
      'more text without gold tags, in any format; repeat it for several files',
      (file: string, all: string[] = []) => [...all, file],
    )
    .addOption(
      choice(
        '--raw-format <format>',
        'format of the --raw files: % (default: by extension, or by content)',
        inputFormats,
      ),
    )
    .option(
      '--teacher-weight <x>',
      `probability of learning a sentence from the teacher and not from its gold tags (default: ${TEACHER_WEIGHT})`,
      parseWeight,
    );
  addTrainingOptions(command, context);
  addNotes(command, { io: context.io, examples, notes });
  command.action((model: string, corpora: string[], flags: DistillFlags) => {
    const { raw, rawFormat, teacherWeight: weight } = flags;
    const read = { ...columnsOf(model, { corpora, flags }), ...flags };
    const teacher = { model, raw, rawFormat, weight };
    return trainCommand({ corpora, flags: read, command, teacher }, context);
  });
}

function parseWeight(value: string): number {
  const weight = Number(value);
  if (value.trim() !== '' && weight >= 0 && weight <= 1) return weight;
  throw new InvalidArgumentError('Expected a number from 0 to 1.');
}
