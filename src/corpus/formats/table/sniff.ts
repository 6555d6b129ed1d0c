import type { Sample, Verdict } from '../definition.ts';
import { looksLikeHeader } from './header.ts';

/** `word,TAG`: a first cell without spaces, quoted if it has a comma. */
const FIRST_CELL = /^(?:"[^"\s]*(?:""[^"\s]*)*"|[^",\s]*),/;
/** So many lines `word,TAG` are csv. */
const ENOUGH = 16;

export function sniffCsv({ content, isLast }: Sample): Verdict {
  const [first] = content;
  if (first === undefined) return isLast ? 'no' : 'maybe';
  if (first.includes('\t')) return 'no';
  const cells = first.replaceAll('"', '').split(',');
  if (cells.length > 1 && looksLikeHeader(cells)) return 'yes';
  if (!content.every((line) => FIRST_CELL.test(line) && !/\S[ \t]+\S/.test(line))) return 'no';
  if (content.length >= ENOUGH) return 'yes';
  return !isLast ? 'maybe' : content.length > 1 ? 'yes' : 'no';
}

/** Without a header, tab-separated values are columns. */
export function sniffTsv({ content: [first], isLast }: Sample): Verdict {
  if (first === undefined) return isLast ? 'no' : 'maybe';
  return first.includes('\t') && looksLikeHeader(first.split('\t')) ? 'yes' : 'no';
}
