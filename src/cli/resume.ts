import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { CHECKPOINT_MINUTES, shellWord } from '../option-values.ts';
import type { TrainOptions } from '../training/train.ts';

/** The flags of checkpoints. */
export interface CheckpointFlags {
  checkpoint?: boolean;
  checkpointEvery?: number;
  resume?: string;
  finish?: boolean;
}

const EXTENSION = '.checkpoint';

/** @param output what the command writes, in capitals */
export function addCheckpointOptions(command: Command, output = 'MODEL'): void {
  command
    .option('--no-checkpoint', `write no ${output}.checkpoint, from which training could go on`)
    .option(
      '--checkpoint-every <minutes>',
      `minutes between checkpoints within an epoch; there is one after each epoch too (default: ${CHECKPOINT_MINUTES})`,
      parseMinutes,
    );
}

/** @param best what --finish writes */
export function addResumeOptions(command: Command, best = 'the best model so far'): void {
  command
    .option(
      '--resume <checkpoint>',
      'go on with an interrupted training, whose files and settings are in the checkpoint',
    )
    .option('--finish', `with --resume: write ${best} instead of training further`);
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
  { checkpoint = true, checkpointEvery: minutes = CHECKPOINT_MINUTES }: CheckpointFlags,
  command = 'train',
): Pick<TrainOptions, 'checkpoints'> {
  if (!checkpoint) return {};
  const file = `${output}${EXTENSION}`;
  if (existsSync(file))
    throw new UserError(
      `${file}: an unfinished training is kept here. Go on with it: ${resumeCommand(file, command)}. Or remove the file.`,
      { code: 'SEQTAG_CHECKPOINT' },
    );
  return { checkpoints: { file, minutes } };
}

/** The file that the training of a checkpoint writes, unless -o names another. */
export function outputOf(checkpoint: string): string {
  if (checkpoint.endsWith(EXTENSION) && checkpoint.length > EXTENSION.length)
    return checkpoint.slice(0, -EXTENSION.length);
  throw new UserError(
    `${checkpoint}: the name does not end in ${EXTENSION}, so that the name of the output is not known. Name it with -o.`,
  );
}

const resumeCommand = (file: string, command: string): string =>
  `seqtag ${command} --resume ${shellWord(file)}`;

/**
 * What to say about a training that a signal stopped and that can go on.
 * @param options.best what --finish writes; undefined if there is nothing yet
 */
export const interruptedText = (
  checkpoint: string,
  {
    signal,
    command = 'train',
    best,
  }: { signal: NodeJS.Signals | undefined; command?: string; best: string | undefined },
): string =>
  [
    `interrupted (${signal}): the training is kept in ${checkpoint}.`,
    `To go on: ${resumeCommand(checkpoint, command)}`,
    ...(best === undefined ? [] : [`(with --finish: ${best}, without more training)`]),
  ].join(' ');
