import { UserError } from '../../../errors.ts';
import type { Column } from '../../sentence.ts';
import { columnIndex } from '../column-choice.ts';

/*
 * CoNLL-U (universaldependencies.org/format.html). A line that begins with `#` is a comment, and a
 * blank line ends a sentence. Every other line has ten columns, separated by tabs. Lines whose ID is a
 * plain number, 1, 2, 3, ..., are words. Multiword ranges (`1-2`) and empty nodes (`1.1`) are not
 * tokens and are passed through.
 *
 * CoNLL-X has the same ten columns. CoNLL-U Plus begins with `# global.columns = ID FORM ...`, which names
 * the columns of the file. Fourteen columns and more without that line are CoNLL-2009.
 */

export const conlluFields = [
  'id',
  'form',
  'lemma',
  'upos',
  'xpos',
  'feats',
  'head',
  'deprel',
  'deps',
  'misc',
] as const;
/** Those of CoNLL-2009. Columns of arguments follow, as many as the sentence has predicates. */
export const conll09Fields =
  'id form lemma plemma pos ppos feat pfeat head phead deprel pdeprel fillpred pred'.split(' ');
export const FORM = 1;
export const UPOS = 3;
export const MISC = 9;
export const HASH = 35;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;

/** A column, or the value of one key in MISC. */
export type Field = { readonly column: number; readonly key: string | undefined };

export const fieldName = (
  { column, key }: Field,
  fields: readonly string[] = conlluFields,
): string => key ?? fields[column]!;

/** The names in a comment `# global.columns = ID FORM ...`; undefined for another line. */
export function globalColumns(line: string): readonly string[] | undefined {
  const [, names] = /^#[ \t]*global\.columns[ \t]*=[ \t]*(\S.*)$/.exec(line) ?? [];
  return names
    ?.trim()
    .toLowerCase()
    .split(/[ \t]+/);
}

/**
 * The field that a column means: an index, the name of a field, or else a key in MISC. Where a file has no
 * field `upos`, that is the field `pos`.
 * @param fields the names of the file's columns
 * @throws UserError if it is none of these
 */
export function fieldOf(
  column: Column,
  what: string,
  fields: readonly string[] = conlluFields,
): Field {
  const code = 'SEQTAG_COLUMN';
  const last = fields.length - 1;
  if (typeof column === 'number' || /^-?\d+$/.test(column)) {
    const index = columnIndex(Number(column), fields.length);
    if (index !== undefined) return { column: index, key: undefined };
    throw new UserError(
      `${what} column ${column}: CoNLL-U has ${fields.length} columns, 0 (${fields[0]}) to ${last} (${fields[last]}). Give one of them.`,
      { code },
    );
  }
  const name = column.toLowerCase();
  const known = fields.indexOf(name);
  if (known >= 0) return { column: known, key: undefined };
  if (name === 'upos' && fields.includes('pos')) return fieldOf('pos', what, fields);
  const misc = fields.indexOf('misc');
  if (misc >= 0 && /^[^\s=|]+$/.test(column)) return { column: misc, key: column };
  throw new UserError(
    `${what} column "${column}" is neither a CoNLL-U field (${fields.join(', ')}) nor a possible key in MISC. Name one of these.`,
    { code },
  );
}

const NO_TAGS = ['id', 'form', 'lemma', 'misc'];

/** The field of the tags in a file without parts of speech: the only one that may have tags; undefined if there are several. */
export function onlyTagField(fields: readonly string[]): string | undefined {
  const [field, ...others] = fields.filter((name) => !NO_TAGS.includes(name));
  return others.length === 0 && field !== 'upos' && field !== 'pos' ? field : undefined;
}

export type LineKind = 'word' | 'range' | 'empty' | 'invalid';

/** What a line is by its ID, which is `text` from `from` to `to`. */
export function lineKind(text: string, from: number, to: number): LineKind {
  let mark = -1;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code >= ZERO && code <= ZERO + 9) continue;
    if ((code !== MINUS && code !== DOT) || mark >= 0 || i === from || i === to - 1) {
      return 'invalid';
    }
    mark = i;
  }
  if (from === to) return 'invalid';
  if (mark < 0) return 'word';
  if (text.charCodeAt(mark) === DOT) return 'empty';
  return Number(text.slice(from, mark)) <= Number(text.slice(mark + 1, to)) ? 'range' : 'invalid';
}

export type CellSpan = [from: number, to: number];

/** Where a column is in the line from `from` to `to`. */
export function cellSpan(text: string, from: number, to: number, column: number): CellSpan {
  let start = from;
  for (let c = 0; c < column; c++) start = text.indexOf('\t', start) + 1;
  const end = start < to ? text.indexOf('\t', start) : to;
  return [start, end < 0 || end > to ? to : end];
}

/** Where the value of `key` is in a MISC cell; undefined if the key is not there. */
export function valueSpan(cell: string, key: string): CellSpan | undefined {
  for (let at = 0; at < cell.length; ) {
    let end = cell.indexOf('|', at);
    if (end < 0) end = cell.length;
    const value = at + key.length + 1;
    if (cell[value - 1] === '=' && cell.startsWith(key, at)) return [value, end];
    at = end + 1;
  }
  return undefined;
}

/** In values of MISC `|` is written `\p` and a backslash `\\`. */
export function escapeValue(value: string): string {
  return /[\\|]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('|', '\\p') : value;
}

export function unescapeValue(value: string): string {
  return value.includes('\\')
    ? value.replace(/\\([\\p])/g, (_, c) => (c === 'p' ? '|' : c))
    : value;
}
