import type { Scheme } from '../tags/scheme.ts';
import { featuresThatAreTags, tagsThatAreTokens } from './copies.ts';
import { type Finding, type LintSentence, type Part, placeOf } from './finding.ts';
import { duplicates, overlaps, tagDisagreements } from './sentences.ts';
import {
  fewSpans,
  invalidTransitions,
  missingTags,
  oneTag,
  strangeTagCount,
  tagNote,
  tagReadings,
} from './tags.ts';
import { suspiciousCharacters, tokensWithSpaces } from './tokens.ts';

export type { Finding, LintSentence, Part, Role } from './finding.ts';

/*
 * Checks of labelled corpora for what makes a model worthless or a score meaningless. Each check is a function of a part,
 * or of two, that returns a finding or undefined.
 */

/** All findings about corpora of one tag column: errors first, then in the order of the checks. */
export function lint(
  parts: readonly Part[],
  {
    partial = false,
    lemmas = false,
    fromScheme,
  }: {
    partial?: boolean;
    /** Whether the tags are lemmas: then there may be many, also new ones. */
    lemmas?: boolean;
    fromScheme?: Scheme | undefined;
  } = {},
): Finding[] {
  const readings = tagReadings(fromScheme);
  const tagReader = (part: Part): ((tag: string) => string) =>
    partial ? (tag) => tag : readings(part).read;
  const train = parts.find(({ role }) => role === 'train');
  const findings: (Finding | undefined)[] = [];
  for (const part of parts) {
    if (part.sentences.length === 0) continue;
    findings.push(...structure(part));
    if (!lemmas) findings.push(tagsThatAreTokens(part), strangeTagCount(part));
    if (part.role === 'train') findings.push(...featuresThatAreTags(part));
    if (!partial) findings.push(oneTag(part));
    if (!partial && !lemmas)
      findings.push(
        tagNote(part, readings),
        fewSpans(part, train, readings),
        invalidTransitions(part, readings),
      );
    findings.push(
      tokensWithSpaces(part),
      suspiciousCharacters(part),
      duplicates(part, tagReader(part)),
      tagDisagreements(part, tagReader(part)),
    );
  }
  for (const part of parts) {
    if (part.role === 'train' || !train) continue;
    findings.push(
      ...(partial || lemmas ? [] : missingTags(part, train, readings)),
      overlaps(part, train),
    );
  }
  const dev = parts.find(({ role }) => role === 'dev');
  for (const part of parts)
    if (part.role === 'test' && dev) findings.push(asNote(overlaps(part, dev)));
  return findings
    .filter((finding) => finding !== undefined)
    .sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
}

const asNote = (finding: Finding | undefined): Finding | undefined =>
  finding && { ...finding, severity: 'note' };

/** A part without a blank line and of so many tokens is one sentence by mistake. */
const LONG = 200;

/** Empty columns, numbers in place of words, and missing sentence boundaries. */
export function structure(part: Part): (Finding | undefined)[] {
  const { name, sentences } = part;
  const tokens = sentences.reduce((sum, one) => sum + one.tokens.length, 0);
  const ids = countsUp(part);
  return [
    emptyCells(part, 'tokens'),
    emptyCells(part, 'tags'),
    ids,
    sentences.length === 1 && tokens >= LONG
      ? {
          check: 'no-sentence-boundaries',
          severity: part.role === 'train' ? 'error' : 'warning',
          count: tokens,
          code: 'SEQTAG_CORPUS_SYNTAX',
          message: `${placeOf(name, sentences[0]!)}: no blank line in ${tokens} tokens, so the whole file is one sentence. Put a blank line after each sentence.`,
        }
      : undefined,
  ];
}

/** A smaller fraction of empty cells is a mistake in the data, but the columns are right. */
const MANY_EMPTY = 0.01;

function emptyCells({ name, sentences }: Part, what: 'tokens' | 'tags'): Finding | undefined {
  let count = 0;
  let all = 0;
  let first: string | undefined;
  for (const sentence of sentences)
    for (const [t, text] of sentence[what].entries()) {
      all++;
      if (what === 'tokens' ? text !== '' : text.trim() !== '') continue;
      count++;
      first ??= placeOf(name, sentence, t);
    }
  if (count === 0) return undefined;
  const noun = what === 'tokens' ? 'token' : 'tag';
  const everywhere = count === all;
  return {
    check: `empty-${what}`,
    severity: count >= MANY_EMPTY * all ? 'error' : 'warning',
    count,
    code: everywhere ? 'SEQTAG_COLUMN' : 'SEQTAG_CORPUS_SYNTAX',
    option: what === 'tokens' ? 'tokenColumn' : 'tagColumn',
    message: everywhere
      ? `${first}: the ${noun} column is empty in all ${count} lines. Is there a tab too many? Name the right ${noun} column.`
      : `${first}: no ${noun}${count > 1 ? `, here and in ${count - 1} more of ${all} lines` : ''}. Fill in the ${noun}s or remove the lines.`,
  };
}

/** Whether the tokens of nearly all sentences are 1, 2, 3 (or 0, 1, 2). */
function countsUp({ name, sentences }: Part): Finding | undefined {
  const long = sentences.filter(({ tokens }) => tokens.length >= 2);
  if (long.length === 0) return undefined;
  const isCount = ({ tokens }: LintSentence, from: number): boolean =>
    tokens.every((token, t) => token === String(t + from));
  const perSentence = long.filter((one) => isCount(one, 1) || isCount(one, 0)).length;
  // an index of the whole file, as tables have it
  const all = sentences.flatMap(({ tokens }) => tokens);
  const start = Number(all[0]);
  const isIndex =
    all.length > 2 &&
    Number.isInteger(start) &&
    all.every((token, t) => token === String(start + t));
  if (!isIndex && perSentence < 0.9 * long.length) return undefined;
  if (!isIndex && long.length < 2 && all.length < 4) return undefined;
  return {
    check: 'ids-as-words',
    severity: 'error',
    count: all.length,
    code: 'SEQTAG_COLUMN',
    option: 'tokenColumn',
    message: `${placeOf(name, sentences[0]!)}: the tokens count ${all.slice(0, 3).join(', ')}: column 0 numbers the tokens. The words are probably in the next column: give token column 1.`,
  };
}
