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

/** What paths of trained tags mean in the corpus's own scheme, and how probable that is: sums over all paths that mean it. */
export interface Answers {
  /** The tags that a path means. */
  read(path: Int32Array): string[];
  /** The tags without those spans that are not kept. */
  without(tags: readonly string[], dropped: readonly Span[]): string[];
  spans(tags: readonly string[]): Span[];
  /** Of each token, the probability that it is given its tag. The tags are well formed, as those of `read`. */
  tagShares(paths: Paths, tags: readonly string[]): number[];
  /** The probability that just this span is found: that it begins and ends there. */
  spanShare(paths: Paths, span: Span): number;
  /** The probability that these are the tags. */
  share(paths: Paths, tags: readonly string[]): number;
}

/** @param names of the trained tags, in the order of the network's */
export function createAnswers(
  names: readonly string[],
  { scheme, trainedScheme }: Pick<TagColumn, 'scheme' | 'trainedScheme'>,
): Answers {
  return scheme === 'none' ? plainAnswers(names) : spanAnswers(names, trainedScheme, scheme);
}

const placesOf = (names: readonly string[]): ((tag: string) => number) => {
  const places = new Map(names.map((name, k) => [name, k]));
  return (tag) => places.get(tag) ?? -1;
};

/** The probability that token `t` has trained tag `k` of K; 0 where there is no such tag. */
const marginal = ({ marginals }: Paths, [t, k, K]: readonly [t: number, k: number, K: number]) =>
  k < 0 ? 0 : marginals[t * K + k]!;

function plainAnswers(names: readonly string[]): Answers {
  const K = names.length;
  const placeOf = placesOf(names);
  return {
    read: (path) => Array.from(path, (k) => names[k]!),
    without: (tags) => [...tags],
    spans: () => [],
    tagShares: (paths, tags) => tags.map((tag, t) => marginal(paths, [t, placeOf(tag), K])),
    spanShare: () => 0,
    share: (paths, tags) =>
      paths.probability(0, tags.length, (t, _, k) => k < 0 || names[k] === tags[t]),
  };
}

/**
 * Whether a span begins, goes on or ends is told by two neighbouring tags, in every scheme (see `spans`); so is, in IOB1,
 * whether it touches another of its type.
 */
function spanAnswers(
  names: readonly string[],
  trained: Scheme,
  scheme: Exclude<Scheme, 'none'>,
): Answers {
  const K = names.length;
  const placeOf = placesOf(names);
  const parts = names.map((name) => tagParts(name, trained));
  const isIn = parts.map(({ role }) => role !== 'outside');
  const links = Uint8Array.from({ length: K * K }, (_, i) =>
    continuesSpan(parts[Math.floor(i / K)]!, parts[i % K]!) ? 1 : 0,
  );
  const continues = (before: number, k: number): boolean =>
    before >= 0 && k >= 0 && links[before * K + k] === 1;
  const hasType = (k: number, type: string): boolean =>
    k >= 0 && isIn[k]! && parts[k]!.type === type;

  /** The probability that token `t` of the span, which `adjoins` or does not, is written as it is. */
  function tokenShare(paths: Paths, t: number, { type, start, end }: Span, adjoins: boolean) {
    const place = { isFirst: t === start, isLast: t === end - 1, adjoins };
    const own = spanLetter(scheme, place);
    return paths.probability(t, t + 1, (at, before, k) => {
      const goesOn = continues(before, k);
      if (at > t) return spanLetter(scheme, { ...place, isLast: !goesOn }) === own;
      if (!hasType(k, type)) return false;
      const touches = !goesOn && hasType(before, type);
      return spanLetter(scheme, { ...place, isFirst: !goesOn, adjoins: touches }) === own;
    });
  }

  const spansIn = (tags: readonly string[]): Span[] => spans(tags, scheme);
  return {
    read: (path) =>
      convert(
        Array.from(path, (k) => names[k]!),
        trained,
        scheme,
      ),
    without(tags, dropped) {
      const left = [...tags];
      for (const { start, end } of dropped) left.fill('O', start, end);
      return convert(left, scheme, scheme);
    },
    spans: spansIn,
    tagShares(paths, tags) {
      const shares = tags.map((tag, t) => marginal(paths, [t, placeOf(tag), K]));
      let before: Span | undefined;
      for (const span of spansIn(tags)) {
        const adjoins = before?.end === span.start && before.type === span.type;
        for (let t = span.start; t < span.end; t++) shares[t] = tokenShare(paths, t, span, adjoins);
        before = span;
      }
      return shares;
    },
    spanShare: (paths, { type, start, end }) =>
      paths.probability(start, end, (t, before, k) =>
        t === start ? hasType(k, type) && !continues(before, k) : continues(before, k) === t < end,
      ),
    share(paths, tags) {
      const types = new Array<string | undefined>(tags.length);
      const goesOn = new Array<boolean>(tags.length).fill(false);
      for (const { type, start, end } of spansIn(tags)) {
        types.fill(type, start, end);
        goesOn.fill(true, start + 1, end);
      }
      return paths.probability(0, tags.length, (t, before, k) => {
        if (k < 0) return true;
        const type = types[t];
        return type === undefined
          ? !isIn[k] && names[k] === tags[t]
          : hasType(k, type) && continues(before, k) === goesOn[t];
      });
    },
  };
}
