import type { Settings } from '../hyperparameters.ts';
import type { Step, TuneEvent } from './events.ts';
import {
  BRACKET,
  bracketSeconds,
  bracketSize,
  type Finals,
  type FinalsCost,
  finalsSeconds,
  MOST_FINALISTS,
  planFinals,
  rungsOf,
  shortestFinals,
  survivors,
} from './plan.ts';
import type { StepRecord } from './records.ts';
import { createSpace } from './space.ts';
import type { Steps } from './steps.ts';
import type { TuneOptions } from './tune.ts';

/** Fraction of the time that is kept for finals. */
const FINALS = 0.45;
/** Estimated times are multiplied by this, because recipes differ in their number of epochs. */
const MARGIN = 1.2;
/** A recipe is given up at a rung if it takes this many times as long as the default recipe. */
const SLOWEST = 4;

export interface SearchOptions {
  readonly options: TuneOptions;
  /** In seconds. */
  readonly budget: number;
  /** The first seed. */
  readonly seed: number;
  /** Whether the best model is refitted at the end. */
  readonly isRefitted: boolean;
}

/**
 * The search: the default recipe in full, brackets of successive halving, finals. It depends only on the options and the
 * records of steps, so that it takes the same way again after an interruption.
 * @returns false if the signal interrupted it
 */
export async function* search(
  steps: Steps,
  { options, budget, seed, isRefitted }: SearchOptions,
): AsyncGenerator<TuneEvent, boolean> {
  const first: Step = { ...createStep({}, seed), stage: 'default' };
  const standard = yield* steps.perform(first);
  if (!standard) return false;
  const { epochs } = standard;
  const rungs = rungsOf(epochs);

  /** Estimated times, from the runs so far. */
  const costs = (recipes: readonly StepRecord[] = []) => {
    const speeds = recipes.length > 0 ? recipes : steps.done.map(({ record }) => record);
    const secondsPerEpoch =
      (MARGIN * speeds.reduce((sum, one) => sum + one.secondsPerEpoch, 0)) / speeds.length;
    const finals: FinalsCost = {
      full: standard.seconds,
      finalist: epochs * secondsPerEpoch,
      rest: Math.max(0, epochs - rungs[1]) * secondsPerEpoch,
    };
    // the best recipe is trained once more, then refitted
    const refit = isRefitted ? 2 * epochs * secondsPerEpoch : 0;
    return { rungs, secondsPerEpoch, finals, refit };
  };
  const secondsLeft = (): number => budget - steps.used;
  const secondsForBrackets = (plan: Finals): number => {
    const { finals, refit } = costs();
    return secondsLeft() - refit - finalsSeconds(plan, finals);
  };
  const { finals, refit } = costs();
  const wanted = planFinals(FINALS * budget - refit, finals);
  const planned = bracketSize(secondsForBrackets(wanted), costs()) > 0 ? wanted : shortestFinals;
  yield {
    type: 'schedule',
    full: standard.seconds,
    budget,
    rungs,
    recipes: estimatedRecipes(secondsForBrackets(planned), costs()),
    least: Math.ceil(standard.seconds + bracketSeconds(2, costs()) + finals.rest + refit),
    ...planned,
  };

  const space = createSpace({
    hasSpans: standard.dev!.some(({ f1 }) => f1 !== undefined),
    hasVectors: options.embeddings !== undefined,
    given: options.hyperparameters,
    defaults: standard.default!.hyperparameters,
    seed,
  });
  let pool: StepRecord[] = [];
  let bases: Settings[] = [];
  for (let bracket = 1; ; bracket++) {
    const size = bracketSize(secondsForBrackets(planned), costs());
    const recipes = size === 0 ? [] : space.next(bases, size);
    if (recipes.length === 0) break;
    const found = yield* halve(recipes, { steps, rungs, bracket, standard, pool });
    if (!found) return false;
    pool = best([...pool, ...found], MOST_FINALISTS);
    await steps.keepOnly(pool.map(combinationOf));
    const atRung: StepRecord = { ...standard, score: standard.default!.rungs[rungs[1]] ?? null };
    bases = best([...pool, atRung], MOST_FINALISTS).map(combinationOf);
  }
  if (pool.length === 0) return true;
  const now = costs(pool);
  const plan = planFinals(secondsLeft() - now.refit, now.finals);
  return yield* compareInFull(best(pool, plan.finalists), { steps, seed, seeds: plan.seeds });
}

/** A bracket of successive halving. Returns the recipes that came to the last rung. */
async function* halve(
  recipes: readonly Settings[],
  context: {
    steps: Steps;
    rungs: readonly [number, number];
    bracket: number;
    standard: StepRecord;
    /** Paused runs of earlier brackets, which stay. */
    pool: readonly StepRecord[];
  },
): AsyncGenerator<TuneEvent, StepRecord[] | undefined> {
  const { steps, rungs, bracket, standard, pool } = context;
  let remaining = recipes;
  let records: StepRecord[] = [];
  for (const [r, rung] of rungs.entries()) {
    records = [];
    const limit = SLOWEST * standard.secondsPerEpoch * (rung - (rungs[r - 1] ?? 0));
    for (const [i, combination] of remaining.entries()) {
      const one = { ...createStep(combination, standard.seed), bracket, rung };
      const position = { index: i + 1, count: remaining.length };
      const record = yield* steps.perform({ ...one, ...position }, limit);
      if (!record) return undefined;
      records.push(record);
    }
    if (r > 0) continue;
    remaining = best(records, survivors(recipes.length)).map(combinationOf);
    await steps.keepOnly([...pool.map(combinationOf), ...remaining]);
  }
  return records;
}

/** Trains the finalists in full, then them and the default recipe with more seeds. */
async function* compareInFull(
  finalists: readonly StepRecord[],
  { steps, seed, seeds }: { steps: Steps; seed: number; seeds: number },
): AsyncGenerator<TuneEvent, boolean> {
  const runs = Array.from({ length: seeds }, (_, i) =>
    [...(i === 0 ? [] : [{}]), ...finalists.map(combinationOf)].map((combination) =>
      createStep(combination, seed + i),
    ),
  ).flat();
  for (const [i, run] of runs.entries()) {
    const one: Step = { ...run, stage: 'final', index: i + 1, count: runs.length };
    if (!(yield* steps.perform(one))) return false;
  }
  return true;
}

/** A step outside of brackets, if nothing else is set: a run in full. */
export const createStep = (combination: Settings, seed: number): Step => ({
  stage: 'bracket',
  bracket: 0,
  index: 1,
  count: 1,
  combination,
  seed,
  rung: null,
});

const combinationOf = ({ combination }: StepRecord): Settings => combination;

/** The records with the highest scores, the best first. Recipes that failed are left out. */
const best = (records: readonly StepRecord[], count: number): StepRecord[] =>
  records
    .filter(({ score }) => score !== null)
    .sort((a, b) => b.score! - a.score!)
    .slice(0, count);

function estimatedRecipes(seconds: number, cost: Parameters<typeof bracketSize>[1]): number {
  const brackets = Math.max(0, Math.floor(seconds / bracketSeconds(BRACKET, cost)));
  return brackets * BRACKET + bracketSize(seconds - brackets * bracketSeconds(BRACKET, cost), cost);
}
