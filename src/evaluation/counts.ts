import { type Scheme, spans, tagParts } from '../corpus/tags/scheme.ts';

/** Number of tokens or sentences, and number of correct ones. */
export interface Tally {
  total: number;
  correct: number;
}

/** Occurrences of a span type or tag: in the gold tags, in the predicted tags, and in both at the same position. */
export interface MatchCounts {
  gold: number;
  predicted: number;
  correct: number;
}

/**
 * The counts behind a report. Counts of parts of a corpus, or of several corpora, can be added (`mergeCounts`). They
 * contain only numbers and Maps, so that workers can transfer them.
 */
export interface Counts {
  readonly scheme: Scheme;
  /** Whether the tags are lemmas. */
  lemmas?: boolean;
  readonly tokens: Tally;
  readonly sentences: Tally;
  /** Tokens whose word occurs in the training corpus, and other tokens; null if the training corpus is not known. */
  known: Tally | null;
  unknown: Tally | null;
  /** By span type. Empty for plain tags. */
  readonly spans: Map<string, MatchCounts>;
  /** By tag. Empty for lemmas, of which there are too many. */
  readonly tags: Map<string, MatchCounts>;
  /** Gold tag -> predicted tag -> tokens, for different tags. */
  readonly confusions: Map<string, Map<string, number>>;
  /**
   * Gold tag that does not occur in the training corpus -> tokens; null if the training corpus is not known. Lemma that
   * no edit script of the model gives -> tokens.
   */
  unseenTags: Map<string, number> | null;
}

export interface CountOptions {
  /** The scheme of the gold and the predicted tags. */
  readonly scheme: Scheme;
  /** Whether the word occurs in the training corpus. If undefined, known and unknown words are not counted. */
  readonly isKnown?: (token: string) => boolean;
  /**
   * The tags of the training corpus, in any span scheme. If undefined, unseen tags are not counted. A span tag is
   * unseen if its span type is: a tagger trained on I-X can predict B-X.
   */
  readonly seenTags?: Iterable<string>;
  /** Set if the tags are lemmas. */
  readonly lemmas?: LemmaOptions | undefined;
}

export interface LemmaOptions {
  /** Whether the tagger can give this lemma to the token. If undefined, other lemmas are not counted. */
  readonly isReachable?: ((token: string, lemma: string) => boolean) | undefined;
}

/** The lemma of words that have none. As in UD's evaluation, every prediction for such a word is correct. */
export const NO_LEMMA = '_';

/** A sentence with its gold and predicted tags, one per token. */
export interface SentencePair {
  readonly tokens: readonly string[];
  readonly gold: readonly string[];
  readonly predicted: readonly string[];
}

/** Counts of zero sentences. */
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
 * Counts the tags and spans of sentences. Sentences without tokens do not count. A gold tag that does not occur in the
 * training corpus counts as an error of the tagger.
 * @throws Error if the arrays of a pair differ in length
 */
export function countPairs(pairs: Iterable<SentencePair>, options: CountOptions): Counts {
  const { scheme, isKnown, seenTags, lemmas } = options;
  const counts = emptyCounts(scheme);
  if (isKnown) {
    counts.known = { total: 0, correct: 0 };
    counts.unknown = { total: 0, correct: 0 };
  }
  const isSeen = lemmas ? lemmas.isReachable : seenTags && seenTest(seenTags, scheme);
  if (isSeen) counts.unseenTags = new Map();
  if (lemmas) counts.lemmas = true;
  for (const written of pairs) {
    const pair = lemmas ? withoutMissingLemmas(written) : written;
    const { tokens, gold, predicted } = pair;
    if (gold.length !== tokens.length || predicted.length !== tokens.length)
      throw new Error(
        `a sentence of ${tokens.length} tokens with ${gold.length} gold and ${predicted.length} predicted tags`,
      );
    if (tokens.length === 0) continue;
    const correct = addTags(counts, pair, { isKnown, isSeen, byTag: !lemmas });
    counts.tokens.total += tokens.length;
    counts.tokens.correct += correct;
    counts.sentences.total++;
    if (correct === tokens.length) counts.sentences.correct++;
    if (scheme !== 'none') addSpans(counts.spans, pair, scheme);
  }
  return counts;
}

/** The pair with the right prediction for each word without a lemma. */
const withoutMissingLemmas = (pair: SentencePair): SentencePair =>
  pair.gold.includes(NO_LEMMA)
    ? {
        ...pair,
        predicted: pair.predicted.map((lemma, t) => (pair.gold[t] === NO_LEMMA ? NO_LEMMA : lemma)),
      }
    : pair;

/** Adds the tags of a sentence to the counts. Returns the number of correct tags. */
function addTags(
  counts: Counts,
  { tokens, gold, predicted }: SentencePair,
  {
    isKnown,
    isSeen,
    byTag,
  }: {
    isKnown: ((token: string) => boolean) | undefined;
    isSeen: ((token: string, tag: string) => boolean) | undefined;
    byTag: boolean;
  },
): number {
  let correct = 0;
  for (const [i, token] of tokens.entries()) {
    const goldTag = gold[i]!;
    const predictedTag = predicted[i]!;
    const isCorrect = goldTag === predictedTag ? 1 : 0;
    correct += isCorrect;
    if (byTag) {
      const matches = entryOf(counts.tags, goldTag);
      matches.gold++;
      matches.correct += isCorrect;
      entryOf(counts.tags, predictedTag).predicted++;
    }
    if (!isCorrect) addConfusion(counts.confusions, [goldTag, predictedTag], 1);
    if (isKnown) {
      const tally = isKnown(token) ? counts.known! : counts.unknown!;
      tally.total++;
      tally.correct += isCorrect;
    }
    if (isSeen && !isSeen(token, goldTag)) addTo(counts.unseenTags!, goldTag, 1);
  }
  return correct;
}

/**
 * The sum of counts in one scheme.
 * @throws Error if a part has another scheme
 */
export function mergeCounts(parts: Iterable<Counts>, scheme: Scheme): Counts {
  const sum = emptyCounts(scheme);
  for (const part of parts) {
    if (part.scheme !== scheme) {
      throw new Error(`counts in scheme ${part.scheme} cannot be added to counts in ${scheme}`);
    }
    if (part.lemmas) sum.lemmas = true;
    addTally(sum.tokens, part.tokens);
    addTally(sum.sentences, part.sentences);
    sum.known = sumOfTallies(sum.known, part.known);
    sum.unknown = sumOfTallies(sum.unknown, part.unknown);
    for (const [type, matches] of part.spans) addMatches(entryOf(sum.spans, type), matches);
    for (const [tag, matches] of part.tags) addMatches(entryOf(sum.tags, tag), matches);
    for (const [gold, row] of part.confusions) {
      for (const [predicted, n] of row) addConfusion(sum.confusions, [gold, predicted], n);
    }
    if (part.unseenTags) {
      sum.unseenTags ??= new Map();
      for (const [tag, n] of part.unseenTags) addTo(sum.unseenTags, tag, n);
    }
  }
  return sum;
}

/**
 * Counts spans as conlleval does (Tjong Kim Sang & Buchholz 2000): a predicted span is correct if a gold
 * span has the same start, end and type.
 */
function addSpans(
  counts: Map<string, MatchCounts>,
  { gold, predicted }: SentencePair,
  scheme: Scheme,
): void {
  const goldSpans = spans(gold, scheme);
  for (const span of goldSpans) entryOf(counts, span.type).gold++;
  let g = 0;
  for (const { start, end, type } of spans(predicted, scheme)) {
    const matches = entryOf(counts, type);
    matches.predicted++;
    while (g < goldSpans.length && goldSpans[g]!.start < start) g++;
    const goldSpan = goldSpans[g];
    if (goldSpan?.start === start && goldSpan.end === end && goldSpan.type === type)
      matches.correct++;
  }
}

function seenTest(
  seenTags: Iterable<string>,
  scheme: Scheme,
): (token: string, tag: string) => boolean {
  const seen = new Set(seenTags);
  if (scheme === 'none') return (_, tag) => seen.has(tag);
  const types = new Set<string>();
  for (const tag of seen) {
    const parts = tagParts(tag, scheme);
    if (parts.role !== 'outside') types.add(parts.type);
  }
  return (_, tag) => {
    if (seen.has(tag)) return true;
    const parts = tagParts(tag, scheme);
    return parts.role === 'outside' ? tag === 'O' : types.has(parts.type);
  };
}

function entryOf(counts: Map<string, MatchCounts>, name: string): MatchCounts {
  let entry = counts.get(name);
  if (entry === undefined) {
    entry = { gold: 0, predicted: 0, correct: 0 };
    counts.set(name, entry);
  }
  return entry;
}

function addConfusion(
  confusions: Map<string, Map<string, number>>,
  [gold, predicted]: readonly [gold: string, predicted: string],
  n: number,
): void {
  let row = confusions.get(gold);
  if (row === undefined) {
    row = new Map();
    confusions.set(gold, row);
  }
  addTo(row, predicted, n);
}

function addTo(sums: Map<string, number>, key: string, n: number): void {
  sums.set(key, (sums.get(key) ?? 0) + n);
}

function addTally(sum: Tally, part: Tally): void {
  sum.total += part.total;
  sum.correct += part.correct;
}

function sumOfTallies(a: Tally | null, b: Tally | null): Tally | null {
  if (a === null || b === null) return a ?? (b === null ? null : { ...b });
  return { total: a.total + b.total, correct: a.correct + b.correct };
}

function addMatches(sum: MatchCounts, part: MatchCounts): void {
  sum.gold += part.gold;
  sum.predicted += part.predicted;
  sum.correct += part.correct;
}
