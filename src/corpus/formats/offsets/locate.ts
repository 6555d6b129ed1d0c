import { asWord } from '../../lines.ts';
import type { Document, Format, Sentence } from '../../sentence.ts';
import type { Unit } from './align.ts';

/** A sentence's text, and where in it the tokens are. */
export interface TokenOffsets {
  readonly text: string;
  /** UTF-16 units before `text`, in a file or line of raw text; undefined if there is none. */
  readonly start: number | undefined;
  /** Where in `text` each token begins and ends: from, to, from, to, ... */
  readonly offsets: readonly number[];
}

/**
 * Where the tokens of a sentence are in the text that it was read from. In a file of raw text or of a
 * sentence per line a BOM counts as one unit; in jsonl offsets are in the text of the line. For other
 * formats the text is made of the tokens, separated by spaces, a sentence per line.
 */
export function tokenOffsets(sentence: Sentence): TokenOffsets {
  const { tokens, source } = sentence;
  const offsets: number[] = [];
  const format = source?.document.format;
  const isFile = isFileText(format);
  const text = isFile ? source?.raw : source?.prose;
  let at = 0;
  if (source !== undefined && text !== undefined) {
    for (const token of tokens) {
      // only white space is between tokens, and no token begins with it
      const from = text.indexOf(token, at);
      at = from + token.length;
      offsets.push(from, at);
    }
    return { text, start: source.start + (isFile && source.document.bom ? 1 : 0), offsets };
  }
  const words = tokens.map(asWord);
  for (const word of words) {
    offsets.push(at, at + word.length);
    at += word.length + 1;
  }
  return { text: `${words.join(' ')}\n`, start: isOfRecords(format) ? 0 : undefined, offsets };
}

/** Whether the text of a file in this format is the file. */
export const isFileText = (format: Format | undefined): boolean =>
  format === 'text' || format === 'lines' || format === 'horizontal';

/** Whether each record of this format has a text of its own. */
export const isOfRecords = (format: Format | undefined): boolean =>
  format === 'jsonl' || format === 'json';

/** The file of a sentence, unless it is standard input. */
export function fileOf({ source }: Sentence): { file?: string } {
  const file = source?.document.file;
  return file === undefined || file === '<stdin>' ? {} : { file };
}

/** Code points of `text` from `from` to `to`, neither of which is inside one. */
export function countPoints(text: string, from = 0, to = text.length): number {
  let points = to - from;
  for (let i = from; i + 1 < to; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xd800 || code > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next <= 0xdfff) {
      points--;
      i++;
    }
  }
  return points;
}

/** Where parts of sentences are in the texts that the sentences were read from. */
export interface Locator {
  /** Goes to the next sentence. */
  next(sentence: Sentence): Located;
}

export interface Located {
  /** Whether this is the first sentence of its document. */
  readonly isFirst: boolean;
  /** Whether it is the first of a record. */
  readonly isRecord: boolean;
  /** Where the sentence is. */
  readonly start: number;
  /** The text of the sentence. */
  readonly text: string;
  /** Where tokens `from` to `to - 1` are. `from` must not be less than in the call before. */
  place(
    from: number,
    to: number,
  ): { readonly start: number; readonly end: number; readonly text: string };
}

/** Offsets begin at 0 in each document, and in each record of jsonl and json. */
export function createLocator(unit: Unit): Locator {
  let document: Document | undefined;
  let isStarted = false;
  /** The end of the last sentence's text, in UTF-16 units and in code points. */
  let at = 0;
  let points = 0;
  return {
    next(sentence) {
      const next = sentence.source?.document;
      const isFirst = !isStarted || next !== document;
      if (isFirst) [document, at, points, isStarted] = [next, 0, 0, true];
      const { text, offsets, start = at } = tokenOffsets(sentence);
      // a new record, or a BOM before the first sentence
      const isRecord = isOfRecords(next?.format) && start === 0;
      const before = start < at || isRecord ? 0 : points + start - at;
      points = before + countPoints(text);
      at = start + text.length;
      let done = 0;
      let counted = before;
      return {
        isFirst,
        isRecord,
        start: unit === 'utf-16' ? start : before,
        text,
        place(from, to) {
          const [begin, end] = [offsets[2 * from]!, offsets[2 * to - 1]!];
          const content = text.slice(begin, end);
          if (unit === 'utf-16') return { start: start + begin, end: start + end, text: content };
          counted += countPoints(text, done, begin);
          done = begin;
          return { start: counted, end: counted + countPoints(text, begin, end), text: content };
        },
      };
    },
  };
}
