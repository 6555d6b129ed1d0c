import { UserError } from '../../errors.ts';
import { CHECKPOINT_MINUTES, flagOf } from '../../option-values.ts';
import type { TrainOptions } from '../options.ts';
import { type Checkpoint, readCheckpoint, repeatedOptions } from './checkpoint-file.ts';

/**
 * The options of a training that goes on: those of its checkpoint.
 * @param options.file the checkpoint
 * @param options.asked the options that are given again. They must be the same.
 * @throws UserError that names the first difference, or if the file cannot be read
 */
export function resumedOptions({
  file,
  finish,
  minutes = CHECKPOINT_MINUTES,
  asked,
}: {
  file: string;
  finish?: boolean | undefined;
  minutes?: number | undefined;
  asked: TrainOptions;
}): TrainOptions {
  const resume = readCheckpoint(file);
  checkRepeated(resume, asked);
  return {
    ...asked,
    ...resume.options,
    ...{ resume, finish, checkpoints: { file, minutes } },
  };
}

function checkRepeated(checkpoint: Checkpoint, asked: TrainOptions): void {
  const { hyperparameters, read, corpora, ...others } = repeatedOptions(asked);
  const before = checkpoint.options;
  const compare = (given: object, recorded: object): void => {
    for (const [name, value] of Object.entries(given)) {
      const was = (recorded as Readonly<Record<string, unknown>>)[name];
      if (value === undefined || JSON.stringify(value) === JSON.stringify(was)) continue;
      throw new UserError(
        `${checkpoint.file}: ${flagOf(name)} was ${was === undefined ? 'not given' : JSON.stringify(was)} when the training began, and is now ${JSON.stringify(value)}. Leave it out, or start a new training.`,
        { code: 'SEQTAG_RECORD_MISMATCH' },
      );
    }
  };
  if (corpora.length > 0) compare({ corpora }, before);
  compare(others, before);
  compare(read ?? {}, before.read ?? {});
  compare(hyperparameters, before.hyperparameters);
}
