import { UserError } from '../../../errors.ts';
import { problem, quantity } from '../../lines.ts';
import type { Column } from '../../sentence.ts';
import { asColumns, checkAskedOnce, columnIndex, isName } from '../column-choice.ts';
import { leadingColumns, leadingNote, type SampleRow } from '../columns/layout.ts';
import type { ParserOptions } from '../definition.ts';
import {
  findName,
  indexOfName,
  lacksTokenName,
  looksLikeHeader,
  SENTENCE_NAMES,
  TAG_NAMES,
  TEXT_NAMES,
  TOKEN_NAMES,
} from './header.ts';

/** Where the tokens and tags of a table are. */
export interface TableLayout {
  readonly hasHeader: boolean;
  readonly columns: number;
  /** The line of the first row. */
  readonly line: number;
  readonly token: number;
  /** -1 if no tags are read. */
  readonly tag: number;
  /** Further tag columns, then feature columns. */
  readonly more: readonly number[];
  /** The column whose value changes with each sentence; -1 if there is none. */
  readonly sentence: number;
  /** The column of tokens is one of running text by its name: it was asked for, or there is no other. */
  readonly isText: boolean;
}

/**
 * Finds the columns by the first row, which is a header if the option says so, if a column is asked for by name, or if
 * it looks like one.
 * @throws UserError if there is no such column
 */
export function tableLayout(
  row: readonly string[],
  line: number,
  options: ParserOptions,
): TableLayout {
  const { file, gold, tokenColumn, header } = options;
  const tagColumns = gold ? asColumns(options.tagColumn) : [];
  const features = asColumns(options.featureColumn);
  const isNamed = [tokenColumn, ...tagColumns, ...features].some(isName);
  if (isNamed && header === false)
    throw new UserError(
      `${file}: a column was asked for by name, but the file is read without a header. Give an index.`,
      { code: 'SEQTAG_COLUMN' },
    );
  const isHeader = looksLikeHeader(row);
  if (
    header === undefined &&
    !isNamed &&
    !isHeader &&
    tokenColumn === undefined &&
    lacksTokenName(row)
  )
    throw problem(
      file,
      line,
      `no column is named as one of tokens, such as token or word. The first row has ${namesOf(row)}. Name the token column, or say that there is no header.`,
      'SEQTAG_COLUMN',
    );
  const hasHeader = header ?? (isNamed || isHeader);
  const find = (
    column: Column | undefined,
    names: readonly string[],
    otherwise: number,
  ): number => {
    if (column === undefined) {
      const found = hasHeader ? findName(row, names) : -1;
      return found >= 0 ? found : otherwise;
    }
    const named = typeof column === 'string' && hasHeader ? indexOfName(row, column) : -1;
    const index = named >= 0 || isName(column) ? named : columnIndex(Number(column), row.length);
    if (index !== undefined && index >= 0) return index;
    throw problem(
      file,
      line,
      isName(column)
        ? `no column "${column}". The first row has ${namesOf(row)}.`
        : `${quantity(row.length, 'column')}, but column ${column} was asked for. Columns count from 0, or backwards from -1.`,
      'SEQTAG_COLUMN',
    );
  };
  const text = hasHeader ? findName(row, TEXT_NAMES) : -1;
  const hasTextOnly = text >= 0 && tokenColumn === undefined && findName(row, TOKEN_NAMES) < 0;
  const token = hasTextOnly ? text : find(tokenColumn, TOKEN_NAMES, 0);
  const findTag = (column: Column | undefined): number => find(column, TAG_NAMES, row.length - 1);
  const [tag = -1, ...further] = !gold
    ? []
    : tagColumns.length > 0
      ? tagColumns.map(findTag)
      : [findTag(undefined)];
  checkAskedOnce(gold ? [tag, ...further] : [], file);
  if (gold && tagColumns.length === 0 && tag === token)
    throw problem(
      file,
      line,
      `${quantity(row.length, 'column')}, so there is no tag beside the token. Name the columns of the token and of the tag.`,
      'SEQTAG_COLUMN',
    );
  return {
    hasHeader,
    columns: row.length,
    line,
    token,
    tag,
    more: [...further, ...features.map(findTag)],
    sentence: hasHeader ? findName(row, SENTENCE_NAMES) : -1,
    isText: hasTextOnly || (hasHeader && findName([row[token]!], TEXT_NAMES) === 0),
  };
}

/**
 * The same, but columns that the user did not name are not those of ids.
 * @param rows the first rows of the file
 */
export function afterIds(
  layout: TableLayout,
  rows: readonly SampleRow[],
  { file, tokenColumn, isText, onNote }: ParserOptions,
): TableLayout {
  if (layout.hasHeader || isText || tokenColumn !== undefined || rows.length === 0) return layout;
  const leading = leadingColumns(rows);
  if (leading?.last !== 'ids' || leading.columns === layout.tag) return layout;
  onNote?.(`${file}: ${leadingNote(leading)}`);
  return { ...layout, token: leading.columns };
}

const namesOf = (row: readonly string[]): string =>
  row.map((name) => `"${name.slice(0, 40)}"`).join(', ');

/** What to say of a first row without header, of which a column that was not named seems to have running text. */
export function runningTextNote(
  row: readonly string[],
  { line, token }: Pick<TableLayout, 'line' | 'token'>,
  file: string,
): string | undefined {
  const words = (cell: string): number => cell.trim().split(/\s+/).length;
  const text = row.findIndex((cell, column) => words(cell) > (column === token ? 2 : 1));
  return text < 0
    ? undefined
    : `${file}:${line}: no header, so the tokens are read from column ${token}, as "${row[token]!.slice(0, 40)}". Column ${text} seems to have running text. Name ${text} as the text column to tag each cell as a text.`;
}

/** The error for a column of running text that was not named. */
export const textColumnError = (file: string, line: number, name: string): UserError =>
  new UserError(
    `${file}:${line}: no column is named as one of tokens, and "${name.trim()}" seems to have running text. Name it as the text column to tag each cell as a text, or as the token column if its cells are tokens.`,
    { code: 'SEQTAG_COLUMN', option: 'textColumn' },
  );

/** The error for a text in the column that was asked for as the one of tokens. */
export const textCellError = (
  { file, line, name }: { file: string; line: number; name: string },
  text: string,
): UserError =>
  new UserError(
    `${file}:${line}: "${text.slice(0, 40)}" in column "${name.trim()}" is a text, but each cell is read as a token. Name the column as the text column to tag each cell as a text.`,
    { code: 'SEQTAG_COLUMN', option: 'textColumn' },
  );
