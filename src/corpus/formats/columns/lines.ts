import { SPACE, TAB } from '../../lines.ts';
import type { Document } from '../../sentence.ts';

/*
 * Which lines of a column file are tokens. Reader and writer share these rules.
 *  - A line that is empty or has only ASCII white space is blank and ends a sentence.
 *  - A line whose first column is `-DOCSTART-` separates documents and ends a sentence.
 *  - A line that begins with `#` and a space or tab is a comment, unless it has the file's number of
 *    columns. Then it is a token, since `#` is a word in many corpora, but a comment where it stands
 *    before the first token of a sentence and its last column is no tag (see `sample.ts`).
 *  - `#begin document ...` and `#end document` are comments.
 *  - If the option `comment` names a prefix, just the lines that begin with it are comments; or none is.
 *  - Every other line is a token and must have the file's number of columns.
 * If the first token line has a tab between fields, tabs separate columns and tokens may contain spaces. Otherwise
 * runs of ASCII spaces and tabs separate. U+00A0 and other Unicode spaces never do.
 */

const HASH = 35;
const MINUS = 45;
const DOCSTART = '-DOCSTART-';

export type Separator = NonNullable<Document['separator']>;

/** What separates the columns of a line. */
export function separatorOf(line: string): Separator {
  if (!line.includes('\t')) return 'space';
  // a tab before or after all fields separates none of them
  const inside = line.replace(/^[ \t]+|[ \t]+$/g, '');
  return inside.includes('\t') || !inside.includes(' ') ? 'tab' : 'space';
}

export function isDocstart(text: string, from: number, to: number): boolean {
  if (text.charCodeAt(from) !== MINUS || !text.startsWith(DOCSTART, from)) return false;
  const end = from + DOCSTART.length;
  return end >= to || text.charCodeAt(end) === SPACE || text.charCodeAt(end) === TAB;
}

/** Which lines are comments. */
export interface CommentRule {
  /** Whether the line is a comment, whatever its columns are. */
  isComment(text: string, from: number, to: number): boolean;
  /** Whether the line is a comment unless it has the file's number of columns. */
  isHash(text: string, from: number, to: number): boolean;
}

const DOCUMENT_LINE = /^#(?:begin|end) document(?:\s|$)/;

export function isHashLine(text: string, from: number, to: number): boolean {
  if (text.charCodeAt(from) !== HASH || from + 2 >= to) return false;
  const next = text.charCodeAt(from + 1);
  return next === SPACE || next === TAB;
}

/** @param comment the prefix of comments, or false for none. Default: the rules above */
export function commentRule(comment: string | false | undefined): CommentRule {
  if (comment === undefined || comment === '')
    return {
      isHash: isHashLine,
      isComment: (text, from, to) =>
        text.charCodeAt(from) === HASH &&
        DOCUMENT_LINE.test(text.slice(from, Math.min(to, from + 20))),
    };
  return {
    isHash: () => false,
    isComment: (text, from) => comment !== false && text.startsWith(comment, from),
  };
}

/** Where the columns of a line begin and end: from, to, from, to, ... */
export function columnSpans(
  text: string,
  from: number,
  to: number,
  separator: Separator,
): number[] {
  const spans: number[] = [];
  if (separator === 'tab') {
    let start = from;
    for (let i = from; i < to; i++) {
      if (text.charCodeAt(i) === TAB) {
        spans.push(start, i);
        start = i + 1;
      }
    }
    spans.push(start, to);
    return spans;
  }
  let i = from;
  while (i < to) {
    while (i < to && (text.charCodeAt(i) === SPACE || text.charCodeAt(i) === TAB)) i++;
    if (i === to) break;
    const start = i;
    while (i < to && text.charCodeAt(i) !== SPACE && text.charCodeAt(i) !== TAB) i++;
    spans.push(start, i);
  }
  return spans;
}

/** The end of a span without its trailing spaces. */
export function beforeSpaces(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && text.charCodeAt(end - 1) === SPACE) end--;
  return end;
}
