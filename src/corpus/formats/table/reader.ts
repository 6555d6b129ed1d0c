import { UserError } from '../../../errors.ts';
import { copy, isBlank, problem, quantity } from '../../lines.ts';
import type { Column, Parser } from '../../sentence.ts';
import { asColumns, checkAskedOnce, columnIndex, isName } from '../column-choice.ts';
import { commentRule } from '../columns/lines.ts';
import type { ParserOptions } from '../definition.ts';
import { createLineParser, type Line } from '../scanner.ts';
import { newDocument, SentenceBuilder } from '../sentence-builder.ts';
import {
  cellSpans,
  createCsvRows,
  createQuotedRows,
  csvDelimiter,
  type Delimiter,
  isBlankRow,
  nextRow,
  rowContentEnd,
  type TableFormat,
  trimSpaces,
  unquote,
} from './cells.ts';
import {
  findName,
  indexOfName,
  looksLikeHeader,
  SENTENCE_NAMES,
  TAG_NAMES,
  TEXT_NAMES,
  TOKEN_NAMES,
} from './header.ts';

/*
 * csv and tsv: a token per row, and the same number of cells in every row.
 *
 * A sentence ends at a blank row (empty, or all cells blank), and where the value changes in a column
 * `sentence`, `sentence_id`, `sent_id` or `Sentence #` of the header. An empty value means the same
 * sentence as in the row before, since some files fill in only the first row of each.
 *
 * A row that begins with `#` and a space or tab is a comment, unless it has the file's number of columns.
 *
 * The first row is a header if the option `header` says so, if a column was asked for by name, or if
 * it looks like one.
 */

/** How far, in UTF-16 units, to search for the first row that is certainly no comment. */
const LOOK_AHEAD = 1024 * 1024;

/** Reads tokens and tags. By default the header tells where they are, else they are first and last. */
export function createTableParser(options: ParserOptions, format: TableFormat): Parser {
  const { file, gold } = options;
  const document = newDocument(file, format);
  const builder = new SentenceBuilder(document, options);
  if (options.comment !== undefined) document.comment = options.comment;
  const rule = commentRule(options.comment);
  const tags = new Map<string, string>();
  let token = 0;
  let tag = -1;
  /** Further tag columns, then feature columns. */
  let more: readonly number[] = [];
  let sentence = -1;
  let currentSentence = '';
  let firstLine = 0;
  let delimiter: Delimiter | undefined = format === 'tsv' ? '\t' : undefined;
  /** The cells of a row with quotes, none if a quote is out of place. */
  const quotedCells = format === 'csv' ? createQuotedRows() : () => undefined;

  const intern = (cell: string): string => {
    const tag = trimSpaces(cell);
    const known = tags.get(tag);
    if (known !== undefined) return known;
    if (tags.size < 4096) tags.set(tag, tag);
    return tag;
  };

  /** The index of a column that was asked for, or by default of one of `names`, or `otherwise`. */
  const findColumn = (
    column: Column | undefined,
    { row, line, names, otherwise }: ColumnSearch,
  ): number => {
    const hasHeader = document.header !== undefined;
    if (column === undefined) {
      const found = hasHeader ? findName(row, names) : -1;
      return found >= 0 ? found : otherwise;
    }
    if (typeof column === 'string' && hasHeader) {
      const found = indexOfName(row, column);
      if (found >= 0) return found;
    }
    if (isName(column)) {
      throw problem(
        file,
        line,
        `no column "${column}". The first row has ${row.map((name) => `"${name.slice(0, 40)}"`).join(', ')}.`,
        'SEQTAG_COLUMN',
      );
    }
    const index = columnIndex(Number(column), row.length);
    if (index !== undefined) return index;
    throw problem(
      file,
      line,
      `${quantity(row.length, 'column')}, but column ${column} was asked for. Columns count from 0, or backwards from -1.`,
      'SEQTAG_COLUMN',
    );
  };

  /** Decides from the first row whether it is a header, and where tokens and tags are. */
  const begin = (row: readonly string[], line: number): void => {
    const { tokenColumn, header } = options;
    const tagColumns = gold ? asColumns(options.tagColumn) : [];
    const features = asColumns(options.featureColumn);
    const isNamed = [tokenColumn, ...tagColumns, ...features].some(isName);
    if (isNamed && header === false) {
      throw new UserError(
        `${file}: a column was asked for by name, but the file is read without a header. Give an index.`,
        { code: 'SEQTAG_COLUMN' },
      );
    }
    document.columns = row.length;
    firstLine = line;
    if (header ?? (isNamed || looksLikeHeader(row))) {
      document.header = { names: [...row], raw: '' };
      sentence = findName(row, SENTENCE_NAMES);
    }
    const text = findName(row, TEXT_NAMES);
    const hasTokens = tokenColumn !== undefined || findName(row, TOKEN_NAMES) >= 0;
    if (document.header !== undefined && text >= 0 && !hasTokens)
      throw new UserError(
        `${file}:${line}: no column is named as one of tokens, and "${row[text]!.trim()}" seems to have running text. Name it as the text column to tag each cell as a text, or as the token column if its cells are tokens.`,
        { code: 'SEQTAG_COLUMN', option: 'textColumn' },
      );
    token = findColumn(tokenColumn, { row, line, names: TOKEN_NAMES, otherwise: 0 });
    document.token = token;
    const findTag = (column: Column | undefined): number =>
      findColumn(column, { row, line, names: TAG_NAMES, otherwise: row.length - 1 });
    const featureIndices = features.map(findTag);
    more = featureIndices;
    if (!gold) return;
    const [first, ...further] =
      tagColumns.length > 0 ? tagColumns.map(findTag) : [findTag(undefined)];
    checkAskedOnce([first!, ...further], file);
    tag = first!;
    more = [...further, ...featureIndices];
    if (tagColumns.length === 0 && tag === token) {
      throw problem(
        file,
        line,
        `${quantity(row.length, 'column')}, so there is no tag beside the token. Name the columns of the token and of the tag.`,
        'SEQTAG_COLUMN',
      );
    }
  };

  /** The columns of the first row that is certainly no comment, 0 if there is none. */
  let firstColumns = 0;
  let looked = 0;

  /** Finds that row. Rows that begin with `# ` before it may be comments. */
  const lookAhead = (rows: string, { isLast }: { isLast: boolean }): boolean => {
    for (let from = 0; from < rows.length && firstColumns === 0 && looked <= LOOK_AHEAD; ) {
      const end = nextRow(rows, from, format === 'tsv' ? '\t' : ',');
      const to = rowContentEnd(rows, from, end);
      const isOther = rule.isComment(rows, from, to) || rule.isHash(rows, from, to);
      if (!isOther && !isBlank(rows, from, to)) {
        delimiter ??= csvDelimiter(rows, from, to);
        firstColumns = cellSpans(rows, from, to, delimiter).length / 2;
      }
      looked += end - from;
      from = end;
    }
    return firstColumns > 0 || isLast || looked > LOOK_AHEAD;
  };

  const readLine = (line: Line): void => {
    const { text, from, to, next, number } = line;
    if (rule.isComment(text, from, to)) return;
    delimiter ??= csvDelimiter(text, from, to);
    document.delimiter = delimiter;
    const spans = cellSpans(text, from, to, delimiter);
    const columns = spans.length / 2;
    const quoted = quotedCells(line, delimiter);
    if (quoted?.length === 0) throw unbalanced(file, number);
    const cell = (column: number): string =>
      quoted?.[column] ??
      unquote(copy(text, spans[2 * column]!, spans[2 * column + 1]!), delimiter!);
    if (isBlankRow(text, spans, delimiter)) {
      builder.finish(next);
      return;
    }
    if (rule.isHash(text, from, to) && columns !== (document.columns || firstColumns)) return;
    if (document.columns === 0) {
      const row = Array.from({ length: columns }, (_, column) => cell(column));
      begin(row, number);
      if (document.header !== undefined) {
        document.header = { names: row, raw: builder.takeSource(next) };
        return;
      }
    }
    if (columns !== document.columns) {
      throw problem(
        file,
        number,
        `${quantity(columns, 'column')}, expected ${document.columns} as in line ${firstLine}. ${
          format === 'csv'
            ? `Is a cell with a ${delimiterNames[delimiter]} not quoted?`
            : 'Are the separators tabs?'
        }`,
      );
    }
    if (sentence >= 0) {
      const id = cell(sentence);
      if (id !== '' && id !== currentSentence) {
        builder.finish(from);
        currentSentence = id;
      }
    }
    const word = cell(token);
    if (!options.isText && word.includes('\n') && word.includes(delimiter))
      throw unbalanced(file, number);
    builder.add(
      word,
      gold ? intern(cell(tag)) : '',
      number,
      more.length > 0 ? more.map((column) => intern(cell(column))) : undefined,
    );
    if (options.isText) builder.finish(next);
  };

  return createLineParser({
    document,
    builder,
    longLineRemedy: `Is this ${format}, and are its quotes balanced?`,
    ...(format === 'csv' && { rows: createCsvRows() }),
    lookAhead,
    readLine,
  });
}

const delimiterNames = { ',': 'comma', ';': 'semicolon', '|': 'bar', '\t': 'tab' };

interface ColumnSearch {
  /** The first row. */
  readonly row: readonly string[];
  readonly line: number;
  readonly names: readonly string[];
  readonly otherwise: number;
}

const unbalanced = (file: string, line: number): UserError =>
  problem(
    file,
    line,
    'unbalanced quote. A quote inside a cell is written twice, and the cell quoted: """" is one quote.',
  );
