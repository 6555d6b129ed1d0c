import { asWord, copy, isAsciiSpace } from '../lines.ts';
import type { Parser } from '../sentence.ts';
import type { FormatCode, ParserOptions } from './definition.ts';
import { createLineParser } from './scanner.ts';
import { newDocument, SentenceBuilder } from './sentence-builder.ts';

/** A sentence per line, tokens separated by ASCII white space. */
export const horizontal: FormatCode = {
  createParser: createHorizontalParser,
  createWriter: () => ({
    isByLine: true,
    blankLine: '\n',
    convert: ({ tokens }) => `${tokens.map(asWord).join(' ')}\n`,
  }),
};

function createHorizontalParser(options: ParserOptions): Parser {
  const document = newDocument(options.file, 'horizontal');
  const builder = new SentenceBuilder(document, options);
  return createLineParser({
    document,
    builder,
    allowsCr: true,
    readLine({ text, from, to, next, number }) {
      for (let i = from; ; ) {
        while (i < to && isAsciiSpace(text.charCodeAt(i))) i++;
        if (i === to) break;
        const start = i;
        while (i < to && !isAsciiSpace(text.charCodeAt(i))) i++;
        builder.add(copy(text, start, i), '', number);
      }
      builder.finish(next);
    },
  });
}
