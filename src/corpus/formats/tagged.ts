import { copy, problem, quantity, tagPool } from '../lines.ts';
import type { Parser } from '../sentence.ts';
import { asColumns, columnIndex } from './column-choice.ts';
import { asIndex } from './columns/choice.ts';
import type { ParserOptions, Sample, Verdict } from './definition.ts';
import { createLineParser, type Line } from './scanner.ts';
import { newDocument, SentenceBuilder } from './sentence-builder.ts';

/*
 * Sentences with their tags in the text, one per line:
 *  - `word/TAG`, `word_TAG`: cut at the last separator, as by NLTK's `str2tuple`
 *  - `word|POS|TAG`: the columns are numbered as in a file of columns
 *  - `<START:person> Ada Brandt <END> left .`, of OpenNLP
 *  - `[PER Ada Brandt] left .`, as it is written for people to read
 * Spans become BIO tags.
 */

const SEPARATORS = ['/', '_', '|'] as const;
type Separator = (typeof SEPARATORS)[number];

const TAG = /^(?:[A-Z][A-Z0-9$]*|[BIESLUM]-\S+|[^\p{L}\p{N}\s]{1,3})$/u;
const START = /^<START(?::([^>\s]+))?>$/;

const wordsOf = (line: string): string[] => line.split(/[ \t]+/).filter((word) => word !== '');

/** The word and its tags; one string if it has none. */
function fieldsOf(word: string, separator: Separator): string[] {
  if (separator === '|')
    return word.startsWith('||') ? ['|', ...word.slice(2).split('|')] : word.split('|');
  const at = word.lastIndexOf(separator);
  return at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word];
}

/** What separates word and tag in a line, if each word has a tag. */
const separatorOf = (line: string): Separator | undefined =>
  SEPARATORS.find((separator) =>
    wordsOf(line).every((word) => {
      const fields = fieldsOf(word, separator);
      return fields.length > 1 && TAG.test(fields.at(-1)!);
    }),
  );

/** A first line of three words or more with tags, or with a span of OpenNLP. */
export function sniffTaggedWords({ content: [first], isLast }: Sample): Verdict {
  if (first === undefined) return isLast ? 'no' : 'maybe';
  if (/(?:^|\s)<START(?::[^>\s]+)?> .* <END>(?:\s|$)/.test(first)) return 'yes';
  return wordsOf(first).length >= 3 && separatorOf(first) !== undefined ? 'yes' : 'no';
}

/** Reads tagged sentences. The first line tells how tags are written. */
export function createTaggedParser(options: ParserOptions): Parser {
  const { file, gold } = options;
  const document = newDocument(file, 'inline');
  const builder = new SentenceBuilder(document, options);
  const intern = tagPool();
  const tags = asColumns(options.tagColumn ?? -1).map((column) => asIndex(column, 'tag'));
  const features = asColumns(options.featureColumn).map((column) => asIndex(column, 'feature'));
  const asked = [...(gold ? tags : []), ...features];
  let separator: Separator | 'spans' | undefined;

  const readTagged = (words: readonly string[], separator: Separator, number: number): void => {
    for (const word of words) {
      const fields = fieldsOf(word, separator);
      document.columns ||= fields.length;
      if (fields.length !== document.columns || fields.length < 2)
        throw problem(
          file,
          number,
          `${quantity(fields.length - 1, 'tag')} in "${word.slice(0, 40)}", expected ${Math.max(1, document.columns - 1)} after "${separator}". Is it a tagged word?`,
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

  const readSpans = (words: readonly string[], number: number): void => {
    let type: string | undefined;
    let isFirst = true;
    const open = (name: string): void => {
      if (type !== undefined)
        throw problem(
          file,
          number,
          `a span of ${name} inside one of ${type}. Write one after the other.`,
        );
      type = name;
      isFirst = true;
    };
    const add = (word: string): void => {
      const tag = type === undefined ? 'O' : `${isFirst ? 'B' : 'I'}-${type}`;
      builder.add(word, gold ? intern(tag, 0, tag.length) : '', number);
      isFirst = false;
    };
    for (const [i, word] of words.entries()) {
      const start = START.exec(word);
      if (start !== null) open(start[1] ?? 'default');
      else if (word === '<END>' && type !== undefined) type = undefined;
      // [TYPE word ... word]
      else if (type === undefined && /^\[[A-Za-z][\w-]*$/.test(word) && closes(words, i + 1))
        open(word.slice(1));
      else if (type !== undefined && word.length > 1 && word.endsWith(']')) {
        add(word.slice(0, -1));
        type = undefined;
      } else add(word);
    }
    if (type !== undefined)
      throw problem(
        file,
        number,
        `a span of ${type} that does not end in its line. Is an end missing?`,
      );
  };

  const readLine = ({ text, from, to, next, number }: Line): void => {
    const line = copy(text, from, to);
    const words = wordsOf(line);
    separator ??= separatorOf(line) ?? 'spans';
    if (separator === 'spans') {
      document.columns = 2;
      readSpans(words, number);
    } else readTagged(words, separator, number);
    builder.finish(next);
  };

  return createLineParser({
    document,
    builder,
    longLineRemedy: 'Is there one sentence per line?',
    readLine,
  });
}

/** Whether a bracket ends at one of the words from `at` on, before another begins. */
function closes(words: readonly string[], at: number): boolean {
  for (let i = at; i < words.length; i++) {
    if (words[i]!.length > 1 && words[i]!.endsWith(']')) return true;
    if (words[i]!.startsWith('[') && words[i]!.length > 1) return false;
  }
  return false;
}
