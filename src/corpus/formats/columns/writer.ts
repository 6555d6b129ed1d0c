import { asCell, contentEnd, isBlank, lineStart } from '../../lines.ts';
import type { Document } from '../../sentence.ts';
import { tagType } from '../chunks.ts';
import { isName, replacements, type TagSlot, tagSlots } from '../column-choice.ts';
import { alternativeCells, confidenceCells } from '../confidences.ts';
import {
  blankLineAfter,
  type FormatWriter,
  type FormatWriterOptions,
  type Tagged,
} from '../definition.ts';
import { asIndex } from './choice.ts';
import { beforeSpaces, columnSpans, commentRule, isDocstart } from './lines.ts';

/**
 * Writes columns. A file of columns comes back with its tag columns replaced, or with new ones after
 * the last. Anything else becomes lines `token TAB tag`, with a blank line after each sentence. After
 * the tags come the second-best tags and so on, then the confidences.
 */
export function createColumnsWriter(options: FormatWriterOptions): FormatWriter {
  const { tagColumns, confidence = false, nBest = 1, orAppend = false } = options;
  const extra = tagColumns.length * (Math.max(0, nBest - 1) + (confidence ? 1 : 0));
  const paint = createPainter(options.paint);
  let document: Document | undefined;
  let slots: TagSlot[] = [];
  const cells = ({ tags, annotations }: Tagged): readonly (readonly string[])[] => {
    if (annotations === undefined) return tags;
    return [
      ...tags,
      ...alternativeCells(annotations, nBest),
      ...(confidence ? confidenceCells(annotations) : []),
    ];
  };
  return {
    restorer: {
      begin(begun) {
        document = begun;
        const asked = tagColumns.map((column) =>
          column === undefined || (orAppend && isName(column)) ? undefined : asIndex(column, 'tag'),
        );
        const appended: undefined[] = new Array(extra).fill(undefined);
        slots = tagSlots(document, [...asked, ...appended], orAppend);
        return '';
      },
      sentence: ({ source }, tagged) =>
        tagLines(source.raw, cells(tagged), { document: document!, slots, paint }),
      separation: blankLineAfter,
    },
    blankLine: '\n',
    convert({ tokens }, tagged) {
      const columns = cells(tagged);
      let out = '';
      for (let i = 0; i < tokens.length; i++) {
        out += asCell(tokens[i]!);
        for (const column of columns) out += `\t${paint(column[i]!)}`;
        out += '\n';
      }
      return `${out}\n`;
    },
  };
}

/** Makes cells of tags and paints them. There are few different tags, so the results are cached. */
function createPainter(
  paint: (text: string, type: string) => string = (text) => text,
): (tag: string) => string {
  const painted = new Map<string, string>();
  return (tag) => {
    const known = painted.get(tag);
    if (known !== undefined) return known;
    const clean = asCell(tag);
    const cell = paint(clean, tagType(clean));
    if (painted.size < 4096) painted.set(tag, cell);
    return cell;
  };
}

/**
 * Puts tags into each token line of `raw`: into their slots, or as new columns at the end, separated
 * as the line's other columns are. All else stays as it is.
 */
function tagLines(
  raw: string,
  tags: readonly (readonly string[])[],
  options: {
    document: Document;
    slots: readonly TagSlot[];
    paint: (tag: string) => string;
  },
): string {
  const { document, slots, paint } = options;
  const separator = document.separator ?? 'space';
  const added = tags.filter((_, c) => slots[c] === undefined);
  const replaced = replacements(slots);
  const isPlain = replaced.length === 0 && separator === 'tab';
  const rule = commentRule(document.comment);
  /** Whether the line has the columns of a token. */
  const hasColumns = (from: number, to: number): boolean =>
    !isBlank(raw, from, to) &&
    !rule.isComment(raw, from, to) &&
    !isDocstart(raw, from, to) &&
    (!rule.isHash(raw, from, to) ||
      columnSpans(raw, from, to, separator).length / 2 === document.columns);
  // comments that have them stand before the first token
  let comments = 0;
  if (/^\ufeff*#[ \t]/m.test(raw)) comments = countLinesThat(raw, hasColumns) - tags[0]!.length;
  const isToken = (from: number, to: number): boolean =>
    hasColumns(from, to) && !(rule.isHash(raw, from, to) && comments-- > 0);
  let out = '';
  let token = 0;
  for (let pos = 0; pos < raw.length; ) {
    let lineEnd = raw.indexOf('\n', pos);
    if (lineEnd < 0) lineEnd = raw.length;
    const to = contentEnd(raw, pos, lineEnd);
    const end = lineEnd < raw.length ? lineEnd + 1 : lineEnd;
    const from = lineStart(raw, pos);
    if (!isToken(from, to)) {
      out += raw.slice(pos, end);
    } else if (isPlain) {
      out += raw.slice(pos, to);
      for (const column of added) out += `\t${paint(column[token] ?? '')}`;
      out += raw.slice(to, end);
      token++;
    } else {
      const spans = columnSpans(raw, from, to, separator);
      let done = pos;
      for (const { slot, column } of replaced) {
        const from = spans[2 * slot]!;
        out += raw.slice(done, from) + paint(tags[column]![token] ?? '');
        // spaces after a tag are not part of it
        done = beforeSpaces(raw, from, spans[2 * slot + 1]!);
      }
      const last = spans.length - 2;
      const gap = last > 0 ? raw.slice(spans[last - 1], spans[last]) : '\t';
      const stop = spans[last + 1]!;
      out += raw.slice(done, stop);
      for (const column of added) out += gap + paint(column[token] ?? '');
      out += raw.slice(stop, end);
      token++;
    }
    pos = end;
  }
  return out;
}

function countLinesThat(raw: string, test: (from: number, to: number) => boolean): number {
  let lines = 0;
  for (let pos = 0; pos < raw.length; ) {
    let lineEnd = raw.indexOf('\n', pos);
    if (lineEnd < 0) lineEnd = raw.length;
    if (test(lineStart(raw, pos), contentEnd(raw, pos, lineEnd))) lines++;
    pos = lineEnd + 1;
  }
  return lines;
}
