import type { Annotation, Document, Sentence } from '../sentence.ts';
import { rounded } from './beside.ts';
import { chunksOf, unspaced } from './inline.ts';

/** A sentence's text, and where in it tokens are. */
export type Placed = {
  readonly text: string;
  /** UTF-16 units before `text`, in a file or line of raw text; undefined if there is none. */
  readonly start: number | undefined;
  /** For each token where it begins and where it ends in `text`: from, to, from, to, ... */
  readonly places: readonly number[];
};

/**
 * Where the tokens of a sentence are in the text it was read from: in a file of raw text or of a
 * sentence a line, in which a BOM counts as one; in the text of a line of jsonl. Elsewhere the text is
 * made of the tokens: separated by spaces, a sentence a line, as in the format horizontal.
 */
export function placeTokens(sentence: Sentence): Placed {
  const { tokens, source } = sentence;
  const places: number[] = [];
  const format = source?.document.format;
  const isRaw = format === 'text' || format === 'horizontal';
  const text = isRaw ? source?.raw : source?.prose;
  let at = 0;
  if (source !== undefined && text !== undefined) {
    for (const token of tokens) {
      // only white space is between, and no token begins with that
      const from = text.indexOf(token, at);
      at = from + token.length;
      places.push(from, at);
    }
    return { text, start: source.start + (isRaw && source.document.bom ? 1 : 0), places };
  }
  const words = tokens.map(unspaced);
  for (const word of words) {
    places.push(at, at + word.length);
    at += word.length + 1;
  }
  return { text: `${words.join(' ')}\n`, start: format === 'jsonl' ? 0 : undefined, places };
}

/** Code points of `text` from `from` to `to`, which are not inside one. */
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

/**
 * Writes spans, or tokens with plain tags, an object a line: `file` (unless it is standard input),
 * `sentence` from 1, `line` of jsonl, `start`, `end`, `text`, `type` and, of annotations, `confidence`.
 * Offsets begin anew with each file, and with each line of jsonl.
 */
export class SpanWriter {
  readonly #unit: 'utf-16' | 'code-points';
  #document: Document | undefined;
  #sentences = 0;
  /** The end of the last sentence's text, in UTF-16 units and in code points. */
  #at = 0;
  #points = 0;

  constructor(unit: 'utf-16' | 'code-points' = 'utf-16') {
    this.#unit = unit;
  }

  write(
    sentence: Sentence,
    columns: readonly (readonly string[])[],
    annotations?: readonly Annotation[],
  ): string {
    const document = sentence.source?.document;
    if (document !== this.#document) {
      this.#document = document;
      this.#sentences = 0;
      this.#at = 0;
      this.#points = 0;
    }
    this.#sentences++;
    const { text, places, start = this.#at } = placeTokens(sentence);
    // a new line of jsonl, or a BOM before the first sentence
    if (start < this.#at) this.#points = 0;
    else this.#points += start - this.#at;
    this.#at = start + text.length;
    const before = { ...where(sentence), sentence: this.#sentences };
    const isJsonl = document?.format === 'jsonl';
    let out = '';
    let done = 0;
    for (const { from, to, type, confidence } of chunksOf(columns, annotations)) {
      const [begin, end] = [places[2 * from]!, places[2 * to - 1]!];
      let offsets = { start: start + begin, end: start + end };
      if (this.#unit === 'code-points') {
        const first = this.#points + countPoints(text, done, begin);
        offsets = { start: first, end: first + countPoints(text, begin, end) };
        this.#points = first;
        done = begin;
      }
      const line = isJsonl ? { line: sentence.line } : {};
      const sure = confidence === undefined ? {} : { confidence: rounded(confidence) };
      const said = { text: text.slice(begin, end), type, ...sure };
      out += `${JSON.stringify({ ...before, ...line, ...offsets, ...said })}\n`;
    }
    this.#points += countPoints(text, done, text.length);
    return out;
  }
}

/** The file of a sentence, unless it is standard input. */
export function where({ source }: Sentence): { file?: string } {
  const file = source?.document.file;
  return file === undefined || file === '<stdin>' ? {} : { file };
}
