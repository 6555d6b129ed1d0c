import { copy, lineStart, problem, quantity, tagPool } from '../../lines.ts';
import type { Parser } from '../../sentence.ts';
import { asColumns, columnIndex } from '../column-choice.ts';
import { asIndex } from '../columns/choice.ts';
import type { ParserOptions } from '../definition.ts';
import { createLineParser, type Line } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import {
  ENOUGH_LINES,
  fieldsOf,
  SEPARATORS,
  type Separator,
  separatorOf,
  wordsOf,
} from './words.ts';

/*
 * Sentences with their tags in the text, one per line:
 *  - `word/TAG`, `word_TAG`: cut at the last separator, as by NLTK's `str2tuple`
 *  - `word|POS|TAG`: the columns are numbered as in a file of columns
 *  - `<START:person> Ada Brandt <END> left .`, of OpenNLP
 *  - `[PER Ada Brandt] left .`, as it is written for people to read
 * Spans become BIO tags.
 */

const START = /^<START(?::([^>\s]+))?>$/;

/** How spans are written. */
type Spans = 'openNlp' | 'brackets';

/** How most of these lines write their tags. Spans may be in few of them. */
function styleOf(lines: readonly string[]): Separator | Spans {
  const found = lines.map(separatorOf);
  const counts = SEPARATORS.map((one) => found.filter((separator) => separator === one).length);
  const most = Math.max(...counts);
  // a line of words that all end in a tag may stand among others
  if (most > 0 && 2 * most >= lines.length) return SEPARATORS[counts.indexOf(most)]!;
  return lines.some((line) => /<START[:>]|<END>/.test(line)) ? 'openNlp' : 'brackets';
}

/** What a word is where tags are spans: an error's text if it is wrong. */
type Mark =
  | { readonly opens: string }
  | { readonly token?: string; readonly closes: boolean }
  | string;

/** `<START:person> Ada Brandt <END>` */
function openNlpMark(word: string): Mark {
  const start = START.exec(word);
  if (start !== null) return { opens: start[1] ?? 'default' };
  if (word === '<END>') return { closes: true };
  if (!/<START|<END/.test(word)) return { token: word, closes: false };
  return 'is no mark of a span. Write <START:TYPE> and <END> between spaces.';
}

/** `[PER Ada Brandt]` */
function bracketMark(word: string): Mark {
  if (/^\[[A-Za-z][\w-]*$/.test(word)) return { opens: word.slice(1) };
  if (word === '[' || word === ']' || !/^\[|\]$/.test(word)) return { token: word, closes: false };
  if (/^\[.*\]$/.test(word)) return { token: word, closes: false };
  if (word.endsWith(']')) return { token: word.slice(0, -1), closes: true };
  return 'begins a span without a type. Write [TYPE before the words.';
}

/** Reads tagged sentences. The first lines tell how tags are written. */
export function createTaggedParser(options: ParserOptions): Parser {
  const { file, gold } = options;
  const document = newDocument(file, 'inline');
  const builder = new SentenceBuilder(document, options);
  const intern = tagPool();
  const tags = asColumns(options.tagColumn ?? -1).map((column) => asIndex(column, 'tag'));
  const features = asColumns(options.featureColumn).map((column) => asIndex(column, 'feature'));
  const asked = [...(gold ? tags : []), ...features];
  let style: Separator | Spans | undefined;
  let hasSpans = false;

  const sample: string[] = [];
  /** Takes the first lines. */
  const lookAhead = (lines: string, { isLast }: { isLast: boolean }): boolean => {
    if (style !== undefined) return true;
    for (const line of lines.split('\n')) {
      const content = line.slice(lineStart(line, 0)).trim();
      if (content !== '' && sample.length < ENOUGH_LINES) sample.push(content);
    }
    if (sample.length === 0 && !isLast) return false;
    // whoever types must not wait for more lines
    style = styleOf(sample);
    if (style === 'openNlp') document.isOpenNlp = true;
    return true;
  };

  const readTagged = (words: readonly string[], separator: Separator, number: number): void => {
    for (const word of words) {
      const fields = fieldsOf(word, separator);
      document.columns ||= fields.length;
      if (fields.length !== document.columns || fields.length < 2 || fields.at(-1) === '')
        throw problem(
          file,
          number,
          `${quantity(fields.filter((field) => field !== '').length - 1, 'tag')} in "${word.slice(0, 40)}", expected ${Math.max(1, document.columns - 1)} after "${separator}". Is it a tagged word?`,
        );
      const values = asked.map((column) => {
        const index = columnIndex(column, fields.length);
        if (index === undefined)
          throw problem(
            file,
            number,
            `${quantity(fields.length, 'column')}, but column ${column} was asked for. Columns count from 0, or backwards from -1.`,
            'SEQTAG_COLUMN',
          );
        return fields[index]!;
      });
      const more = gold ? values.slice(1) : values;
      builder.add(fields[0]!, gold ? values[0]! : '', number, more.length > 0 ? more : undefined);
    }
  };

  const readSpans = (
    words: readonly string[],
    markOf: (word: string) => Mark,
    number: number,
  ): void => {
    let type: string | undefined;
    let length = 0;
    for (const word of words) {
      const mark = markOf(word);
      if (typeof mark === 'string') throw problem(file, number, `"${word.slice(0, 40)}" ${mark}`);
      if ('opens' in mark) {
        if (type !== undefined)
          throw problem(
            file,
            number,
            `a span of ${mark.opens} inside one of ${type}. Write one after the other.`,
          );
        type = mark.opens;
        length = 0;
        hasSpans = true;
        continue;
      }
      if (mark.token !== undefined) {
        const tag = type === undefined ? 'O' : `${length++ === 0 ? 'B' : 'I'}-${type}`;
        builder.add(mark.token, gold ? intern(tag, 0, tag.length) : '', number);
      }
      if (!mark.closes) continue;
      if (type === undefined || length === 0)
        throw problem(
          file,
          number,
          type === undefined
            ? `"${word.slice(0, 40)}" ends a span that does not begin in its line. Is a beginning missing?`
            : `a span of ${type} without a word. Remove it.`,
        );
      type = undefined;
    }
    if (type !== undefined)
      throw problem(
        file,
        number,
        `a span of ${type} that does not end in its line. Is an end missing?`,
      );
  };

  const readLine = ({ text, from, to, next, number }: Line): void => {
    const words = wordsOf(copy(text, from, to));
    if (style === 'openNlp' || style === 'brackets') {
      document.columns = 2;
      readSpans(words, style === 'openNlp' ? openNlpMark : bracketMark, number);
    } else readTagged(words, style!, number);
    builder.finish(next);
  };

  return createLineParser({
    document,
    builder,
    longLineRemedy: 'Is there one sentence per line?',
    lookAhead,
    readLine,
    end() {
      if (gold && document.columns > 0 && style === 'brackets' && !hasSpans)
        throw problem(
          file,
          1,
          'no tags: neither word/TAG nor [TYPE words] nor <START:TYPE> words <END>. Is the format another?',
          'SEQTAG_COLUMN',
        );
    },
  });
}
