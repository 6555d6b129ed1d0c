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
  /** The fraction of tokens in spans that begin with a capital letter; 1 without spans. */
  readonly capitalised: number;
  /** Whether labels may be partial. Tokens with an uncertain label then count for neither density nor span length. */
  readonly partial: boolean;
  /** Whether there are pretrained word vectors. */
  readonly vectors: boolean;
}

/**
 * Looks at the training sentences of the first tag column.
 * @param options.scheme the scheme of their tags
 */
export function traitsOf(
  sentences: readonly LabelledSentence[],
  { scheme, partial, vectors }: Pick<Traits, 'partial' | 'vectors'> & { scheme: Scheme },
): Traits {
  const outside = tagParts('O', scheme);
  let [certain, inSpans, spans, capitals] = [0, 0, 0, 0];
  for (const { tokens, tags } of sentences) {
    let before = outside;
    for (const [t, tag] of tags.entries()) {
      const isCounted = !partial || isCertain(tag);
      const parts = isCounted ? tagParts(tag, scheme) : outside;
      if (isCounted) certain++;
      if (parts.role !== 'outside') {
        inSpans++;
        if (/^\p{Lu}/u.test(tokens[t]!)) capitals++;
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
    capitalised: inSpans === 0 ? 1 : capitals / inSpans,
    partial,
    vectors,
  };
}
