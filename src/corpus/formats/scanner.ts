import {
  contentEnd,
  countLines,
  isBlank,
  LineBuffer,
  lineStart,
  MAX_LINE,
  onlyCr,
  type RowEnds,
  SPACE,
  strayCr,
  tooLongLine,
} from '../lines.ts';
import type { Document, Parser, Sentence } from '../sentence.ts';
import type { SentenceBuilder } from './sentence-builder.ts';

const BOM = 0xfeff;
const HASH = 35;
/** Where the first line feed must be, in UTF-16 units, if there are carriage returns before it. */
const MAX_WITHOUT_LF = 64 * 1024;

/**
 * The line that is being read: `text` from `from` to `to`. One object serves all lines, so that
 * scanning allocates nothing. A reader must not keep it.
 */
export interface Line {
  /** The line and those before and after it. */
  text: string;
  from: number;
  /** The end of the content: neither LF nor CRLF is in it. */
  to: number;
  /** Where the next line begins. */
  next: number;
  /** The line's number in the file, from 1. */
  number: number;
}

/** What a format makes of its lines. */
export interface LineReader {
  readonly document: Document;
  readonly builder: SentenceBuilder;
  /** The remedy in the error for a line longer than 16 MiB. */
  readonly longLineRemedy?: string;
  /** csv: where rows end, since a row may have several lines. Each row is then read as a line. */
  readonly rows?: RowEnds;
  /** Whether lines may have carriage returns inside: they are white space, or quoted. */
  readonly allowsCr?: boolean;
  /** Reads a line that is not blank: adds its tokens to the builder, or ends a sentence. */
  readLine(line: Line): void;
  /**
   * Looks at complete lines, the next in the file, before they are read. While it returns false the
   * lines wait, and no line is read. At the end they are read in any case.
   * @param at the number of the first of them, and whether they are the last
   */
  lookAhead?(lines: string, at: { line: number; isLast: boolean }): boolean;
  /** Called after the last line. */
  end?(): void;
}

/**
 * The parser of a format that consists of lines. The scanner finds line ends, numbers the lines, joins
 * what was cut between two pieces, and refuses lines that are too long or that end in CR alone. A blank line ends a
 * sentence, and so does a byte order mark at the beginning of a line, where another file begins.
 */
export function createLineParser(reader: LineReader): Parser {
  const { document, builder, rows } = reader;
  const buffer = new LineBuffer(rows);
  const line: Line = { text: '', from: 0, to: 0, next: 0, number: 0 };
  let waiting: string[] = [];
  let linesWaiting = 0;
  /** Lines that were read. */
  let lines = 0;
  /** The beginning of the document, as long as it has no line feed. */
  let beginning: string | undefined = '';

  const checkLineEnds = (text: string, isLast: boolean): void => {
    if (beginning === undefined) return;
    beginning = text.includes('\n') ? undefined : beginning + text;
    if (beginning === undefined || (beginning.length < MAX_WITHOUT_LF && !isLast)) return;
    if (/\r[\s\S]/.test(beginning)) throw onlyCr(document.file);
    beginning = undefined;
  };

  const scan = (text: string): void => {
    builder.open(text);
    line.text = text;
    let number = lines;
    // elsewhere a line that begins with # may be a token
    const hasHashComments = document.format === 'conllu';
    const mayHaveCr = !reader.allowsCr && text.includes('\r');
    for (let pos = 0; pos < text.length; ) {
      let end = rows === undefined ? text.indexOf('\n', pos) : rows.rowEnd(text, pos);
      if (end < 0) end = text.length;
      let from = pos;
      if (text.charCodeAt(pos) === BOM) {
        builder.finish(pos);
        from = lineStart(text, pos);
      }
      const to = contentEnd(text, from, end);
      const next = end < text.length ? end + 1 : end;
      number++;
      if (next - pos > MAX_LINE) throw tooLongLine(document.file, number, reader.longLineRemedy);
      if (to === from || (text.charCodeAt(from) <= SPACE && isBlank(text, from, to))) {
        builder.finish(next);
      } else {
        if (
          mayHaveCr &&
          !(hasHashComments && text.charCodeAt(from) === HASH) &&
          text.slice(from, to).includes('\r')
        )
          throw strayCr(document.file, number);
        line.from = from;
        line.to = to;
        line.next = next;
        line.number = number;
        reader.readLine(line);
        if (rows !== undefined) number += countLines(text, pos, to);
      }
      pos = next;
    }
    lines = number;
    builder.keep(text.length, lines + 1);
  };

  const feed = (text: string, isLast: boolean): void => {
    const at = { line: lines + linesWaiting + 1, isLast };
    if (reader.lookAhead?.(text, at) === false && !isLast) {
      waiting.push(text);
      linesWaiting += countLines(text);
      return;
    }
    const all = waiting.length === 0 ? text : waiting.join('') + text;
    waiting = [];
    linesWaiting = 0;
    scan(all);
  };

  return withoutBom({
    document,
    get line() {
      return lines + linesWaiting + buffer.lineFeeds + 1;
    },
    push(text): Sentence[] {
      checkLineEnds(text, false);
      const complete = buffer.push(text);
      if (complete === undefined) {
        throw tooLongLine(document.file, lines + linesWaiting + 1, reader.longLineRemedy);
      }
      if (complete !== '') feed(complete, false);
      return builder.take();
    },
    end(): Sentence[] {
      checkLineEnds('', true);
      feed(buffer.end(), true);
      builder.end();
      reader.end?.();
      return builder.take();
    },
  });
}

/** A parser that is not given the byte order mark at the beginning of the document. */
export function withoutBom(parser: Parser): Parser {
  let isAtStart = true;
  return {
    document: parser.document,
    get line() {
      return parser.line;
    },
    push(text) {
      if (!isAtStart || text === '') return parser.push(text);
      isAtStart = false;
      if (text.charCodeAt(0) !== BOM) return parser.push(text);
      parser.document.bom = true;
      return parser.push(text.slice(1));
    },
    end: () => parser.end(),
  };
}
