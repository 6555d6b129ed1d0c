import { UserError } from '../../errors.ts';
import { valueText } from '../../option-values.ts';

// All durations are in seconds.

/** How the finalists are compared. */
export interface Finals {
  /** Number of recipes, in addition to the default, that are trained in full. */
  readonly finalists: number;
  /** Number of seeds with which each of them, and the default, is trained in full. */
  readonly seeds: number;
}

/** What finals cost, and how much time there is. */
export interface FinalsCost {
  /** The time of the default recipe in full. */
  readonly full: number;
  /** The time of a finalist in full. */
  readonly finalist: number;
  /** The time that a finalist needs from its last rung to the end. */
  readonly rest: number;
}

export const shortestFinals: Finals = { finalists: 1, seeds: 1 };

/** The finals that are worth their time, the most thorough first. */
const possibleFinals: readonly Finals[] = [
  { finalists: 3, seeds: 3 },
  { finalists: 2, seeds: 3 },
  { finalists: 2, seeds: 2 },
  { finalists: 1, seeds: 2 },
  { finalists: 2, seeds: 1 },
  shortestFinals,
];

/** Most recipes that are paused between two brackets. */
export const MOST_FINALISTS = 3;

/** The most thorough finals that take at most `seconds`. If none do, the shortest. */
export const planFinals = (seconds: number, cost: FinalsCost): Finals =>
  possibleFinals.find((finals) => finalsSeconds(finals, cost) <= seconds) ?? shortestFinals;

/** The time of finals, without that of the default with the first seed. */
export const finalsSeconds = (
  { finalists, seeds }: Finals,
  { full, finalist, rest }: FinalsCost,
): number => finalists * rest + (seeds - 1) * (full + finalists * finalist);

/** The epochs after which recipes may be compared. */
export const RUNGS: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];

/**
 * The epochs after which recipes are compared: about a sixth and two fifths of a training. The best third continues.
 * @param epochs the epochs of the default recipe, to its early stop
 */
export function rungsOf(epochs: number): readonly [first: number, second: number] {
  const last = (most: number): number =>
    Math.max(
      0,
      RUNGS.findLastIndex((rung) => rung <= most),
    );
  const first = Math.min(last(epochs / 6), RUNGS.length - 2);
  return [RUNGS[first]!, RUNGS[Math.max(first + 1, last(0.4 * epochs))]!];
}

/** How many of some recipes continue after the first rung. */
export const survivors = (count: number): number => Math.ceil(count / 3);

/** Most recipes that are compared in one bracket of successive halving (Jamieson & Talwalkar 2016). */
export const BRACKET = 9;

/** The time of a bracket of `count` recipes. */
export const bracketSeconds = (
  count: number,
  { rungs: [first, second], secondsPerEpoch }: BracketCost,
): number => secondsPerEpoch * (count * first + survivors(count) * (second - first));

export interface BracketCost {
  readonly rungs: readonly [first: number, second: number];
  readonly secondsPerEpoch: number;
}

/** The size of the next bracket. 0 if the time is too short for two recipes. */
export function bracketSize(seconds: number, cost: BracketCost): number {
  for (let count = BRACKET; count >= 2; count--)
    if (bracketSeconds(count, cost) <= seconds) return count;
  return 0;
}

/** @throws UserError (SEQTAG_OPTION) */
export function checkBudget(seconds: unknown): asserts seconds is number {
  if (typeof seconds === 'number' && seconds > 0 && Number.isFinite(seconds)) return;
  throw new UserError(`tune: ${valueText(seconds)} seconds: expected a number above 0.`, {
    code: 'SEQTAG_OPTION',
    option: 'tune',
  });
}
