import { createRandom, type Random, seedState } from '../network/random.ts';
import { type SentenceScores, scoreOf, totalScore } from './sentence-scores.ts';

/** A system to compare: one run, or several with different seeds, on the same sentences. */
export interface System {
  readonly name: string;
  readonly runs: readonly SentenceScores[];
}

export interface CompareOptions {
  /** Number of bootstrap samples, and of randomisations. Default: 10,000. */
  readonly samples?: number | undefined;
  /** Seed of the random numbers. Default: 1. */
  readonly seed?: number | undefined;
}

/** The 2.5th and the 97.5th percentile. */
export type Interval = readonly [low: number, high: number];

export interface SystemResult {
  readonly name: string;
  /** The score of all runs together. */
  readonly score: number;
  readonly interval: Interval;
  /** The score of each run. */
  readonly runs: readonly number[];
}

export interface PairResult {
  readonly a: string;
  readonly b: string;
  /** The score of b minus the score of a. */
  readonly difference: number;
  readonly interval: Interval;
  /** Probability of so large a difference, either way, between systems that are equally good. */
  readonly p: number;
  /** The same, corrected for the number of pairs (Holm 1979). */
  readonly adjustedP: number;
  /** Sentences that only `a` has entirely right. Of several runs, more than half must be right. */
  readonly onlyA: readonly number[];
  readonly onlyB: readonly number[];
}

export interface SystemComparison {
  readonly systems: readonly SystemResult[];
  /** Each pair of systems, in their order. */
  readonly pairs: readonly PairResult[];
}

/** A system with its runs as one: counts are means over the runs. */
interface Pooled extends SentenceScores {
  readonly runs: readonly number[];
  readonly score: number;
}

/**
 * Compares systems on the same sentences. Intervals are from the paired bootstrap (Efron & Tibshirani 1993, ch. 13; Koehn
 * 2004): each sample draws sentences with replacement, the same for all systems. P-values are from approximate
 * randomisation (Noreen 1989; Yeh 2000): each sample swaps the outputs of two systems in a random half of the sentences.
 * With several runs of a system, both also contain the variation between runs: the mean of the runs is drawn with
 * replacement, and its deviation is rescaled by sqrt(n / (n - 1)), so that its variance is that of a mean of n runs (Rao &
 * Wu 1988).
 * @throws RangeError if the systems differ in their number of sentences, or if there are no sentences or runs
 */
export function compareSystems(
  systems: readonly System[],
  { samples = 10_000, seed = 1 }: CompareOptions = {},
): SystemComparison {
  checkSystems(systems);
  const random = createRandom(seedState(seed));
  const pooled = systems.map(({ runs }) => pool(runs));
  const scores = bootstrap(pooled, { samples, random });
  const pairs: Omit<PairResult, 'adjustedP'>[] = [];
  for (const [i, a] of pooled.entries())
    for (let j = i + 1; j < pooled.length; j++) {
      const b = pooled[j]!;
      pairs.push({
        a: systems[i]!.name,
        b: systems[j]!.name,
        difference: b.score - a.score,
        interval: intervalOf(scores[j]!.map((score, k) => score - scores[i]![k]!)),
        p: randomisation(a, b, { samples, random }),
        onlyA: flips(a, b),
        onlyB: flips(b, a),
      });
    }
  const adjusted = holm(pairs.map(({ p }) => p));
  return {
    systems: pooled.map(({ score, runs }, i) => ({
      name: systems[i]!.name,
      score,
      interval: intervalOf(scores[i]!),
      runs,
    })),
    pairs: pairs.map((pair, k) => ({ ...pair, adjustedP: adjusted[k]! })),
  };
}

function checkSystems(systems: readonly System[]): void {
  const runs = systems.flatMap((system) => system.runs);
  const sentences = runs[0]?.correct.length ?? 0;
  if (sentences === 0 || systems.some((system) => system.runs.length === 0))
    throw new RangeError('nothing to compare: a system without runs, or runs without sentences');
  const other = runs.find(({ correct }) => correct.length !== sentences);
  if (other) throw new RangeError(`runs of ${sentences} and of ${other.correct.length} sentences`);
}

function pool(runs: readonly SentenceScores[]): Pooled {
  const mean = (pick: (run: SentenceScores) => ArrayLike<number>): Float64Array =>
    Float64Array.from(
      runs[0]!.correct,
      (_, s) => runs.reduce((sum, run) => sum + pick(run)[s]!, 0) / runs.length,
    );
  const correct = mean((run) => run.correct);
  const total = mean((run) => run.total);
  const isRight = Uint8Array.from(
    mean((run) => run.isRight),
    (fraction) => (fraction > 0.5 ? 1 : 0),
  );
  return {
    correct,
    total,
    isRight,
    runs: runs.map(totalScore),
    score: totalScore({ correct, total }),
  };
}

/** A random deviation of the mean of the runs; 0 for one run. */
function deviation({ runs }: Pooled, random: Random): number {
  const n = runs.length;
  if (n === 1) return 0;
  let drawn = 0;
  let all = 0;
  for (const score of runs) {
    all += score;
    drawn += runs[Math.floor(random() * n)]!;
  }
  return Math.sqrt(n / (n - 1)) * ((drawn - all) / n);
}

/** The score of each system in each sample of sentences: (systems, samples). */
function bootstrap(
  systems: readonly Pooled[],
  { samples, random }: { samples: number; random: Random },
): Float64Array[] {
  const sentences = systems[0]!.correct.length;
  const width = 2 * systems.length;
  // (sentences, systems, 2): a draw reads one place in memory
  const counts = new Float64Array(sentences * width);
  for (const [i, { correct, total }] of systems.entries())
    for (let s = 0; s < sentences; s++) {
      counts[s * width + 2 * i] = correct[s]!;
      counts[s * width + 2 * i + 1] = total[s]!;
    }
  const scores = systems.map(() => new Float64Array(samples));
  const sums = new Float64Array(width);
  for (let k = 0; k < samples; k++) {
    sums.fill(0);
    for (let draw = 0; draw < sentences; draw++) {
      const at = Math.floor(random() * sentences) * width;
      for (let c = 0; c < width; c++) sums[c]! += counts[at + c]!;
    }
    for (const [i, system] of systems.entries())
      scores[i]![k] = scoreOf(sums[2 * i]!, sums[2 * i + 1]!) + deviation(system, random);
  }
  return scores;
}

function intervalOf(values: Float64Array): Interval {
  const sorted = values.toSorted();
  const cut = Math.floor(0.025 * sorted.length);
  return [sorted[cut]!, sorted[sorted.length - 1 - cut]!];
}

function randomisation(
  a: Pooled,
  b: Pooled,
  { samples, random }: { samples: number; random: Random },
): number {
  const sumsOf = ({ correct, total }: Pooled): { correct: number; total: number } => ({
    correct: correct.reduce((sum, x) => sum + x, 0),
    total: total.reduce((sum, x) => sum + x, 0),
  });
  const sumsOfA = sumsOf(a);
  const sumsOfB = sumsOf(b);
  // what a swap moves from b to a; sentences with the same counts move nothing
  const moved: number[] = [];
  for (const [s, correct] of b.correct.entries()) {
    const move = [correct - a.correct[s]!, b.total[s]! - a.total[s]!] as const;
    if (move[0] !== 0 || move[1] !== 0) moved.push(...move);
  }
  const moves = Float64Array.from(moved);
  // equal differences may differ in their last bits
  const observed = Math.abs(b.score - a.score) - 1e-12;
  let atLeast = 0;
  for (let k = 0; k < samples; k++) {
    let correct = 0;
    let total = 0;
    let bits = 0;
    for (let i = 0; i < moves.length; i += 2) {
      // 32 coins at once
      bits = i % 64 === 0 ? random() * 2 ** 32 : bits >>> 1;
      if ((bits & 1) === 0) continue;
      correct += moves[i]!;
      total += moves[i + 1]!;
    }
    const difference =
      scoreOf(sumsOfB.correct - correct, sumsOfB.total - total) -
      scoreOf(sumsOfA.correct + correct, sumsOfA.total + total) +
      deviation(b, random) -
      deviation(a, random);
    if (Math.abs(difference) >= observed) atLeast++;
  }
  return (atLeast + 1) / (samples + 1);
}

/** Sentences that the first system has entirely right, and the second not. */
function flips(a: Pooled, b: Pooled): number[] {
  const found: number[] = [];
  for (const [s, isRight] of a.isRight.entries()) if (isRight && !b.isRight[s]) found.push(s);
  return found;
}

/** P-values corrected for their number, in the same order: the step-down procedure of Holm (1979). */
export function holm(ps: readonly number[]): number[] {
  const order = [...ps.keys()].sort((i, j) => ps[i]! - ps[j]!);
  const adjusted = new Array<number>(ps.length);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (ps.length - rank) * ps[i]!));
    adjusted[i] = largest;
  }
  return adjusted;
}
