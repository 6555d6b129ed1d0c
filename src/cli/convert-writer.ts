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
  if (format === 'jsonl' || format === 'json') return document.keys?.tag;
  return format === 'conllu' ? undefined : defaultTagColumn(document);
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

/** How many columns with content besides the token and its tag are lost in another format. */
export function otherColumns({ format, columns }: Document, to: Format | undefined): number {
  const hasRoom =
    to === 'columns' || to === 'csv' || to === 'tsv' || to === 'jsonl' || to === 'json';
  const isTable = format === 'columns' || format === 'csv' || format === 'tsv';
  return hasRoom && isTable && to !== format ? Math.max(0, columns - 2) : 0;
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
