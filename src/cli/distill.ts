import { type Command, InvalidArgumentError } from 'commander';
import { formatOf } from '../corpus/index.ts';
import { openModel } from '../model/model.ts';
import { TEACHER_WEIGHT } from '../training/distill.ts';
import type { Context } from './context.ts';
import { choice, inputFormats } from './options.ts';
import { addTraining, type TrainingFlags, trainCommand } from './train.ts';

interface DistillFlags extends TrainingFlags {
  raw?: string[];
  rawFormat?: (typeof inputFormats)[number];
  teacherWeight?: number;
}

const examples = `
Examples:
  $ seqtag train train.conll --dev dev.conll --ensemble 5 -o teacher.safetensors
  $ seqtag distill teacher.safetensors train.conll --dev dev.conll -o student.safetensors
  $ seqtag distill teacher.safetensors train.conll --dev dev.conll --raw news.txt --hidden 50 -o small.safetensors

The student is one network. It has the teacher's hyperparameters where no flag says otherwise (its --seed and --ensemble are
its own), and reads the corpora's columns as the teacher did. In each epoch it learns the teacher's answer to a sentence,
drawn with the probability that the teacher gives it, or with a lower --teacher-weight at times the gold tags.`;

/** \`seqtag distill\`: a teacher and corpora in, a student out. */
export function defineDistill(command: Command, context: Context): void {
  command
    .description("Learns a tagger from another's answers, e.g. one network from an ensemble.")
    .argument('<teacher>', 'a model file, or the name of a bundled model (en-upos, en-ner)')
    .argument('<corpus...>', 'labelled files, read as one corpus; - is standard input')
    .option(
      '--raw <file>',
      'without gold tags, raw text or any other format; repeated: several',
      (file: string, all: string[] = []) => [...all, file],
    )
    .addOption(
      choice(
        '--raw-format <format>',
        'of these: % (default: by extension, else found by looking)',
        inputFormats,
      ),
    )
    .option(
      '--teacher-weight <x>',
      `how often, from 0 to 1, the teacher is learned from in place of gold tags (default: ${TEACHER_WEIGHT})`,
      parseWeight,
    );
  addTraining(command, context);
  command
    .addHelpText('after', examples)
    .action((model: string, corpora: string[], flags: DistillFlags) => {
      const { raw, rawFormat, teacherWeight: weight } = flags;
      const read = { ...columnsOf(model, { corpora, flags }), ...flags };
      const teacher = { model, raw, rawFormat, weight };
      return trainCommand({ corpora, flags: read, command, teacher }, context);
    });
}

/** The columns that the teacher learned and reads, for corpora of the format that it was trained on. */
function columnsOf(
  teacher: string,
  { corpora, flags }: { corpora: readonly string[]; flags: DistillFlags },
): Pick<TrainingFlags, 'tokenColumn' | 'tagColumn' | 'featureColumn'> {
  using model = openModel(teacher);
  const [{ format, tokenColumn }] = model.tagColumns as [(typeof model.tagColumns)[number]];
  if ((flags.format ?? formatOf(corpora[0]!, 'train') ?? format) !== format) return {};
  const columns = model.tagColumns.flatMap(({ tagColumn }) => tagColumn ?? []);
  const features = model.vocabulary.tokenFeatures?.columns.map(({ column }) => column) ?? [];
  return {
    ...(tokenColumn !== undefined && { tokenColumn: String(tokenColumn) }),
    ...(columns.length > 0 && { tagColumn: columns.join() }),
    ...(features.length > 0 && { featureColumn: features.join() }),
  };
}

function parseWeight(value: string): number {
  const weight = Number(value);
  if (value.trim() !== '' && weight >= 0 && weight <= 1) return weight;
  throw new InvalidArgumentError('Expected a number from 0 to 1.');
}
