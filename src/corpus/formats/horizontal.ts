import { UserError } from '../../errors.ts';
import { contentEnd, copy, isAsciiSpace, LineBuffer, MAX_LINE, tooLongLine } from '../lines.ts';
import type { Document, Parser, ReadOptions, Sentence } from '../sentence.ts';
import { newDocument, SentenceBuilder } from './builder.ts';

/** Reads a sentence a line, tokens separated by ASCII white space. There are no tags. */
export class HorizontalParser implements Parser {
  readonly document: Document;
  readonly #builder: SentenceBuilder;
  readonly #buffer = new LineBuffer();
  #lines = 0;

  constructor(options: ReadOptions & { file: string; gold: boolean }) {
    this.document = newDocument(options.file, 'horizontal');
    if (options.gold) throw noTags(options.file, 'horizontal');
    this.#builder = new SentenceBuilder(this.document, options);
  }

  get line(): number {
    return this.#lines + 1;
  }

  push(text: string): Sentence[] {
    const lines = this.#buffer.push(text);
    if (lines === undefined) throw tooLongLine(this.document.file, this.line);
    if (lines !== '') this.#parse(lines);
    return this.#builder.take();
  }

  end(): Sentence[] {
    this.#parse(this.#buffer.end());
    this.#builder.end();
    return this.#builder.take();
  }

  #parse(text: string): void {
    const builder = this.#builder;
    let start = 0;
    let pos = 0;
    while (pos < text.length) {
      let lineEnd = text.indexOf('\n', pos);
      if (lineEnd < 0) lineEnd = text.length;
      const next = lineEnd < text.length ? lineEnd + 1 : lineEnd;
      const to = contentEnd(text, pos, lineEnd);
      const line = ++this.#lines;
      if (next - pos > MAX_LINE) throw tooLongLine(this.document.file, line);
      for (let i = pos; ; ) {
        while (i < to && isAsciiSpace(text.charCodeAt(i))) i++;
        if (i === to) break;
        const from = i;
        while (i < to && !isAsciiSpace(text.charCodeAt(i))) i++;
        builder.add(copy(text, from, i), '', line);
      }
      if (builder.size > 0) {
        builder.finish(text, start, next);
        start = next;
      }
      pos = next;
    }
    builder.hold(text, start, text.length, this.line);
  }
}

/** The error for asking for gold tags where the format has none. */
export function noTags(file: string, format: string): UserError {
  return new UserError(
    `${file}: the format ${format} has no tags. Give a corpus with tags in columns, or say which format it is.`,
  );
}
