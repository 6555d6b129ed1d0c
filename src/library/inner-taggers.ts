import type { Tagger as InnerTagger } from '../tagging/tagger.ts';

const inner = new WeakMap<object, () => InnerTagger>();

/** @param its throws if the tagger is closed */
export const rememberInner = (tagger: object, its: () => InnerTagger): void => {
  inner.set(tagger, its);
};

/**
 * The internal tagger of a public tagger; undefined for anything else.
 * @throws UserError (SEQTAG_CLOSED) if the tagger is closed
 */
export const innerTaggerOf = (value: object): InnerTagger | undefined => inner.get(value)?.();
