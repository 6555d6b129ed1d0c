import type { Sample, Verdict } from '../definition.ts';
import { globalColumns } from './fields.ts';

/** The first column of ten, as in CoNLL-U and CoNLL-X, or of fourteen and more, as in CoNLL-2009. */
const WORD_LINE = /^\d+(?:[-.]\d+)?\t/;

const FEW_LINES = 3;

export function sniffConllu({ content, comments, isLast }: Sample): Verdict {
  const [first] = content;
  if (comments.some((comment) => globalColumns(comment) !== undefined)) return 'yes';
  if (first === undefined) return isLast ? 'no' : 'maybe';
  const isWord = (line: string): boolean => {
    const columns = line.split('\t').length;
    return WORD_LINE.test(line) && (columns === 10 || columns >= 14);
  };
  if (isWord(first)) return 'yes';
  // a first line of ten columns may be damaged
  if (first.split('\t').length !== 10) return 'no';
  if (content.length < FEW_LINES && !isLast) return 'maybe';
  return 2 * content.filter(isWord).length > content.length ? 'yes' : 'no';
}
