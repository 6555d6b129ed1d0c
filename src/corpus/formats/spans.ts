import { asWord } from '../lines.ts';
import type { Document, Sentence } from '../sentence.ts';
import { chunksOf } from './chunks.ts';
import { rounded } from './confidences.ts';
import type { FormatDefinition, FormatWriter, FormatWriterOptions, Tagged } from './definition.ts';

/**
 * One object per line for each span, or for each token with a plain tag: `file` (unless it is standard
 * input), `sentence` from 1, `line` of jsonl and lines, `start`, `end`, `text`, `type` and, where it is known,
 * `confidence`. Offsets begin at 0 in each file, and in each line of jsonl.
 */
export const spans: FormatDefinition = {
  name: 'spans',
  extensions: [],
  writes: { confidence: true },
  createWriter: createSpanWriter,
};

function createSpanWriter({ offsets: unit = 'utf-16' }: FormatWriterOptions): FormatWriter {
  let document: Document | undefined;
  let sentences = 0;
  /** The end of the last sentence's text, in UTF-16 units and in code points. */
  let at = 0;
  let points = 0;

  const convert = (sentence: Sentence, { tags, annotations }: Tagged): string => {
    const next = sentence.source?.document;
    if (next !== document) {
      document = next;
      sentences = 0;
      at = 0;
      points = 0;
    }
    if (sentence.tokens.length > 0) sentences++;
    const { text, offsets, start = at } = tokenOffsets(sentence);
    // a new line of jsonl, or a BOM before the first sentence
    if (start < at) points = 0;
    else points += start - at;
    at = start + text.length;
    const hasLine = document?.format === 'jsonl' || document?.format === 'lines';
    const line = hasLine ? { line: sentence.line } : {};
    const position = { ...fileOf(sentence), sentence: sentences, ...line };
    let out = '';
    let done = 0;
    for (const { from, to, type, confidence } of chunksOf(tags, annotations)) {
      const [begin, end] = [offsets[2 * from]!, offsets[2 * to - 1]!];
      let range = { start: start + begin, end: start + end };
      if (unit === 'code-points') {
        points += countPoints(text, done, begin);
        done = begin;
        range = { start: points, end: points + countPoints(text, begin, end) };
      }
      const content = { text: text.slice(begin, end), type };
      const certainty = confidence === undefined ? {} : { confidence: rounded(confidence) };
      out += `${JSON.stringify({ ...position, ...range, ...content, ...certainty })}\n`;
    }
    points += countPoints(text, done, text.length);
    return out;
  };
  return { convert };
}

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
  const isRaw = format === 'text' || format === 'lines' || format === 'horizontal';
  const text = isRaw ? source?.raw : source?.prose;
  let at = 0;
  if (source !== undefined && text !== undefined) {
    for (const token of tokens) {
      // only white space is between tokens, and no token begins with it
      const from = text.indexOf(token, at);
      at = from + token.length;
      offsets.push(from, at);
    }
    return { text, start: source.start + (isRaw && source.document.bom ? 1 : 0), offsets };
  }
  const words = tokens.map(asWord);
  for (const word of words) {
    offsets.push(at, at + word.length);
    at += word.length + 1;
  }
  return { text: `${words.join(' ')}\n`, start: format === 'jsonl' ? 0 : undefined, offsets };
}

/** The file of a sentence, unless it is standard input. */
export function fileOf({ source }: Sentence): { file?: string } {
  const file = source?.document.file;
  return file === undefined || file === '<stdin>' ? {} : { file };
}

/** Code points of `text` from `from` to `to`, neither of which is inside one. */
function countPoints(text: string, from: number, to: number): number {
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
