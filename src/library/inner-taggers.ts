import type { Tagger as InnerTagger } from '../tagging/tagger.ts';

const inner = new WeakMap<object, InnerTagger>();

export const rememberInner = (tagger: object, its: InnerTagger): void => {
  inner.set(tagger, its);
};

/** The internal tagger of a public tagger; undefined for anything else. */
export const innerTaggerOf = (value: object): InnerTagger | undefined => inner.get(value);
