const FEATURES = /^[\p{L}\d[\]]+=[^=|]+(?:\|[\p{L}\d[\]]+=[^=|]+)*$/u;

/** Whether tags are morphological features as in CoNLL-U: `Case=Nom|Number=Sing`, and `_` for none. */
export const areFeatures = (tags: readonly string[]): boolean =>
  tags.some((tag) => tag !== '_') && tags.every((tag) => tag === '_' || FEATURES.test(tag));
