import { UserError } from '../../../errors.ts';
import { copy, problem, quantity, SPACE, TAB, tagPool } from '../../lines.ts';
import type { Column, Parser } from '../../sentence.ts';
import { asColumns, checkAskedOnce, columnIndex, isName } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import { createLineParser, type Line } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import { beforeSpaces, columnSpans, commentRule, isDocstart } from './lines.ts';
import { createColumnSample } from './sample.ts';

/** The index that the user gave. This format has no names of columns. */
export function asIndex(column: Column, what: string): number {
  if (!isName(column)) return Number(column);
  throw new UserError(
    `${what} column "${column}": the format columns has no column names. Give an index: 0 is the first, -1 the last.`,
    { code: 'SEQTAG_COLUMN' },
  );
}

/** Reads tokens and tags. By default the first column is the token and the last the tag. */
export function createColumnsParser(options: ParserOptions): Parser {
  const { file, gold } = options;
  const document = newDocument(file, 'columns');
  if (options.comment !== undefined) document.comment = options.comment;
  const builder = new SentenceBuilder(document, options);
  const intern = tagPool();
  const askedToken = asIndex(options.tokenColumn ?? 0, 'token');
  const askedTags = asColumns(options.tagColumn).map((column) => asIndex(column, 'tag'));
  const askedFeatures = asColumns(options.featureColumn).map((column) =>
    asIndex(column, 'feature'),
  );
  let isTabbed = false;
  let expected = 0;
  let token = 0;
  let tag = -1;
  /** Further tag columns, then feature columns. */
  let more: readonly number[] = [];
  /** The line that determined the number of columns. */
  let firstLine = 0;
  /** Takes the separator and the number of columns from the first token line. */
  const determineColumns = (first: string, line: number) => {
    const separator = first.includes('\t') ? 'tab' : 'space';
    const columns = columnSpans(first, 0, first.length, separator).length / 2;
    const indexOf =
      (what: string) =>
      (column: number): number => {
        const index = columnIndex(column, columns);
        if (index !== undefined) return index;
        throw problem(
          file,
          line,
          `${quantity(columns, 'column')}, but ${what} ${column} was asked for. Columns count from 0, or backwards from -1.`,
          'SEQTAG_COLUMN',
        );
      };
    token = indexOf('column')(askedToken);
    if (gold) {
      const [first = -1, ...further] = askedTags;
      tag = indexOf('column')(first);
      more = further.map(indexOf('column'));
      checkAskedOnce([tag, ...more], file);
      if (askedTags.length === 0 && tag === token) {
        throw problem(
          file,
          line,
          `${quantity(columns, 'column')}, so there is no tag after the token. Separate token and tag by a tab or spaces, or name the tag column.`,
          'SEQTAG_COLUMN',
        );
      }
    }
    more = [...more, ...askedFeatures.map(indexOf('feature column'))];
    isTabbed = separator === 'tab';
    expected = columns;
    document.separator = separator;
    document.columns = columns;
    document.token = token;
    firstLine = line;
    return { separator, columns, tag: gold ? tag : columns - 1 } as const;
  };

  const rule = commentRule(options.comment);
  const sample = createColumnSample(rule, determineColumns);

  /** Decides what the columns are. Tokens are in the second column if the first has ids. */
  const lookAhead = (lines: string, at: { line: number; isLast: boolean }): boolean => {
    if (!sample.add(lines, at)) return false;
    const isFree = options.tokenColumn === undefined && expected > 1 && !(gold && tag === 1);
    if (isFree && token === 0 && sample.hasIds) {
      token = 1;
      document.token = token;
      options.onNote?.(
        `${file}: the first column counts the tokens (1, 2, 3, ...), so the second is read as the token.`,
      );
    }
    return true;
  };

  let isNoted = false;
  const furtherValues = (text: string, from: number, to: number): string[] => {
    const spans = columnSpans(text, from, to, isTabbed ? 'tab' : 'space');
    return more.map((column) => {
      const start = spans[2 * column]!;
      return intern(text, start, beforeSpaces(text, start, spans[2 * column + 1]!));
    });
  };

  /** Whether a line that may be a comment is one. */
  const isComment = ({ text, from, to, number }: Line): boolean => {
    const spans = columnSpans(text, from, to, isTabbed ? 'tab' : 'space');
    const column = gold ? tag : expected - 1;
    const start = spans[2 * column]!;
    const value = text.slice(start, beforeSpaces(text, start, spans[2 * column + 1]!));
    const comment = text.slice(from, to);
    if (!sample.isComment(comment, value)) return false;
    if (!isNoted)
      options.onNote?.(
        `${file}:${number}: "${comment.slice(0, 40)}" is read as a comment, though it has the columns of a token. Name the prefix of comments, or none, if it is a token.`,
      );
    isNoted = true;
    return true;
  };

  const readLine = (line: Line): void => {
    const { text, from, to, number } = line;
    if (rule.isComment(text, from, to)) return;
    if (isDocstart(text, from, to)) {
      builder.finish(from);
      return;
    }
    // one pass finds token and tag and counts columns, without an array of them
    let columns = 0;
    let tokenFrom = 0;
    let tokenTo = 0;
    let tagFrom = 0;
    let tagTo = 0;
    for (let i = from; ; i++) {
      if (!isTabbed) {
        while (i < to && (text.charCodeAt(i) === SPACE || text.charCodeAt(i) === TAB)) i++;
        if (i === to) break;
      }
      const start = i;
      if (isTabbed) while (i < to && text.charCodeAt(i) !== TAB) i++;
      else while (i < to && text.charCodeAt(i) !== SPACE && text.charCodeAt(i) !== TAB) i++;
      if (columns === token) {
        tokenFrom = start;
        tokenTo = i;
      }
      if (columns === tag) {
        tagFrom = start;
        tagTo = i;
      }
      columns++;
      if (i === to) break;
    }
    if (columns === expected) {
      if (builder.size === 0 && rule.isHash(text, from, to) && isComment(line)) return;
      builder.add(
        copy(text, tokenFrom, tokenTo),
        // a tag never ends in spaces, even where tabs separate
        gold ? intern(text, tagFrom, beforeSpaces(text, tagFrom, tagTo)) : '',
        number,
        more.length > 0 ? furtherValues(text, from, to) : undefined,
      );
    } else if (!rule.isHash(text, from, to)) {
      throw problem(
        file,
        number,
        `${quantity(columns, 'column')}, expected ${expected} as in line ${firstLine}. ${
          text[from] === '#'
            ? 'If the line is a comment, name # as the prefix of comments.'
            : isTabbed
              ? 'Are the separators tabs?'
              : 'Is there a space inside a token?'
        }`,
      );
    }
  };

  return createLineParser({
    document,
    builder,
    longLineRemedy: 'Is this a file of columns?',
    lookAhead,
    readLine,
  });
}
