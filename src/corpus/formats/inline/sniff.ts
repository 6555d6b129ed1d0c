import type { Sample, Verdict } from '../definition.ts';
import { ENOUGH_LINES, separatorOf, wordsOf } from './words.ts';

const OPEN_NLP = /(?:^|\s)<START(?::[^>\s]+)?> .* <END>(?:\s|$)/;

/** If a word of the first line has no tag, so many lines tell. */
const FEW_LINES = 4;

const isTagged = (line: string): boolean =>
  wordsOf(line).length >= 3 && separatorOf(line) !== undefined;

/** Most words of the line have a tag after a slash. */
const isMostlyTagged = (line: string): boolean => {
  const words = wordsOf(line);
  return 2 * words.filter((word) => /\S\/[A-Z]\S*$/.test(word)).length > words.length;
};

/** A first line of three words or more with tags, or most of the first lines; or a span of OpenNLP. */
function sniffTaggedWords({ content, isLast }: Sample): Verdict {
  const [first] = content;
  if (first === undefined) return isLast ? 'no' : 'maybe';
  if (OPEN_NLP.test(first) || isTagged(first)) return 'yes';
  if (!isMostlyTagged(first)) return 'no';
  if (!isLast && content.length < FEW_LINES) return 'maybe';
  return 2 * content.filter(isTagged).length >= content.length ? 'yes' : 'no';
}

/** A span in brackets. Logs and notes have other words there. */
const BRACKETS =
  /(?:^|\s)\[(?!(?:DEBUG|ERROR|FATAL|INFO|NOTE|TODO|TRACE|WARN(?:ING)?) )[A-Z]{2,}[\w-]* [^[\]]+\](?:\s|$)/;

/** A sentence whose final mark is a token of its own. */
const isTokenized = (line: string): boolean => /\s[.!?](?: ["'”’)]+)?\s*$/.test(line);

/** The same, or a span in brackets, `[PER Ada Brandt] left .`, perhaps after tokenized sentences without one. */
export function sniffInline(sample: Sample): Verdict {
  const { content, isSeparated, isLast } = sample;
  const at = content.findIndex((line) => BRACKETS.test(line));
  if (at >= 0 && content.slice(0, at).every(isTokenized)) return 'yes';
  const verdict = sniffTaggedWords(sample);
  const canWait = !isLast && !isSeparated && content.length < ENOUGH_LINES;
  return verdict === 'no' && canWait && content.every(isTokenized) ? 'maybe' : verdict;
}
