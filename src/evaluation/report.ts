import type { Counts, MatchCounts, Tally } from './counts.ts';
import { mergeCounts } from './counts.ts';

/** A share from 0 to 1, or null where nothing was there to divide by; never NaN, so JSON can hold it. */
export type Ratio = number | null;

export interface Ratios {
  /** correct / predicted; null when nothing was predicted. */
  precision: Ratio;
  /** correct / gold; null when the gold holds none. */
  recall: Ratio;
  /** 2 correct / (gold + predicted), the harmonic mean; null only when both are 0. */
  f1: Ratio;
}

export interface Score extends Ratios, MatchCounts {}

/** Spans are correct when both ends and the type agree, as in conlleval (Tjong Kim Sang & Buchholz 2000). */
export interface SpanReport extends Score {
  /** Unweighted means over the types in gold or prediction, a null counting as 0; null without types. */
  macro: Ratios;
  /** By type, sorted by name. */
  types: Record<string, Score>;
}

export interface TagReport {
  /** Unweighted means over the tags in gold or prediction, a null counting as 0; null without tags. */
  macro: Ratios;
  /** By tag, sorted by name. */
  byTag: Record<string, Score>;
}

export interface Confusion {
  gold: string;
  predicted: string;
  /** Tokens. */
  count: number;
}

/** The figures of one corpus: a plain object that JSON holds without loss. Shares run from 0 to 1. */
export interface Report {
  tokens: number;
  correctTokens: number;
  /** Share of tokens with the gold tag; null without tokens. */
  accuracy: Ratio;
  /** The same over words seen in training; null when none occur, or when training's words are not known. */
  knownAccuracy: Ratio;
  unknownAccuracy: Ratio;
  /** Tokens whose word training never saw; null when training's words are not known. */
  unknownTokens: number | null;
  /** Sentences with at least one token. */
  sentences: number;
  /** Share of sentences with every tag right. */
  sentenceAccuracy: Ratio;
  /** For span tags. */
  spans?: SpanReport;
  /** For plain tags. */
  tags?: TagReport;
  /** The most frequent first, equals by name. */
  confusions: Confusion[];
  /** Gold tags training never saw, scored as errors, the most frequent first; null when its tags are not known. */
  unseenTags: { tag: string; count: number }[] | null;
}

export interface ReportOptions {
  /** At most so many confusions; 20 unless given. */
  readonly confusions?: number;
}

/** A row for each corpus and one for all their tokens together, from summed counts, not averaged shares. */
export interface CorporaReport {
  corpora: { name: string; report: Report }[];
  total: Report;
}

export function createReport(counts: Counts, options: ReportOptions = {}): Report {
  const isPlain = counts.scheme === 'none';
  return {
    tokens: counts.tokens.total,
    correctTokens: counts.tokens.correct,
    accuracy: accuracy(counts.tokens),
    knownAccuracy: accuracy(counts.known),
    unknownAccuracy: accuracy(counts.unknown),
    unknownTokens: counts.unknown?.total ?? null,
    sentences: counts.sentences.total,
    sentenceAccuracy: accuracy(counts.sentences),
    ...(isPlain ? { tags: tagReport(counts.tags) } : { spans: spanReport(counts.spans) }),
    confusions: confusionList(counts.confusions, options.confusions ?? 20),
    unseenTags:
      counts.unseenTags === null
        ? null
        : [...counts.unseenTags]
            .map(([tag, count]) => ({ tag, count }))
            .sort((a, b) => b.count - a.count || byName(a.tag, b.tag)),
  };
}

/** Rows and total of corpora in one scheme. Throws an Error when there is none, or on mixed schemes. */
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

/** `Object.fromEntries` makes own properties of any name, so a type called `__proto__` is kept. */
function scores(overlaps: ReadonlyMap<string, MatchCounts>): Record<string, Score> {
  const sorted = [...overlaps].sort(([a], [b]) => byName(a, b));
  return Object.fromEntries(sorted.map(([name, overlap]) => [name, score(overlap)]));
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

function ratio(part: number, whole: number): Ratio {
  return whole === 0 ? null : part / whole;
}

// By code units, not by locale: a report must not depend on where it is made.
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
