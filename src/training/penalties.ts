import type { Report } from '../evaluation/report.ts';
import { headName } from '../network/config.ts';
import type { Engine } from '../network/engine.ts';
import type { Evaluator } from './evaluator.ts';
import type { Prepared } from './prepare.ts';
import { hasOnlyCertainTags } from './trained-columns.ts';

/**
 * Lowers the score of a tag in each column by a penalty.
 * @param options.devSet scores the engine, to choose penalties that are not given
 * @param options.given the penalties, in nats. Default: the penalties of the hyperparameters, or those with the best dev
 * score.
 * @returns the penalties, in nats
 */
export function setPenalties(
  engine: Engine,
  { columns, partial, recallBias, biasedTags }: Prepared,
  { devSet, given }: { devSet: Evaluator; given?: readonly number[] | undefined },
): number[] {
  return biasedTags.map((tag, c) => {
    if (tag < 0) return 0;
    // without a gold `O` no predicted span is wrong, so that more recall would always score better
    if (partial && !given && !recallBias && !hasOnlyCertainTags(columns[c]!.dev)) return 0;
    const name = biasName(c);
    const bias = engine.getParameter(name);
    const unbiased = bias[tag]!;
    const penalise = (nats: number): void => {
      bias[tag] = unbiased - nats;
      engine.setParameter(name, bias);
    };
    const scoreWith = (nats: number): number => {
      penalise(nats);
      return scoreOf(devSet.report(c));
    };
    const chosen =
      given?.[c] ??
      recallBias?.nats ??
      PENALTIES.map((nats) => ({ nats, score: scoreWith(nats) })).reduce((a, b) =>
        b.score > a.score ? b : a,
      ).nats;
    penalise(chosen);
    return chosen;
  });
}

/** The parameter that the penalty of a column changes. */
export const biasName = (column: number): string => `${headName(column)}.bias`;

/** The candidate penalties, in nats. */
const PENALTIES = Array.from({ length: 13 }, (_, i) => i / 4);

const scoreOf = ({ spans, accuracy }: Report): number =>
  spans ? (spans.f1 ?? 0) : (accuracy ?? 0);

/** F1 for spans, else accuracy; the mean over several tag columns. */
export const meanScore = (reports: readonly Report[]): number =>
  reports.reduce((sum, one) => sum + scoreOf(one), 0) / reports.length;
