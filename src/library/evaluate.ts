import { UserError } from '../errors.ts';
import { createReport } from '../evaluation/report.ts';
import { checkOptions } from './arguments.ts';
import type { EvaluateOptions, Report } from './evaluation-types.ts';
import { evaluateKinds, predictionsFor } from './predictions.ts';

/**
 * Scores predictions against a gold standard. The predictions are those of a tagger, of a file, or of sentences with
 * the same tokens. Spans count as in conlleval. Tags in different schemes are compared by their spans.
 * @throws TypeError or RangeError for wrong arguments; UserError if a file cannot be read, if gold and predicted tokens
 * differ, or if gold and predicted tags are of different kinds
 *
 * @example
 * const { accuracy, spans } = await evaluate({ gold: 'test.conll', predicted: tagger });
 * console.log(accuracy, spans?.f1);
 */
export async function evaluate(options: EvaluateOptions): Promise<Report> {
  checkOptions('evaluate', options, { kinds: evaluateKinds, required: ['gold', 'predicted'] });
  const { pairs, count } = await predictionsFor(options);
  const counts = count(pairs);
  if (counts.tokens.total === 0)
    throw new UserError('evaluate: no tag is certain, so there is nothing to measure.', {
      code: 'SEQTAG_CORPUS_EMPTY',
    });
  return createReport(counts);
}
