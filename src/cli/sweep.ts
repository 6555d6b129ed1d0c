import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { flagOf } from '../option-values.ts';
import { type SweepEvent, type SweepOptions, sweep } from '../training/sweep/sweep.ts';
import { removeWorkspaces } from '../training/sweep/workspace.ts';
import type { GivenHyperparameters } from './config-file.ts';
import type { Context } from './context.ts';
import { follow } from './follow.ts';
import { styleOf } from './style.ts';
import { sweepNarrator } from './sweep-progress.ts';
import { combinationTable, type SweepResult, sweepSummary } from './sweep-summary.ts';

export interface SweepFlags {
  sweep?: string[];
  seeds?: number;
  json?: boolean;
  quiet?: boolean;
}

export function addSweepOptions(command: Command): void {
  command
    .option(
      '--sweep <name=values>',
      'compare values of a hyperparameter: hidden=50,100; repeat it to compare all combinations',
      (value: string, all: string[] = []) => [...all, value],
    )
    .option(
      '--seeds <n>',
      'number of runs for each combination, with seeds from --seed upwards; reports mean and standard deviation (default: 1)',
      parseSeeds,
    );
}

function parseSeeds(value: string): number {
  const seeds = Number(value);
  if (/^\d+$/.test(value) && seeds >= 1 && seeds <= 1000) return seeds;
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000.');
}

/**
 * Reads the values of `--sweep`: `hidden=50,100` becomes `{ hidden: ['50', '100'] }`. If there is a `|`, it is the
 * separator, so that values may have commas.
 */
export function parseSweeps(sweeps: readonly string[]): Record<string, string[]> {
  const values = new Map<string, string[]>();
  for (const word of sweeps) {
    const at = word.indexOf('=');
    if (at < 1)
      throw wrongSweep(
        word,
        'expected a hyperparameter and its values, e.g. --sweep hidden=50,100.',
      );
    const name = flagOf(word.slice(0, at));
    if (values.has(name))
      throw wrongSweep(word, `${name} has a --sweep already. Give all its values in one.`);
    const text = word.slice(at + 1);
    const list = text.split(text.includes('|') ? '|' : ',').map((value) => value.trim());
    if (list.includes('')) throw wrongSweep(word, 'a value is empty. Expected e.g. hidden=50,100.');
    values.set(name, list);
  }
  return Object.fromEntries(values);
}

const wrongSweep = (word: string, what: string): UserError =>
  new UserError(`--sweep ${word}: ${what}`, { code: 'SEQTAG_OPTION' });

/** `seqtag train` with `--sweep` or `--seeds`: compares hyperparameters and keeps the best model. */
export async function sweepCommand(
  {
    options,
    flags,
    given,
  }: {
    options: Omit<SweepOptions, 'hyperparameters' | 'values' | 'seeds' | 'signal'>;
    flags: SweepFlags;
    given: GivenHyperparameters;
  },
  context: Context,
): Promise<void> {
  const { io, out } = context;
  const values = parseSweeps(flags.sweep ?? []);
  const twice = Object.keys(values).find((name) => Object.hasOwn(given.flags, name));
  if (twice !== undefined)
    throw new UserError(
      `train: --${twice} and --sweep ${twice}=... exclude each other. Remove one of them.`,
      { code: 'SEQTAG_OPTION_CONFLICT' },
    );
  const { last, isShown } = await follow<SweepEvent>(
    {
      flags,
      start: (signal) =>
        sweep({
          ...options,
          hyperparameters: { ...given.file, ...given.flags },
          values,
          seeds: flags.seeds,
          signal,
        }),
      narrator: sweepNarrator,
      from: 'plan',
      stopping: 'stopping; the current run is dropped (Ctrl-C: exit now)',
      onQuit: removeWorkspaces,
    },
    context,
  );
  if (last?.type !== 'sweep') return;
  const result: SweepResult = last;
  if (!flags.json) await out.write(combinationTable(result, await styleOf('stdout', context)));
  if (isShown) {
    const style = await styleOf('stderr', context);
    if (flags.json) io.stderr.write(combinationTable(result, style));
    // The table stands in between, unless it went elsewhere.
    if (flags.json || io.isTerminal.stdout) io.stderr.write('\n');
    io.stderr.write(sweepSummary(result, style));
  }
  if (result.complete && !result.best)
    throw new UserError(
      'train: every run diverged, so there is no model. Sweep lower values of learning-rate.',
      { code: 'SEQTAG_DIVERGED' },
    );
}
