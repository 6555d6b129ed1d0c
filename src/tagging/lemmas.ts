import { createLemmatiser, type Lemmatiser } from '../corpus/lemmas/lemmatiser.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import type { TagColumn } from '../model/model.ts';

/** For each tag column, what applies its edit scripts; undefined for tags that are no scripts. */
export const lemmatisersOf = (
  { tags }: Pick<Vocabulary, 'tags'>,
  tagColumns: readonly Pick<TagColumn, 'lemmas' | 'lexicon'>[],
): readonly (Lemmatiser | undefined)[] =>
  tagColumns.map(({ lemmas, lexicon }, c) =>
    lemmas ? createLemmatiser(tags[c]!, lexicon) : undefined,
  );

export const lemmasOf = (
  lemmatiser: Lemmatiser,
  tokens: readonly string[],
  path: Int32Array,
): string[] => tokens.map((token, t) => lemmatiser.lemma(token, path[t]!));

/** Whether some token has a script that it may not have. */
export const hasForbidden = (
  lemmatiser: Lemmatiser,
  tokens: readonly string[],
  path: Int32Array,
): boolean => tokens.some((token, t) => !lemmatiser.allows(token, path[t]!));

/** A score so low that the script is never chosen, yet finite, so that sums of scores stay finite. */
const NEVER = -1e4;

/**
 * Lowers, in place, the scores (L, K) of scripts that their words may not have, and replaces such scripts in the best path
 * by the allowed ones with the best scores.
 */
export function chooseAllowed(
  lemmatiser: Lemmatiser,
  tokens: readonly string[],
  { best, emissions }: { best: Int32Array; emissions: Float32Array },
): void {
  const K = lemmatiser.size;
  tokens.forEach((token, t) => {
    let allowed = -1;
    for (let k = 0; k < K; k++) {
      const at = t * K + k;
      if (!lemmatiser.allows(token, k)) emissions[at] = NEVER;
      else if (allowed < 0 || emissions[at]! > emissions[t * K + allowed]!) allowed = k;
    }
    if (allowed >= 0 && !lemmatiser.allows(token, best[t]!)) best[t] = allowed;
  });
}
