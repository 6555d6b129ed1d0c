import { UserError } from '../errors.ts';
import { columnNames } from '../model/column-names.ts';
import type { TagColumn } from '../model/model.ts';
import type { Tagger } from './tagger.ts';

/**
 * Several taggers as one, which has the tag columns of all, in order. A name that occurs twice gets a number. All else,
 * such as the tokenization of raw text, is that of the first.
 * @throws UserError if a model needs feature columns
 */
export function joinTaggers(taggers: readonly Tagger[]): Tagger {
  const [first] = taggers as readonly [Tagger, ...Tagger[]];
  if (taggers.length === 1) return first;
  const featured = taggers.find(({ model }) => model.vocabulary.tokenFeatures);
  if (featured)
    throw new UserError(
      `${featured.model.path}: needs feature columns, so it cannot be used with another model. Use it by itself.`,
      { code: 'SEQTAG_MODEL_MISMATCH' },
    );
  const names = new Set<string>();
  const tagColumns = taggers.flatMap(({ model }) =>
    columnNames(model).map((name, c): TagColumn => {
      let tagColumn = name;
      for (let n = 2; names.has(tagColumn); n++) tagColumn = `${name}${n}`;
      names.add(tagColumn);
      return { ...model.tagColumns[c]!, tagColumn };
    }),
  );
  const tags = taggers.flatMap(({ model }) => model.vocabulary.tags);
  /** Of each tag column the first of its tagger. */
  const starts = taggers.map((_, t) =>
    taggers.slice(0, t).reduce((sum, { model }) => sum + model.tagColumns.length, 0),
  );
  return {
    ...first,
    model: {
      ...first.model,
      tagColumns,
      vocabulary: { ...first.model.vocabulary, tags },
      path: taggers.map(({ model }) => model.path).join(' and '),
    },
    maxTokens: Math.min(...taggers.map(({ maxTokens }) => maxTokens)),
    tagColumns: (sentences) => taggers.flatMap((tagger) => tagger.tagColumns(sentences)),
    begin(sentences) {
      const finish = taggers.map((tagger) => tagger.begin(sentences));
      return () => finish.flatMap((one) => one());
    },
    beginLines(batch) {
      const finish = taggers.map((tagger) => tagger.beginLines(batch));
      return () => finish.flatMap((one) => one());
    },
    annotate: (sentences, { given, ...options } = {}) =>
      taggers.flatMap((tagger, t) =>
        tagger.annotate(sentences, {
          ...options,
          ...(given && {
            given: given.slice(starts[t], starts[t]! + tagger.model.tagColumns.length),
          }),
        }),
      ),
    spans(spanTags, column = 0) {
      const t = starts.findLastIndex((start) => start <= column);
      return taggers[t]!.spans(spanTags, column - starts[t]!);
    },
    misfits: () => taggers.reduce((sum, tagger) => sum + tagger.misfits(), 0),
    async close() {
      await Promise.all(taggers.map((tagger) => tagger.close()));
    },
  };
}
