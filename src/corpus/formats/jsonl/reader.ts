import { UserError } from '../../../errors.ts';
import { problem, quantity } from '../../lines.ts';
import type { Parser, Prose } from '../../sentence.ts';
import { createTextParser } from '../../text/text.ts';
import { asColumns, checkAskedOnce } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import { createLineParser, type Line } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import {
  type Content,
  contentOf,
  isStrings,
  keysOf,
  type Members,
  membersOf,
  TAG_KEYS,
} from './object.ts';
import { alignSpans, offsetsOf, spansOf } from './offsets.ts';

/** A sentence of a line. */
interface Part {
  readonly tokens: readonly string[];
  /** Of raw text: where the sentence is in it. */
  readonly prose?: Prose;
}

/** Reads tokens, or raw text, and tags from one object per line. */
export function createJsonlParser(options: ParserOptions): Parser {
  const { file, gold } = options;
  const document = newDocument(file, 'jsonl');
  const builder = new SentenceBuilder(document, options);
  // unlike elsewhere, a number is a name too
  const askedToken = options.tokenColumn === undefined ? undefined : String(options.tokenColumn);
  /** One for each tag column. If none is asked for, the first line tells. */
  let tagKeys = asColumns(options.tagColumn).map(String);
  if (gold) checkAskedOnce(tagKeys, file);
  const featureKeys = asColumns(options.featureColumn).map(String);
  document.keys = { token: askedToken, tag: undefined };

  const noKey = (which: string, members: Members, line: number): Error =>
    problem(
      file,
      line,
      `no key ${which}. The keys are ${keysOf(members)}. Name the one that has the tags.`,
      'SEQTAG_COLUMN',
    );

  const findTagKeys = (members: Members, line: number): readonly string[] => {
    if (tagKeys.length === 0) {
      const key = TAG_KEYS.find((name) => Object.hasOwn(members, name));
      if (key === undefined && 'start' in members && 'end' in members)
        throw problem(
          file,
          line,
          'a span without the text that it is in. Give the file of the text with its tags, in another format.',
          'SEQTAG_COLUMN',
        );
      if (key === undefined) throw noKey('of tags', members, line);
      tagKeys = [key];
    }
    if (document.keys?.tag === undefined) document.keys = { token: askedToken, tag: tagKeys[0] };
    return tagKeys;
  };

  const valuesOf = (members: Members, key: string, line: number): readonly string[] => {
    if (!Object.hasOwn(members, key)) throw noKey(`"${key}"`, members, line);
    const values = members[key];
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

  let spanCount = 0;
  let widened = 0;
  let dropped = 0;

  /** BIO tags, if the object has spans as offsets into its text; undefined otherwise. */
  const alignedTags = (
    members: Members,
    content: Content,
    parts: readonly Part[],
  ): readonly string[] | undefined => {
    const text = 'text' in content ? content.text : members['text'];
    if (typeof text !== 'string') return undefined;
    const spans = spansOf(members, text, tagKeys[0]);
    if (spans === undefined) return undefined;
    const starts = new Set<number>();
    let tokens = 0;
    const offsets: number[] = [];
    for (const part of parts) {
      const { text: prose, start } = part.prose ?? { text, start: 0 };
      const found = offsetsOf(part.tokens, prose, start);
      if (found === undefined) return undefined;
      for (const offset of found) offsets.push(offset);
      starts.add(tokens);
      tokens += part.tokens.length;
    }
    const aligned = alignSpans(spans, offsets, (token) => starts.has(token));
    spanCount += spans.length;
    widened += aligned.widened;
    dropped += aligned.dropped;
    return aligned.tags;
  };

  const noteSpans = (): void => {
    if (widened + dropped === 0) return;
    const what = `${file}: of ${quantity(spanCount, 'span')}, ${widened} did not align with tokens and were widened to whole ones, and ${dropped} overlap others or are outside the text and were left out.`;
    if (options.strictSpans)
      throw new UserError(`${what} Correct them, or allow spans that do not align.`, {
        code: 'SEQTAG_CORPUS_SYNTAX',
      });
    options.onNote?.(what);
  };

  const readLine = ({ text, from, to, next, number }: Line): void => {
    const members = membersOf(text.slice(from, to));
    if (members === undefined) throw problem(file, number, NO_OBJECT);
    const content = contentOf(members, askedToken);
    if (typeof content === 'string') throw problem(file, number, content, 'SEQTAG_COLUMN');
    const parts: Part[] =
      'text' in content
        ? sentencesOf(content.text, options)
        : content.tokens.length > 0
          ? [{ tokens: content.tokens }]
          : [];
    const total = parts.reduce((sum, { tokens }) => sum + tokens.length, 0);
    const aligned = gold && tagKeys.length < 2 ? alignedTags(members, content, parts) : undefined;
    const keys = [
      ...(gold && aligned === undefined ? findTagKeys(members, number) : []),
      ...featureKeys,
    ];
    const columns = keys.map((key, c) => {
      const values = valuesOf(members, key, number);
      if (values.length === total) return values;
      const what = c < keys.length - featureKeys.length ? 'tag' : 'value';
      throw problem(
        file,
        number,
        `${quantity(values.length, what)} in "${key}" for ${quantity(total, 'token')} in "${content.key}". Each token needs one.`,
      );
    });
    if (aligned !== undefined) columns.unshift(aligned);
    const [tags, more] = gold ? [columns[0], columns.slice(1)] : [undefined, columns];
    let t = 0;
    for (const [p, { tokens, prose }] of parts.entries()) {
      for (const token of tokens) {
        const values = more.length > 0 ? more.map((column) => column[t]!) : undefined;
        builder.add(token, tags?.[t] ?? '', number, values);
        t++;
      }
      if (p < parts.length - 1) builder.finishPart(prose!);
      else builder.finish(next, prose);
    }
  };

  return createLineParser({
    document,
    builder,
    longLineRemedy: 'Is this a file of JSON Lines?',
    readLine,
    end: noteSpans,
  });
}

const NO_OBJECT =
  'not a line with one JSON object, as {"tokens": ["One", "word"]} or {"text": "One word"}. If the file is JSON, jq -c .[] makes it lines.';

function sentencesOf(text: string, { file, tokenization }: ParserOptions): Part[] {
  const parser = createTextParser({ file, gold: false, format: 'text', tokenization });
  const sentences = [...parser.push(text), ...parser.end()];
  return sentences.map(({ tokens, source }) => ({
    tokens,
    prose: { text: source!.raw, start: source!.start },
  }));
}
