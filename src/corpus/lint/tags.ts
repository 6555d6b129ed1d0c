import { areFeatures } from '../tags/morphology.ts';
import {
  isOutsideForm,
  readTags,
  type Scheme,
  type TagReading,
  tagParts,
  validTransition,
} from '../tags/scheme.ts';
import { type Finding, type Part, placeOf, shownTag } from './finding.ts';

/** How the tags of each part are read. Several checks need it. */
export type ReadingOf = (part: Part) => TagReading;

export function tagReadings(scheme: Scheme | undefined): ReadingOf {
  const known = new Map<Part, TagReading>();
  return (part) => {
    const reading = known.get(part) ?? readTags(part.sentences, { scheme });
    known.set(part, reading);
    return reading;
  };
}

const tagCounts = ({ sentences }: Part): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { tags } of sentences)
    for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return counts;
};

/** Some of the items, for a message. */
export const someOf = (items: readonly string[], most = 5): string => {
  const shown = items
    .slice(0, most)
    .map((item) => (item.length > 30 ? `${item.slice(0, 30)}…` : item));
  return shown.join(', ') + (items.length > most ? ', …' : '');
};

export function oneTag(part: Part): Finding | undefined {
  const counts = tagCounts(part);
  if (counts.size !== 1) return undefined;
  const [[tag, count]] = [...counts] as [[string, number]];
  if (tag === '') return undefined; // reported as empty tags
  return {
    check: 'one-tag',
    severity: part.role === 'train' ? 'error' : 'note',
    count,
    code: 'SEQTAG_TAGS',
    option: 'tagColumn',
    message: `${part.name}: all ${count} tokens have the tag ${tag}, so there is nothing to ${part.role === 'train' ? 'learn' : 'measure'}. Name the right tag column${tag === '_' ? '. In CoNLL-U it may be upos, xpos or a key in MISC, such as NER' : ''}.`,
  };
}

/** In a part of so many tokens it is no accident that there are more tags than words. */
const SOME_TOKENS = 50;

export function strangeTagCount(part: Part): Finding | undefined {
  const tags = tagCounts(part);
  const words = new Set(part.sentences.flatMap(({ tokens }) => tokens));
  const tokens = part.sentences.reduce((sum, one) => sum + one.tokens.length, 0);
  if (tokens < SOME_TOKENS || words.size < 2) return undefined;
  const examples = someOf([...tags.keys()]);
  if (tags.size > words.size)
    return {
      check: 'columns-swapped',
      severity: part.role === 'train' ? 'error' : 'warning',
      count: tags.size,
      code: 'SEQTAG_COLUMN',
      option: 'columns',
      message: `${part.name}: there are more tags (${tags.size}: ${examples}) than words (${words.size}: ${someOf([...words])}). Are the columns swapped? Name the token column and the tag column.`,
    };
  if (tags.size <= 300 || tags.size <= 0.1 * tokens || areFeatures([...tags.keys()]))
    return undefined;
  return {
    check: 'many-tags',
    severity: 'warning',
    count: tags.size,
    message: `${part.name}: ${tags.size} different tags (${examples}) in ${tokens} tokens, more than a tagger can learn. Name the right tag column.`,
  };
}

/** What is unusual in how the tags are written, or that labels could be spans. */
export function tagNote(part: Part, readingOf: ReadingOf): Finding | undefined {
  const { note, scheme } = readingOf(part);
  const text = note ?? (scheme === 'none' ? plainNote(part) : undefined);
  if (text === undefined) return undefined;
  return { check: 'tag-notation', severity: 'note', count: 1, message: `${part.name}: ${text}.` };
}

/** Labels without B or I, beside O, could be types of spans. */
function plainNote(part: Part): string | undefined {
  const counts = [...tagCounts(part)].sort(([, a], [, b]) => b - a);
  const [[usual, n] = ['', 0], ...labels] = counts;
  const tokens = counts.reduce((sum, [, count]) => sum + count, 0);
  if (counts.length > 1 && counts.every(([tag]) => /^\d+$/.test(tag)))
    return `the tags are numbers (${someOf(counts.map(([tag]) => tag))}). If they stand for labels, give the names of these in their order`;
  const separated = counts.filter(([tag]) => /^[BI][^\w-]\w/.test(tag)).map(([tag]) => tag);
  if (separated.some((tag) => tag[0] === 'B') && counts.length - separated.length <= 1)
    return `the tags look like spans (${someOf(separated)}), but are read as plain tags. Write - between the letter and the type, as in B-${separated[0]!.slice(2)}`;
  if (!isOutsideForm(usual) || labels.length === 0 || n < tokens / 2) return undefined;
  if (areFeatures(labels.map(([tag]) => tag))) return undefined;
  return `plain labels (${someOf(labels.map(([tag]) => tag))}) beside ${usual}: no tag begins with B or I, so each token is scored by its tag. If a run of one label is a span, give scheme IO`;
}

/** Whether a sentence has a tag beside the outside tag. */
const hasSpan = (part: Part, readingOf: ReadingOf): ((tags: readonly string[]) => boolean) => {
  const { scheme, read } = readingOf(part);
  if (scheme === 'none') return (tags) => tags.some((tag) => !isOutsideForm(tag));
  return (tags) => tags.some((tag) => tagParts(read(tag), scheme).role !== 'outside');
};

/** A part to score on that has no span, while the training corpus has. */
export function fewSpans(
  part: Part,
  train: Part | undefined,
  readingOf: ReadingOf,
): Finding | undefined {
  if (part.role === 'train' || !train) return undefined;
  if (readingOf(train).scheme === 'none') return undefined;
  const has = hasSpan(part, readingOf);
  if (part.sentences.some(({ tags }) => has(tags))) return undefined;
  const purpose = part.role === 'dev' ? 'no epoch can be chosen by it' : 'F1 cannot be measured';
  return {
    check: 'no-spans',
    severity: 'warning',
    count: part.sentences.length,
    message: `${part.name}: no span in ${part.sentences.length} ${part.role} sentences, so F1 is undefined and ${purpose}. Give sentences with spans.`,
  };
}

export function invalidTransitions(part: Part, readingOf: ReadingOf): Finding | undefined {
  const { scheme, read } = readingOf(part);
  if (scheme === 'none' || scheme === 'IO') return undefined;
  let count = 0;
  let first = '';
  for (const sentence of part.sentences) {
    let before: string | null = null;
    let written = 'the start of the sentence';
    for (const [t, tag] of [...sentence.tags, null].entries()) {
      const next: string | null = tag === null ? null : read(tag);
      if (!validTransition(before, next, scheme)) {
        count++;
        first ||= `${placeOf(part.name, sentence, Math.min(t, sentence.tags.length - 1))}: ${tag === null ? 'the end of the sentence' : shownTag(tag)} after ${written}`;
      }
      before = next;
      written = shownTag(tag ?? '');
    }
  }
  if (count === 0) return undefined;
  const more = count > 1 ? ` (and ${count - 1} more like it)` : '';
  return {
    check: 'invalid-transitions',
    severity: 'warning',
    count,
    message: `${first} is not valid in ${scheme}${more}. Spans are read as conlleval reads them.`,
  };
}

/** Tags and schemes of a part that the training corpus does not have. */
export function missingTags(
  part: Part,
  train: Part,
  readingOf: ReadingOf,
): (Finding | undefined)[] {
  const [mine, trained] = [readingOf(part), readingOf(train)];
  const isOnlyOutside = !part.sentences.some(({ tags }) => tags.some((tag) => !isOutsideForm(tag)));
  const differs = mine.scheme !== trained.scheme && !isOnlyOutside && mine.scheme !== 'IO';
  const kindOf = (scheme: string): string =>
    scheme === 'none' ? 'plain tags' : `span tags in ${scheme}`;
  const scheme: Finding | undefined = differs
    ? {
        check: 'scheme-differs',
        severity: (mine.scheme === 'none') !== (trained.scheme === 'none') ? 'error' : 'note',
        count: 1,
        code: 'SEQTAG_CORPUS_MISMATCH',
        option: 'tagColumn',
        message: `${part.name}: ${kindOf(mine.scheme)}, but ${train.name} has ${kindOf(trained.scheme)}. ${
          mine.scheme === 'none' || trained.scheme === 'none'
            ? 'Name the right tag column, or write both alike.'
            : 'They are converted.'
        }`,
      }
    : undefined;
  const nameOf = ({ scheme, read }: TagReading) => {
    const names = new Map<string, string>();
    return (tag: string): string => {
      const known = names.get(tag);
      if (known !== undefined) return known;
      const usual = read(tag);
      const parts = scheme === 'none' ? undefined : tagParts(usual, scheme);
      const name = !parts ? tag : parts.role === 'outside' ? 'O' : parts.type;
      names.set(tag, name);
      return name;
    };
  };
  const trainedName = nameOf(trained);
  const seen = new Set([...tagCounts(train).keys()].map(trainedName));
  const myName = nameOf(mine);
  const missing = new Map<string, number>();
  for (const [tag, count] of tagCounts(part)) {
    const name = myName(tag);
    if (name !== 'O' && !seen.has(name)) missing.set(name, (missing.get(name) ?? 0) + count);
  }
  if (missing.size === 0) return [scheme];
  const tokens = [...missing.values()].reduce((sum, n) => sum + n, 0);
  const what = mine.scheme === 'none' ? 'tag' : 'span type';
  return [
    scheme,
    {
      check: 'unseen-tags',
      severity: 'warning',
      count: tokens,
      message: `${part.name}: ${missing.size} ${what}${missing.size === 1 ? '' : 's'} that ${train.name} does not have: ${someOf([...missing].map(([tag, n]) => `${tag} (${n})`))}. They count as errors.`,
    },
  ];
}
