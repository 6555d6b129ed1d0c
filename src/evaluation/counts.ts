import type { Scheme } from '../corpus/tags/scheme.ts';
import { spans, tagParts } from '../corpus/tags/scheme.ts';

/** Of how many, how many were right. */
export interface Tally {
  total: number;
  correct: number;
}

/** Of one span type or one tag: how often it is in the gold, in the prediction, and in both. */
export interface MatchCounts {
  gold: number;
  predicted: number;
  correct: number;
}

/**
 * All that a report needs, as sums: counts of parts of a corpus, or of several corpora, merge by
 * addition. Holds only numbers and Maps, so it passes between workers.
 */
export interface Counts {
  readonly scheme: Scheme;
  readonly tokens: Tally;
  readonly sentences: Tally;
  /** Tokens whose word was in training, and those whose word was not; null when nobody could say. */
  known: Tally | null;
  unknown: Tally | null;
  /** By span type; empty for plain tags. */
  readonly spans: Map<string, MatchCounts>;
  /** By tag. */
  readonly tags: Map<string, MatchCounts>;
  /** Gold tag -> predicted tag -> tokens; only where they differ. */
  readonly confusions: Map<string, Map<string, number>>;
  /** Gold tags that training never saw -> tokens; null when nobody could say. */
  unseenTags: Map<string, number> | null;
}

export interface CountOptions {
  /** The scheme of both the gold and the predicted tags. */
  readonly scheme: Scheme;
  /** Was the word in training? Without it accuracy on known and unknown words is not reported. */
  readonly isKnown?: (token: string) => boolean;
  /**
   * Tags seen in training, in any span scheme letters. Without it unseen tags are not reported. With
   * a span scheme a tag is unseen when its type is: a tagger may write B-X having seen only I-X.
   */
  readonly seenTags?: Iterable<string>;
}

/** One sentence: its tokens and, for each, the gold and the predicted tag. */
export interface SentencePair {
  readonly tokens: readonly string[];
  readonly gold: readonly string[];
  readonly predicted: readonly string[];
}

/** The counts of nothing. */
export function emptyCounts(scheme: Scheme): Counts {
  return {
    scheme,
    tokens: { total: 0, correct: 0 },
    sentences: { total: 0, correct: 0 },
    known: null,
    unknown: null,
    spans: new Map(),
    tags: new Map(),
    confusions: new Map(),
    unseenTags: null,
  };
}

/**
 * Counts of the pairs. A sentence without tokens is not counted. A gold tag that training never saw
 * counts like any other, that is, as an error of a tagger that cannot give it.
 * Throws an Error (not the user's) when a pair's arrays differ in length.
 */
export function countPairs(pairs: Iterable<SentencePair>, options: CountOptions): Counts {
  const counts = emptyCounts(options.scheme);
  const add = pairCounter(counts, options);
  for (const pair of pairs) add(pair);
  return counts;
}

/** As `count`, for pairs that arrive one after another: each call adds one sentence to `counts`. */
export function pairCounter(counts: Counts, options: CountOptions): (pair: SentencePair) => void {
  const { scheme, isKnown } = options;
  if (isKnown !== undefined) {
    counts.known ??= { total: 0, correct: 0 };
    counts.unknown ??= { total: 0, correct: 0 };
  }
  const { known, unknown } = counts;
  const isSeen = options.seenTags === undefined ? undefined : seenTest(options.seenTags, scheme);
  if (isSeen !== undefined) counts.unseenTags ??= new Map();
  const unseen = counts.unseenTags;

  return ({ tokens, gold, predicted }) => {
    const length = tokens.length;
    if (gold.length !== length || predicted.length !== length) {
      throw new Error(
        `a sentence of ${length} tokens with ${gold.length} gold and ${predicted.length} predicted tags`,
      );
    }
    if (length === 0) return;
    let right = 0;
    for (let i = 0; i < length; i++) {
      const goldTag = gold[i]!;
      const predictedTag = predicted[i]!;
      const isRight = goldTag === predictedTag ? 1 : 0;
      right += isRight;
      const overlap = overlapOf(counts.tags, goldTag);
      overlap.gold++;
      if (isRight) {
        overlap.predicted++;
        overlap.correct++;
      } else {
        overlapOf(counts.tags, predictedTag).predicted++;
        confuse(counts.confusions, goldTag, predictedTag, 1);
      }
      if (isKnown !== undefined) {
        const tally = isKnown(tokens[i]!) ? known! : unknown!;
        tally.total++;
        tally.correct += isRight;
      }
      if (isSeen !== undefined && !isSeen(goldTag)) add(unseen!, goldTag, 1);
    }
    counts.tokens.total += length;
    counts.tokens.correct += right;
    counts.sentences.total++;
    if (right === length) counts.sentences.correct++;
    if (scheme !== 'none') addSpans(counts.spans, gold, predicted, scheme);
  };
}

/** The sum of counts: of the parts of a corpus, or of several corpora. Throws an Error on mixed schemes. */
export function mergeCounts(parts: Iterable<Counts>, scheme: Scheme): Counts {
  const sum = emptyCounts(scheme);
  for (const part of parts) {
    if (part.scheme !== scheme) {
      throw new Error(`counts in scheme ${part.scheme} cannot be added to counts in ${scheme}`);
    }
    addTally(sum.tokens, part.tokens);
    addTally(sum.sentences, part.sentences);
    sum.known = sumOf(sum.known, part.known);
    sum.unknown = sumOf(sum.unknown, part.unknown);
    for (const [type, overlap] of part.spans) addOverlap(overlapOf(sum.spans, type), overlap);
    for (const [tag, overlap] of part.tags) addOverlap(overlapOf(sum.tags, tag), overlap);
    for (const [gold, row] of part.confusions) {
      for (const [predicted, n] of row) confuse(sum.confusions, gold, predicted, n);
    }
    if (part.unseenTags) {
      sum.unseenTags ??= new Map();
      for (const [tag, n] of part.unseenTags) add(sum.unseenTags, tag, n);
    }
  }
  return sum;
}

/**
 * A predicted span is correct when the gold has one with the same ends and type, as conlleval counts
 * (Tjong Kim Sang & Buchholz 2000).
 */
function addSpans(
  overlaps: Map<string, MatchCounts>,
  gold: readonly string[],
  predicted: readonly string[],
  scheme: Scheme,
): void {
  const golds = spans(gold, scheme);
  const guesses = spans(predicted, scheme);
  for (const span of golds) overlapOf(overlaps, span.type).gold++;
  let g = 0;
  for (const guess of guesses) {
    const overlap = overlapOf(overlaps, guess.type);
    overlap.predicted++;
    while (g < golds.length && golds[g]!.start < guess.start) g++;
    const other = golds[g];
    if (other?.start === guess.start && other.end === guess.end && other.type === guess.type) {
      overlap.correct++;
    }
  }
}

function seenTest(seenTags: Iterable<string>, scheme: Scheme): (tag: string) => boolean {
  const seen = new Set(seenTags);
  if (scheme === 'none') return (tag) => seen.has(tag);
  const types = new Set<string>();
  for (const tag of seen) {
    const parts = tagParts(tag, scheme);
    if (parts.role !== 'outside') types.add(parts.type);
  }
  return (tag) => {
    if (seen.has(tag)) return true;
    const parts = tagParts(tag, scheme);
    return parts.role === 'outside' ? tag === 'O' : types.has(parts.type);
  };
}

function overlapOf(overlaps: Map<string, MatchCounts>, name: string): MatchCounts {
  let overlap = overlaps.get(name);
  if (overlap === undefined) {
    overlap = { gold: 0, predicted: 0, correct: 0 };
    overlaps.set(name, overlap);
  }
  return overlap;
}

function confuse(
  confusions: Map<string, Map<string, number>>,
  gold: string,
  predicted: string,
  n: number,
): void {
  let row = confusions.get(gold);
  if (row === undefined) {
    row = new Map();
    confusions.set(gold, row);
  }
  add(row, predicted, n);
}

function add(sums: Map<string, number>, key: string, n: number): void {
  sums.set(key, (sums.get(key) ?? 0) + n);
}

function addTally(sum: Tally, part: Tally): void {
  sum.total += part.total;
  sum.correct += part.correct;
}

function sumOf(a: Tally | null, b: Tally | null): Tally | null {
  if (a === null || b === null) return a ?? (b === null ? null : { ...b });
  return { total: a.total + b.total, correct: a.correct + b.correct };
}

function addOverlap(sum: MatchCounts, part: MatchCounts): void {
  sum.gold += part.gold;
  sum.predicted += part.predicted;
  sum.correct += part.correct;
}
