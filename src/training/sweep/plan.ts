import { UserError } from '../../errors.ts';
import { flagOf, valueText } from '../../option-values.ts';
import { shortValue } from '../hyperparameter-values.ts';
import {
  defaultHyperparameters,
  type HyperparameterName,
  type Hyperparameters,
  type Settings,
} from '../hyperparameters.ts';
import { checkSettings, hyperparameterName } from '../settings.ts';

/** A value for each hyperparameter that is compared. */
export type Combination = Readonly<Partial<Hyperparameters>>;

/** A training run of a sweep: a combination with one seed. */
export interface Run {
  /** Equal for equal hyperparameters. */
  readonly id: string;
  readonly combination: Combination;
  /** All given hyperparameters, with the seed of this run. */
  readonly hyperparameters: Settings;
}

export interface PlanOptions {
  /** The settings that all runs share. Names and values as `checkSettings` takes them. */
  readonly hyperparameters?: Readonly<Record<string, unknown>> | undefined;
  /** The values to compare, by hyperparameter. They replace those in `hyperparameters`. */
  readonly values: Readonly<Record<string, readonly unknown[]>>;
  /** Runs per combination, with seeds `seed`, `seed + 1` and so on. Default: 1. */
  readonly seeds?: number | undefined;
}

/** `hidden=50 char-encoder=cnn` */
export const describeCombination = (combination: Combination): string =>
  Object.entries(combination)
    .map(([name, value]) => `${flagOf(name)}=${shortValue(value)}`)
    .join(' ');

export const runId = (hyperparameters: Settings): string =>
  JSON.stringify(Object.entries(hyperparameters).sort(([a], [b]) => (a < b ? -1 : 1)));

export const seedOf = ({ hyperparameters }: Pick<Run, 'hyperparameters'>): number =>
  hyperparameters.seed ?? defaultHyperparameters.seed;

/**
 * The runs of a sweep: every combination with the first seed, then every combination with the next.
 * @throws UserError (SEQTAG_OPTION, SEQTAG_OPTION_CONFLICT)
 */
export function planRuns({ hyperparameters = {}, values, seeds = 1 }: PlanOptions): Run[] {
  checkValues(values, seeds);
  const compared = Object.keys(values).map((name) => hyperparameterName(name) ?? name);
  // values to compare replace the shared value, however its name is written
  const shared = Object.entries(hyperparameters).filter(
    ([name]) => !compared.includes(hyperparameterName(name) ?? name),
  );
  const settings = product(Object.entries(values)).map((combination) =>
    checkSettings({ ...Object.fromEntries(shared), ...combination }, 'sweep'),
  );
  const combinations = settings.map((one) => combinationOf(one, compared));
  checkDistinct(settings, combinations);
  return Array.from({ length: seeds }, (_, i) =>
    settings.map((one, c): Run => {
      const seed = seedOf({ hyperparameters: one }) + i;
      const hyperparameters = checkSettings({ ...one, seed }, 'sweep');
      return { id: runId(hyperparameters), combination: combinations[c]!, hyperparameters };
    }),
  ).flat();
}

const combinationOf = (settings: Settings, compared: readonly string[]): Combination =>
  Object.fromEntries(compared.map((name) => [name, settings[name as HyperparameterName]]));

/** Every combination. The values of the last name change fastest. */
const product = (
  values: readonly (readonly [name: string, values: readonly unknown[]])[],
): Record<string, unknown>[] =>
  values.reduce<Record<string, unknown>[]>(
    (combinations, [name, list]) =>
      combinations.flatMap((combination) =>
        list.map((value) => ({ ...combination, [name]: value })),
      ),
    [{}],
  );

function checkValues(values: PlanOptions['values'], seeds: number): void {
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new UserError(`sweep: ${valueText(seeds)} seeds: expected a whole number from 1.`, {
      code: 'SEQTAG_OPTION',
      option: 'seeds',
    });
  for (const [name, list] of Object.entries(values))
    if (!Array.isArray(list) || list.length === 0)
      throw new UserError(`sweep: ${name} has no values. Give a list of values to compare.`, {
        code: 'SEQTAG_OPTION',
        option: 'sweep',
      });
  if (seeds > 1 && Object.hasOwn(values, 'seed'))
    throw new UserError(
      'sweep: the values of seed are compared, so their number cannot be given too. Leave one of the two out.',
      { code: 'SEQTAG_OPTION_CONFLICT', option: 'seeds' },
    );
}

function checkDistinct(settings: readonly Settings[], combinations: readonly Combination[]): void {
  const seen = new Set<string>();
  for (const [c, one] of settings.entries()) {
    const id = runId(one);
    if (seen.has(id))
      throw new UserError(
        `sweep: ${describeCombination(combinations[c]!)} occurs twice. Give every value once.`,
        { code: 'SEQTAG_OPTION', option: 'sweep' },
      );
    seen.add(id);
  }
}
