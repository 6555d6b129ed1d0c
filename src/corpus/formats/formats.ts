import { extname } from 'node:path';
import { withoutCompression } from '../../files/compression.ts';
import type { Format, Use } from '../sentence.ts';
import { columns } from './columns/index.ts';
import { conllu } from './conllu/index.ts';
import type { FormatDefinition } from './definition.ts';
import { horizontal } from './horizontal.ts';
import { html } from './html.ts';
import { inline } from './inline.ts';
import { jsonl } from './jsonl/index.ts';
import { spans } from './spans.ts';
import { csv, tsv } from './table/index.ts';
import { lines, text } from './text.ts';

/** Every format. When a text is looked at, the first that may be its format has it. */
export const formats: Readonly<Record<Format, FormatDefinition>> = {
  conllu,
  jsonl,
  csv,
  tsv,
  inline,
  columns,
  text,
  lines,
  horizontal,
  spans,
  html,
};

/** `a, b or c`: the names of the formats for which `test` holds. */
export function formatNames(test: (format: FormatDefinition) => boolean): string {
  const names = Object.values(formats)
    .filter(test)
    .map(({ name }) => name);
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/**
 * The format that a file's extension means, or undefined if it means none. An extension of compression
 * does not count. `.txt` is raw text when it is to be tagged, else columns, as in CoNLL-2000 and 2003.
 */
export function formatOf(path: string, use: Use): Format | undefined {
  const extension = extname(withoutCompression(path)).toLowerCase();
  if (extension === '.txt') return use === 'tag' ? 'text' : 'columns';
  return Object.values(formats).find(({ extensions }) => extensions.includes(extension))?.name;
}
