import {
  type Column,
  createWriter,
  type Document,
  defaultTagColumn,
  type Format,
  isName,
  type WriteOptions,
  type Writer,
} from '../corpus/index.ts';
import type { Scheme } from '../corpus/tags/scheme.ts';
import { isRaw } from './options.ts';

export interface ConversionOptions extends Pick<WriteOptions, 'offsets' | 'onText'> {
  /** The tag columns that were asked for, by index or name; none: the default of the format. */
  readonly tagColumns: readonly string[];
  /** Undefined: the format of the input. */
  readonly to: Format | undefined;
  /** Whether tags are read. */
  readonly gold: boolean;
  /** Whether the tags are of another file than the document. They then get a column of their own. */
  readonly isStandoff: boolean;
  /** The scheme of each tag column, if it is known. */
  readonly schemes?: readonly Scheme[];
}

/** A writer for a document that is converted. A document whose tags do not change comes back byte for byte. */
export function createConversionWriter(document: Document, options: ConversionOptions): Writer {
  const { to, gold, isStandoff, offsets, onText } = options;
  const format = to ?? document.format;
  const isSame = format === document.format;
  if (isSame && !gold && !isRaw(format)) return copyWriter(document);
  const tagColumn =
    isSame && !isStandoff ? sameColumns(document, options) : newColumns(document, options);
  const writer = createWriter({ format, tagColumn, offsets, onText });
  writer.begin(document);
  return writer;
}

/** The columns that are replaced where the format stays. */
function sameColumns(
  document: Document,
  { tagColumns }: ConversionOptions,
): Column | readonly Column[] | undefined {
  if (tagColumns.length > 0) return tagColumns;
  const { format } = document;
  if (format === 'columns') return -1;
  const hasKeys = format === 'jsonl' || format === 'json' || format === 'conllu';
  return hasKeys ? document.keys?.tag : defaultTagColumn(document);
}

/** The names of the columns in another format. */
function newColumns(
  document: Document,
  { tagColumns, to, schemes = [] }: ConversionOptions,
): Column | readonly Column[] | undefined {
  if (tagColumns.length > 1) return tagColumns.map((column) => columnName(document, column));
  if (to !== 'conllu') return undefined;
  const [column] = tagColumns;
  if (isName(column)) return column;
  const [scheme = 'none'] = schemes;
  return scheme === 'none' ? undefined : 'NER';
}

/** A name for a column among several: its own, or `tag_2` for one that has only an index. */
function columnName({ header, columns }: Document, column: string): string {
  if (isName(column)) return column;
  const index = Number(column) < 0 ? columns + Number(column) : Number(column);
  return header?.names[index] ?? `tag_${index}`;
}

/** CoNLL-U fields that can be tags, without the one that is written by default. */
const OTHER_FIELDS = { lemma: 2, xpos: 4, feats: 5, deprel: 7 } as const;

/** Adds the fields that a sentence of CoNLL-U fills in and that are not written by default. */
export function addFilledFields(raw: string, filled: Set<string>): void {
  for (const line of raw.split('\n')) {
    const cells = line.split('\t');
    if (cells.length !== 10 || line.startsWith('#')) continue;
    for (const [name, c] of Object.entries(OTHER_FIELDS)) if (cells[c] !== '_') filled.add(name);
  }
}

/**
 * One line about columns that are lost in another format; undefined if there are none.
 * @param filled the fields of CoNLL-U that are filled in
 */
export function leftOutText(
  { format, columns, header, keys }: Document,
  { to, filled }: { to: Format | undefined; filled: ReadonlySet<string> },
): string | undefined {
  const hasRoom =
    to === 'columns' || to === 'csv' || to === 'tsv' || to === 'jsonl' || to === 'json';
  if (!hasRoom || to === format) return undefined;
  if (format === 'conllu')
    return filled.size === 0
      ? undefined
      : `only ${keys?.tag ?? 'upos'} is written; ${[...filled].join(', ')} ${filled.size === 1 ? 'is' : 'are'} left out. To write all: --tag-column ${[keys?.tag ?? 'upos', ...filled].join(',')}.`;
  const isTable = format === 'columns' || format === 'csv' || format === 'tsv';
  const others = isTable ? Math.max(0, columns - 2) : 0;
  if (others === 0) return undefined;
  const all = Array.from({ length: columns - 1 }, (_, c) => c + 1).join(',');
  const remedy =
    header === undefined
      ? `To write all: --tag-column ${all}.`
      : 'List the columns to write with --tag-column.';
  return `only one column of tags is written; ${others} more ${others === 1 ? 'column is' : 'columns are'} left out. ${remedy}`;
}

/** Writes a document as it was. */
function copyWriter(document: Document): Writer {
  let isFirst = true;
  const start = (): string => {
    if (!isFirst) return '';
    isFirst = false;
    return (document.bom ? '\ufeff' : '') + (document.header?.raw ?? '');
  };
  return {
    begin: () => undefined,
    write: (sentences) => start() + sentences.map(({ source }) => source?.raw ?? '').join(''),
    end: () => start() + document.tail,
    close: () => '',
  };
}
