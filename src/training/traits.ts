import { isCertain } from '../corpus/tags/partial.ts';
import { continuesSpan, type Scheme, tagParts } from '../corpus/tags/scheme.ts';
import { countTokens, type LabelledSentence } from './labelled-corpus.ts';

/** What recipes are chosen by. */
export interface Traits {
  /** Tokens of the training corpus. */
  readonly tokens: number;
  /** Whether the tags are plain, not those of spans. */
  readonly plain: boolean;
  /** The fraction of tokens in spans, from 0 to 1. */
  readonly density: number;
  /** Mean number of tokens of a span; 0 without spans. */
  readonly spanLength: number;
  /** Whether labels may be partial. Tokens with an uncertain label then count for neither density nor span length. */
  readonly partial: boolean;
}

/**
 * Looks at the training sentences of the first tag column.
 * @param options.scheme the scheme of their tags
 */
export function traitsOf(
  sentences: readonly LabelledSentence[],
  { scheme, partial }: { scheme: Scheme; partial: boolean },
): Traits {
  const outside = tagParts('O', scheme);
  let [certain, inSpans, spans] = [0, 0, 0];
  for (const { tags } of sentences) {
    let before = outside;
    for (const tag of tags) {
      const isCounted = !partial || isCertain(tag);
      const parts = isCounted ? tagParts(tag, scheme) : outside;
      if (isCounted) certain++;
      if (parts.role !== 'outside') {
        inSpans++;
        if (!continuesSpan(before, parts)) spans++;
      }
      before = parts;
    }
  }
  return {
    tokens: countTokens(sentences),
    plain: scheme === 'none',
    density: inSpans / Math.max(1, certain),
    spanLength: inSpans / Math.max(1, spans),
    partial,
  };
}
