import { runId } from '../sweep/plan.ts';
import { meanAndDeviation } from '../sweep/ranking.ts';
import type { RecipeRow } from './events.ts';
import type { StepRecord } from './records.ts';
import { differenceFrom } from './steps.ts';

/** The records of a recipe, in order. */
type Recipe = readonly StepRecord[];

/** Records by recipe, the default first. */
function recipesOf(done: readonly StepRecord[]): Recipe[] {
  const recipes = new Map<string, StepRecord[]>();
  for (const record of done) {
    const id = runId(record.combination);
    recipes.set(id, [...(recipes.get(id) ?? []), record]);
  }
  return [...recipes.values()];
}

/** Runs in full that have a score. */
const fullRuns = (recipe: Recipe): StepRecord[] =>
  recipe.filter(({ rung, score }) => rung === null && score !== null);

const scoresOf = (records: Recipe): number[] => records.map(({ score }) => score!);

const mean = (values: readonly number[]): number | null => meanAndDeviation(values).mean;

/** A row for each recipe: those trained in full by their mean score, then the others, by how far they came. */
export function rankRecipes(done: readonly StepRecord[]): RecipeRow[] {
  const rows = recipesOf(done).map((recipe): RecipeRow => {
    const runs = fullRuns(recipe);
    const last = recipe.at(-1)!;
    const compared = runs.length > 0 ? runs : [last].filter(({ score }) => score !== null);
    const differences = compared.flatMap((record) => differenceFrom(record, done) ?? []);
    return {
      combination: last.combination,
      runs: runs.length,
      rung: runs.length > 0 ? null : last.rung,
      dev: meanAndDeviation(scoresOf(compared)),
      difference: mean(differences),
      parameters: last.parameters,
      tokensPerSecond: last.tokensPerSecond,
      epochs: Math.round(mean((runs.length > 0 ? runs : [last]).map(({ epochs }) => epochs))!),
    };
  });
  const lastEpoch = ({ rung }: RecipeRow): number => rung ?? Number.POSITIVE_INFINITY;
  const score = ({ dev }: RecipeRow): number => dev.mean ?? -1;
  return rows.sort((a, b) =>
    lastEpoch(a) === lastEpoch(b) ? score(b) - score(a) : lastEpoch(b) - lastEpoch(a),
  );
}

/**
 * The run whose model is the result: the best of the recipe with the highest mean, provided that it is as good as the
 * best of the default recipe. So the default recipe is never better on dev.
 * @param done the default recipe in full comes first
 * @param options.seed only runs with this seed count as the best of a recipe. Default: all
 */
export function chooseRun(
  done: readonly StepRecord[],
  { seed }: { seed?: number | undefined } = {},
): StepRecord | undefined {
  const contenders = recipesOf(done).flatMap((recipe) => {
    const runs = fullRuns(recipe);
    const best = runs
      .filter((run) => seed === undefined || run.seed === seed)
      .reduce<StepRecord | undefined>((a, b) => (a && a.score! >= b.score! ? a : b), undefined);
    return best ? [{ best, mean: mean(scoresOf(runs))! }] : [];
  });
  const [standard] = contenders;
  return contenders
    .filter(({ best }) => best.score! >= standard!.best.score!)
    .reduce<(typeof contenders)[number] | undefined>(
      (a, b) => (a && a.mean >= b.mean ? a : b),
      undefined,
    )?.best;
}

/** The standard deviation of a score between seeds, pooled over recipes. Null if no recipe has two runs. */
export function noiseBetweenSeeds(done: readonly StepRecord[]): number | null {
  let squares = 0;
  let freedom = 0;
  for (const recipe of recipesOf(done)) {
    const runs = fullRuns(recipe);
    if (runs.length < 2) continue;
    squares += meanAndDeviation(scoresOf(runs)).deviation! ** 2 * (runs.length - 1);
    freedom += runs.length - 1;
  }
  return freedom > 0 ? Math.sqrt(squares / freedom) : null;
}
