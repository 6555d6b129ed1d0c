import { type ErrorCode, UserError } from '../errors.ts';

/** The longest line, in UTF-16 units. A longer one is refused, so that memory stays bounded. */
export const MAX_LINE = 16 * 1024 * 1024;
/** The most text without a token (blank lines, comments) between two sentences. */
export const MAX_GAP = 16 * 1024 * 1024;
/** The most tokens in a sentence. */
export const MAX_TOKENS = 1_000_000;

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;

/** An error with its position in a file: `file:line: what. remedy`. */
export function problem(
  file: string,
  line: number,
  message: string,
  code: ErrorCode = 'SEQTAG_CORPUS_SYNTAX',
): UserError {
  return new UserError(`${file}:${line}: ${message}`, { code });
}

/** @param remedy what to check, as a sentence */
export const tooLongLine = (
  file: string,
  line: number,
  remedy = 'Is there one sentence per line? If not, read the file as text.',
): UserError => problem(file, line, `a line longer than 16 MiB. ${remedy}`);

export const tooManyTokens = (file: string, line: number): UserError =>
  problem(
    file,
    line,
    `a sentence of more than ${quantity(MAX_TOKENS, 'token')}. Is the boundary between sentences missing, or is this another format?`,
  );

/** The error for a text without line feeds, whose lines end in carriage returns. */
export const onlyCr = (file: string): UserError =>
  problem(
    file,
    1,
    "line ends are CR alone (classic Mac OS). Convert them, for example with tr '\\r' '\\n'.",
  );

/** The error for a line with a carriage return inside. */
export const strayCr = (file: string, line: number): UserError =>
  problem(
    file,
    line,
    "a carriage return inside a line. Are the line ends mixed? Make them all LF, for example with tr '\\r' '\\n'.",
  );

export const binary = (file: string, line: number): UserError =>
  problem(
    file,
    line,
    'a binary file (it has a NUL byte), expected text. Check the path.',
    'SEQTAG_CORPUS_ENCODING',
  );

export const invalidUtf8 = (file: string, line: number): UserError =>
  problem(
    file,
    line,
    'invalid UTF-8. If the file is Latin-1, give latin1 as its encoding, or convert it with iconv -f LATIN1 -t UTF-8.',
    'SEQTAG_CORPUS_ENCODING',
  );

/** `1 column`, `3 columns`. */
export function quantity(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** How many line feeds are in `text` between `from` and `to`. */
export function countLines(text: string, from = 0, to = text.length): number {
  // indexOf would search beyond `to`
  const part = from === 0 && to === text.length ? text : text.slice(from, to);
  let lines = 0;
  for (let i = part.indexOf('\n'); i >= 0; i = part.indexOf('\n', i + 1)) lines++;
  return lines;
}

const BOM = 0xfeff;

/**
 * Where the content of the line at `from` begins. A byte order mark before it, as in files that were joined, is no part
 * of the line.
 */
export function lineStart(text: string, from: number): number {
  let start = from;
  while (text.charCodeAt(start) === BOM) start++;
  return start;
}

/** ASCII white space: space, tab, vertical tab, form feed, carriage return, line feed. U+00A0 is not. */
export function isAsciiSpace(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= CR);
}

/** Whether `text` between `from` and `to` is empty or has only ASCII white space. */
export function isBlank(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isAsciiSpace(text.charCodeAt(i))) return false;
  return true;
}

/**
 * The end of a line's content. Several carriage returns before the line feed are a line end too: some programs write CRLF
 * once more.
 * @param lineEnd the position of the line feed, or the end of the text
 */
export function contentEnd(text: string, from: number, lineEnd: number): number {
  let end = lineEnd;
  while (end > from && text.charCodeAt(end - 1) === CR) end--;
  return end;
}

/**
 * A slice of `text` that does not keep `text` in memory. V8 makes slices of 13 characters and more
 * views into their parent, so that one cached word would hold a chunk of the input.
 */
export function copy(text: string, from: number, to: number): string {
  const slice = text.slice(from, to);
  return slice.length < 13 ? slice : ` ${slice}`.slice(1);
}

/** A token or tag for a tab-separated column: each run of tabs and line ends becomes a space. */
export function asCell(token: string): string {
  return /[\t\r\n]/.test(token) ? token.replace(/[\t\r\n]+/g, ' ') : token;
}

/** A token as a word between spaces: white space in it becomes U+00A0, and an empty token `_`. */
export function asWord(token: string): string {
  if (token === '') return '_';
  return /[\t-\r ]/.test(token) ? token.replace(/[\t-\r ]/g, '\u00a0') : token;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/;

/**
 * A text with its control characters replaced by visible ones: C0 by their pictures (U+2400 and on),
 * C1 by U+FFFD. So no token or tag can move the cursor of a terminal or break a line.
 */
export function withoutControls(text: string): string {
  if (!CONTROLS.test(text)) return text;
  return text.replace(new RegExp(CONTROLS, 'g'), (char) => {
    const code = char.charCodeAt(0);
    return code < 32 ? String.fromCharCode(0x2400 + code) : code === 127 ? '\u2421' : '\ufffd';
  });
}

/** Returns the same string object for equal tags, which makes later lookups cheap. */
export function tagPool(): (text: string, from: number, to: number) => string {
  const pool = new Map<string, string>();
  return (text, from, to) => {
    const slice = text.slice(from, to);
    const known = pool.get(slice);
    if (known !== undefined) return known;
    const tag = copy(text, from, to);
    // bounded, since the column may hold words
    if (pool.size < 4096) pool.set(tag, tag);
    return tag;
  };
}

/** Where rows end, for formats in which a row may have several lines. */
export interface RowEnds {
  /** The position after the last complete row of the next piece of text, 0 if none ends in it. */
  lastEnd(piece: string): number;
  /** The position of the line feed that ends the row at `from`; negative if the text ends before. */
  rowEnd(text: string, from: number): number;
}

/** Turns pieces of text, cut anywhere, into texts of complete lines (or rows). */
export class LineBuffer {
  #pieces: string[] = [];
  #length = 0;
  readonly #rows: RowEnds | undefined;

  constructor(rows?: RowEnds) {
    this.#rows = rows;
  }

  /** The lines completed by `text`; '' if there are none; undefined if a line exceeds `MAX_LINE`. */
  push(text: string): string | undefined {
    const end = this.#rows?.lastEnd(text) ?? text.lastIndexOf('\n') + 1;
    if (end === 0) {
      this.#pieces.push(text);
      this.#length += text.length;
      return this.#length > MAX_LINE ? undefined : '';
    }
    const lines = end === text.length ? text : text.slice(0, end);
    const complete = this.#length === 0 ? lines : this.#pieces.join('') + lines;
    this.#pieces = end === text.length ? [] : [text.slice(end)];
    this.#length = text.length - end;
    return complete;
  }

  /** Line feeds in the incomplete row. */
  get lineFeeds(): number {
    return this.#pieces.reduce((sum, piece) => sum + countLines(piece), 0);
  }

  /** The last line, if it has no line end. */
  end(): string {
    const rest = this.#pieces.join('');
    this.#pieces = [];
    this.#length = 0;
    return rest;
  }
}
