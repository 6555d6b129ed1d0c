import { type Counts, type MatchCounts, mergeCounts, type Tally } from './counts.ts';

/** A number from 0 to 1; null for 0 / 0. Never NaN, which JSON cannot hold. */
export type Ratio = number | null;

export interface Ratios {
  /** correct / predicted; null if nothing was predicted. */
  precision: Ratio;
  /** correct / gold; null if gold is 0. */
  recall: Ratio;
  /** 2 correct / (gold + predicted): the harmonic mean of precision and recall; null if gold + predicted is 0. */
  f1: Ratio;
}

export interface Score extends Ratios, MatchCounts {}

/** A span is correct if start, end and type agree, as in conlleval (Tjong Kim Sang & Buchholz 2000). */
export interface SpanReport extends Score {
  /** Unweighted means over the types in gold or predicted tags, with 0 for null; null without types. */
  macro: Ratios;
  /** By type, sorted by name. */
  types: Record<string, Score>;
}

export interface TagReport {
  /** Unweighted means over the gold or predicted tags, with 0 for null; null without tags. */
  macro: Ratios;
  /** By tag, sorted by name. */
  byTag: Record<string, Score>;
}

export interface Confusion {
  gold: string;
  predicted: string;
  /** Number of tokens. */
  count: number;
}

/** The scores of one corpus: a plain object that JSON holds without loss. */
export interface Report {
  tokens: number;
  correctTokens: number;
  /** Fraction of tokens with the gold tag; null without tokens. */
  accuracy: Ratio;
  /**
   * Accuracy on words that occur in the training corpus; null without such words, or if the training corpus is not
   * known.
   */
  knownAccuracy: Ratio;
  /** Accuracy on the other words; null as above. */
  unknownAccuracy: Ratio;
  /** Number of tokens whose word does not occur in the training corpus; null if the training corpus is not known. */
  unknownTokens: number | null;
  /** Sentences with at least one token. */
  sentences: number;
  /** Fraction of sentences in which every tag is correct. */
  sentenceAccuracy: Ratio;
  /** For span tags. */
  spans?: SpanReport;
  /** Set for lemmas, which have no scores by tag. A word whose gold lemma is `_` has none, and counts as correct. */
  lemmas?: boolean;
  /** For plain tags. */
  tags?: TagReport;
  /** By descending count, then by name. */
  confusions: Confusion[];
  /**
   * Gold tags that do not occur in the training corpus, by descending count; null if the training corpus is not known.
   * Their tokens count as errors.
   */
  unseenTags: { tag: string; count: number }[] | null;
}

export interface ReportOptions {
  /** Maximum number of confusions. Default: 20. */
  readonly confusions?: number;
}

/** A report for each corpus, and one for all sentences: computed from sums of counts, not from means of scores. */
export interface CorporaReport {
  corpora: { name: string; report: Report }[];
  total: Report;
}

export function createReport(counts: Counts, options: ReportOptions = {}): Report {
  const kind = counts.lemmas ? 'lemmas' : counts.scheme === 'none' ? 'tags' : 'spans';
  return {
    tokens: counts.tokens.total,
    correctTokens: counts.tokens.correct,
    accuracy: accuracy(counts.tokens),
    knownAccuracy: accuracy(counts.known),
    unknownAccuracy: accuracy(counts.unknown),
    unknownTokens: counts.unknown?.total ?? null,
    sentences: counts.sentences.total,
    sentenceAccuracy: accuracy(counts.sentences),
    ...(kind === 'lemmas' && { lemmas: true }),
    ...(kind === 'tags' && { tags: tagReport(counts.tags) }),
    ...(kind === 'spans' && { spans: spanReport(counts.spans) }),
    confusions: confusionList(counts.confusions, options.confusions ?? 20),
    unseenTags:
      counts.unseenTags === null
        ? null
        : [...counts.unseenTags]
            .map(([tag, count]) => ({ tag, count }))
            .sort((a, b) => b.count - a.count || byName(a.tag, b.tag)),
  };
}

/** @throws Error without a corpus, and for corpora in different schemes */
export function createCorporaReport(
  corpora: readonly { readonly name: string; readonly counts: Counts }[],
  options: ReportOptions = {},
): CorporaReport {
  const first = corpora[0];
  if (first === undefined) throw new Error('no corpus to report on');
  const sum = mergeCounts(
    corpora.map(({ counts }) => counts),
    first.counts.scheme,
  );
  return {
    corpora: corpora.map(({ name, counts }) => ({ name, report: createReport(counts, options) })),
    total: createReport(sum, options),
  };
}

function spanReport(types: ReadonlyMap<string, MatchCounts>): SpanReport {
  const sum: MatchCounts = { gold: 0, predicted: 0, correct: 0 };
  for (const { gold, predicted, correct } of types.values()) {
    sum.gold += gold;
    sum.predicted += predicted;
    sum.correct += correct;
  }
  const byType = scores(types);
  return { ...score(sum), macro: macro(Object.values(byType)), types: byType };
}

function tagReport(tags: ReadonlyMap<string, MatchCounts>): TagReport {
  const byTag = scores(tags);
  return { macro: macro(Object.values(byTag)), byTag };
}

/** Uses `Object.fromEntries`, which allows a type called `__proto__`. */
function scores(counts: ReadonlyMap<string, MatchCounts>): Record<string, Score> {
  const sorted = [...counts].sort(([a], [b]) => byName(a, b));
  return Object.fromEntries(sorted.map(([name, matches]) => [name, score(matches)]));
}

function score({ gold, predicted, correct }: MatchCounts): Score {
  return {
    precision: ratio(correct, predicted),
    recall: ratio(correct, gold),
    f1: ratio(2 * correct, gold + predicted),
    gold,
    predicted,
    correct,
  };
}

function macro(all: readonly Ratios[]): Ratios {
  const mean = (pick: (ratios: Ratios) => Ratio) =>
    ratio(
      all.reduce((sum, ratios) => sum + (pick(ratios) ?? 0), 0),
      all.length,
    );
  return {
    precision: mean(({ precision }) => precision),
    recall: mean(({ recall }) => recall),
    f1: mean(({ f1 }) => f1),
  };
}

function confusionList(
  confusions: ReadonlyMap<string, ReadonlyMap<string, number>>,
  most: number,
): Confusion[] {
  const list: Confusion[] = [];
  for (const [gold, row] of confusions) {
    for (const [predicted, count] of row) list.push({ gold, predicted, count });
  }
  list.sort(
    (a, b) => b.count - a.count || byName(a.gold, b.gold) || byName(a.predicted, b.predicted),
  );
  return list.slice(0, most);
}

function accuracy(tally: Tally | null): Ratio {
  return tally === null ? null : ratio(tally.correct, tally.total);
}

function ratio(part: number, total: number): Ratio {
  return total === 0 ? null : part / total;
}

// by code units, because the order of a locale would differ between machines
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
