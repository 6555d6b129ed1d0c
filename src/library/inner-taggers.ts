import type { Tagger as InnerTagger } from '../tagging/tagger.ts';

const inner = new WeakMap<object, InnerTagger>();

export const rememberInner = (tagger: object, its: InnerTagger): void => {
  inner.set(tagger, its);
};

/** The tagger behind a public one, for functions that need more of it; undefined for anything else. */
export const innerTaggerOf = (value: object): InnerTagger | undefined => inner.get(value);
