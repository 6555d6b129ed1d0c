import { contentEnd, isAsciiSpace, isBlank, LF, type RowEnds } from '../../lines.ts';

/*
 * Cells are quoted as in RFC 4180 in csv: a cell that begins with `"` ends with one, and `""` inside is
 * one quote. No other cell has a quote. Quoted cells may have line ends. A row of tsv is one line. Its
 * cells are quoted if they begin and end with `"` and have only doubled quotes between. Any other `"`
 * stands for itself, so that a bare `"` can be a token.
 */

export type TableFormat = 'csv' | 'tsv';

const QUOTE = 34;

export const delimiterOf = (format: TableFormat): string => (format === 'csv' ? ',' : '\t');

/** Where rows of csv end: at line ends outside quotes. */
export function createCsvRows(): RowEnds {
  let isQuoted = false;
  return {
    lastEnd(piece) {
      let last = 0;
      for (let i = 0; i < piece.length; i++) {
        const code = piece.charCodeAt(i);
        if (code === QUOTE) isQuoted = !isQuoted;
        else if (code === LF && !isQuoted) last = i + 1;
      }
      return last;
    },
    rowEnd: csvRowEnd,
  };
}

/** The line feed that ends the row at `from`; -1 if the text ends before. */
function csvRowEnd(text: string, from: number): number {
  let isQuoted = false;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (code === LF && !isQuoted) return i;
  }
  return -1;
}

/** Where the row at `from` ends, its line end included. */
export function nextRow(text: string, from: number, format: TableFormat): number {
  const end = format === 'csv' ? csvRowEnd(text, from) : text.indexOf('\n', from);
  return end < 0 ? text.length : end + 1;
}

/** Where the content of a row ends that ends with its line end at `end`. */
export function rowContentEnd(text: string, from: number, end: number): number {
  return contentEnd(text, from, end > from && text.charCodeAt(end - 1) === LF ? end - 1 : end);
}

/**
 * Where the cells of a row begin and end, quotes included: from, to, from, to, ...
 * Undefined if a quote of csv is out of place.
 */
export function cellSpans(
  text: string,
  from: number,
  to: number,
  format: TableFormat,
): number[] | undefined {
  const delimiter = delimiterOf(format).charCodeAt(0);
  const spans: number[] = [];
  let start = from;
  let i = from;
  for (;;) {
    if (format === 'csv' && text.charCodeAt(i) === QUOTE && i < to) {
      i = quotedEnd(text, i, to);
      if (i < 0) return undefined;
    } else {
      for (; i < to; i++) {
        const code = text.charCodeAt(i);
        if (code === delimiter) break;
        if (code === QUOTE && format === 'csv') return undefined;
      }
    }
    spans.push(start, i);
    if (i >= to) return spans;
    i++;
    start = i;
  }
}

/** The position after the quoted csv cell at `from`; -1 if it does not end where a cell ends. */
function quotedEnd(text: string, from: number, to: number): number {
  for (let i = from + 1; i < to; i++) {
    if (text.charCodeAt(i) !== QUOTE) continue;
    const next = i + 1 < to ? text.charCodeAt(i + 1) : undefined;
    if (next === QUOTE) i++;
    else return next === undefined || next === 44 ? i + 1 : -1;
  }
  return -1;
}

/** The content of a cell, given as it is written. */
export function unquote(cell: string, format: TableFormat): string {
  if (cell.charCodeAt(0) !== QUOTE) return cell;
  if (format === 'csv') return cell.slice(1, -1).replaceAll('""', '"');
  if (cell.length < 3 || !cell.endsWith('"')) return cell;
  const inside = cell.slice(1, -1);
  return inside.replaceAll('""', '').includes('"') ? cell : inside.replaceAll('""', '"');
}

/** Whether every cell of a row is blank. */
export function isBlankRow(text: string, spans: readonly number[], format: TableFormat): boolean {
  // in tsv, two quotes are a token of two quotes
  const shortest = format === 'csv' ? 2 : 3;
  for (let i = 0; i < spans.length; i += 2) {
    let [from, to] = [spans[i]!, spans[i + 1]!];
    if (from === to) continue;
    const code = text.charCodeAt(from);
    if (code === QUOTE && to - from >= shortest && text.charCodeAt(to - 1) === QUOTE) {
      from++;
      to--;
    } else if (!isAsciiSpace(code)) return false;
    if (!isBlank(text, from, to)) return false;
  }
  return true;
}

/** A cell as it is written, quoted if it must be. */
export function quoteCell(cell: string, format: TableFormat): string {
  const must = format === 'csv' ? /[",\r\n]/.test(cell) : unquote(cell, 'tsv') !== cell;
  const clean = format === 'csv' ? cell : cell.replace(/[\t\r\n]+/g, ' ');
  return must ? `"${clean.replaceAll('"', '""')}"` : clean;
}

/** A tag without the spaces around it. */
export function trimSpaces(cell: string): string {
  return / $|^ /.test(cell) ? cell.replace(/^ +| +$/g, '') : cell;
}
