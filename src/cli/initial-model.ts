import { type Command, Option } from 'commander';
import { UserError } from '../errors.ts';
import { bundledText } from '../model/bundled.ts';
import type { TrainOptions } from '../training/train.ts';

/** The flags of a training that begins with the weights of a model. */
export interface InitFlags {
  init?: string;
  initWords?: 'keep' | 'drop';
  initTags?: 'keep' | 'drop';
}

const keepOrDrop = (flags: string, help: string): Option =>
  new Option(flags, help).choices(['keep', 'drop']);

export function addInitOptions(command: Command): void {
  command
    .option(
      '--init <model>',
      `begin with the weights of a model, for another domain or more data: a file, or a bundled model (${bundledText})`,
    )
    .addOption(
      keepOrDrop(
        '--init-words <choice>',
        'words, characters and feature values of the --init model that the corpus lacks: keep or drop (default: keep)',
      ),
    )
    .addOption(
      keepOrDrop(
        '--init-tags <choice>',
        'tags of the --init model that the corpus lacks: keep or drop (default: keep if the model knows at least half of the tags in the corpus)',
      ),
    );
}

/** @throws UserError for flags that need --init */
export function initOf({
  init: model,
  initWords,
  initTags,
}: InitFlags): Pick<TrainOptions, 'init'> {
  if (model !== undefined) return { init: { model, words: initWords, tags: initTags } };
  for (const [flag, value] of [
    ['--init-words', initWords],
    ['--init-tags', initTags],
  ])
    if (value !== undefined)
      throw new UserError(`train: ${flag} needs --init. Name the model.`, {
        code: 'SEQTAG_OPTION_CONFLICT',
      });
  return {};
}
