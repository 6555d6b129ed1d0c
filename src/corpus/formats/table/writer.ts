import { UserError } from '../../../errors.ts';
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
  nextRow,
  quoteCell,
  rowContentEnd,
  type TableFormat,
  trimSpaces,
  unquote,
} from './cells.ts';
import { indexOfName, newNames } from './header.ts';

/**
 * Writes csv or tsv. A file of the same format comes back with its tag columns replaced, or with new ones
 * after the last. Anything else becomes rows with the header `sentence,token,tag`. Of several documents
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
        tagRows(source.raw, cells(tagged), { document: source.document, delimiter, slots }),
      separation: blankLineAfter,
    },
    convert({ tokens }, tagged) {
      const names = ['sentence', 'token'];
      let out = hasHeader ? '' : row([...names, ...newNames(names, columns)]);
      hasHeader = true;
      const values = cells(tagged);
      for (let i = 0; i < tokens.length; i++)
        out += row([String(tagged.number), tokens[i]!, ...values.map((column) => column[i]!)]);
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

/** Puts tags into each row of `raw` that is a token. A cell that has its tag stays as it is written. */
function tagRows(
  raw: string,
  tags: readonly (readonly string[])[],
  {
    document,
    delimiter,
    slots,
  }: { document: Document; delimiter: Delimiter; slots: readonly TagSlot[] },
): string {
  const added = tags.filter((_, c) => slots[c] === undefined);
  const replaced = replacements(slots);
  const rule = commentRule(document.comment);
  let out = '';
  let token = 0;
  for (let from = 0; from < raw.length; ) {
    const end = nextRow(raw, from, delimiter);
    const to = rowContentEnd(raw, from, end);
    const spans = cellSpans(raw, from, to, delimiter);
    let done = from;
    const isComment =
      rule.isComment(raw, from, to) ||
      (rule.isHash(raw, from, to) && spans.length / 2 !== document.columns);
    if (!isComment && !isBlankRow(raw, spans, delimiter)) {
      for (const { slot, column } of replaced) {
        const [start, stop] = [spans[2 * slot]!, spans[2 * slot + 1]!];
        const tag = tags[column]![token] ?? '';
        if (trimSpaces(unquote(raw.slice(start, stop), delimiter)) === tag) continue;
        out += raw.slice(done, start) + quoteCell(tag, delimiter);
        done = stop;
      }
      out += raw.slice(done, to);
      for (const column of added) out += delimiter + quoteCell(column[token] ?? '', delimiter);
      done = to;
      token++;
    }
    out += raw.slice(done, end);
    from = end;
  }
  return out;
}
