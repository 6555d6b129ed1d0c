import type { Lemmatiser } from '../corpus/lemmas/lemmatiser.ts';
import { candidates, isCertain } from '../corpus/tags/partial.ts';
import { continuesSpan, type Scheme, spanTag, tagParts } from '../corpus/tags/scheme.ts';
import type { Vocabulary } from '../corpus/vocabulary.ts';
import { type Counts, countPairs, type MatchCounts } from '../evaluation/counts.ts';
import { countCertainPairs } from '../evaluation/partial.ts';
import { createReport, type Report } from '../evaluation/report.ts';
import type { TagColumn } from '../model/model.ts';
import { lemmasOf, lemmatisersOf } from '../tagging/lemmas.ts';
import type { Predictor } from '../tagging/predictor.ts';
import type { LabelledSentence } from './labelled-corpus.ts';
import type { TrainedColumn } from './trained-columns.ts';

/** Scores a predictor repeatedly on the same sentences. What depends only on the sentences is computed once. */
export interface Evaluator {
  /** A report for each tag column. */
  reports(): Report[];
  /** The report for one tag column. */
  report(column: number): Report;
}

export function createEvaluator(
  predictor: Predictor,
  columns: readonly TrainedColumn[],
  options: { role: 'dev' | 'test'; partial: boolean; vocabulary: Pick<Vocabulary, 'tags'> },
): Evaluator {
  const { role, partial, vocabulary } = options;
  const sentences = columns[0]![role] ?? [];
  const tokens = sentences.map((sentence) => sentence.tokens);
  const features = sentences.map(({ featureColumns }) => featureColumns ?? []);
  const { isKnown } = predictor;
  const lemmatisers = lemmatisersOf(
    vocabulary,
    columns.map(({ tagColumn }) => tagColumn),
  );
  const score = columns.map((column, c) => {
    const lemmatiser = lemmatisers[c];
    const labelled = column[role] ?? [];
    return lemmatiser
      ? lemmaScorer(labelled, { lemmatiser, partial, isKnown })
      : pathScorer(labelled, { ...column, names: vocabulary.tags[c]!, partial, isKnown });
  });
  return {
    reports() {
      const paths = predictor.predictPaths(tokens, features);
      return score.map((scoreColumn, c) => scoreColumn(paths[c]!));
    },
    report: (column) => score[column]!(predictor.predictPaths(tokens, features)[column]!),
  };
}

/** Returns a function that makes the report of paths of edit scripts, by the lemmas that they give. */
const lemmaScorer =
  (
    sentences: readonly LabelledSentence[],
    {
      lemmatiser,
      partial,
      isKnown,
    }: { lemmatiser: Lemmatiser } & Pick<ScorerOptions, 'partial' | 'isKnown'>,
  ): ((paths: readonly Int32Array[]) => Report) =>
  (paths) => {
    const pairs = sentences.map(({ tokens, tags: gold }, s) => ({
      tokens,
      gold,
      predicted: lemmasOf(lemmatiser, tokens, paths[s]!),
    }));
    const count = partial ? countCertainPairs : countPairs;
    const lemmas = { isReachable: lemmatiser.reaches };
    return createReport(count(pairs, { scheme: 'none', isKnown, lemmas }));
  };

interface ScorerOptions extends Pick<TrainedColumn, 'tagColumn' | 'seenTags'> {
  /** The trained tags, in the network's order. */
  readonly names: readonly string[];
  /** Whether gold labels may be partial: then only tokens with a single gold tag count, as in `countCertainPairs`. */
  readonly partial: boolean;
  readonly isKnown: (token: string) => boolean;
}

/** Consecutive tokens of a sentence that have single gold tags. */
interface Part {
  readonly sentence: number;
  readonly from: number;
  readonly gold: Int32Array;
  readonly goldSpans: readonly NumberedSpan[];
  readonly isKnown: readonly boolean[];
}

/** A span of a type, tokens `start` to `end - 1`. */
type NumberedSpan = readonly [type: number, start: number, end: number];

/** Returns a function that makes the report of paths, one for each sentence. */
function pathScorer(
  sentences: readonly LabelledSentence[],
  { tagColumn, names, seenTags, partial, isKnown }: ScorerOptions,
): (paths: readonly Int32Array[]) => Report {
  const { scheme } = tagColumn;
  const tags = createTagNumbers(scheme);
  const read = pathReader(names, tagColumn, tags.number);
  const parts = sentences.flatMap(({ tokens, tags: labels }, sentence) =>
    certainRanges(labels, partial).map(([from, to]): Part => {
      const tagOf = (label: string): string => (partial ? candidates(label)[0]! : label);
      const gold = Int32Array.from(labels.slice(from, to), (label) => tags.number(tagOf(label)));
      return {
        sentence,
        from,
        gold,
        goldSpans: tags.spans(gold),
        isKnown: tokens.slice(from, to).map(isKnown),
      };
    }),
  );
  const perfect = (partial ? countCertainPairs : countPairs)(
    sentences.map(({ tokens, tags: gold }) => ({ tokens, gold, predicted: gold })),
    { scheme, isKnown, seenTags },
  );
  return (paths) => {
    const predicted = paths.map(read);
    return createReport(countParts(parts, predicted, { tags, perfect }));
  };
}

/** The ranges of a sentence in which all labels are single tags: without partial labels, the entire sentence. */
function certainRanges(
  labels: readonly string[],
  partial: boolean,
): (readonly [from: number, to: number])[] {
  if (!partial) return labels.length > 0 ? [[0, labels.length]] : [];
  const ranges: [number, number][] = [];
  for (let from = 0; from < labels.length; from++) {
    let to = from;
    while (to < labels.length && isCertain(labels[to]!)) to++;
    if (to > from) ranges.push([from, to]);
    from = to;
  }
  return ranges;
}

/** Counts predictions. Counts that depend only on gold tags are copied from the counts of perfect predictions. */
function countParts(
  parts: readonly Part[],
  predicted: readonly Int32Array[],
  { tags, perfect }: { tags: TagNumbers; perfect: Counts },
): Counts {
  const ofTags = createTallies(tags.names.length);
  const ofTypes = createTallies(tags.types.length);
  const confusions = new Map<string, Map<string, number>>();
  const correct = { tokens: 0, known: 0, unknown: 0 };
  const wrongSentences = new Set<number>();
  for (const { sentence, from, gold, goldSpans, isKnown } of parts) {
    const path = predicted[sentence]!.subarray(from, from + gold.length);
    for (let t = 0; t < gold.length; t++) {
      ofTags.predicted[path[t]!]!++;
      if (path[t] === gold[t]) {
        ofTags.correct[path[t]!]!++;
        correct.tokens++;
        correct[isKnown[t] ? 'known' : 'unknown']++;
      } else {
        wrongSentences.add(sentence);
        const [goldTag, tag] = [tags.names[gold[t]!]!, tags.names[path[t]!]!];
        const row = confusions.get(goldTag) ?? new Map<string, number>();
        confusions.set(goldTag, row.set(tag, (row.get(tag) ?? 0) + 1));
      }
    }
    let g = 0;
    for (const [type, start, end] of tags.spans(path)) {
      ofTypes.predicted[type]!++;
      while (g < goldSpans.length && goldSpans[g]![1] < start) g++;
      const [goldType, goldStart, goldEnd] = goldSpans[g] ?? [];
      if (goldType === type && goldStart === start && goldEnd === end) ofTypes.correct[type]!++;
    }
  }
  const sentences = perfect.sentences.total;
  return {
    ...perfect,
    tokens: { total: perfect.tokens.total, correct: correct.tokens },
    sentences: { total: sentences, correct: sentences - wrongSentences.size },
    known: { total: perfect.known!.total, correct: correct.known },
    unknown: { total: perfect.unknown!.total, correct: correct.unknown },
    spans: matchesOf(tags.types, perfect.spans, ofTypes),
    tags: matchesOf(tags.names, perfect.tags, ofTags),
    confusions,
  };
}

interface Tallies {
  readonly predicted: Int32Array;
  readonly correct: Int32Array;
}

const createTallies = (n: number): Tallies => ({
  predicted: new Int32Array(n),
  correct: new Int32Array(n),
});

const matchesOf = (
  names: readonly string[],
  perfect: ReadonlyMap<string, MatchCounts>,
  { predicted, correct }: Tallies,
): Map<string, MatchCounts> =>
  new Map(
    names
      .map((name, i): [string, MatchCounts] => {
        const { gold = 0 } = perfect.get(name) ?? {};
        return [name, { gold, predicted: predicted[i]!, correct: correct[i]! }];
      })
      .filter(([, matches]) => matches.gold > 0 || matches.predicted > 0),
  );

/** Numbers for the tags of a scheme and for their span types. */
interface TagNumbers {
  readonly names: readonly string[];
  readonly types: readonly string[];
  number(tag: string): number;
  /** As `spans` of scheme.ts. */
  spans(tags: Int32Array): NumberedSpan[];
}

function createTagNumbers(scheme: Scheme): TagNumbers {
  const numbers = new Map<string, number>();
  const names: string[] = [];
  const types: string[] = [];
  const parts: ReturnType<typeof tagParts>[] = [];
  const typeOf: number[] = []; // span type of each tag; -1 for the outside tag
  return {
    names,
    types,
    number(tag) {
      const known = numbers.get(tag);
      if (known !== undefined) return known;
      const part = tagParts(tag, scheme);
      let type = part.role === 'outside' ? -1 : types.indexOf(part.type);
      if (type < 0 && part.role !== 'outside') type = types.push(part.type) - 1;
      numbers.set(tag, names.length);
      parts.push(part);
      typeOf.push(type);
      return names.push(tag) - 1;
    },
    spans(tags) {
      const found: NumberedSpan[] = [];
      let start = -1; // -1: outside a span
      for (let i = 0; i < tags.length; i++) {
        const tag = tags[i]!;
        if (start >= 0) {
          const before = tags[i - 1]!;
          if (continuesSpan(parts[before]!, parts[tag]!)) continue;
          found.push([typeOf[before]!, start, i]);
        }
        start = typeOf[tag]! < 0 ? -1 : i;
      }
      if (start >= 0) found.push([typeOf[tags[tags.length - 1]!]!, start, tags.length]);
      return found;
    },
  };
}

/** Returns a function that writes a path of trained tags in the scheme of the corpus, as `convert` does. */
function pathReader(
  names: readonly string[],
  { scheme, trainedScheme }: Pick<TagColumn, 'scheme' | 'trainedScheme'>,
  number: (tag: string) => number,
): (path: Int32Array) => Int32Array {
  if (scheme === 'none') {
    const numbers = names.map(number);
    return (path) => path.map((k) => numbers[k]!);
  }
  const trained = createTagNumbers(trainedScheme);
  names.forEach(trained.number);
  const outside = names.map((name) =>
    tagParts(name, trainedScheme).role === 'outside' ? number(name) : -1,
  );
  // For each first tag k of a span: the tags of its tokens, by position (see `written`).
  const inside = names.map((name) => {
    const { role, separator, type } = tagParts(name, trainedScheme);
    if (role === 'outside') return [];
    return Array.from({ length: 8 }, (_, position) => {
      const at = {
        isFirst: (position & 1) !== 0,
        isLast: (position & 2) !== 0,
        adjoins: (position & 4) !== 0,
      };
      return number(spanTag(scheme, at, { separator, type }));
    });
  });
  return (path) => {
    const written = path.map((k) => outside[k]!);
    let [typeBefore, endBefore] = [-1, -1];
    for (const [type, start, end] of trained.spans(path)) {
      const adjoins = type === typeBefore && start === endBefore ? 4 : 0;
      const tags = inside[path[start]!]!;
      for (let t = start; t < end; t++)
        written[t] = tags[(t === start ? 1 : 0) | (t === end - 1 ? 2 : 0) | adjoins]!;
      [typeBefore, endBefore] = [type, end];
    }
    return written;
  };
}
