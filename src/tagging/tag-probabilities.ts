import type { Lemmatiser } from '../corpus/lemmas/lemmatiser.ts';
import {
  continuesSpan,
  convert,
  type Scheme,
  type Span,
  spanLetter,
  spans,
  tagParts,
} from '../corpus/tags/scheme.ts';
import type { TagColumn } from '../model/model.ts';
import type { Paths } from '../network/crf/path-sums.ts';
import { lemmasOf } from './lemmas.ts';

/**
 * Converts paths of trained tags to the corpus's scheme. Several paths may convert to the same tags. The probability of
 * a tag, a span or a tag sequence is the sum over all paths that convert to it.
 */
export interface TagProbabilities {
  /** The tags of a path in the corpus's scheme. */
  tags(path: Int32Array): string[];
  spans(tags: readonly string[]): Span[];
  /** The tags without some of their spans. */
  withoutSpans(tags: readonly string[], dropped: readonly Span[]): string[];
  /** The probability of each token's tag. The tags must be well formed, as the result of `tags` is. */
  ofTags(paths: Paths, tags: readonly string[]): number[];
  /** The probability of a span with exactly this type, start and end. */
  ofSpan(paths: Paths, span: Span): number;
  /** The probability of the tag sequence. */
  ofSequence(paths: Paths, tags: readonly string[]): number;
}

/** A script of lower probability changes the probability of a lemma by less than is shown. */
const NEGLIGIBLE = 1e-6;

/** Lemma probabilities for a sentence. Several scripts may give a word the same lemma. */
export function lemmaProbabilities(
  lemmatiser: Lemmatiser,
  tokens: readonly string[],
): TagProbabilities {
  const K = lemmatiser.size;
  return {
    tags: (path) => lemmasOf(lemmatiser, tokens, path),
    spans: () => [],
    withoutSpans: (tags) => [...tags],
    ofTags: ({ marginals }, lemmas) =>
      lemmas.map((lemma, t) => {
        let sum = 0;
        for (let k = 0; k < K; k++) {
          const probability = marginals[t * K + k]!;
          if (probability > NEGLIGIBLE && lemmatiser.lemma(tokens[t]!, k) === lemma)
            sum += probability;
        }
        return Math.min(1, sum);
      }),
    ofSpan: () => 0,
    ofSequence: (paths, lemmas) =>
      paths.probability(
        0,
        lemmas.length,
        (t, _, k) => k < 0 || lemmatiser.lemma(tokens[t]!, k) === lemmas[t],
      ),
  };
}

/** @param names the trained tags, in the network's order */
export function createTagProbabilities(
  names: readonly string[],
  { scheme, trainedScheme }: Pick<TagColumn, 'scheme' | 'trainedScheme'>,
): TagProbabilities {
  return scheme === 'none' ? plainTags(names) : spanTags(names, trainedScheme, scheme);
}

const indexer = (names: readonly string[]): ((tag: string) => number) => {
  const indices = new Map(names.map((name, k) => [name, k]));
  return (tag) => indices.get(tag) ?? -1;
};

/** The probability that token `t` has trained tag `k` of K; 0 if there is no such tag. */
const marginal = ({ marginals }: Paths, [t, k, K]: readonly [t: number, k: number, K: number]) =>
  k < 0 ? 0 : marginals[t * K + k]!;

function plainTags(names: readonly string[]): TagProbabilities {
  const K = names.length;
  const indexOf = indexer(names);
  return {
    tags: (path) => Array.from(path, (k) => names[k]!),
    spans: () => [],
    withoutSpans: (tags) => [...tags],
    ofTags: (paths, tags) => tags.map((tag, t) => marginal(paths, [t, indexOf(tag), K])),
    ofSpan: () => 0,
    ofSequence: (paths, tags) =>
      paths.probability(0, tags.length, (t, _, k) => k < 0 || names[k] === tags[t]),
  };
}

/**
 * Tag probabilities for span tags. In every scheme, two neighbouring tags determine whether a span begins, continues or
 * ends between them (see `spans`), and whether a span touches another span of its type, which IOB1 marks.
 */
function spanTags(
  names: readonly string[],
  trained: Scheme,
  scheme: Exclude<Scheme, 'none'>,
): TagProbabilities {
  const K = names.length;
  const indexOf = indexer(names);
  const parts = names.map((name) => tagParts(name, trained));
  const isInside = parts.map(({ role }) => role !== 'outside');
  const continuations = Uint8Array.from({ length: K * K }, (_, i) =>
    continuesSpan(parts[Math.floor(i / K)]!, parts[i % K]!) ? 1 : 0,
  );
  const continues = (before: number, k: number): boolean =>
    before >= 0 && k >= 0 && continuations[before * K + k] === 1;
  const hasType = (k: number, type: string): boolean =>
    k >= 0 && isInside[k]! && parts[k]!.type === type;

  /** The probability that token `t` of the span has the scheme's tag for this position. */
  function ofToken(paths: Paths, t: number, { type, start, end }: Span, adjoins: boolean) {
    const position = { isFirst: t === start, isLast: t === end - 1, adjoins };
    const letter = spanLetter(scheme, position);
    return paths.probability(t, t + 1, (at, before, k) => {
      const isContinued = continues(before, k);
      if (at > t) return spanLetter(scheme, { ...position, isLast: !isContinued }) === letter;
      if (!hasType(k, type)) return false;
      const touches = !isContinued && hasType(before, type);
      return (
        spanLetter(scheme, { ...position, isFirst: !isContinued, adjoins: touches }) === letter
      );
    });
  }

  const spansOf = (tags: readonly string[]): Span[] => spans(tags, scheme);
  return {
    tags: (path) =>
      convert(
        Array.from(path, (k) => names[k]!),
        trained,
        scheme,
      ),
    spans: spansOf,
    withoutSpans(tags, dropped) {
      const left = [...tags];
      for (const { start, end } of dropped) left.fill('O', start, end);
      return convert(left, scheme, scheme);
    },
    ofTags(paths, tags) {
      const probabilities = tags.map((tag, t) => marginal(paths, [t, indexOf(tag), K]));
      let before: Span | undefined;
      for (const span of spansOf(tags)) {
        const adjoins = before?.end === span.start && before.type === span.type;
        for (let t = span.start; t < span.end; t++)
          probabilities[t] = ofToken(paths, t, span, adjoins);
        before = span;
      }
      return probabilities;
    },
    ofSpan: (paths, { type, start, end }) =>
      paths.probability(start, end, (t, before, k) =>
        t === start ? hasType(k, type) && !continues(before, k) : continues(before, k) === t < end,
      ),
    ofSequence(paths, tags) {
      const types = new Array<string | undefined>(tags.length);
      const isContinued = new Array<boolean>(tags.length).fill(false);
      for (const { type, start, end } of spansOf(tags)) {
        types.fill(type, start, end);
        isContinued.fill(true, start + 1, end);
      }
      return paths.probability(0, tags.length, (t, before, k) => {
        if (k < 0) return true;
        const type = types[t];
        return type === undefined
          ? !isInside[k] && names[k] === tags[t]
          : hasType(k, type) && continues(before, k) === isContinued[t];
      });
    },
  };
}
