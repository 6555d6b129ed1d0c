import { withoutBom } from '../formats/scanner.ts';
import { newDocument, SentenceBuilder } from '../formats/sentence-builder.ts';
import { countLines } from '../lines.ts';
import type { Parser, ReadOptions, Sentence } from '../sentence.ts';
import { sentenceEnds } from './sentences.ts';
import { isSpace, skipChunk, skipSpace } from './spaces.ts';
import { type Chunk, type Follow, type Tokenizer, tokenizerOf } from './tokenizer.ts';
import { Trait } from './traits.ts';

// Raw text. In the format `text` a blank line ends a paragraph, and a line end inside it counts as a space. In the format
// `lines` every line is a paragraph. A complete paragraph is cut into sentences.

/** The longest paragraph, in UTF-16 units, that is read as one. Sentences of a longer one are taken before it ends. */
export const MAX_PARAGRAPH = 64 * 1024;

/** A chunk of a paragraph, from `from` to `to - 1`. */
interface PlacedChunk {
  readonly chunk: Chunk;
  readonly from: number;
  readonly to: number;
  /** Those of the chunk, and whether a sentence ends after it in any case. */
  readonly traits: number;
}

/** The chunks of a paragraph. A chunk inside which a sentence ends is cut there. */
function chunksOf(text: string, tokenizer: Tokenizer): PlacedChunk[] {
  const chunks: PlacedChunk[] = [];
  for (let at = skipSpace(text, 0, text.length); at < text.length; ) {
    const end = skipChunk(text, at, text.length);
    const { breaks } = tokenizer.chunk(text.slice(at, end));
    let from = at;
    for (const to of [...breaks.map((length) => at + length), end]) {
      const chunk = tokenizer.chunk(text.slice(from, to));
      const traits = chunk.traits | (to < end ? Trait.break : 0);
      chunks.push({ chunk, from, to, traits });
      from = to;
    }
    at = skipSpace(text, end, text.length);
  }
  return chunks;
}

/** Finds sentences and tokens in raw text, paragraph by paragraph or line by line. */
export function createTextParser(options: ReadOptions & { file: string; gold: boolean }): Parser {
  const format = options.format === 'lines' ? 'lines' : 'text';
  const document = newDocument(options.file, format);
  const builder = new SentenceBuilder(document, options);
  const { tokenization } = options;
  document.hasMultiwordTokens = tokenization?.multiwordTokens ?? false;
  const tokenizer = tokenizerOf(tokenization);
  /** The open paragraph, with the blank lines before it. */
  let pending = '';
  /** The first line of the open paragraph that was not yet read. */
  let lineStart = 0;
  let hasContent = false;
  const isByLine = format === 'lines';
  const keepsBlankLines = isByLine && options.keepBlankLines === true;
  /** Line ends before the open paragraph. */
  let lines = 0;

  /** The end of the open paragraph, with its blank line; 0 if it is not known yet. */
  const paragraphEnd = (): number => {
    // a longer paragraph is cut, wherever the pieces that were pushed end
    const limit = Math.min(pending.length, MAX_PARAGRAPH);
    for (;;) {
      const lineEnd = pending.indexOf('\n', lineStart);
      if (lineEnd < 0 || lineEnd >= limit) return 0;
      const isBlank = skipSpace(pending, lineStart, lineEnd) === lineEnd;
      lineStart = lineEnd + 1;
      if (!isBlank) hasContent = true;
      if (isByLine ? hasContent || keepsBlankLines : hasContent && isBlank) return lineEnd + 1;
    }
  };

  /** The sentences of a text: the chunks of each, and where it ends. The next begins there. */
  const sentencesOf = (text: string): { chunks: PlacedChunk[]; to: number }[] => {
    const chunks = chunksOf(text, tokenizer);
    const ends = sentenceEnds(chunks.map(({ traits }) => traits));
    return ends.map((end, s) => ({
      chunks: chunks.slice(ends[s - 1] ?? 0, end),
      to: chunks[end]?.from ?? text.length,
    }));
  };

  /**
   * Makes sentences of the pending text up to `to`.
   * @param isComplete whether a paragraph ends there
   */
  const takeSentences = (to: number, isComplete: boolean): void => {
    const text = pending.slice(0, to);
    builder.open(text);
    let line = lines + 1;
    let counted = 0;
    const sentences = sentencesOf(text);
    const lastVisible =
      isByLine && isComplete
        ? sentences.findLastIndex(({ chunks }) => isVisible(text, chunks))
        : undefined;
    for (const [s, sentence] of sentences.entries()) {
      sentence.chunks.forEach(({ chunk, from }, i) => {
        line += countLines(text, counted, from);
        counted = from;
        const tokens = chunk.tokens(followOf(text, sentence.chunks[i + 1]));
        for (let t = 0; t < tokens.length; t++) builder.add(tokens[t]!, '', line);
      });
      if (builder.size === 0) continue;
      // the line end belongs to the last sentence of a line, whatever invisible characters stand between
      builder.finish(s === lastVisible ? to : sentence.to);
    }
    if (keepsBlankLines && to > 0 && lastVisible === -1) builder.finishEmpty(to, lines + 1);
    builder.keep(to, line);
    lines += countLines(text);
    pending = pending.slice(to);
    lineStart = 0;
    hasContent = false;
  };

  /** Takes all sentences but the last from a paragraph that is too long to wait for its end. */
  const takeSome = (): void => {
    const text = pending.slice(0, MAX_PARAGRAPH);
    const sentence = sentencesOf(text).at(-2);
    if (sentence) {
      takeSentences(sentence.to, false);
      return;
    }
    // one endless sentence: it is cut at its last white space
    let end = text.length;
    while (end > 0 && !isSpace(text.charCodeAt(end - 1))) end--;
    if (skipSpace(text, 0, end) === end) {
      const last = text.charCodeAt(text.length - 1);
      end = last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
    }
    takeSentences(end, false);
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
        if (end > 0) takeSentences(end, true);
        else if (pending.length >= MAX_PARAGRAPH) takeSome();
        else return builder.take();
      }
    },
    end(): Sentence[] {
      takeSentences(pending.length, true);
      builder.end();
      return builder.take();
    },
  });
}

/** Whether a sentence has tokens: not all of its chunks are of invisible characters. */
const isVisible = (text: string, chunks: readonly PlacedChunk[]): boolean =>
  chunks.some(({ chunk }, i) => chunk.tokens(followOf(text, chunks[i + 1])).length > 0);

/** What follows a chunk in its sentence, given the next chunk. */
function followOf(text: string, next: PlacedChunk | undefined): Follow {
  if (next === undefined) return 'nothing';
  const code = text.charCodeAt(next.from);
  return code >= 48 && code <= 57 ? 'number' : 'word';
}
