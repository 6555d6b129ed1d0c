import type { Scores } from '../../model/model.ts';
import type { Combination, Run } from './plan.ts';
import type { Records, RunRecord } from './records.ts';

/** Mean and standard deviation (n - 1) of a sample; null if it is too small. */
export interface MeanAndDeviation {
  readonly mean: number | null;
  readonly deviation: number | null;
}

/** A combination and its finished runs. Figures are means over runs, null before the first run. */
export interface CombinationRow {
  readonly combination: Combination;
  /** Runs that ended with a score. */
  readonly runs: number;
  readonly diverged: number;
  /** The `selectionScore`. */
  readonly dev: MeanAndDeviation;
  readonly test?: MeanAndDeviation;
  readonly parameters: number | null;
  readonly tokensPerSecond: number | null;
  readonly seconds: number | null;
  readonly epochs: number | null;
}

/** F1 for spans, else accuracy; the mean over several tag columns. */
export const selectionScore = (columns: readonly Scores[]): number =>
  mean(columns.map(({ accuracy, f1 }) => (f1 === undefined ? accuracy : f1) ?? 0)) ?? 0;

/** The name of `selectionScore`. */
export const scoreName = (columns: readonly Scores[]): 'f1' | 'accuracy' | 'mean' =>
  columns.length > 1 ? 'mean' : columns[0]?.f1 === undefined ? 'accuracy' : 'f1';

/** The run with the highest score, the first of equals; undefined if none has a score. */
export function bestRecord(records: Records): RunRecord | undefined {
  let best: RunRecord | undefined;
  for (const record of records.values()) if (isBetter(record, best)) best = record;
  return best;
}

export const isBetter = ({ dev }: RunRecord, best: RunRecord | undefined): boolean =>
  dev !== null && (!best || selectionScore(dev) > selectionScore(best.dev!));

/**
 * A row for each combination, by descending mean score. Combinations with a run that diverged follow, then those
 * without a finished run.
 */
export function rankCombinations(
  combinations: readonly Combination[],
  { runs, records }: { runs: readonly Run[]; records: Records },
): CombinationRow[] {
  const rows = combinations.map((combination): CombinationRow => {
    const finished = recordsOf(combination, { runs, records });
    const scored = finished.filter(({ dev }) => dev);
    const tests = scored.flatMap(({ test }) => (test ? [test] : []));
    return {
      combination,
      runs: scored.length,
      diverged: finished.length - scored.length,
      dev: meanAndDeviation(scored.map(({ dev }) => selectionScore(dev!))),
      ...(tests.length > 0 && { test: meanAndDeviation(tests.map(selectionScore)) }),
      parameters: mean(finished.map(({ parameters }) => parameters)),
      tokensPerSecond: mean(scored.map((record) => record.tokensPerSecond!)),
      seconds: mean(scored.map(({ seconds }) => seconds)),
      epochs: mean(scored.map(({ epochs }) => epochs)),
    };
  });
  const group = ({ runs, diverged }: CombinationRow): number =>
    diverged > 0 ? 1 : runs === 0 ? 2 : 0;
  return rows.sort((a, b) => group(a) - group(b) || b.dev.mean! - a.dev.mean!);
}

/**
 * Estimates the seconds until all runs are finished. A run is assumed to take as long as the finished runs of its
 * combination on average, else as all finished runs, else as the current run at most.
 * @returns null if there is nothing to estimate from
 */
export function secondsLeft({
  runs,
  records,
  current,
}: {
  runs: readonly Run[];
  records: Records;
  current?: { run: Run; elapsed: number; atMost: number | undefined };
}): number | null {
  const meanSeconds = (some: readonly RunRecord[]): number | null =>
    mean(some.filter(({ dev }) => dev).map(({ seconds }) => seconds));
  const meanOfAll = meanSeconds([...records.values()]);
  const meanOfCombination = new Map<Combination, number | null>();
  for (const { combination } of runs)
    if (!meanOfCombination.has(combination))
      meanOfCombination.set(combination, meanSeconds(recordsOf(combination, { runs, records })));
  let left = 0;
  for (const run of runs) {
    if (records.has(run.id)) continue;
    const estimate = meanOfCombination.get(run.combination) ?? meanOfAll ?? current?.atMost;
    if (estimate === undefined) return null;
    left += run === current?.run ? Math.max(0, estimate - current.elapsed) : estimate;
  }
  return left;
}

const recordsOf = (
  combination: Combination,
  { runs, records }: { runs: readonly Run[]; records: Records },
): RunRecord[] =>
  runs.filter((run) => run.combination === combination).flatMap(({ id }) => records.get(id) ?? []);

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0) / values.length;

export function meanAndDeviation(values: readonly number[]): MeanAndDeviation {
  const middle = mean(values);
  if (middle === null || values.length < 2) return { mean: middle, deviation: null };
  const squares = values.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  return { mean: middle, deviation: Math.sqrt(squares / (values.length - 1)) };
}
