import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { checkSettings } from '../training/settings.ts';
import { removeWorkspaces } from '../training/sweep/workspace.ts';
import { type TuneEvent, type TuneOptions, tune } from '../training/tune/tune.ts';
import type { GivenHyperparameters } from './config-file.ts';
import type { Context } from './context.ts';
import { follow } from './follow.ts';
import { styleOf } from './style.ts';
import { tuneNarrator } from './tune-progress.ts';
import { recipeTable, tuneSummary } from './tune-summary.ts';

export interface TuneFlags {
  /** In seconds. */
  tune?: number;
  sweep?: string[];
  seeds?: number;
  json?: boolean;
  quiet?: boolean;
}

export function addTuneOptions(command: Command): void {
  command.option(
    '--tune <time>',
    'find the best recipe for the corpus in this time: 90s, 30m or 1h30m',
    parseDuration,
  );
}

/** Parses `90s`, `30m`, `1h` or `1h30m` into seconds. */
export function parseDuration(value: string): number {
  const [, hours = '0', minutes = '0', seconds = '0'] =
    /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(value.trim()) ?? [];
  const total = 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
  if (total > 0 && total <= 30 * 24 * 3600) return total;
  throw new InvalidArgumentError('Expected a time such as 90s, 30m or 1h30m, at most 30 days.');
}

/** `seqtag train --tune`: finds the best recipe in a given time. */
export async function tuneCommand(
  {
    options,
    flags,
    given,
  }: {
    options: Omit<TuneOptions, 'hyperparameters' | 'budget' | 'signal'>;
    flags: TuneFlags;
    given: GivenHyperparameters;
  },
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const other = flags.sweep ? '--sweep' : flags.seeds === undefined ? undefined : '--seeds';
  if (other !== undefined)
    throw new UserError(
      `train: --tune and ${other} exclude each other. Tune first, then compare what is left with ${other}.`,
      { code: 'SEQTAG_OPTION_CONFLICT' },
    );
  const hyperparameters = checkSettings({ ...given.file, ...given.flags }, 'train');
  const { last, isShown } = await follow<TuneEvent>(
    {
      flags,
      start: (signal) => tune({ ...options, hyperparameters, budget: flags.tune!, signal }),
      narrator: tuneNarrator,
      from: 'tune',
      stopping: 'stopping; the current step is dropped (Ctrl-C: exit now)',
      onQuit: removeWorkspaces,
    },
    context,
  );
  if (last?.type !== 'tuned') return;
  if (!flags.json && last.rows.length > 0)
    await out.write(recipeTable(last, await styleOf('stdout', context)));
  if (!isShown) return;
  const style = await styleOf('stderr', context);
  if (flags.json && last.rows.length > 0) io.stderr.write(recipeTable(last, style));
  // The table stands in between, unless it went elsewhere.
  if (flags.json || io.isTerminal.stdout) io.stderr.write('\n');
  io.stderr.write(tuneSummary(last, style));
}
