import { createLemmatiser, type Lemmatiser } from '../corpus/lemmas/lemmatiser.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import type { TagColumn } from '../model/model.ts';

/** For each tag column, what applies its edit scripts; undefined for tags that are no scripts. */
export const lemmatisersOf = (
  { tags }: Pick<Vocabulary, 'tags'>,
  tagColumns: readonly Pick<TagColumn, 'lemmas'>[],
): readonly (Lemmatiser | undefined)[] =>
  tagColumns.map(({ lemmas }, c) => (lemmas ? createLemmatiser(tags[c]!) : undefined));

export const lemmasOf = (
  lemmatiser: Lemmatiser,
  tokens: readonly string[],
  path: Int32Array,
): string[] => tokens.map((token, t) => lemmatiser.lemma(token, path[t]!));

/** Whether the word has fewer letters than the script of some token removes. */
export const hasMisfit = (
  lemmatiser: Lemmatiser,
  tokens: readonly string[],
  path: Int32Array,
): boolean => tokens.some((token, t) => !lemmatiser.fits(token, path[t]!));

/** A score so low that the script is never chosen, yet finite, so that sums of scores stay finite. */
const NEVER = -1e4;

/**
 * Lowers, in place, the scores (L, K) of scripts that do not fit their words, and replaces such scripts in the best path
 * by those with the best scores that fit.
 */
export function chooseFitting(
  lemmatiser: Lemmatiser,
  tokens: readonly string[],
  { best, emissions }: { best: Int32Array; emissions: Float32Array },
): void {
  const K = lemmatiser.size;
  tokens.forEach((token, t) => {
    let fitting = -1;
    for (let k = 0; k < K; k++) {
      const at = t * K + k;
      if (!lemmatiser.fits(token, k)) emissions[at] = NEVER;
      else if (fitting < 0 || emissions[at]! > emissions[t * K + fitting]!) fitting = k;
    }
    if (fitting >= 0 && !lemmatiser.fits(token, best[t]!)) best[t] = fitting;
  });
}
