import { readEmbeddingCheckpoint } from '../embedding/checkpoint.ts';
import type { EmbedOptions } from '../embedding/embed.ts';
import { UserError } from '../errors.ts';
import { describeFile } from '../files/read.ts';
import { CHECKPOINT_MINUTES } from '../option-values.ts';
import { resumedOptions } from '../training/checkpoint/resumed-options.ts';
import type { TrainOptions } from '../training/train.ts';
import type { CheckpointOptions, InterruptedEvent } from './training-types.ts';

/** @throws RangeError for an option that needs another */
export function checkCheckpointOptions(where: string, options: CheckpointOptions): void {
  const { checkpoint, checkpointEvery, resume, finish } = options;
  if (checkpoint === undefined)
    for (const [name, value] of Object.entries({ checkpointEvery, resume, finish }))
      if (value !== undefined && value !== false)
        throw new RangeError(`${where}: ${name} needs checkpoint, the path of the file.`);
  if (finish && !resume) throw new RangeError(`${where}: finish needs resume: true.`);
}

/**
 * Whether there is a run to resume.
 * @throws UserError (SEQTAG_CHECKPOINT) if a new run would replace the checkpoint of another
 */
export function resumes({ checkpoint, resume, finish }: CheckpointOptions): boolean {
  if (checkpoint === undefined) return false;
  const isThere = describeFile(checkpoint) !== undefined;
  if (isThere && !resume)
    throw new UserError(
      `${checkpoint}: an unfinished training is kept here. Resume it, or remove the file.`,
      { code: 'SEQTAG_CHECKPOINT' },
    );
  if (!isThere && finish)
    throw new UserError(`${checkpoint}: no such checkpoint. Give the one to finish.`, {
      code: 'SEQTAG_FILE_NOT_FOUND',
    });
  return isThere;
}

/** @throws UserError as `resumes` does, and if the checkpoint is that of another training */
export function withCheckpoints(asked: TrainOptions, options: CheckpointOptions): TrainOptions {
  const { checkpoint: file, checkpointEvery: minutes = CHECKPOINT_MINUTES, finish } = options;
  if (file === undefined) return asked;
  if (resumes(options)) return resumedOptions({ file, finish, minutes, asked });
  return { ...asked, checkpoints: { file, minutes } };
}

/** As `withCheckpoints`, for word vectors. */
export function withEmbeddingCheckpoints(
  asked: EmbedOptions,
  options: CheckpointOptions,
): EmbedOptions {
  const { checkpoint: file, checkpointEvery: minutes = CHECKPOINT_MINUTES, finish } = options;
  if (file === undefined) return asked;
  const resume = resumes(options) ? readEmbeddingCheckpoint(file) : undefined;
  return { ...asked, ...{ checkpoints: { file, minutes }, resume, finish } };
}

/** The error of `result()` for a run that a signal stopped and that can go on. */
export const interruptedError = (
  where: string,
  { checkpoint }: Pick<InterruptedEvent, 'checkpoint'>,
): UserError =>
  new UserError(
    `${where}: the signal stopped the run, which is kept in ${checkpoint}. Go on with resume: true.`,
    { code: 'SEQTAG_INTERRUPTED' },
  );
