import { convert, detectScheme as detect, spans } from '../corpus/tags/scheme.ts';
import { checkStrings, checkValue, isIterable, schemeKind, wrongType } from './arguments.ts';
import type { Scheme, Span } from './types.ts';

/**
 * Converts tags to another scheme. The result is well formed, even if the input is not.
 * @param tags the tags of one sentence
 * @throws TypeError or RangeError for wrong arguments, such as plain tags (`none`) on one side only
 *
 * @example convertTags(['B-PER', 'I-PER', 'O'], 'BIO', 'BIOES') // ['B-PER', 'E-PER', 'O']
 */
export function convertTags(tags: readonly string[], from: Scheme, to: Scheme): string[] {
  checkStrings('convertTags: tags', tags, { what: 'tags' });
  checkValue('convertTags: from', from, schemeKind);
  checkValue('convertTags: to', to, schemeKind);
  if ((from === 'none') !== (to === 'none'))
    throw new RangeError(
      `convertTags: plain tags hold no spans, so ${from} does not become ${to}.`,
    );
  return convert(tags, from, to);
}

/**
 * The spans of tags, in order and without overlap. Any sequence can be read; ill-formed ones are read as conlleval
 * does: `O I-PER` has a span of one token.
 * @param tags the tags of one sentence
 * @throws TypeError or RangeError for wrong arguments
 */
export function spansOf(tags: readonly string[], scheme: Scheme): Span[] {
  checkStrings('spansOf: tags', tags, { what: 'tags' });
  checkValue('spansOf: scheme', scheme, schemeKind);
  return spans(tags, scheme);
}

/**
 * The scheme of a corpus, detected from its tags; `none` for plain tags.
 * @param sentences the tags of each sentence
 * @throws TypeError for wrong arguments
 */
export function detectScheme(sentences: Iterable<readonly string[]>): Scheme {
  if (!isIterable(sentences))
    throw wrongType('detectScheme', 'an iterable of sentences, each an array of tags', sentences);
  const all = [...sentences];
  all.forEach((tags, s) => {
    checkStrings(`detectScheme: sentence ${s + 1}`, tags, { what: 'tags' });
  });
  return detect(all);
}
