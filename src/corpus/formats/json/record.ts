import { problem } from '../../lines.ts';
import type { Document } from '../../sentence.ts';
import { createTextParser } from '../../text/text.ts';
import type { ParserOptions } from '../definition.ts';
import { createSpanReport } from '../offsets/report.ts';
import type { SentenceBuilder } from '../sentence-builder.ts';
import { alignedTags, type Part, withoutCuts } from './aligned.ts';
import { createColumnReader, noKey } from './columns.ts';
import { lacksAnnotations } from './dialects.ts';
import { type Content, contentOf, type Members, membersOf } from './object.ts';

/** Reads the records of JSON Lines or JSON. */
export interface RecordReader {
  /**
   * Adds the sentences of a record to the builder.
   * @param value of the JSON; undefined if it is invalid
   * @param at the record's line, and where it ends in the text that the builder has
   */
  read(value: unknown, at: { readonly line: number; readonly to: number }): void;
  /** Notes what was not read as it is written. */
  end(): void;
}

export function createRecordReader(
  options: ParserOptions,
  {
    document,
    builder,
    expected,
  }: {
    document: Document;
    builder: SentenceBuilder;
    /** The error for what is no record. */
    expected: string;
  },
): RecordReader {
  const { file, gold } = options;
  const askedToken = options.tokenColumn === undefined ? undefined : String(options.tokenColumn);
  document.keys = { token: askedToken, tag: undefined };
  const columns = createColumnReader(options, document);
  const report = createSpanReport(options);
  /** The error for the first text without annotations, unless some text has them. */
  let unannotated: Error | undefined;
  let isAnnotated = false;

  const add = (
    parts: readonly Part[],
    values: readonly (readonly string[])[],
    { line, to }: { line: number; to: number },
  ): void => {
    const [tags, more] = gold ? [values[0], values.slice(1)] : [undefined, values];
    let t = 0;
    for (const [p, { tokens, prose }] of parts.entries()) {
      for (const token of tokens) {
        const others = more.length > 0 ? more.map((column) => column[t]!) : undefined;
        builder.add(token, tags?.[t] ?? '', line, others);
        t++;
      }
      if (p < parts.length - 1) builder.finishPart(prose!);
      else builder.finish(to, prose);
    }
  };

  return {
    read(value, at) {
      const { line } = at;
      const members = membersOf(value);
      if (members === undefined) throw problem(file, line, expected);
      const content = contentOf(members, askedToken);
      if (typeof content === 'string') throw problem(file, line, content, 'SEQTAG_COLUMN');
      const parts = partsOf(content, members, options);
      const asked = columns.asked > 0 ? columns.tagKey : undefined;
      const mayLack = gold && columns.asked < 2 && 'text' in content;
      if (mayLack && members['answer'] === undefined && lacksAnnotations(members, asked)) {
        unannotated ??= noKey(asked === undefined ? 'of tags' : `"${asked}"`, members, file, line);
        report.count('unannotated');
        return;
      }
      isAnnotated = true;
      const aligned =
        gold && columns.asked < 2
          ? alignedTags(members, { content, parts, asked: columns.tagKey, file, line, report })
          : undefined;
      if (aligned === false) return;
      const values = columns.read(members, {
        tags: gold && aligned === undefined,
        line,
        tokens: parts.reduce((sum, { tokens }) => sum + tokens.length, 0),
        tokenKey: content.key,
      });
      if (aligned) add(withoutCuts(parts, aligned), [aligned, ...values], at);
      else add(parts, values, at);
    },
    end() {
      if (unannotated !== undefined && !isAnnotated) throw unannotated;
      report.end();
    },
  };
}

/** The sentences of a record. */
function partsOf(
  content: Content,
  { text }: Members,
  { file, tokenization }: ParserOptions,
): readonly Part[] {
  if (!('text' in content)) {
    const { tokens } = content;
    if (tokens.length === 0) return [];
    const hasText = typeof text === 'string' && isTextOf(text, tokens);
    return [{ tokens, prose: hasText ? { text, start: 0 } : undefined }];
  }
  const parser = createTextParser({ file, gold: false, format: 'text', tokenization });
  const sentences = [...parser.push(content.text), ...parser.end()];
  // a byte order mark is part of a record's text
  const mark = parser.document.bom ? '\ufeff' : '';
  return sentences.map(({ tokens, source }, s) => ({
    tokens,
    prose:
      s === 0
        ? { text: mark + source!.raw, start: 0 }
        : { text: source!.raw, start: mark.length + source!.start },
  }));
}

/** Whether tokens are those of a text: nothing but white space is between them. */
function isTextOf(text: string, tokens: readonly string[]): boolean {
  const bare = (some: string): string => some.replace(/\s+/g, '');
  return bare(text) === bare(tokens.join(''));
}
