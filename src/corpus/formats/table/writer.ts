import { UserError } from '../../../errors.ts';
import { lineStart } from '../../lines.ts';
import type { Column, Document } from '../../sentence.ts';
import { isName, replacements, type TagSlot, tagSlots } from '../column-choice.ts';
import { commentRule } from '../columns/lines.ts';
import { confidenceCells, nameForEach } from '../confidences.ts';
import {
  blankLineAfter,
  type FormatWriter,
  type FormatWriterOptions,
  type Tagged,
} from '../definition.ts';
import {
  cellSpans,
  type Delimiter,
  isBlankRow,
  isProseRow,
  nextRow,
  quoteCell,
  rowContentEnd,
  type TableFormat,
  trimSpaces,
  unquote,
} from './cells.ts';
import { indexOfName, newNames } from './header.ts';
import { type CellList, formatList, parseList, parseWords } from './lists.ts';

/**
 * Writes csv or tsv. A file of the same format comes back with its tag columns replaced, or with new ones
 * after the last. Anything else becomes rows with the header `sentence,token,tag`, after `line` if each line is a text. Of several documents
 * only the first has a header.
 */
export function createTableWriter(options: FormatWriterOptions, format: TableFormat): FormatWriter {
  const { tagColumns, confidence = false, orAppend = false } = options;
  /** That of the document that is written back. */
  let delimiter: Delimiter = format === 'csv' ? ',' : '\t';
  const columns = [...tagColumns, ...(confidence ? nameForEach('confidence', tagColumns) : [])];
  let slots: TagSlot[] = [];
  let hasHeader = false;
  const cells = ({ tags, annotations }: Tagged): readonly (readonly string[])[] =>
    annotations !== undefined && confidence ? [...tags, ...confidenceCells(annotations)] : tags;
  const row = (values: readonly string[]): string =>
    `${values.map((value) => quoteCell(value, delimiter)).join(delimiter)}\n`;
  return {
    restorer: {
      begin(document) {
        const { header } = document;
        delimiter = document.delimiter ?? delimiter;
        // without a header, confidences have no name by which a column could be found
        const asked =
          header === undefined
            ? [...tagColumns, ...columns.slice(tagColumns.length).map(() => undefined)]
            : columns;
        slots = findSlots(document, asked, orAppend);
        if (header === undefined || hasHeader) return '';
        hasHeader = true;
        const added = newNames(
          header.names,
          columns.filter((_, c) => slots[c] === undefined),
        );
        const to = rowContentEnd(header.raw, 0, header.raw.length);
        const names = added.map((name) => delimiter + quoteCell(name, delimiter)).join('');
        return header.raw.slice(0, to) + names + header.raw.slice(to);
      },
      sentence: ({ source }, tagged) =>
        tagRows(source.raw, cells(tagged), {
          document: source.document,
          delimiter,
          slots,
          names: columns,
        }),
      tail: (document) =>
        document.hasLists
          ? tagRows(
              document.tail,
              columns.map(() => []),
              {
                document,
                delimiter,
                slots,
                names: columns,
              },
            )
          : document.tail,
      separation: blankLineAfter,
    },
    convert({ tokens, line, source }, tagged) {
      const isOfLine = source?.document.format === 'lines';
      const names = [...(isOfLine ? ['line'] : []), 'sentence', 'token'];
      const position = [...(isOfLine ? [String(line)] : []), String(tagged.number)];
      let out = hasHeader ? '' : row([...names, ...newNames(names, columns)]);
      hasHeader = true;
      const values = cells(tagged);
      for (let i = 0; i < tokens.length; i++)
        out += row([...position, tokens[i]!, ...values.map((column) => column[i]!)]);
      return out;
    },
  };
}

/** @throws UserError if there is no such column */
function findSlots(
  document: Document,
  columns: readonly (Column | undefined)[],
  orAppend: boolean,
): TagSlot[] {
  const { file, header } = document;
  const asked = columns.map((column) => {
    if (column === undefined) return undefined;
    const found = typeof column === 'string' ? indexOfName(header?.names ?? [], column) : -1;
    if (found >= 0) return found;
    if (!isName(column)) return Number(column);
    if (header !== undefined || orAppend) return undefined;
    throw new UserError(
      `${file}: no header, so there is no column "${column}" to write tags to. Give an index.`,
      { code: 'SEQTAG_COLUMN' },
    );
  });
  return tagSlots(document, asked, orAppend);
}

/**
 * Puts tags into each row of `raw` that has tokens. A cell that has its tags stays as it is written.
 * @param options.names the names of the tag columns, for a header that comes again
 */
function tagRows(
  raw: string,
  tags: readonly (readonly string[])[],
  {
    document,
    delimiter,
    slots,
    names,
  }: {
    document: Document;
    delimiter: Delimiter;
    slots: readonly TagSlot[];
    names: readonly (Column | undefined)[];
  },
): string {
  const isAdded = (_: unknown, c: number): boolean => slots[c] === undefined;
  const added = tags.filter(isAdded);
  const replaced = replacements(slots);
  const rule = commentRule(document.comment);
  const { header, hasLists = false, columns } = document;
  let out = '';
  let token = 0;
  for (let from = 0; from < raw.length; ) {
    const end = nextRow(raw, from, delimiter);
    const start = lineStart(raw, from);
    const to = rowContentEnd(raw, start, end);
    const spans = cellSpans(raw, start, to, delimiter);
    const cell = (column: number): string =>
      unquote(raw.slice(spans[2 * column]!, spans[2 * column + 1]!), delimiter);
    const isComment =
      rule.isComment(raw, start, to) ||
      (rule.isHash(raw, start, to) &&
        (spans.length / 2 !== columns || isProseRow(raw, spans, delimiter)));
    let done = from;
    if (!isComment && !isBlankRow(raw, spans, delimiter)) {
      const isHeader =
        header?.names.length === spans.length / 2 &&
        header.names.every((name, column) => cell(column) === name);
      const list = hasLists && !isHeader ? tokenList(cell(document.token)) : undefined;
      const length = list?.items.length ?? 1;
      const cellFor = (column: readonly string[], notation: CellList['notation']): string => {
        const values = column.slice(token, token + length);
        return list === undefined ? (values[0] ?? '') : formatList(values, notation);
      };
      for (const { slot, column } of isHeader ? [] : replaced) {
        const [first, stop] = [spans[2 * slot]!, spans[2 * slot + 1]!];
        const present = trimSpaces(cell(slot));
        const written = list && tokenList(present);
        const tag = cellFor(tags[column]!, written?.notation ?? 'json');
        const isSame = written
          ? written.items.join('\t') === tags[column]!.slice(token, token + length).join('\t')
          : present === tag;
        if (isSame) continue;
        out += raw.slice(done, first) + quoteCell(tag, delimiter);
        done = stop;
      }
      out += raw.slice(done, to);
      const cells = isHeader
        ? newNames(header.names, names.filter(isAdded))
        : added.map((column) => cellFor(column, list?.notation ?? 'json'));
      for (const value of cells) out += delimiter + quoteCell(value, delimiter);
      done = to;
      if (!isHeader) token += length;
    }
    out += raw.slice(done, end);
    from = end;
  }
  return out;
}

/** The list in a cell, or its words. */
const tokenList = (cell: string): CellList => parseList(cell) ?? parseWords(cell);
