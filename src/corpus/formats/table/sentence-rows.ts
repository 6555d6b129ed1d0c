import { problem, quantity } from '../../lines.ts';
import type { Document } from '../../sentence.ts';
import { asColumns } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import { labelName } from '../labels.ts';
import type { Line } from '../scanner.ts';
import type { SentenceBuilder } from '../sentence-builder.ts';
import type { TableLayout } from './layout.ts';
import { type CellList, parseList, parseWords } from './lists.ts';

/*
 * Rows with a sentence each: a list of tokens in one cell, `['EU', 'rejects']`, and a list of tags in another. The tokens may
 * be a text that is cut at its spaces, if as many tags follow, and then the tags may be words between spaces too.
 */

type Cell = (column: number) => string;

/** The columns of tokens and tags that have lists. The others have words between spaces. */
export type SentenceRows = ReadonlySet<number>;

/** Whether a cell is a list, or would be one if it were whole. */
const looksLikeList = (cell: string): boolean =>
  parseList(cell) !== undefined || /^\s*\[\s*['"]|['"]\s*\]\s*$/.test(cell);

/** How the first row has a sentence: tokens and tags in lists, or a text with as many tags as words. False if it has none. */
export function sentenceRows(
  cell: Cell,
  { token, tag, more, isText }: TableLayout,
): SentenceRows | false {
  const columns = [token, ...(tag < 0 ? [] : [tag]), ...more];
  const lists = new Set(columns.filter((column) => looksLikeList(cell(column))));
  if (lists.has(token)) return tag < 0 || lists.has(tag) ? lists : false;
  if (tag < 0 || !isText) return false;
  const words = parseWords(cell(token)).items.length;
  const tags = lists.has(tag) ? parseList(cell(tag)) : parseWords(cell(tag));
  if (lists.has(tag) && words > 1) return lists;
  return words === tags?.items.length && words > 1 ? lists : false;
}

export function readSentenceRow(
  line: Line,
  cell: Cell,
  {
    rows,
    layout,
    options,
    builder,
    document,
  }: {
    rows: SentenceRows;
    layout: TableLayout;
    options: ParserOptions;
    builder: SentenceBuilder;
    document: Document;
  },
): void {
  const { file, gold, labels } = options;
  const { number, next } = line;
  const nameOf = (column: number): string => document.header?.names[column] ?? String(column);

  const listIn = (column: number): CellList => {
    const content = cell(column);
    const isEmpty = content.trim() === '';
    const list = rows.has(column) && !isEmpty ? parseList(content) : parseWords(content);
    if (list !== undefined) return list;
    throw problem(
      file,
      number,
      `"${content.trim().slice(0, 40)}" in column ${nameOf(column)} is no list, as ['a', 'b'] or ["a", "b"]. Correct it, or name the columns of the tokens and of the tags.`,
    );
  };

  const tokens = listIn(layout.token).items;
  const valuesIn = (column: number, isTag: boolean): readonly string[] => {
    const { items, areNumbers } = listIn(column);
    if (items.length !== tokens.length)
      throw problem(
        file,
        number,
        `${quantity(items.length, isTag ? 'tag' : 'value')} in column ${nameOf(column)} for ${quantity(tokens.length, 'token')} in column ${nameOf(layout.token)}. Each token needs one.`,
      );
    if (!isTag) return items;
    if (items.some((item) => /[\t\r\n]/.test(item)))
      throw problem(
        file,
        number,
        `a tag in column ${nameOf(column)} has a tab or line end. Remove it from the tag.`,
      );
    const where = { file, line: number, column: nameOf(column) };
    return areNumbers ? items.map((item) => labelName(item, labels, where)) : items;
  };
  const further = layout.more.length - asColumns(options.featureColumn).length;
  const tags = gold ? valuesIn(layout.tag, true) : [];
  const more = layout.more.map((column, c) => valuesIn(column, c < further));
  for (const [t, token] of tokens.entries())
    builder.add(
      token,
      tags[t] ?? '',
      number,
      more.length > 0 ? more.map((values) => values[t]!) : undefined,
    );
  builder.finish(next);
}
