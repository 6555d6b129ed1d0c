import { buildLexicon } from '../corpus/lemmas/lexicon.ts';
import type { TagColumn } from '../model/model.ts';
import type { Engine } from '../network/engine.ts';
import { createPredictor } from '../tagging/predictor.ts';
import { createEvaluator } from './evaluator.ts';
import type { Prepared } from './prepare.ts';

/** Candidates: words that occur at least so often are in the lexicon; 0 is no lexicon. */
const LEAST_COUNTS = [0, 1, 2];

/**
 * Gives each column of lemmas the lexicon of the training sentences with the best dev score, or none if that is best.
 * @param options.given the tag columns of the development run, for a refit: the same words are in the lexicon
 */
export function withLexicons(
  engine: Engine,
  { tagColumns, columns, vocabulary, partial, initial }: Prepared,
  { given }: { given?: readonly TagColumn[] | undefined },
): TagColumn[] {
  return tagColumns.map((tagColumn, c) => {
    if (!tagColumn.lemmas) return tagColumn;
    const { train } = columns[c]!;
    const scripts = vocabulary.tags[c]!;
    const known = initial?.lexicons[c];
    const withWords = (least: number): TagColumn =>
      least === 0
        ? tagColumn
        : { ...tagColumn, lexicon: buildLexicon(train, { scripts, least, known }) };
    if (given) return withWords(given[c]!.lexicon?.least ?? 0);
    const scored = LEAST_COUNTS.map((least) => {
      const column = withWords(least);
      const predictor = createPredictor(engine, vocabulary, tagColumns.with(c, column));
      const devSet = createEvaluator(predictor, columns, { role: 'dev', partial, vocabulary });
      return { column, accuracy: devSet.report(c).accuracy ?? 0 };
    });
    return scored.reduce((a, b) => (b.accuracy > a.accuracy ? b : a)).column;
  });
}
