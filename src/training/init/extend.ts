import type { FeatureColumn } from '../../corpus/features/token-features.ts';
import { tagParts } from '../../corpus/tags/scheme.ts';
import type { Vocabulary } from '../../corpus/vocabulary.ts';
import { UserError } from '../../errors.ts';
import type { TagColumn } from '../../model/model.ts';
import type { InitialModel } from './initial-model.ts';

// The vocabulary of a training that begins with a model: what the model has comes first, then what the corpora add.

const union = (before: readonly string[], now: readonly string[]): string[] => [
  ...new Set([...before, ...now]),
];

/** The number of rows of the character embedding that stand for no character. */
const SPECIAL_CHARS = 3;

/**
 * @param corpora the vocabulary of the corpora, and how often its words occur
 * @param heads for each tag column the column of the model that it continues: see `matchColumns`
 * @returns the vocabulary of the new model, and counts of its words: 0 for words of the model, so that training does not
 * replace them by the unknown word, whose row the model has already trained
 */
export function extendVocabulary(
  { vocabulary: before, words, tags }: InitialModel,
  corpora: { readonly vocabulary: Vocabulary; readonly wordCounts: Int32Array },
  { heads, tagColumns }: { heads: readonly number[]; tagColumns: readonly TagColumn[] },
): { vocabulary: Vocabulary; wordCounts: Int32Array } {
  const now = corpora.vocabulary;
  const { vectors } = before;
  const counts = new Map(now.words.map((word, i) => [word, corpora.wordCounts[i]!]));
  for (const word of before.words) if (counts.has(word)) counts.set(word, 0);
  const keepsWords = words !== 'drop';
  const vocabulary: Vocabulary = {
    ...now,
    ...(vectors && { vectors }),
    ...(keepsWords && {
      words: union(before.words, now.words),
      chars: [
        ...now.chars.slice(0, SPECIAL_CHARS),
        ...union(before.chars.slice(SPECIAL_CHARS), now.chars.slice(SPECIAL_CHARS)),
      ],
    }),
    tags: now.tags.map((ofCorpora, c) => {
      const ofModel = before.tags[heads[c]!] ?? [];
      const kindOf = kinds(tagColumns[c]!);
      const known = new Set(ofCorpora.map(kindOf));
      const isOutside = Number(tagColumns[c]!.scheme !== 'none' && known.has('O'));
      const common = countCommon(new Set(ofModel.map(kindOf)), known) - isOutside;
      const isSimilar = common * 2 >= known.size - isOutside;
      const keepsAll = tags === undefined ? isSimilar : tags === 'keep';
      return union(keepsAll ? ofModel : ofModel.filter((tag) => known.has(kindOf(tag))), ofCorpora);
    }),
  };
  return {
    vocabulary,
    wordCounts: Int32Array.from(vocabulary.words, (word) => counts.get(word) ?? 0),
  };
}

/** What tags are compared by: the span type, the tag itself if it is plain or outside of spans. */
const kinds =
  ({ trainedScheme }: Pick<TagColumn, 'trainedScheme'>) =>
  (tag: string): string => {
    const { role, type } = tagParts(tag, trainedScheme);
    return trainedScheme === 'none' || role === 'outside' ? tag : type;
  };

const countCommon = (a: ReadonlySet<string>, b: ReadonlySet<string>): number =>
  [...a].filter((one) => b.has(one)).length;

/**
 * For each tag column of a training the column of the model with which it has most tags in common (for spans: types); -1
 * if there are none. Of several, the one with the same name or index in its corpus, then the one at the same place.
 * @param tags the tags in the corpora
 */
export function matchColumns(
  { vocabulary, tagColumns: before }: InitialModel,
  { tags, tagColumns }: { tags: Vocabulary['tags']; tagColumns: readonly TagColumn[] },
): number[] {
  return tagColumns.map((column, c) => {
    const now = new Set(tags[c]!.map(kinds(column)));
    const scores = before.map((other, head) => {
      const isSameKind =
        (other.trainedScheme === 'none') === (column.trainedScheme === 'none') &&
        (other.lemmas ?? false) === (column.lemmas ?? false);
      const common = countCommon(new Set(vocabulary.tags[head]!.map(kinds(other))), now);
      const hasName = String(other.tagColumn) === String(column.tagColumn);
      return isSameKind && common > 0 ? common + (hasName ? 0.5 : 0) + (head === c ? 0.25 : 0) : 0;
    });
    const best = Math.max(...scores);
    return best > 0 ? scores.indexOf(best) : -1;
  });
}

/**
 * The feature columns of the corpora, with the values that the model knows first.
 * @param counts how often each value occurs, column after column
 * @returns counts are 0 for values of the model: see `extendVocabulary`
 * @throws UserError (SEQTAG_COLUMN) if the model reads more columns
 */
export function extendColumns(
  { vocabulary, words, record }: InitialModel,
  { columns, counts }: { columns: readonly FeatureColumn[]; counts: Int32Array },
): { columns: FeatureColumn[]; counts: Int32Array } {
  const before = vocabulary.tokenFeatures?.columns ?? [];
  if (columns.length < before.length)
    throw new UserError(
      `${record.file}: reads ${before.length} feature columns (${before.map(({ column }) => column).join(', ')}), but ${columns.length} are read from the corpora. Name as many feature columns.`,
      { code: 'SEQTAG_COLUMN', option: 'featureColumn' },
    );
  let row = 0;
  const extended = columns.map(({ column, values }, c) => {
    const known = new Set(before[c]?.values);
    const own = new Map(values.map((value) => [value, counts[row++]!]));
    const all = words === 'drop' ? values : union(before[c]?.values ?? [], values);
    return {
      column: { column, values: all },
      counts: all.map((value) => (known.has(value) ? 0 : own.get(value)!)),
    };
  });
  return {
    columns: extended.map(({ column }) => column),
    counts: Int32Array.from(extended.flatMap((one) => one.counts)),
  };
}

/** The edit scripts that a model has for lemmas. */
export const scriptsOf = ({ vocabulary, tagColumns }: InitialModel): ReadonlySet<string> =>
  new Set(tagColumns.flatMap(({ lemmas }, c) => (lemmas ? vocabulary.tags[c]! : [])));

/**
 * The transitions in the training data of a model that the scheme forbids, as indices for other tags.
 * @param extra indices as in `TagColumn.extraTransitions`, for the tags `before`
 */
export function renumberTransitions(
  extra: readonly number[],
  { before, now }: { before: readonly string[]; now: readonly string[] },
): number[] {
  const [K, N] = [before.length, now.length];
  const place = before.map((tag) => now.indexOf(tag));
  return extra.flatMap((index) => {
    if (index < K * K) {
      const [from, to] = [place[Math.floor(index / K)]!, place[index % K]!];
      return from < 0 || to < 0 ? [] : [from * N + to];
    }
    const tag = place[index % K]!; // starts follow the transitions, ends the starts
    return tag < 0 ? [] : [N * N + (index < K * K + K ? 0 : N) + tag];
  });
}
