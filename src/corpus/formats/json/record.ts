import { problem, quantity } from '../../lines.ts';
import type { Document, Prose } from '../../sentence.ts';
import { createTextParser } from '../../text/text.ts';
import { asColumns, checkAskedOnce } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import { labelName } from '../labels.ts';
import { alignSpans, fitsText, inUtf16, offsetsOf } from '../offsets/align.ts';
import { createSpanReport } from '../offsets/report.ts';
import type { SentenceBuilder } from '../sentence-builder.ts';
import { annotationsOf } from './dialects.ts';
import {
  type Content,
  contentOf,
  isStrings,
  keysOf,
  type Members,
  membersOf,
  TAG_KEYS,
} from './object.ts';

/** A sentence of a record. */
interface Part {
  readonly tokens: readonly string[];
  /** Where the sentence is in the text of the record, if there is one. */
  readonly prose?: Prose | undefined;
}

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
  const { file, gold, labels } = options;
  // unlike elsewhere, a number is a name too
  const askedToken = options.tokenColumn === undefined ? undefined : String(options.tokenColumn);
  /** One for each tag column. If none is asked for, the first record tells. */
  let tagKeys = asColumns(options.tagColumn).map(String);
  if (gold) checkAskedOnce(tagKeys, file);
  const featureKeys = asColumns(options.featureColumn).map(String);
  document.keys = { token: askedToken, tag: undefined };
  const report = createSpanReport(options);

  const noKey = (which: string, members: Members, line: number): Error =>
    problem(
      file,
      line,
      `no key ${which}. The keys are ${keysOf(members)}. Name the one that has the tags.`,
      'SEQTAG_COLUMN',
    );

  const isAsked = tagKeys.length > 0;
  const findTagKeys = (members: Members, line: number): readonly string[] => {
    const key = isAsked ? undefined : TAG_KEYS.find((name) => Object.hasOwn(members, name));
    if (tagKeys.length === 0) {
      if (key === undefined) throw noKey('of tags', members, line);
      tagKeys = [key];
    } else if (key !== undefined && TAG_KEYS.indexOf(key) < TAG_KEYS.indexOf(tagKeys[0]!))
      throw problem(
        file,
        line,
        `a key "${key}", but the tags of the records before are in "${tagKeys[0]}". Name the one that has the tags.`,
        'SEQTAG_COLUMN',
      );
    if (document.keys?.tag === undefined) document.keys = { token: askedToken, tag: tagKeys[0] };
    return tagKeys;
  };

  const valuesOf = (members: Members, key: string, line: number): readonly string[] => {
    if (!Object.hasOwn(members, key)) throw noKey(`"${key}"`, members, line);
    const values = members[key];
    if (Array.isArray(values) && values.length > 0 && values.every(Number.isInteger))
      return values.map((value) =>
        labelName(String(value), labels, { file, line, column: `"${key}"` }),
      );
    if (!isStrings(values)) {
      throw problem(
        file,
        line,
        `"${key}" is not an array of strings. Write tags by their names (or spans as [start, end, label] of a text), or name the key that has them.`,
      );
    }
    if (values.some((value) => /[\t\r\n]/.test(value))) {
      throw problem(file, line, `a tag in "${key}" has a tab or line end. Remove it from the tag.`);
    }
    return values;
  };

  /** BIO tags, if the record has spans as offsets into its text; undefined if it has none; false to leave it out. */
  const alignedTags = (
    members: Members,
    { content, parts, line }: { content: Content; parts: readonly Part[]; line: number },
  ): readonly string[] | undefined | false => {
    const text = 'text' in content ? content.text : members['text'];
    if (typeof text !== 'string') return undefined;
    const annotated = annotationsOf(members, tagKeys[0]);
    if (annotated === undefined) return undefined;
    if (typeof annotated === 'string') throw problem(file, line, `${annotated}.`);
    const { fate, unit: usual } = annotated;
    if (fate !== undefined) report.count(fate);
    if (fate === 'unannotated' || fate === 'rejected') return false;
    const offsets: number[] = [];
    for (const { tokens, prose } of parts) {
      const found = offsetsOf(tokens, prose?.text ?? text, prose?.start);
      if (found === undefined)
        throw problem(
          file,
          line,
          `the tokens in "${content.key}" are not those of "text", so that its spans have no place. Leave out the tokens, or correct the text.`,
        );
      for (const offset of found) offsets.push(offset);
    }
    const { spans } = inUtf16(annotated.spans, text, { usual, offsets });
    const wrong = spans.find((span) => !fitsText(span, text));
    if (wrong !== undefined)
      throw problem(
        file,
        line,
        `a span of "${wrong.text!.slice(0, 40)}", but its offsets have "${text.slice(wrong.start, Math.min(wrong.end, wrong.start + 40))}". Is this the text that was annotated?`,
      );
    const tags = alignSpans(spans, { text, offsets, report });
    report.endText(line);
    return tags;
  };

  const columnsOf = (
    members: Members,
    { content, total, line }: { content: Content; total: number; line: number },
    aligned: readonly string[] | undefined,
  ): (readonly string[])[] => {
    const tags = gold && aligned === undefined ? findTagKeys(members, line) : [];
    const columns = [...tags, ...featureKeys].map((key, c) => {
      const values = valuesOf(members, key, line);
      if (values.length === total) return values;
      const what = c < tags.length ? 'tag' : 'value';
      throw problem(
        file,
        line,
        `${quantity(values.length, what)} in "${key}" for ${quantity(total, 'token')} in "${content.key}". Each token needs one.`,
      );
    });
    return aligned === undefined ? columns : [aligned, ...columns];
  };

  return {
    read(value, { line, to }) {
      const members = membersOf(value);
      if (members === undefined) throw problem(file, line, expected);
      const content = contentOf(members, askedToken);
      if (typeof content === 'string') throw problem(file, line, content, 'SEQTAG_COLUMN');
      const parts = partsOf(content, members, options);
      const total = parts.reduce((sum, { tokens }) => sum + tokens.length, 0);
      const aligned =
        gold && tagKeys.length < 2 ? alignedTags(members, { content, parts, line }) : undefined;
      if (aligned === false) return;
      const columns = columnsOf(members, { content, total, line }, aligned);
      const [tags, more] = gold ? [columns[0], columns.slice(1)] : [undefined, columns];
      const sentences = aligned ? withoutCuts(parts, aligned) : parts;
      let t = 0;
      for (const [p, { tokens, prose }] of sentences.entries()) {
        for (const token of tokens) {
          const values = more.length > 0 ? more.map((column) => column[t]!) : undefined;
          builder.add(token, tags?.[t] ?? '', line, values);
          t++;
        }
        if (p < sentences.length - 1) builder.finishPart(prose!);
        else builder.finish(to, prose);
      }
    },
    end: () => report.end(),
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

/** The sentences without boundaries inside spans. */
function withoutCuts(parts: readonly Part[], tags: readonly string[]): readonly Part[] {
  const joined: Part[] = [];
  let t = 0;
  for (const part of parts) {
    const before = tags[t]?.startsWith('I-') ? joined.pop() : undefined;
    t += part.tokens.length;
    if (before === undefined) joined.push(part);
    else
      joined.push({
        tokens: [...before.tokens, ...part.tokens],
        prose: {
          text: before.prose!.text + part.prose!.text,
          start: before.prose!.start,
        },
      });
  }
  return joined;
}
