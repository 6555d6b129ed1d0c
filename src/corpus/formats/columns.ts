import { UserError } from '../../errors.ts';
import {
  contentEnd,
  copy,
  count,
  countLines,
  isBlank,
  LineBuffer,
  MAX_LINE,
  problem,
  SPACE,
  TAB,
  tagPool,
} from '../lines.ts';
import type { Column, Document, Parser, ReadOptions, Sentence } from '../sentence.ts';
import { newDocument, SentenceBuilder } from './builder.ts';
import {
  checkAsked,
  isName,
  listed,
  type Place,
  placeTags,
  replacements,
  resolve,
} from './places.ts';

/*
 * Which lines of a column file are tokens; reader and writer share this rule.
 *  - A line that is empty or ASCII white space only is blank: it ends a sentence.
 *  - A line whose first column is `-DOCSTART-` stands between documents: it ends a sentence too.
 *  - A line that begins with `# ` is a comment if its number of columns is not the file's; with the
 *    right number it is a token, since `#` is a word of many corpora.
 *  - Every other line is a token, and must have the file's number of columns.
 * If the first token line has a tab, tabs separate the columns and a token may contain spaces;
 * otherwise runs of ASCII spaces and tabs do. U+00A0 and other Unicode spaces never separate.
 */

const HASH = 35;
const MINUS = 45;
const DOCSTART = '-DOCSTART-';
/** How far (UTF-16 units) to look for a first line that is surely a token. */
const LOOK_AHEAD = 1024 * 1024;

function isDocstart(text: string, from: number, to: number): boolean {
  if (text.charCodeAt(from) !== MINUS || !text.startsWith(DOCSTART, from)) return false;
  const end = from + DOCSTART.length;
  return end >= to || text.charCodeAt(end) === SPACE || text.charCodeAt(end) === TAB;
}

function isHashLine(text: string, from: number, to: number): boolean {
  return text.charCodeAt(from) === HASH && from + 2 < to && text.charCodeAt(from + 1) === SPACE;
}

/** The spans of the columns of a line: from, to, from, to, ... */
function columnSpans(text: string, from: number, to: number, separator: 'tab' | 'space'): number[] {
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

/** The end of a span without the spaces at its end. */
function beforeSpaces(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && text.charCodeAt(end - 1) === SPACE) end--;
  return end;
}

/** A column given by the user as an index; names mean nothing in this format. */
function asIndex(column: Column, what: string): number {
  if (!isName(column)) return Number(column);
  throw new UserError(
    `${what} column "${column}": the format columns has no column names. Give an index: 0 is the first, -1 the last.`,
  );
}

/** Reads tokens and tags from columns; by default the first is the token, the last the tag. */
export class ColumnsParser implements Parser {
  readonly document: Document;
  readonly #builder: SentenceBuilder;
  readonly #buffer = new LineBuffer();
  readonly #intern = tagPool();
  readonly #gold: boolean;
  readonly #askedToken: number;
  readonly #askedTags: readonly number[];
  readonly #askedFeatures: readonly number[];
  #token = 0;
  #tag = -1;
  /** Further columns of tags, then those of features. */
  #more: readonly number[] = [];
  /** Complete lines seen. */
  #lines = 0;
  /** The line that fixed the number of columns. */
  #firstLine = 0;
  /** Text read while the number of columns is not known. */
  #undecided = '';

  constructor(options: ReadOptions & { file: string; gold: boolean }) {
    this.document = newDocument(options.file, 'columns');
    this.#builder = new SentenceBuilder(this.document, options);
    this.#gold = options.gold;
    this.#askedToken = asIndex(options.tokenColumn ?? 0, 'token');
    this.#askedTags = listed(options.tagColumn).map((column) => asIndex(column, 'tag'));
    this.#askedFeatures = listed(options.featureColumn).map((column) => asIndex(column, 'feature'));
  }

  get line(): number {
    return this.#lines + countLines(this.#undecided) + 1;
  }

  push(text: string): Sentence[] {
    const lines = this.#buffer.push(text);
    if (lines === undefined) throw this.#tooLong(this.line);
    if (lines !== '') this.#feed(lines, false);
    return this.#builder.take();
  }

  end(): Sentence[] {
    this.#feed(this.#buffer.end(), true);
    this.#builder.end();
    return this.#builder.take();
  }

  #feed(lines: string, atEnd: boolean): void {
    if (this.document.columns > 0) {
      this.#parse(lines);
      return;
    }
    const text = this.#undecided + lines;
    // lines before which no token can be need no decision
    const wait = this.#decide(text, atEnd) === 'wait';
    this.#undecided = wait ? text : '';
    if (!wait) this.#parse(text);
  }

  /**
   * Finds the separator and the number of columns from the first line that is surely a token. Lines
   * that begin with `# ` may be comments: while there are only those, it waits, as far as `LOOK_AHEAD`.
   */
  #decide(text: string, atEnd: boolean): 'decided' | 'nothing' | 'wait' {
    let hash: [line: number, from: number, to: number] | undefined;
    let line = this.#lines + 1;
    for (let pos = 0; pos < text.length; line++) {
      if (hash !== undefined && pos - hash[1] > LOOK_AHEAD) break;
      const lineEnd = text.indexOf('\n', pos);
      const to = contentEnd(text, pos, lineEnd < 0 ? text.length : lineEnd);
      if (isHashLine(text, pos, to)) hash ??= [line, pos, to];
      else if (!isBlank(text, pos, to) && !isDocstart(text, pos, to)) {
        this.#fix(text, line, pos, to);
        return 'decided';
      }
      pos = lineEnd < 0 ? text.length : lineEnd + 1;
    }
    if (hash === undefined) return 'nothing';
    if (!atEnd && text.length - hash[1] <= LOOK_AHEAD) return 'wait';
    this.#fix(text, ...hash);
    return 'decided';
  }

  #fix(text: string, line: number, from: number, to: number): void {
    const { document } = this;
    const first = text.slice(from, to);
    const separator = first.includes('\t') ? 'tab' : 'space';
    const columns = columnSpans(first, 0, first.length, separator).length / 2;
    const placeOf =
      (what: string) =>
      (column: number): number => {
        const index = resolve(column, columns);
        if (index !== undefined) return index;
        throw problem(
          document.file,
          line,
          `${count(columns, 'column')}, but ${what} ${column} was asked for. Columns count from 0, or backwards from -1.`,
        );
      };
    const place = placeOf('column');
    this.#token = place(this.#askedToken);
    if (this.#gold) {
      const [tag = -1, ...more] = this.#askedTags;
      this.#tag = place(tag);
      this.#more = more.map(place);
      checkAsked([this.#tag, ...this.#more], document.file);
      if (this.#askedTags.length === 0 && this.#tag === this.#token) {
        throw problem(
          document.file,
          line,
          `${count(columns, 'column')}, so there is no tag beside the token. Separate token and tag by a tab or spaces, or say which column has the tag.`,
        );
      }
    }
    this.#more = [...this.#more, ...this.#askedFeatures.map(placeOf('feature column'))];
    document.separator = separator;
    document.columns = columns;
    document.token = this.#token;
    this.#firstLine = line;
  }

  #parse(text: string): void {
    const builder = this.#builder;
    const tabs = this.document.separator === 'tab';
    const expected = this.document.columns;
    const token = this.#token;
    const tag = this.#tag;
    let start = 0;
    let pos = 0;
    while (pos < text.length) {
      let lineEnd = text.indexOf('\n', pos);
      if (lineEnd < 0) lineEnd = text.length;
      const next = lineEnd < text.length ? lineEnd + 1 : lineEnd;
      const to = contentEnd(text, pos, lineEnd);
      const line = ++this.#lines;
      if (next - pos > MAX_LINE) throw this.#tooLong(line);
      const first = text.charCodeAt(pos);
      if (to === pos || (first <= SPACE && isBlank(text, pos, to))) {
        if (builder.size > 0) {
          builder.finish(text, start, next);
          start = next;
        }
        pos = next;
        continue;
      }
      let columns = 0;
      let tokenFrom = 0;
      let tokenTo = 0;
      let tagFrom = 0;
      let tagTo = 0;
      let i = pos;
      if (tabs) {
        for (;;) {
          const from = i;
          while (i < to && text.charCodeAt(i) !== TAB) i++;
          if (columns === token) {
            tokenFrom = from;
            tokenTo = i;
          }
          if (columns === tag) {
            tagFrom = from;
            tagTo = i;
          }
          columns++;
          if (i === to) break;
          i++;
        }
      } else {
        for (;;) {
          while (i < to && (text.charCodeAt(i) === SPACE || text.charCodeAt(i) === TAB)) i++;
          if (i === to) break;
          const from = i;
          while (i < to && text.charCodeAt(i) !== SPACE && text.charCodeAt(i) !== TAB) i++;
          if (columns === token) {
            tokenFrom = from;
            tokenTo = i;
          }
          if (columns === tag) {
            tagFrom = from;
            tagTo = i;
          }
          columns++;
        }
      }
      if (first === MINUS && isDocstart(text, pos, to)) {
        if (builder.size > 0) {
          builder.finish(text, start, pos);
          start = pos;
        }
      } else if (columns === expected) {
        // a tag never ends in spaces, even where tabs separate
        tagTo = beforeSpaces(text, tagFrom, tagTo);
        builder.add(
          copy(text, tokenFrom, tokenTo),
          this.#gold ? this.#intern(text, tagFrom, tagTo) : '',
          line,
          this.#more.length > 0 ? this.#moreTags(text, pos, to) : undefined,
        );
      } else if (!isHashLine(text, pos, to)) {
        throw problem(
          this.document.file,
          line,
          `${count(columns, 'column')}, expected ${expected} as in line ${this.#firstLine}. ${
            tabs ? 'Are the separators tabs?' : 'Is there a space inside a token?'
          }`,
        );
      }
      pos = next;
    }
    builder.hold(text, start, text.length, this.line);
  }

  #moreTags(text: string, from: number, to: number): string[] {
    const spans = columnSpans(text, from, to, this.document.separator!);
    return this.#more.map((column) => {
      const start = spans[2 * column]!;
      return this.#intern(text, start, beforeSpaces(text, start, spans[2 * column + 1]!));
    });
  }

  #tooLong(line: number): UserError {
    return problem(
      this.document.file,
      line,
      'a line longer than 16 MiB. Is this a file of columns?',
    );
  }
}

/** Finds where columns of tags go in a document. Throws `UserError` if there is no such column. */
export function columnPlaces(
  document: Document,
  columns: readonly (Column | undefined)[],
  orAppend: boolean,
): Place[] {
  const asked = columns.map((column) =>
    column === undefined || (orAppend && isName(column)) ? undefined : asIndex(column, 'tag'),
  );
  return placeTags(document, asked, orAppend);
}

/**
 * Gives `raw` back with the tags of each column in each token line: at its place (replaced), or as a
 * new last column, after the separator the line itself uses.
 */
export function tagColumns(
  raw: string,
  tags: readonly (readonly string[])[],
  options: {
    document: Document;
    places: readonly Place[];
    paint: (tag: string) => string;
  },
): string {
  const { document, places, paint } = options;
  const separator = document.separator ?? 'space';
  const added = tags.filter((_, c) => places[c] === undefined);
  const replaced = replacements(places);
  const isPlain = replaced.length === 0 && separator === 'tab';
  let out = '';
  let next = 0;
  let pos = 0;
  while (pos < raw.length) {
    let lineEnd = raw.indexOf('\n', pos);
    if (lineEnd < 0) lineEnd = raw.length;
    const to = contentEnd(raw, pos, lineEnd);
    const end = lineEnd < raw.length ? lineEnd + 1 : lineEnd;
    if (isBlank(raw, pos, to) || isDocstart(raw, pos, to)) {
      out += raw.slice(pos, end);
      pos = end;
      continue;
    }
    if (
      isHashLine(raw, pos, to) &&
      columnSpans(raw, pos, to, separator).length / 2 !== document.columns
    ) {
      out += raw.slice(pos, end);
      pos = end;
      continue;
    }
    if (isPlain) {
      let cells = raw.slice(pos, to);
      for (const column of added) cells += `\t${paint(column[next] ?? '')}`;
      out += cells + raw.slice(to, end);
    } else {
      const spans = columnSpans(raw, pos, to, separator);
      let done = pos;
      for (const { place, column } of replaced) {
        const from = spans[2 * place]!;
        out += raw.slice(done, from) + paint(tags[column]![next] ?? '');
        // spaces after a tag are not part of it
        done = beforeSpaces(raw, from, spans[2 * place + 1]!);
      }
      const last = spans.length - 2;
      const gap = last > 0 ? raw.slice(spans[last - 1], spans[last]) : '\t';
      const stop = spans[last + 1]!;
      out += raw.slice(done, stop);
      for (const column of added) out += gap + paint(column[next] ?? '');
      out += raw.slice(stop, end);
    }
    next++;
    pos = end;
  }
  return out;
}
