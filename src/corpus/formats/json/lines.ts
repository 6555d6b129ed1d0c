import type { Parser } from '../../sentence.ts';
import type { ParserOptions } from '../definition.ts';
import { createLineParser } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import { parseJson } from './object.ts';
import { createRecordReader } from './record.ts';

/** Reads JSON Lines (jsonlines.org): one object per line. Blank lines are passed through. */
export function createJsonlParser(options: ParserOptions): Parser {
  const document = newDocument(options.file, 'jsonl');
  const builder = new SentenceBuilder(document, options);
  const records = createRecordReader(options, { document, builder, expected: NO_OBJECT });
  return createLineParser({
    document,
    builder,
    longLineRemedy: 'Is this a file of JSON Lines?',
    allowsCr: true,
    readLine: ({ text, from, to, next, number }) =>
      records.read(parseJson(text.slice(from, to)), { line: number, to: next }),
    end: () => records.end(),
  });
}

const NO_OBJECT =
  'not a line with one JSON object, as {"tokens": ["One", "word"]} or {"text": "One word"}. If the file is one JSON array, its format is json.';
