import type { Sample, Verdict } from '../definition.ts';

/** So many lines with as many words each are columns. */
const ENOUGH = 16;

const TAG = /^(?:[A-Z][A-Z0-9$]*|[BIESLUM]-\S+|[^\w\s]+)$/;
const wordsOf = (line: string): string[] => line.trim().split(/[ \t]+/);

/** A line of six words or more whose last is a word with a full stop: what no column ends with. */
function isProse(line: string): boolean {
  return wordsOf(line).length >= 6 && /\p{L}[.!?]["')\]”’]*\s*$/u.test(line);
}

/** Columns are separated by tabs, or each line has as many of them. */
export function sniffColumns({ content, isSeparated, hasDocstart, isLast }: Sample): Verdict {
  if (hasDocstart) return 'yes';
  const [first, ...others] = content;
  if (first === undefined) return isLast ? 'no' : 'maybe';
  if (first.includes('\t')) return 'yes';
  const width = wordsOf(first).length;
  if (isProse(first) || others.some((line) => wordsOf(line).length !== width)) return 'no';
  if (content.length >= ENOUGH) return 'yes';
  if (!isLast) return 'maybe';
  // a few lines of prose may happen to have as many words each
  const isTagged = content.every((line) => TAG.test(wordsOf(line).at(-1) ?? ''));
  return content.length > 1 && (width < 3 || content.length > 3 || isTagged || isSeparated)
    ? 'yes'
    : 'no';
}
