import { UserError } from '../../../errors.ts';
import {
  contentEnd,
  copy,
  isBlank,
  LF,
  problem,
  quantity,
  SPACE,
  TAB,
  tagPool,
} from '../../lines.ts';
import type { Column, Parser } from '../../sentence.ts';
import { asColumns, checkAskedOnce, columnIndex, isName } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import { createLineParser, type Line } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import { beforeSpaces, columnSpans, isDocstart, isHashLine } from './lines.ts';

/** How far, in UTF-16 units, to search for the first line that is certainly a token. */
const LOOK_AHEAD = 1024 * 1024;

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
  /** The first line that begins with `# `, while no token was found. */
  let hashLine: { text: string; line: number } | undefined;
  /** UTF-16 units since that line began. */
  let looked = 0;

  /** Takes the separator and the number of columns from the first token line. */
  const determineColumns = (first: string, line: number): void => {
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
  };

  /**
   * Finds the first line that is certainly a token. Lines that begin with `# ` may be comments or
   * tokens: while there are only those, it waits, at most for `LOOK_AHEAD`.
   */
  const lookAhead = (lines: string, at: { line: number; isLast: boolean }): boolean => {
    if (expected > 0) return true;
    let { line } = at;
    for (let pos = 0; pos < lines.length && looked <= LOOK_AHEAD; line++) {
      let next = lines.indexOf('\n', pos) + 1;
      if (next === 0) next = lines.length;
      const lineEnd = lines.charCodeAt(next - 1) === LF ? next - 1 : next;
      const text = lines.slice(pos, contentEnd(lines, pos, lineEnd));
      if (isHashLine(text, 0, text.length)) hashLine ??= { text, line };
      else if (!isBlank(text, 0, text.length) && !isDocstart(text, 0, text.length)) {
        determineColumns(text, line);
        return true;
      }
      if (hashLine !== undefined) looked += next - pos;
      pos = next;
    }
    if (hashLine === undefined) return true;
    if (!at.isLast && looked <= LOOK_AHEAD) return false;
    determineColumns(hashLine.text, hashLine.line);
    return true;
  };

  const furtherValues = (text: string, from: number, to: number): string[] => {
    const spans = columnSpans(text, from, to, isTabbed ? 'tab' : 'space');
    return more.map((column) => {
      const start = spans[2 * column]!;
      return intern(text, start, beforeSpaces(text, start, spans[2 * column + 1]!));
    });
  };

  const readLine = ({ text, from, to, number }: Line): void => {
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
      builder.add(
        copy(text, tokenFrom, tokenTo),
        // a tag never ends in spaces, even where tabs separate
        gold ? intern(text, tagFrom, beforeSpaces(text, tagFrom, tagTo)) : '',
        number,
        more.length > 0 ? furtherValues(text, from, to) : undefined,
      );
    } else if (!isHashLine(text, from, to)) {
      throw problem(
        file,
        number,
        `${quantity(columns, 'column')}, expected ${expected} as in line ${firstLine}. ${
          isTabbed ? 'Are the separators tabs?' : 'Is there a space inside a token?'
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
