import { createRequire } from 'node:module';
import { contentEnd, isAsciiSpace, isBlank, LF, lineStart, type RowEnds } from '../../lines.ts';
import type { Document } from '../../sentence.ts';
import type { Line } from '../scanner.ts';

/*
 * Cells are quoted as in RFC 4180 in csv: a cell that begins with `"` ends with one, and `""` inside is
 * one quote. No other cell has a quote. Quoted cells may have line ends. A row of tsv is one line. Its
 * cells are quoted if they begin and end with `"` and have only doubled quotes between. Any other `"`
 * stands for itself, so that a bare `"` can be a token.
 */

export type TableFormat = 'csv' | 'tsv';

/** What separates the cells of a row. A tab means tsv; all others, csv. */
export type Delimiter = NonNullable<Document['delimiter']>;

const QUOTE = 34;

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
export function nextRow(text: string, from: number, delimiter: Delimiter): number {
  const end = delimiter === '\t' ? text.indexOf('\n', from) : csvRowEnd(text, from);
  return end < 0 ? text.length : end + 1;
}

/** Where the content of a row ends that ends with its line end at `end`. */
export function rowContentEnd(text: string, from: number, end: number): number {
  return contentEnd(text, from, end > from && text.charCodeAt(end - 1) === LF ? end - 1 : end);
}

/**
 * Where the cells of a row begin and end, quotes included: from, to, from, to, ... In csv a delimiter
 * between an odd and an even quote separates nothing.
 */
export function cellSpans(text: string, from: number, to: number, delimiter: Delimiter): number[] {
  const code = delimiter.charCodeAt(0);
  const spans: number[] = [];
  let start = from;
  let isQuoted = false;
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE && delimiter !== '\t') isQuoted = !isQuoted;
    else if (unit === code && !isQuoted) {
      spans.push(start, i);
      start = i + 1;
    }
  }
  spans.push(start, to);
  return spans;
}

let csvParse: typeof import('csv-parse/sync') | undefined;

/** @throws CsvError */
function parseRows(rows: string, delimiter: Delimiter): string[][] {
  // it takes long to load, and few files have quotes
  csvParse ??= createRequire(import.meta.url)('csv-parse/sync') as typeof import('csv-parse/sync');
  return csvParse.parse(rows, { delimiter, record_delimiter: ['\n'], relax_column_count: true });
}

/**
 * Reads csv rows with quotes, by csv-parse. The rows of a text are read in one call, which is many times
 * faster. If one of them is wrong, each row is read by itself, so that the error is at the right one.
 */
export function createQuotedRows(): (
  row: Line,
  delimiter: Delimiter,
) => readonly string[] | undefined {
  let current: string | undefined;
  /** Where the row before begins in it. */
  let before = 0;
  /** The next quote in the text; -1 if there is none. */
  let quote = 0;
  let records: readonly string[][] = [];
  let next = 0;

  const readAll = (text: string, from: number, delimiter: Delimiter): readonly string[][] => {
    const rows: string[] = [];
    for (let start = from, at = quote; at >= 0; ) {
      const end = nextRow(text, start, delimiter);
      if (at < end) {
        rows.push(text.slice(lineStart(text, start), rowContentEnd(text, start, end)));
        at = text.indexOf('"', end);
      }
      start = end;
    }
    if (rows.length === 0) return [];
    const all = orUndefined(() => parseRows(rows.join('\n'), delimiter));
    if (all?.length === rows.length) return all;
    return rows.map((row) => {
      const records = orUndefined(() => parseRows(row, delimiter));
      return records?.length === 1 ? records[0]! : [];
    });
  };

  return ({ text, from, to }, delimiter) => {
    // the next text may have the same content
    const isNew = current !== text || from <= before;
    before = from;
    if (isNew) {
      current = text;
      quote = text.indexOf('"', from);
      records = readAll(text, from, delimiter);
      next = 0;
    } else if (quote >= 0 && quote < from) quote = text.indexOf('"', from);
    return quote >= 0 && quote < to ? records[next++] : undefined;
  };
}

/** The result, or undefined if csv-parse refuses the rows. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (csvParse !== undefined && error instanceof csvParse.CsvError) return undefined;
    throw error;
  }
}

/** The content of a cell, given as it is written. */
export function unquote(cell: string, delimiter: Delimiter): string {
  if (cell.charCodeAt(0) !== QUOTE) return cell;
  if (delimiter !== '\t') return cell.slice(1, -1).replaceAll('""', '"');
  if (cell.length < 3 || !cell.endsWith('"')) return cell;
  const inside = cell.slice(1, -1);
  return inside.replaceAll('""', '').includes('"') ? cell : inside.replaceAll('""', '"');
}

/** Whether a row of csv that begins with `# ` is prose: white space follows a delimiter, and a word the `#`. */
export function isProseRow(text: string, spans: readonly number[], delimiter: Delimiter): boolean {
  if (delimiter === '\t' || isBlank(text, spans[0]! + 1, spans[1]!)) return false;
  return spans.some((from, i) => i > 0 && i % 2 === 0 && isAsciiSpace(text.charCodeAt(from)));
}

/** Whether every cell of a row is blank. */
export function isBlankRow(text: string, spans: readonly number[], delimiter: Delimiter): boolean {
  // in tsv, two quotes are a token of two quotes
  const shortest = delimiter === '\t' ? 3 : 2;
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
export function quoteCell(cell: string, delimiter: Delimiter): string {
  const isTsv = delimiter === '\t';
  const must = isTsv
    ? unquote(cell, '\t') !== cell
    : /["\r\n]/.test(cell) || cell.includes(delimiter);
  const clean = isTsv ? cell.replace(/[\t\r\n]+/g, ' ') : cell;
  return must ? `"${clean.replaceAll('"', '""')}"` : clean;
}

/** A tag without the spaces around it. */
export function trimSpaces(cell: string): string {
  return / $|^ /.test(cell) ? cell.replace(/^ +| +$/g, '') : cell;
}

/**
 * What separates the cells of a csv file with this first row: a comma, or else a semicolon or a bar, if
 * the row has no comma between cells.
 */
export function csvDelimiter(text: string, from: number, to: number): Delimiter {
  const cells = (delimiter: Delimiter): number => cellSpans(text, from, to, delimiter).length / 2;
  if (cells(',') > 1) return ',';
  return ([';', '|'] as const).find((delimiter) => cells(delimiter) > 1) ?? ',';
}
