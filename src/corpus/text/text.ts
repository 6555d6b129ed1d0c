import { newDocument, SentenceBuilder } from '../formats/builder.ts';
import { noTags } from '../formats/horizontal.ts';
import { countLines } from '../lines.ts';
import type { Document, Parser, ReadOptions, Sentence } from '../sentence.ts';
import { continues, type Follow, tokenize } from './tokenizer.ts';

/*
 * Raw text. A blank line ends a paragraph; each paragraph is cut into sentences as soon as it is
 * complete. A line end inside a paragraph is a space like any other. `Intl.Segmenter` proposes where
 * sentences end, and abbreviations and quotations overrule it.
 */

/** UTF-16 units of a paragraph that are collected before its complete sentences are given out. */
const MAX_PARAGRAPH = 64 * 1024;

/** UTF-16 units that the segmenter is given at a time: each of its steps takes longer in long texts. */
const WINDOW = 2048;
const LIST_MARK = /^\s*[(]?(?:\d{1,3}|\p{L})[.)]\s*$/u;

/** Made when it is needed first: that takes longer than to load all else. */
let sentences: Intl.Segmenter | undefined;

/** White space as in `\s`, U+0085 and U+200B. Unlike in other formats, U+00A0 separates tokens too. */
function isSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    (code >= 0x2000 && code <= 0x200b) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0x1680 ||
    code === 0xfeff
  );
}

/** The first position from `from` on, before `to`, that is no white space, or `to`. */
function skipSpace(text: string, from: number, to: number): number {
  let i = from;
  while (i < to && isSpace(text.charCodeAt(i))) i++;
  return i;
}

function skipChunk(text: string, from: number, to: number): number {
  let i = from;
  while (i < to && !isSpace(text.charCodeAt(i))) i++;
  return i;
}

/** Of a longer chunk no more decides where a sentence ends. */
const LOOK = 64;

/** The chunk of `text` that ends before `at`, white space not counting, or the end of it. */
function chunkBefore(text: string, at: number): string {
  let to = at;
  while (to > 0 && isSpace(text.charCodeAt(to - 1))) to--;
  let from = to;
  while (from > 0 && to - from < LOOK && !isSpace(text.charCodeAt(from - 1))) from--;
  return text.slice(from, to);
}

/** Whether a sentence may end at `at`, where no white space is; `before` is the chunk up to there. */
function endsInside(text: string, at: number, before: string): boolean {
  // 。 and its like need no space after them; ? and ! need a capital, and never end it in a link
  if (before.charCodeAt(before.length - 1) >= 128) return true;
  return /^\p{Lu}/u.test(text.slice(at, at + 2)) && !/[/@_=&%]|www/.test(before);
}

/** ASCII in which nothing ends a sentence before the end: there is nothing to ask the segmenter, which is slow to start. */
const ONE_SENTENCE = /^[^.!?\x80-\uffff]*[.!?]?["')\]]*\s*$/;

/** Where the segmenter sees sentences end; the last is the end of the text. */
function proposedEnds(text: string): number[] {
  if (text.length <= WINDOW && ONE_SENTENCE.test(text)) return [text.length];
  sentences ??= new Intl.Segmenter('en', { granularity: 'sentence' });
  const ends: number[] = [];
  let from = 0;
  let size = WINDOW;
  while (from < text.length) {
    const isLast = from + size >= text.length;
    const before = ends.length;
    for (const { index } of sentences.segment(text.slice(from, from + size))) {
      if (index > 0) ends.push(from + index);
    }
    if (isLast) break;
    // the last sentence of the window may go on after it, and decides whether the one before ends
    if (ends.length > before + 1) {
      ends.pop();
      from = ends.at(-1)!;
      size = WINDOW;
    } else {
      ends.length = before;
      size *= 2;
    }
  }
  ends.push(text.length);
  return ends;
}

/** Where the sentences of a paragraph end. */
function sentenceEnds(paragraph: string): number[] {
  // the segmenter takes every line end for the end of a sentence
  const text = paragraph.replace(/[\t-\r]/g, ' ');
  const ends: number[] = [];
  let from = 0;
  for (const end of proposedEnds(text)) {
    if (end < text.length) {
      const next = skipSpace(text, end, text.length);
      const last = chunkBefore(text, end);
      if (!isSpace(text.charCodeAt(end - 1)) && !endsInside(text, end, last)) continue;
      const chunk = text.slice(next, skipChunk(text, next, Math.min(text.length, next + LOOK)));
      if (chunk === '' || continues(last, chunk)) continue;
      // the mark of a list item belongs to the item
      if (end - from < LOOK && LIST_MARK.test(text.slice(from, end))) continue;
    }
    ends.push(end);
    from = end;
  }
  return ends;
}

/** Finds sentences and tokens in raw text. There are no tags. */
export class TextParser implements Parser {
  readonly document: Document;
  readonly #builder: SentenceBuilder;
  /** The open paragraph, with the blank lines before it. */
  #pending = '';
  /** Where in it the first line starts that was not looked at. */
  #lineStart = 0;
  #hasContent = false;
  /** Line ends in what is no more pending. */
  #lines = 0;

  constructor(options: ReadOptions & { file: string; gold: boolean }) {
    this.document = newDocument(options.file, 'text');
    if (options.gold) throw noTags(options.file, 'text');
    this.#builder = new SentenceBuilder(this.document, options);
  }

  get line(): number {
    return this.#lines + countLines(this.#pending) + 1;
  }

  push(text: string): Sentence[] {
    this.#pending += text;
    for (;;) {
      const end = this.#paragraphEnd();
      if (end > 0) this.#take(end, sentenceEnds(this.#pending.slice(0, end)));
      else if (this.#pending.length >= MAX_PARAGRAPH) this.#relieve();
      else break;
    }
    return this.#builder.take();
  }

  end(): Sentence[] {
    const text = this.#pending;
    if (skipSpace(text, 0, text.length) < text.length) this.#take(text.length, sentenceEnds(text));
    else this.#builder.hold(text, 0, text.length, this.line);
    this.#pending = '';
    this.#builder.end();
    return this.#builder.take();
  }

  /** Where the open paragraph ends, its blank line included; 0 if that is not yet known. */
  #paragraphEnd(): number {
    const text = this.#pending;
    // what is beyond is cut off first, wherever the pieces pushed may end
    const limit = Math.min(text.length, MAX_PARAGRAPH);
    for (;;) {
      const lineEnd = text.indexOf('\n', this.#lineStart);
      if (lineEnd < 0 || lineEnd >= limit) return 0;
      const blank = skipSpace(text, this.#lineStart, lineEnd) === lineEnd;
      this.#lineStart = lineEnd + 1;
      if (!blank) this.#hasContent = true;
      else if (this.#hasContent) return lineEnd + 1;
    }
  }

  /** Takes from a paragraph too long to wait for its end all sentences but the last. */
  #relieve(): void {
    const text = this.#pending.slice(0, MAX_PARAGRAPH);
    if (skipSpace(text, 0, text.length) === text.length) {
      this.#builder.hold(text, 0, text.length, this.#lines + 1);
      this.#drop(text.length);
      return;
    }
    const ends = sentenceEnds(text);
    ends.pop();
    if (ends.length === 0) {
      // one endless sentence: cut it at its last white space
      let end = text.length;
      while (end > 0 && !isSpace(text.charCodeAt(end - 1))) end--;
      if (skipSpace(text, 0, end) === end) {
        const last = text.charCodeAt(text.length - 1);
        end = last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
      }
      ends.push(end);
    }
    this.#take(ends.at(-1)!, ends);
  }

  /** Makes sentences of the pending text up to `to`; they end at `ends`. */
  #take(to: number, ends: readonly number[]): void {
    const text = this.#pending;
    const builder = this.#builder;
    let start = 0;
    let line = this.#lines + 1;
    let counted = 0;
    for (const end of ends) {
      let i = skipSpace(text, start, end);
      line += countLines(text, counted, i);
      counted = i;
      while (i < end) {
        const chunkEnd = skipChunk(text, i, end);
        const next = skipSpace(text, chunkEnd, end);
        const tokens = tokenize(text.slice(i, chunkEnd), followOf(text, next, end));
        for (let t = 0; t < tokens.length; t++) builder.add(tokens[t]!, '', line);
        i = next;
      }
      if (builder.size === 0) continue;
      builder.finish(text, start, end);
      start = end;
    }
    builder.hold(text, start, to, line);
    this.#drop(to);
  }

  #drop(to: number): void {
    this.#lines += countLines(this.#pending, 0, to);
    this.#pending = this.#pending.slice(to);
    this.#lineStart = 0;
    this.#hasContent = false;
  }
}

/** What is at `next`, in a sentence that ends at `end`. */
function followOf(text: string, next: number, end: number): Follow {
  if (next === end) return 'nothing';
  const code = text.charCodeAt(next);
  return code >= 48 && code <= 57 ? 'number' : 'word';
}

/**
 * For each token of a sentence read from text, whether white space follows it in the source. True
 * for all tokens of a sentence without such a source.
 */
export function spacesAfter(sentence: Sentence): boolean[] {
  const { source, tokens } = sentence;
  const raw = source?.document.format === 'text' ? source.raw : source?.prose;
  if (raw === undefined) return tokens.map(() => true);
  let pos = 0;
  return tokens.map((token) => {
    pos = skipSpace(raw, pos, raw.length) + token.length;
    return pos < raw.length && isSpace(raw.charCodeAt(pos));
  });
}
