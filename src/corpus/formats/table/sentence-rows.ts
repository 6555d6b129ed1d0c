import { problem, quantity } from '../../lines.ts';
import type { Document } from '../../sentence.ts';
import { asColumns } from '../column-choice.ts';
import type { ParserOptions } from '../definition.ts';
import { labelName } from '../labels.ts';
import type { Line } from '../scanner.ts';
import type { SentenceBuilder } from '../sentence-builder.ts';
import type { TableLayout } from './layout.ts';
import { type CellList, isBracketed, parseList, parseWords } from './lists.ts';

/*
 * Rows with a sentence each: a list of tokens in one cell, `['EU', 'rejects']`, and a list of tags in another. The tokens may
 * be a text that is cut at its spaces, if as many tags follow, and then the tags may be words between spaces too.
 */

type Cell = (column: number) => string;

/** Whether a row has a sentence: tokens and tags in lists, or a text with as many tags as words. */
export function hasSentences(cell: Cell, { token, tag, isText }: TableLayout): boolean {
  const tokens = cell(token);
  if (parseList(tokens) !== undefined) return tag < 0 || isBracketed(cell(tag));
  if (tag < 0 || !isText) return false;
  const words = parseWords(tokens).items.length;
  const tags = parseList(cell(tag)) ?? parseWords(cell(tag));
  return words === tags.items.length && (words > 1 || tags.notation !== 'spaces');
}

export function readSentenceRow(
  line: Line,
  cell: Cell,
  {
    layout,
    options,
    builder,
    document,
  }: {
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
    if (!isBracketed(content) && content.trim() !== '') return parseWords(content);
    const list =
      content.trim() === '' ? { ...parseWords(''), areNumbers: false } : parseList(content);
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
