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
    const allowed = lemmatiser.allowed(token);
    if (allowed.length === K || allowed.length === 0) return;
    const scores = emissions.subarray(t * K, (t + 1) * K);
    const kept = allowed.map((k) => scores[k]!);
    scores.fill(NEVER);
    let top = 0;
    for (const [i, k] of allowed.entries()) {
      scores[k] = kept[i]!;
      if (kept[i]! > kept[top]!) top = i;
    }
    if (!lemmatiser.allows(token, best[t]!)) best[t] = allowed[top]!;
  });
}
