import type { Annotation } from '../corpus/sentence.ts';
import { spans as spansIn } from '../corpus/tags/scheme.ts';
import type { Tagger as InnerTagger } from '../tagging/tagger.ts';
import { givenInNotation, writtenTags } from '../tagging/written-tags.ts';
import { batchesOf, batchesWithPauses } from './batching.ts';
import type { CheckedSentence } from './sentences.ts';
import type {
  ModelInfo,
  TaggedColumn,
  TaggedSentence,
  TaggedSpan,
  TaggedText,
  TagOptions,
  TextColumn,
  TextSentence,
  TextSpan,
} from './types.ts';

/** Makes the result for a sentence from its tags in each tag column. */
export type ResultOf<Result> = (
  sentence: CheckedSentence,
  columns: readonly TaggedColumn[],
) => Result;

/** The common part of all methods of a tagger, after their arguments were checked. */
export function createTagging(
  tagger: Pick<InnerTagger, 'begin' | 'annotate' | 'maxTokens' | 'model'>,
  { tagColumns }: Pick<ModelInfo, 'tagColumns'>,
) {
  const trained = tagger.model.tagColumns;
  /** How tags are written, if not in the usual notation. Spans are read from tags in the usual one. */
  const written = trained.map((column) => writtenTags(column, 'columns'));
  const batching = {
    sizeOf: ({ tokens }: CheckedSentence) => tokens.length,
    most: tagger.maxTokens,
  };

  /** Begins to tag a batch. The returned function completes it and returns the columns of each sentence. */
  function begin(batch: readonly CheckedSentence[], options: TagOptions): () => TaggedColumn[][] {
    const tokens = batch.map((sentence) => sentence.tokens);
    const features = batch.map(({ featureColumns }) => featureColumns);
    const { confidence = false, minConfidence = 0, nBest } = options;
    const isGiven = batch.some(({ given }) => given !== undefined);
    const bySentence = (columns: readonly (readonly Annotation[])[]): TaggedColumn[][] =>
      tokens.map((own, s) =>
        columns.map((column, c) => {
          const usual = taggedColumn(own, column[s]!, tagColumns[c]!);
          const write = written[c];
          return write ? inNotation(usual, write) : usual;
        }),
      );
    if (!confidence && minConfidence === 0 && nBest === undefined && !isGiven) {
      const finish = tagger.begin(tokens, features);
      return () => bySentence(finish().map((column) => column.map((tags) => ({ tags }))));
    }
    const annotations = tagger.annotate(tokens, {
      confidence,
      minConfidence,
      nBest,
      features,
      ...(isGiven && {
        given: trained.map((column, c) =>
          givenOf(batch, c)?.map((tags) => givenInNotation(tags, column)),
        ),
      }),
      where: (s) => batch[s]!.where,
    });
    return () => bySentence(annotations);
  }

  return {
    /**
     * Tags sentences in order. While other threads compute a batch, this thread makes the results of the previous
     * batch.
     */
    all<Result>(
      sentences: Iterable<CheckedSentence>,
      options: TagOptions,
      resultOf: ResultOf<Result>,
    ): Result[] {
      const results: Result[] = [];
      let finish = (): void => undefined;
      for (const batch of batchesOf(sentences, batching)) {
        const columns = begin(batch, options);
        finish();
        finish = () => {
          columns().forEach((own, i) => {
            results.push(resultOf(batch[i]!, own));
          });
        };
      }
      finish();
      return results;
    },

    /**
     * As `all`, for a source that may be slow or endless.
     * @param check throws if the tagger has been closed
     */
    async *stream<Result>(
      sentences: AsyncIterable<CheckedSentence>,
      {
        resultOf,
        check,
        ...options
      }: TagOptions & { resultOf: ResultOf<Result>; check: () => void },
    ): AsyncGenerator<Result, void, undefined> {
      let finish = (): Result[] => [];
      const give = function* (results: Result[]) {
        for (const result of results) {
          yield result;
          check();
        }
      };
      for await (const batch of batchesWithPauses(sentences, batching)) {
        check();
        const columns = batch.length > 0 ? begin(batch, options) : () => [];
        const before = finish;
        finish = () => columns().map((own, i) => resultOf(batch[i]!, own));
        yield* give(before());
      }
      check();
      yield* give(finish());
    },
  };
}

/** A column with its tags as the training corpus wrote them. */
const inNotation = (
  column: TaggedColumn,
  write: (tags: readonly string[]) => readonly string[],
): TaggedColumn => ({
  ...column,
  tags: write(column.tags),
  ...(column.alternatives && {
    alternatives: column.alternatives.map((one) => ({ ...one, tags: write(one.tags) })),
  }),
});

/** The known labels of one tag column, for all sentences of a batch; undefined if there are none. */
const givenOf = (
  batch: readonly CheckedSentence[],
  column: number,
): (readonly string[])[] | undefined =>
  batch.some(({ given }) => given?.[column] !== undefined)
    ? batch.map(({ tokens, given }) => given?.[column] ?? tokens.map(() => '?'))
    : undefined;

function taggedColumn(
  tokens: readonly string[],
  { tags, confidences, spans, nBest }: Annotation,
  { name, scheme }: ModelInfo['tagColumns'][number],
): TaggedColumn {
  const found: readonly Omit<TaggedSpan, 'text'>[] = spans ?? spansIn(tags, scheme);
  return {
    name,
    tags,
    spans: found.map((span) => ({ ...span, text: tokens.slice(span.start, span.end).join(' ') })),
    ...(confidences && { confidences }),
    ...(nBest && { alternatives: nBest }),
  };
}

/** The result for a sentence. The fields of the first column are also fields of the sentence. */
export const taggedSentence: ResultOf<TaggedSentence> = ({ tokens }, columns) => ({
  tokens,
  ...columns[0]!,
  columns,
});

export const taggedText: ResultOf<TaggedText> = (sentence, columns) => {
  const text = sentence.text!;
  const inText = columns.map((column) => textColumn(column, text));
  return { ...text, ...inText[0]!, columns: inText };
};

const textColumn = (
  column: TaggedColumn,
  { text, offsets, tokenOffsets }: TextSentence,
): TextColumn => ({
  ...column,
  spans: column.spans.map((span): TextSpan => {
    const { start } = tokenOffsets[span.start]!;
    const { end } = tokenOffsets[span.end - 1]!;
    return {
      ...span,
      text: text.slice(start - offsets.start, end - offsets.start),
      offsets: { start, end },
    };
  }),
});
