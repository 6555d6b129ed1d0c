import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { shellWord } from '../option-values.ts';
import { MINUTES } from '../training/checkpoint/checkpoints.ts';
import type { TrainingEvent, TrainOptions } from '../training/train.ts';

/** The flags of checkpoints. */
export interface CheckpointFlags {
  checkpoint?: boolean;
  checkpointEvery?: number;
  resume?: string;
  finish?: boolean;
}

const EXTENSION = '.checkpoint';

export function addCheckpointOptions(command: Command): void {
  command
    .option('--no-checkpoint', 'write no MODEL.checkpoint, from which training could go on')
    .option(
      '--checkpoint-every <minutes>',
      `minutes between checkpoints within an epoch; there is one after each epoch too (default: ${MINUTES})`,
      parseMinutes,
    );
}

export function addResumeOptions(command: Command): void {
  command
    .option(
      '--resume <checkpoint>',
      'go on with an interrupted training, whose files and settings are in the checkpoint',
    )
    .option('--finish', 'with --resume: write the best model so far instead of training further');
}

function parseMinutes(value: string): number {
  const minutes = Number(value);
  if (value.trim() !== '' && minutes > 0 && minutes <= 1e6) return minutes;
  throw new InvalidArgumentError('Expected a number of minutes above 0.');
}

/**
 * Where a new training writes its checkpoints.
 * @throws UserError if there are checkpoints of another training
 */
export function checkpointsOf(
  output: string,
  { checkpoint = true, checkpointEvery: minutes = MINUTES }: CheckpointFlags,
): Pick<TrainOptions, 'checkpoints'> {
  if (!checkpoint) return {};
  const file = `${output}${EXTENSION}`;
  if (existsSync(file))
    throw new UserError(
      `${file}: an unfinished training is kept here. Go on with it: ${resumeCommand(file)}. Or remove the file.`,
      { code: 'SEQTAG_CHECKPOINT' },
    );
  return { checkpoints: { file, minutes } };
}

/** The model that the training of a checkpoint writes, unless -o names another. */
export function outputOf(checkpoint: string): string {
  if (checkpoint.endsWith(EXTENSION) && checkpoint.length > EXTENSION.length)
    return checkpoint.slice(0, -EXTENSION.length);
  throw new UserError(
    `${checkpoint}: the name does not end in ${EXTENSION}, so that the name of the model is not known. Name it with -o.`,
  );
}

export const resumeCommand = (file: string): string => `seqtag train --resume ${shellWord(file)}`;

/** What to say about a training that a signal stopped and that can go on. */
export const interruptedText = (
  { checkpoint, hasModel }: Extract<TrainingEvent, { type: 'interrupted' }>,
  signal: NodeJS.Signals | undefined,
): string =>
  [
    `interrupted (${signal}): the training is kept in ${checkpoint}.`,
    `To go on: ${resumeCommand(checkpoint)}`,
    ...(hasModel ? ['(with --finish: the best model so far, without more training)'] : []),
  ].join(' ');
