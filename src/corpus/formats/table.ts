import { createRequire } from 'node:module';
import type { parse } from 'csv-parse/sync';
import { UserError } from '../../errors.ts';
import {
  contentEnd,
  copy,
  count,
  countLines,
  isAsciiSpace,
  isBlank,
  LineBuffer,
  MAX_GAP,
  MAX_LINE,
  problem,
} from '../lines.ts';
import type { Column, Document, Parser, ReadOptions, Sentence } from '../sentence.ts';
import { newDocument, SentenceBuilder } from './builder.ts';
import {
  checkAsked,
  checkDistinct,
  isName,
  listed,
  type Place,
  placeTags,
  replacements,
} from './places.ts';

/*
 * csv and tsv: a token a row, all rows with the same number of cells.
 *
 * A sentence ends at a blank row (empty, or all cells blank), and, if the header has a column
 * `sentence`, `sentence_id`, `sent_id` or `Sentence #`, where its value changes; an empty value there
 * means the same sentence as in the row before, as in the files that fill in only its first row.
 *
 * csv is quoted as in RFC 4180. A tsv row is one line: a cell is quoted if it begins and ends with
 * `"` and has only doubled quotes between; any other `"` is itself, so that a bare `"` is a token.
 *
 * The first row is a header if `header` says so, if a column was asked for by name, or if it names a
 * token column (`token`, `word`, `form`) and, when there are more cells, another column known by name.
 */

const TOKEN_NAMES = ['token', 'word', 'form', 'tokens', 'words'];
const TAG_NAMES = ['tag', 'label', 'ner', 'pos', 'upos', 'xpos', 'chunk', 'tags', 'labels'];
const SENTENCE_NAMES = ['sentence', 'sentence_id', 'sent_id', 'sentence #', 'sentence id'];
const OTHER_NAMES = ['', 'id', 'index', 'token_id', 'word_id', 'lemma', 'doc_id', 'document_id'];
const QUOTE = 34;

export type Table = 'csv' | 'tsv';

function delimiterOf(format: Table): string {
  return format === 'csv' ? ',' : '\t';
}

/** The index of the first of `names` that is a header name, case not counting. */
function findName(header: readonly string[], names: readonly string[]): number {
  const lower = header.map((name) => name.trim().toLowerCase());
  for (const name of names) {
    const index = lower.indexOf(name);
    if (index >= 0) return index;
  }
  return -1;
}

/** The index of a column asked for by name: exactly so, else with case not counting. */
function indexOfName(header: readonly string[], name: string): number {
  const index = header.indexOf(name);
  return index >= 0 ? index : findName(header, [name.toLowerCase()]);
}

/** Whether a first row names columns rather than being a token. */
export function looksLikeHeader(row: readonly string[]): boolean {
  const token = findName(row, TOKEN_NAMES);
  if (token < 0) return false;
  const known = [...TAG_NAMES, ...SENTENCE_NAMES, ...OTHER_NAMES];
  return row.length === 1 || row.some((cell, i) => i !== token && findName([cell], known) === 0);
}

/** Reads tokens and tags from csv or tsv; by default by header names, else first and last cell. */
export class TableParser implements Parser {
  readonly document: Document;
  readonly #builder: SentenceBuilder;
  readonly #buffer = new LineBuffer();
  readonly #tags = new Map<string, string>();
  readonly #format: Table;
  readonly #options: ReadOptions & { gold: boolean };
  #token = 0;
  #tag = -1;
  /** Further columns of tags, then those of features. */
  #more: readonly number[] = [];
  #sentence = -1;
  #current = '';
  /** Lines of complete rows. */
  #lines = 0;
  #firstLine = 0;
  /** csv: complete lines of a row that is still open inside quotes. */
  #open = '';
  /** Blank rows before the first row, which go with the header if there is one. */
  #lead = '';

  constructor(options: ReadOptions & { file: string; gold: boolean; format: Table }) {
    this.document = newDocument(options.file, options.format);
    this.#builder = new SentenceBuilder(this.document, options);
    this.#format = options.format;
    this.#options = options;
  }

  get line(): number {
    return this.#lines + countLines(this.#open) + 1;
  }

  push(text: string): Sentence[] {
    const lines = this.#buffer.push(text);
    if (lines === undefined) throw this.#tooLong(this.line);
    if (lines !== '') this.#feed(lines, false);
    return this.#builder.take();
  }

  end(): Sentence[] {
    this.#feed(this.#buffer.end(), true);
    if (this.#lead !== '') this.#builder.hold(this.#lead, 0, this.#lead.length, this.line);
    this.#builder.end();
    return this.#builder.take();
  }

  #feed(lines: string, atEnd: boolean): void {
    const text = this.#open + lines;
    const quoted = this.#format === 'csv' && text.includes('"');
    const ends = quoted ? rowEnds(text, atEnd) : lineEnds(text);
    const end = ends.at(-1) ?? 0;
    this.#open = text.slice(end);
    if (this.#open.length > MAX_LINE || (atEnd && this.#open !== '')) {
      throw this.#unclosed(this.#lines + countLines(text, 0, end) + 1);
    }
    if (end === 0) return;
    const rows = quoted ? this.#csvRows(text, ends) : plainRows(text, ends, this.#format);
    this.#rows(text, ends, rows, quoted);
  }

  /** The cells of csv rows that end at `ends`: csv-parse reads those with quotes. */
  #csvRows(text: string, ends: readonly number[]): string[][] {
    // `raw` of csv-parse loses the line feed of CRLF, so rows are cut by `rowEnds`
    const starts: number[] = [];
    const quoted: string[] = [];
    let from = 0;
    let quote = text.indexOf('"');
    for (const end of ends) {
      if (quote >= 0 && quote < end) {
        quoted.push(text.slice(from, end));
        quote = text.indexOf('"', end);
        starts.push(-1);
      } else {
        starts.push(from);
      }
      from = end;
    }
    let records: string[][];
    try {
      records = parseCsv(quoted.join(''));
    } catch (error) {
      if (!String((error as { code?: unknown }).code).startsWith('CSV_')) throw error;
      throw this.#unclosed(this.#lines + badLine(text, ends));
    }
    if (records.length !== quoted.length) {
      throw new Error(`${records.length} csv records for ${quoted.length} rows of source`);
    }
    let next = 0;
    return starts.map((start, r) =>
      start < 0 ? records[next++]! : plainCells(text, start, ends[r]!, 'csv'),
    );
  }

  #rows(text: string, ends: readonly number[], rows: readonly string[][], quoted: boolean): void {
    const builder = this.#builder;
    const { document } = this;
    const delimiter = delimiterOf(this.#format);
    const gold = this.#options.gold;
    let start = 0;
    let from = 0;
    for (let r = 0; r < ends.length; r++) {
      const end = ends[r]!;
      const cells = rows[r]!;
      const line = this.#lines + 1;
      this.#lines += quoted ? countLines(text, from, end) : 1;
      if (end - from > MAX_LINE) throw this.#tooLong(line);
      if (isBlankRow(text, from, end, this.#format)) {
        if (document.columns === 0) {
          this.#lead += text.slice(from, end);
          if (this.#lead.length > MAX_GAP) throw this.#tooLong(line);
          start = end;
        } else if (builder.size > 0) {
          builder.finish(text, start, end);
          start = end;
        }
        from = end;
        continue;
      }
      if (document.columns === 0) {
        this.#begin(cells, line);
        if (document.header === undefined) {
          builder.hold(this.#lead, 0, this.#lead.length, line);
        } else {
          document.header = {
            names: document.header.names,
            raw: this.#lead + text.slice(from, end),
          };
          start = end;
        }
        this.#lead = '';
        if (document.header !== undefined) {
          from = end;
          continue;
        }
      }
      if (cells.length !== document.columns) {
        throw problem(
          document.file,
          line,
          `${count(cells.length, 'column')}, expected ${document.columns} as in line ${this.#firstLine}. ${
            delimiter === ',' ? 'Is a cell with a comma not quoted?' : 'Are the separators tabs?'
          }`,
        );
      }
      if (this.#sentence >= 0) {
        const id = cells[this.#sentence]!;
        if (id !== '' && id !== this.#current) {
          if (builder.size > 0) {
            builder.finish(text, start, from);
            start = from;
          }
          this.#current = id;
        }
      }
      const token = cells[this.#token]!;
      if (quoted && token.includes('\n')) throw this.#unclosed(line);
      builder.add(
        token,
        gold ? this.#intern(cells[this.#tag]!) : '',
        line,
        this.#more.length > 0
          ? this.#more.map((column) => this.#intern(cells[column]!))
          : undefined,
      );
      from = end;
    }
    const last = ends.at(-1)!;
    builder.hold(text, start, last, this.line);
  }

  #intern(cell: string): string {
    const tag = withoutSpaces(cell);
    const known = this.#tags.get(tag);
    if (known !== undefined) return known;
    if (this.#tags.size < 4096) this.#tags.set(tag, tag);
    return tag;
  }

  /** Decides from the first row whether it is a header, and where tokens and tags are. */
  #begin(row: readonly string[], line: number): void {
    const { tokenColumn, header, gold } = this.#options;
    const [tagColumn, ...more] = listed(this.#options.tagColumn);
    const features = listed(this.#options.featureColumn);
    const { document } = this;
    const named =
      isName(tokenColumn) || (gold && [tagColumn, ...more].some(isName)) || features.some(isName);
    if (named && header === false) {
      throw new UserError(
        `${document.file}: a column was asked for by name, but there is to be no header. Give an index.`,
      );
    }
    document.columns = row.length;
    this.#firstLine = line;
    if (header ?? (named || looksLikeHeader(row))) {
      document.header = { names: [...row], raw: '' };
      this.#sentence = findName(row, SENTENCE_NAMES);
    }
    this.#token = this.#place(tokenColumn, row, line, TOKEN_NAMES, 0);
    document.token = this.#token;
    const tagPlace = (column: Column | undefined): number =>
      this.#place(column, row, line, TAG_NAMES, row.length - 1);
    const featurePlaces = features.map(tagPlace);
    this.#more = featurePlaces;
    if (!gold) return;
    this.#tag = tagPlace(tagColumn);
    const further = more.map(tagPlace);
    checkAsked([this.#tag, ...further], document.file);
    this.#more = [...further, ...featurePlaces];
    if (tagColumn === undefined && this.#tag === this.#token) {
      throw problem(
        document.file,
        line,
        `${count(row.length, 'column')}, so there is no tag beside the token. Say which columns have the token and the tag.`,
      );
    }
  }

  #place(
    column: Column | undefined,
    row: readonly string[],
    line: number,
    names: readonly string[],
    otherwise: number,
  ): number {
    const { file, header } = this.document;
    if (column === undefined) {
      const found = header === undefined ? -1 : findName(row, names);
      return found >= 0 ? found : otherwise;
    }
    if (typeof column === 'string' && header !== undefined) {
      const found = indexOfName(row, column);
      if (found >= 0) return found;
    }
    if (isName(column)) {
      throw problem(
        file,
        line,
        `no column "${column}". The first row has ${row.map((name) => `"${name.slice(0, 40)}"`).join(', ')}.`,
      );
    }
    const index = Number(column) < 0 ? row.length + Number(column) : Number(column);
    if (Number.isInteger(index) && index >= 0 && index < row.length) return index;
    throw problem(
      file,
      line,
      `${count(row.length, 'column')}, but column ${column} was asked for. Columns count from 0, or backwards from -1.`,
    );
  }

  #unclosed(line: number): UserError {
    return problem(
      this.document.file,
      line,
      'unbalanced quote. A quote inside a cell is written twice, and the cell quoted: """" is one quote.',
    );
  }

  #tooLong(line: number): UserError {
    return problem(
      this.document.file,
      line,
      `a row longer than 16 MiB. Is this ${this.#format}, and are its quotes balanced?`,
    );
  }
}

/** A tag has no spaces around it. */
function withoutSpaces(cell: string): string {
  return / $|^ /.test(cell) ? cell.replace(/^ +| +$/g, '') : cell;
}

/** Where each line ends, its line feed included. */
function lineEnds(text: string): number[] {
  const ends: number[] = [];
  for (let pos = 0; pos < text.length; ) {
    const end = text.indexOf('\n', pos);
    pos = end < 0 ? text.length : end + 1;
    ends.push(pos);
  }
  return ends;
}

/** Where each csv row ends: at the line ends with an even number of quotes before them. */
function rowEnds(text: string, atEnd: boolean): number[] {
  const ends: number[] = [];
  let odd = false;
  let quote = text.indexOf('"');
  for (let pos = 0; pos < text.length; ) {
    const end = text.indexOf('\n', pos);
    if (end < 0 && !atEnd) break;
    pos = end < 0 ? text.length : end + 1;
    while (quote >= 0 && quote < pos) {
      odd = !odd;
      quote = text.indexOf('"', quote + 1);
    }
    if (!odd) ends.push(pos);
  }
  return ends;
}

let csvParse: typeof parse | undefined;

/** csv-parse takes long to load, and only quoted rows need it. */
function parseCsv(text: string): string[][] {
  csvParse ??= (createRequire(import.meta.url)('csv-parse/sync') as { parse: typeof parse }).parse;
  return csvParse(text, { relax_column_count: true, record_delimiter: ['\r\n', '\n'] });
}

/** The line, from 1, of the first row that csv-parse does not read. */
function badLine(text: string, ends: readonly number[]): number {
  let from = 0;
  for (const end of ends) {
    try {
      parseCsv(text.slice(from, end));
    } catch {
      break;
    }
    from = end;
  }
  return countLines(text, 0, from) + 1;
}

/** The cells of rows that end at `ends`, in which a quote never hides a separator. */
function plainRows(text: string, ends: readonly number[], format: Table): string[][] {
  let from = 0;
  return ends.map((end) => {
    const cells = plainCells(text, from, end, format);
    from = end;
    return cells;
  });
}

function plainCells(text: string, from: number, end: number, format: Table): string[] {
  const spans = cellSpans(text, from, rowContentEnd(text, from, end), format);
  const cells: string[] = [];
  for (let i = 0; i < spans.length; i += 2) {
    const cell = copy(text, spans[i]!, spans[i + 1]!);
    cells.push(format === 'tsv' ? unquoteTsv(cell) : cell);
  }
  return cells;
}

function unquoteTsv(cell: string): string {
  if (cell.charCodeAt(0) !== QUOTE || cell.length < 3 || !cell.endsWith('"')) return cell;
  const inside = cell.slice(1, -1);
  return /^(?:[^"]|"")*$/.test(inside) ? inside.replaceAll('""', '"') : cell;
}

function unquote(cell: string, format: Table): string {
  if (format === 'tsv') return unquoteTsv(cell);
  return cell.charCodeAt(0) === QUOTE ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}

/** The spans of the raw cells of a row without its line end: from, to, from, to, ... */
function cellSpans(text: string, from: number, to: number, format: Table): number[] {
  const delimiter = delimiterOf(format).charCodeAt(0);
  const spans: number[] = [];
  let start = from;
  let quoted = false;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE && format === 'csv') quoted = !quoted;
    else if (code === delimiter && !quoted) {
      spans.push(start, i);
      start = i + 1;
    }
  }
  spans.push(start, to);
  return spans;
}

/** Whether every cell of a row is blank. */
function isBlankRow(text: string, from: number, end: number, format: Table): boolean {
  const first = text.charCodeAt(from);
  if (!isAsciiSpace(first) && first !== QUOTE && text[from] !== delimiterOf(format)) return false;
  const to = rowContentEnd(text, from, end);
  const spans = cellSpans(text, from, to, format);
  for (let i = 0; i < spans.length; i += 2) {
    let [a, b] = [spans[i]!, spans[i + 1]!];
    // in tsv, two quotes are a token of two quotes
    const shortest = format === 'csv' ? 2 : 3;
    if (b - a >= shortest && text.charCodeAt(a) === QUOTE && text.charCodeAt(b - 1) === QUOTE) {
      a++;
      b--;
    }
    if (!isBlank(text, a, b)) return false;
  }
  return true;
}

function rowContentEnd(text: string, from: number, end: number): number {
  return contentEnd(text, from, end > from && text.charCodeAt(end - 1) === 10 ? end - 1 : end);
}

/** A cell as it is written, quoted if it must be. */
export function quoteCell(cell: string, format: Table): string {
  const must = format === 'csv' ? /[",\r\n]/.test(cell) : unquoteTsv(cell) !== cell;
  const clean = format === 'csv' ? cell : cell.replace(/[\t\r\n]+/g, ' ');
  return must ? `"${clean.replaceAll('"', '""')}"` : clean;
}

/** The column whose cells are read as tags when none is asked for. */
export function tagColumnOf(document: Document): number {
  const found = findName(document.header?.names ?? [], TAG_NAMES);
  return found >= 0 ? found : document.columns - 1;
}

/** Finds where columns of tags go in a document. Throws `UserError` if there is no such column. */
export function tablePlaces(
  document: Document,
  columns: readonly (Column | undefined)[],
  orAppend: boolean,
): Place[] {
  const names = document.header?.names ?? [];
  const asked = columns.map((column) => {
    if (column === undefined) return undefined;
    const found = typeof column === 'string' ? indexOfName(names, column) : -1;
    if (found >= 0) return found;
    if (!isName(column)) return Number(column);
    if (document.header !== undefined || orAppend) return undefined;
    throw new UserError(
      `${document.file}: no header, so there is no column "${column}" to write tags to. Give an index.`,
    );
  });
  return placeTags(document, asked, orAppend);
}

/** The names of columns that are put beside those of `names`: as asked for, else one that is free. */
export function newNames(
  names: readonly string[],
  columns: readonly (Column | undefined)[],
): string[] {
  const all = [...names];
  for (const column of columns) {
    const free = ['tag', 'predicted', 'predicted_tag'].find((name) => findName(all, [name]) < 0);
    all.push(isName(column) ? column : (free ?? 'seqtag'));
  }
  const added = all.slice(names.length);
  checkDistinct(added, 'header');
  return added;
}

/** The header with the names of the new columns, if there are new ones. */
export function tagHeader(
  document: Document,
  columns: readonly (Column | undefined)[],
  places: readonly Place[],
): string {
  const { header } = document;
  if (header === undefined) return '';
  const { names, raw } = header;
  const format = document.format as Table;
  const added = newNames(
    names,
    columns.filter((_, c) => places[c] === undefined),
  );
  const cells = added.map((name) => delimiterOf(format) + quoteCell(name, format)).join('');
  const to = rowContentEnd(raw, 0, raw.length);
  return raw.slice(0, to) + cells + raw.slice(to);
}

/**
 * Gives `raw` back with tags in each row that is a token; other cells, and a cell that has its tag
 * already, are kept as they are.
 */
export function tagTable(
  raw: string,
  tags: readonly (readonly string[])[],
  options: { format: Table; places: readonly Place[] },
): string {
  const { format, places } = options;
  const delimiter = delimiterOf(format);
  const added = tags.filter((_, c) => places[c] === undefined);
  const replaced = replacements(places);
  const ends = format === 'csv' && raw.includes('"') ? rowEnds(raw, true) : lineEnds(raw);
  let out = '';
  let from = 0;
  let next = 0;
  for (const end of ends) {
    if (isBlankRow(raw, from, end, format)) {
      out += raw.slice(from, end);
      from = end;
      continue;
    }
    const to = rowContentEnd(raw, from, end);
    let done = from;
    if (replaced.length > 0) {
      const spans = cellSpans(raw, from, to, format);
      for (const { place, column } of replaced) {
        const [start, stop] = [spans[2 * place]!, spans[2 * place + 1]!];
        const tag = tags[column]![next] ?? '';
        if (withoutSpaces(unquote(raw.slice(start, stop), format)) === tag) continue;
        out += raw.slice(done, start) + quoteCell(tag, format);
        done = stop;
      }
    }
    out += raw.slice(done, to);
    for (const column of added) out += delimiter + quoteCell(column[next] ?? '', format);
    out += raw.slice(to, end);
    next++;
    from = end;
  }
  return out;
}
