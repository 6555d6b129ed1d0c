import { extname } from 'node:path';
import { withoutCompression } from '../../files/compression.ts';
import type { Format } from '../sentence.ts';
import { columns } from './columns/index.ts';
import { conllu } from './conllu/index.ts';
import type { FormatDefinition } from './definition.ts';
import { horizontal } from './horizontal.ts';
import { html } from './html.ts';
import { inline } from './inline.ts';
import { json, jsonl } from './json/index.ts';
import { brat } from './offsets/brat.ts';
import { doccano, labelStudio, prodigy } from './offsets/records.ts';
import { spans } from './offsets/spans.ts';
import { csv, tsv } from './table/index.ts';
import { lines, text } from './text.ts';

/** Every format. When a text is looked at, the first that may be its format has it. */
export const formats: Readonly<Record<Format, FormatDefinition>> = {
  conllu,
  spans,
  brat,
  jsonl,
  json,
  csv,
  tsv,
  inline,
  columns,
  text,
  lines,
  horizontal,
  html,
  doccano,
  prodigy,
  'label-studio': labelStudio,
};

/** Whether a format is written from the spans of tags, and so needs tags in the usual notation. */
export const writesSpans = (format: Format | undefined): boolean =>
  format !== undefined && formats[format].hasSpans === true;

/** Whether a format has annotations only, whose text is in another file. */
export const isStandoff = (format: Format | undefined): boolean =>
  format !== undefined && formats[format].readAnnotations !== undefined;

/** `a, b or c`: the names of the formats for which `test` holds. */
export function formatNames(test: (format: FormatDefinition) => boolean): string {
  const names = Object.values(formats)
    .filter(test)
    .map(({ name }) => name);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

const extensionOf = (path: string): string => extname(withoutCompression(path)).toLowerCase();

/**
 * The format that a file's extension means, or undefined if it means none. An extension of compression
 * does not count. `.txt` means none: it may be raw text, or columns as in CoNLL-2000 and 2003.
 */
export function formatOf(path: string): Format | undefined {
  const extension = extensionOf(path);
  return Object.values(formats).find(({ extensions }) => extensions.includes(extension))?.name;
}

/** Whether a file is raw text by its name, unless its content shows another format. */
export const isTextFile = (path: string): boolean => extensionOf(path) === '.txt';

/** The same for a file that need not be there. */
export const orTextFor = (path: string | undefined): boolean =>
  path !== undefined && isTextFile(path);

/** The format of a labelled corpus that cannot be looked at, such as one that is to be written. */
export const corpusFormatOf = (path: string): Format | undefined =>
  isTextFile(path) ? 'columns' : formatOf(path);
