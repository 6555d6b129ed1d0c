import {
  type Finding,
  type LintSentence,
  type Part,
  placeOf,
  samePlaceOf,
  shownTag,
} from './finding.ts';

/** Shorter sentences (`Yes .`) repeat in any corpus. */
const SHORT = 4;
const keyOf = ({ tokens }: LintSentence): string => tokens.join('\t');
const isLong = ({ tokens }: LintSentence): boolean => tokens.length >= SHORT;

/** Each sentence whose key an earlier one has, after the first that has it. Short sentences are left out. */
function* repetitions(
  sentences: readonly LintSentence[],
  key: (sentence: LintSentence) => string,
): Generator<[first: LintSentence, sentence: LintSentence]> {
  const seen = new Map<string, LintSentence>();
  for (const sentence of sentences.filter(isLong)) {
    const first = seen.get(key(sentence));
    if (first) yield [first, sentence];
    else seen.set(key(sentence), sentence);
  }
}

/** Sentences that are in a part more than once, with the same tags. */
export function duplicates(
  { role, name, sentences }: Part,
  read: (tag: string) => string,
): Finding | undefined {
  const keyWithTags = (sentence: LintSentence): string =>
    `${keyOf(sentence)}\n${sentence.tags.map(read).join('\t')}`;
  let count = 0;
  let first = '';
  for (const [before, sentence] of repetitions(sentences, keyWithTags)) {
    count++;
    first ||= `${placeOf(name, sentence)}: the same sentence as at ${samePlaceOf(name, before, sentence)}`;
  }
  if (count === 0) return undefined;
  const more = count > 1 ? `; ${count} sentences in all are repetitions` : '';
  return {
    check: 'duplicates',
    severity: role === 'train' && count > 0.1 * sentences.length ? 'warning' : 'note',
    count,
    message: `${first}${more}. Sentences that are held out would be in the training part too.`,
  };
}

/** Sentences with the same tokens and other tags. */
export function tagDisagreements(
  { name, sentences }: Part,
  read: (tag: string) => string,
): Finding | undefined {
  let count = 0;
  let first = '';
  for (const [before, sentence] of repetitions(sentences, keyOf)) {
    const t = sentence.tags.findIndex((tag, i) => read(tag) !== read(before.tags[i]!));
    if (t < 0) continue;
    count++;
    first ||= `${placeOf(name, sentence, t)}: ${JSON.stringify(sentence.tokens[t]!.slice(0, 40))} is ${shownTag(sentence.tags[t]!)}, but ${shownTag(before.tags[t]!)} in the same sentence at ${samePlaceOf(name, before, sentence, t)}`;
  }
  if (count === 0) return undefined;
  const more = count > 1 ? `; ${count} sentences in all differ only in their tags` : '';
  return {
    check: 'tags-disagree',
    severity: count > 0.01 * sentences.length ? 'warning' : 'note',
    count,
    message: `${first}${more}. Correct one of them.`,
  };
}

/** Sentences of a part that another part, usually the training corpus, has too. */
export function overlaps(part: Part, train: Part): Finding | undefined {
  const known = new Map<string, LintSentence>();
  for (const sentence of train.sentences)
    if (isLong(sentence) && !known.has(keyOf(sentence))) known.set(keyOf(sentence), sentence);
  let count = 0;
  let first = '';
  for (const sentence of part.sentences.filter(isLong)) {
    const same = known.get(keyOf(sentence));
    if (!same) continue;
    count++;
    first ||= `${placeOf(part.name, sentence)}: the same sentence as at ${placeOf(train.name, same)}`;
  }
  if (count === 0) return undefined;
  const percent = ((100 * count) / part.sentences.length).toFixed(1);
  return {
    check: 'overlap',
    severity: count > 0.01 * part.sentences.length ? 'warning' : 'note',
    count,
    message: `${first}; ${count} of ${part.sentences.length} ${part.role} sentences (${percent} %) are in ${train.name} too. Remove them from one of both: scores on them say nothing about new text.`,
  };
}
