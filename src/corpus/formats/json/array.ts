import { countLines, MAX_LINE, problem } from '../../lines.ts';
import type { Parser } from '../../sentence.ts';
import type { ParserOptions } from '../definition.ts';
import { withoutBom } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import { parseJson } from './object.ts';
import { createRecordReader } from './record.ts';
import { createRecordScanner, SyntaxFault } from './scan.ts';

const NO_RECORD =
  'not a record, as {"tokens": ["One", "word"]} or {"text": "One word"}, in an array or by itself.';

/**
 * Reads an array of records, or records one after another, in any layout. Each record is read when it is complete, so
 * that memory is bounded by the largest, which has 16 MiB at most.
 */
export function createJsonParser(options: ParserOptions): Parser {
  const { file } = options;
  const document = newDocument(file, 'json');
  const builder = new SentenceBuilder(document, options);
  const records = createRecordReader(options, { document, builder, expected: NO_RECORD });
  const scanner = createRecordScanner();
  /** The text that follows the last complete record, where it begins in the document, and the lines before it. */
  let pending = '';
  let start = 0;
  let lines = 0;

  const scan = (text: string): readonly (readonly [number, number])[] => {
    try {
      return scanner.push(text);
    } catch (fault) {
      if (!(fault instanceof SyntaxFault)) throw fault;
      const at = fault.at - start;
      const line = lines + countLines(pending, 0, at) + 1;
      const context = pending.slice(at, at + 20).split(/[\r\n]/, 1)[0];
      throw problem(
        file,
        line,
        `neither a record nor an array of records, at "${context}". Is a comma or bracket wrong?`,
      );
    }
  };

  return withoutBom({
    document,
    get line() {
      return lines + countLines(pending) + 1;
    },
    push(text) {
      pending += text;
      const found = scan(text);
      const end = (found.at(-1)?.[1] ?? start) - start;
      const isLong = ([from, to]: readonly [number, number]): boolean => to - from > MAX_LINE;
      if (pending.length - end > MAX_LINE || found.some(isLong))
        throw problem(file, lines + 1, 'a record longer than 16 MiB. Is this a file of records?');
      if (end === 0) return [];
      const complete = pending.slice(0, end);
      builder.open(complete);
      let counted = 0;
      let line = lines + 1;
      for (const [from, to] of found) {
        line += countLines(complete, counted, from - start);
        counted = from - start;
        records.read(parseJson(complete.slice(counted, to - start)), { line, to: to - start });
      }
      lines += countLines(complete);
      builder.keep(end, lines + 1);
      pending = pending.slice(end);
      start += end;
      return builder.take();
    },
    end() {
      if (!scanner.isComplete)
        throw problem(
          file,
          lines + countLines(pending) + 1,
          'JSON that does not end. Is the file cut?',
        );
      builder.open(pending);
      builder.keep(pending.length, lines + 1);
      pending = '';
      builder.end();
      records.end();
      return builder.take();
    },
  });
}
