import { UserError } from '../../../errors.ts';
import { problem, quantity } from '../../lines.ts';
import type { Column } from '../../sentence.ts';
import { asColumns, checkAskedOnce, columnIndex, isName } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import {
  conll2012,
  haveBrackets,
  isEmpty,
  lastTagColumn,
  leadingColumns,
  leadingNote,
  type SampleRow,
} from './layout.ts';
import { columnSpans, type Separator, separatorOf } from './lines.ts';

/** Where the tokens and tags of a file are. */
export interface Choice {
  readonly separator: Separator;
  readonly columns: number;
  /** The line that determined the number of columns. */
  readonly line: number;
  /** CoNLL-2012: sentences have different numbers of columns. */
  readonly isRagged: boolean;
  readonly token: number;
  /** -1 if no tags are read. */
  readonly tag: number;
  /** Further tag columns, then feature columns. */
  readonly more: readonly number[];
  /** Columns that must stay empty, since they do not count. */
  readonly empty: readonly number[];
  /** Of each tag column, whether it has spans in brackets. */
  readonly haveBrackets: readonly boolean[];
}

/** The index that the user gave. This format has no names of columns. */
export function asIndex(column: Column, what: string): number {
  if (!isName(column)) return Number(column);
  throw new UserError(
    `${what} column "${column}": the format columns has no column names. Give an index: 0 is the first, -1 the last.`,
    { code: 'SEQTAG_COLUMN' },
  );
}

/** The columns that the user named. */
export interface AskedColumns {
  readonly token: number | undefined;
  readonly tags: readonly number[];
  readonly features: readonly number[];
}

export const askedColumns = (options: ParserOptions): AskedColumns => ({
  token: options.tokenColumn === undefined ? undefined : asIndex(options.tokenColumn, 'token'),
  tags: asColumns(options.tagColumn).map((column) => asIndex(column, 'tag')),
  features: asColumns(options.featureColumn).map((column) => asIndex(column, 'feature')),
});

/**
 * What the first token line tells.
 * @throws UserError if a column that was named does not exist
 */
export function firstChoice(
  first: string,
  line: number,
  { asked, file, gold }: { asked: AskedColumns; file: string; gold: boolean },
): Choice {
  const separator = separatorOf(first);
  const spans = columnSpans(first, 0, first.length, separator);
  const columns = spans.length / 2;
  const fields = Array.from({ length: columns }, (_, c) =>
    first.slice(spans[2 * c], spans[2 * c + 1]),
  );
  const known = conll2012(fields);
  const isRagged = known !== undefined;
  const indexOf =
    (what: string) =>
    (column: number): number => {
      const index = isRagged && column < 0 ? undefined : columnIndex(column, columns);
      if (index !== undefined) return index;
      throw problem(
        file,
        line,
        isRagged && column < 0
          ? `sentences of CoNLL-2012 have different numbers of columns, so none counts from the end. Give ${what} ${column} as an index from 0.`
          : `${quantity(columns, 'column')}, but ${what} ${column} was asked for. Columns count from 0, or backwards from -1.`,
        'SEQTAG_COLUMN',
      );
    };
  const token = indexOf('column')(asked.token ?? known?.token ?? 0);
  const tags = gold
    ? (asked.tags.length > 0 ? asked.tags : [known?.tag ?? columns - 1]).map(indexOf('column'))
    : [];
  checkAskedOnce(tags, file);
  if (gold && asked.tags.length === 0 && tags[0] === token)
    throw problem(
      file,
      line,
      `${quantity(columns, 'column')}, so there is no tag after the token. Separate token and tag by a tab or spaces, or name the tag column.`,
      'SEQTAG_COLUMN',
    );
  const [tag = -1, ...further] = tags;
  const more = [...further, ...asked.features.map(indexOf('feature column'))];
  return {
    separator,
    columns,
    line,
    isRagged,
    token,
    tag,
    more,
    empty: [],
    haveBrackets: [],
  };
}

/** What more lines tell: columns that the user did not name are not those of ids, nor empty ones. */
export function refinedChoice(
  choice: Choice,
  rows: readonly SampleRow[],
  { asked, note }: { asked: AskedColumns; note: (what: string) => void },
): Choice {
  if (rows.length === 0) return choice;
  let { token, tag } = choice;
  if (choice.isRagged && asked.token === undefined)
    note(`this looks like CoNLL-2012, so column ${token} is read as the token.`);
  const empty: number[] = [];
  const leading = asked.token === undefined ? leadingColumns(rows) : undefined;
  if (leading && !choice.isRagged && leading.columns < choice.columns && tag !== leading.columns) {
    token = leading.columns;
    if (leading.last === 'empty') empty.push(0);
    note(leadingNote(leading));
  }
  const isAsked = asked.tags.length > 0 || choice.isRagged || tag < 0;
  const filled = isAsked ? tag : (lastTagColumn(rows, token) ?? tag);
  if (filled !== tag) {
    for (let column = filled + 1; column < choice.columns; column++)
      if (isEmpty(rows, column)) empty.push(column);
    note(
      `column ${filled} is read as the tag, since ${empty.includes(tag) ? 'no column after it has a value' : `column ${tag} has coreference`}.`,
    );
    tag = filled;
  }
  const tags = tag < 0 ? [] : [tag, ...choice.more.slice(0, Math.max(0, asked.tags.length - 1))];
  return {
    ...choice,
    token,
    tag,
    empty,
    haveBrackets: tags.map((column) => haveBrackets(rows, column)),
  };
}
