import { UserError } from '../errors.ts';

/** A longer line, in UTF-16 units, is refused rather than collected in memory. */
export const MAX_LINE = 16 * 1024 * 1024;
/** More text than this between two sentences (blank lines, comments) is refused. */
export const MAX_GAP = 16 * 1024 * 1024;
/** A sentence of more tokens is refused. */
export const MAX_TOKENS = 1_000_000;

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;

/** The error for a place in a file: `file:line: what. remedy`. */
export function problem(file: string, line: number, message: string): UserError {
  return new UserError(`${file}:${line}: ${message}`);
}

export const tooLongLine = (file: string, line: number): UserError =>
  problem(
    file,
    line,
    'a line longer than 16 MiB. Is there one sentence a line? If not, read it as text.',
  );

export const tooManyTokens = (file: string, line: number): UserError =>
  problem(
    file,
    line,
    `a sentence of more than ${count(MAX_TOKENS, 'token')}. Does nothing separate the sentences, or is the format another?`,
  );

export const binary = (file: string, line: number): UserError =>
  problem(file, line, 'a binary file (it has a NUL byte), expected text. Check the path.');

export const invalidUtf8 = (file: string, line: number): UserError =>
  problem(
    file,
    line,
    'invalid UTF-8. If the file is Latin-1, convert it with iconv -f LATIN1 -t UTF-8.',
  );

/** `1 column`, `3 columns`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** Line feeds in `text` from `from` to `to`. */
export function countLines(text: string, from = 0, to = text.length): number {
  let lines = 0;
  for (let i = text.indexOf('\n', from); i >= 0 && i < to; i = text.indexOf('\n', i + 1)) lines++;
  return lines;
}

/** Space, tab, vertical tab, form feed, carriage return, line feed; never U+00A0 and its like. */
export function isAsciiSpace(code: number): boolean {
  return code === SPACE || (code >= TAB && code <= CR);
}

/** Whether `text` from `from` to `to` is empty or ASCII white space only. */
export function isBlank(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isAsciiSpace(text.charCodeAt(i))) return false;
  return true;
}

/** Where the content of a line ends, given where its line feed is (or the text ends). */
export function contentEnd(text: string, from: number, lineEnd: number): number {
  return lineEnd > from && text.charCodeAt(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd;
}

/**
 * A piece of `text` that does not keep `text` alive. V8 makes slices of 13 characters and more
 * views into their parent, so one cached word would hold a whole chunk of the input.
 */
export function copy(text: string, from: number, to: number): string {
  const slice = text.slice(from, to);
  return slice.length < 13 ? slice : ` ${slice}`.slice(1);
}

/** A token or tag as a column: tabs and line ends in it become a space. */
export function asCell(token: string): string {
  return /[\t\r\n]/.test(token) ? token.replace(/[\t\r\n]+/g, ' ') : token;
}

/** Makes equal tags one string, so that looking them up later is cheap. */
export function tagPool(): (text: string, from: number, to: number) => string {
  const pool = new Map<string, string>();
  return (text, from, to) => {
    const slice = text.slice(from, to);
    const known = pool.get(slice);
    if (known !== undefined) return known;
    const tag = copy(text, from, to);
    // a column of words may have been asked for: do not collect those
    if (pool.size < 4096) pool.set(tag, tag);
    return tag;
  };
}

/** Turns a stream of pieces, cut anywhere, into texts that end at line ends. */
export class LineBuffer {
  #pieces: string[] = [];
  #length = 0;

  /** The complete lines so far, or '' if no line end has come. Returns `undefined` if a line grows past `MAX_LINE`. */
  push(text: string): string | undefined {
    const end = text.lastIndexOf('\n') + 1;
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

  /** The last line, if it has no line end. */
  end(): string {
    const rest = this.#pieces.join('');
    this.#pieces = [];
    this.#length = 0;
    return rest;
  }
}
