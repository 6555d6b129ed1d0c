import type { Counts } from './counts.ts';

/**
 * What one run of a system got right, sentence by sentence. The score of any set of sentences is the sum of `correct`
 * divided by the sum of `total`: F1 of spans, or accuracy of plain tags.
 */
export interface SentenceScores {
  /** (sentences): twice the number of correct spans, or of correct tokens. */
  readonly correct: Float64Array;
  /** (sentences): gold and predicted spans, or twice the number of tokens. */
  readonly total: Float64Array;
  /** (sentences): 1 if every tag is correct. */
  readonly isRight: Uint8Array;
}

/** The scores of sentences, from the counts of each. */
export function sentenceScores(sentences: readonly Counts[]): SentenceScores {
  const correct = new Float64Array(sentences.length);
  const total = new Float64Array(sentences.length);
  const isRight = new Uint8Array(sentences.length);
  for (const [s, { scheme, tokens, spans, sentences: whole }] of sentences.entries()) {
    isRight[s] = whole.correct;
    if (scheme === 'none') {
      correct[s] = 2 * tokens.correct;
      total[s] = 2 * tokens.total;
    } else {
      for (const matches of spans.values()) {
        correct[s]! += 2 * matches.correct;
        total[s]! += matches.gold + matches.predicted;
      }
    }
  }
  return { correct, total, isRight };
}

/** F1 or accuracy; 0 where there is nothing to find and nothing was found. */
export const scoreOf = (correct: number, total: number): number =>
  total === 0 ? 0 : correct / total;

/** The score of all sentences. */
export function totalScore({ correct, total }: Omit<SentenceScores, 'isRight'>): number {
  const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);
  return scoreOf(sum(correct), sum(total));
}
