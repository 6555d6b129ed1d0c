import { withoutBom } from '../formats/scanner.ts';
import { newDocument, SentenceBuilder } from '../formats/sentence-builder.ts';
import { countLines } from '../lines.ts';
import type { Parser, ReadOptions, Sentence } from '../sentence.ts';
import { isSpace, skipChunk, skipSpace } from './spaces.ts';
import { continues, type Follow, tokenize } from './tokenizer.ts';

/*
 * Raw text. A blank line ends a paragraph, and a complete paragraph is cut into sentences. A line end
 * inside a paragraph counts as a space. `Intl.Segmenter` proposes where sentences end; rules for
 * abbreviations and quotations overrule it.
 */

/** The longest paragraph, in UTF-16 units, that is read as one. Sentences of a longer one are taken before it ends. */
const MAX_PARAGRAPH = 64 * 1024;

/** UTF-16 units that the segmenter gets at once: in long texts each of its steps takes longer. */
const WINDOW = 2048;
const LIST_MARK = /^\s*[(]?(?:\d{1,3}|\p{L})[.)]\s*$/u;

/** Created on first use, since creating it takes longer than loading everything else. */
let sentences: Intl.Segmenter | undefined;

/** UTF-16 units on either side of a sentence boundary that decide about it. */
const LOOK = 64;

/** The last chunk without white space before `at`, or the end of a long one. */
function chunkBefore(text: string, at: number): string {
  let to = at;
  while (to > 0 && isSpace(text.charCodeAt(to - 1))) to--;
  let from = to;
  while (from > 0 && to - from < LOOK && !isSpace(text.charCodeAt(from - 1))) from--;
  return text.slice(from, to);
}

/** Whether a sentence may end at `at`, inside a chunk, of which `before` is the part up to `at`. */
function endsInside(text: string, at: number, before: string): boolean {
  // 。 and its like need no space after them; ? and ! need a capital, and never end it in a link
  if (before.charCodeAt(before.length - 1) >= 128) return true;
  return /^\p{Lu}/u.test(text.slice(at, at + 2)) && !/[/@_=&%]|www/.test(before);
}

/** ASCII text in which only the end can end a sentence. It needs no segmenter, which is slow to start. */
const ONE_SENTENCE = /^[^.!?\x80-\uffff]*[.!?]?["')\]]*\s*$/;

/** Where sentences end according to the segmenter. The last is the end of the text. */
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
export function createTextParser(options: ReadOptions & { file: string; gold: boolean }): Parser {
  const document = newDocument(options.file, 'text');
  const builder = new SentenceBuilder(document, options);
  /** The open paragraph, with the blank lines before it. */
  let pending = '';
  /** Where in it the first line begins that was not looked at. */
  let lineStart = 0;
  let hasContent = false;
  /** Line ends before the open paragraph. */
  let lines = 0;

  const drop = (to: number): void => {
    lines += countLines(pending, 0, to);
    pending = pending.slice(to);
    lineStart = 0;
    hasContent = false;
  };

  /** Where the open paragraph ends, its blank line included; 0 if that is not known yet. */
  const paragraphEnd = (): number => {
    // a longer paragraph is cut, wherever the pieces that were pushed end
    const limit = Math.min(pending.length, MAX_PARAGRAPH);
    for (;;) {
      const lineEnd = pending.indexOf('\n', lineStart);
      if (lineEnd < 0 || lineEnd >= limit) return 0;
      const isBlank = skipSpace(pending, lineStart, lineEnd) === lineEnd;
      lineStart = lineEnd + 1;
      if (!isBlank) hasContent = true;
      else if (hasContent) return lineEnd + 1;
    }
  };

  /** Makes sentences of the pending text up to `to`. */
  const takeSentences = (to: number, ends: readonly number[]): void => {
    const text = pending;
    builder.open(text);
    let start = 0;
    let line = lines + 1;
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
      builder.finish(end);
      start = end;
    }
    builder.keep(to, line);
    drop(to);
  };

  /** Takes all sentences but the last from a paragraph that is too long to wait for its end. */
  const takeSome = (): void => {
    const text = pending.slice(0, MAX_PARAGRAPH);
    if (skipSpace(text, 0, text.length) === text.length) {
      takeSentences(text.length, []);
      return;
    }
    const ends = sentenceEnds(text);
    ends.pop();
    if (ends.length === 0) {
      // one endless sentence: it is cut at its last white space
      let end = text.length;
      while (end > 0 && !isSpace(text.charCodeAt(end - 1))) end--;
      if (skipSpace(text, 0, end) === end) {
        const last = text.charCodeAt(text.length - 1);
        end = last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
      }
      ends.push(end);
    }
    takeSentences(ends.at(-1)!, ends);
  };

  return withoutBom({
    document,
    get line() {
      return lines + countLines(pending) + 1;
    },
    push(text): Sentence[] {
      pending += text;
      for (;;) {
        const end = paragraphEnd();
        if (end > 0) takeSentences(end, sentenceEnds(pending.slice(0, end)));
        else if (pending.length >= MAX_PARAGRAPH) takeSome();
        else break;
      }
      return builder.take();
    },
    end(): Sentence[] {
      const { length } = pending;
      const isBlank = skipSpace(pending, 0, length) === length;
      takeSentences(length, isBlank ? [] : sentenceEnds(pending));
      builder.end();
      return builder.take();
    },
  });
}

/** What is at `next`, in a sentence that ends at `end`. */
function followOf(text: string, next: number, end: number): Follow {
  if (next === end) return 'nothing';
  const code = text.charCodeAt(next);
  return code >= 48 && code <= 57 ? 'number' : 'word';
}
