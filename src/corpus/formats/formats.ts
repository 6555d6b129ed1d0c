import { extname } from 'node:path';
import { withoutCompression } from '../../files/compression.ts';
import type { Format } from '../sentence.ts';
import { createTextParser } from '../text/text.ts';
import { columns } from './columns/index.ts';
import { sniffColumns } from './columns/sniff.ts';
import { sniffConllu } from './conllu/sniff.ts';
import type { FormatDefinition } from './definition.ts';
import { horizontal } from './horizontal.ts';
import { sniffInline } from './inline/sniff.ts';
import { sniffJson, sniffJsonl } from './json/sniff.ts';
import { sniffBrat, sniffSpans } from './offsets/sniff.ts';
import { sniffCsv, sniffTsv } from './table/sniff.ts';

/** Every format. When a text is looked at, the first that may be its format has it. */
export const formats: Readonly<Record<Format, FormatDefinition>> = {
  /** CoNLL-U, the format of Universal Dependencies. */
  conllu: {
    name: 'conllu',
    extensions: ['.conllu', '.conllup', '.conllx', '.conll09', '.cupt'],
    reads: 'sentences',
    writes: { confidence: true },
    sniff: sniffConllu,
    load: async () => (await import('./conllu/index.ts')).conllu,
  },
  /** An object of JSON per line for each span. */
  spans: {
    name: 'spans',
    extensions: ['.spans'],
    reads: 'annotations',
    writes: { confidence: true },
    hasSpans: true,
    sniff: sniffSpans,
    load: async () => (await import('./offsets/spans.ts')).spans,
  },
  /** BRAT standoff: annotations of a text in another file. */
  brat: {
    name: 'brat',
    extensions: ['.ann'],
    reads: 'annotations',
    writes: {},
    hasSpans: true,
    sniff: sniffBrat,
    load: async () => (await import('./offsets/brat.ts')).brat,
  },
  /** JSON Lines, an object per line. */
  jsonl: {
    name: 'jsonl',
    extensions: ['.jsonl', '.ndjson'],
    reads: 'sentences',
    writes: { confidence: true, nBest: true },
    sniff: sniffJsonl,
    load: async () => (await import('./json/index.ts')).jsonl,
  },
  /** JSON: an array of records, or records one after another, in any layout. */
  json: {
    name: 'json',
    extensions: ['.json'],
    reads: 'sentences',
    writes: { confidence: true, nBest: true },
    sniff: sniffJson,
    load: async () => (await import('./json/index.ts')).json,
  },
  /** Comma-separated values (RFC 4180), a token per row. */
  csv: {
    name: 'csv',
    extensions: ['.csv'],
    reads: 'sentences',
    writes: { confidence: true },
    sniff: sniffCsv,
    load: async () => (await import('./table/index.ts')).csv,
  },
  /** Tab-separated values, a token per row. Without a header they are columns. */
  tsv: {
    name: 'tsv',
    extensions: ['.tsv'],
    reads: 'sentences',
    writes: { confidence: true },
    sniff: sniffTsv,
    load: async () => (await import('./table/index.ts')).tsv,
  },
  /** A sentence per line, with its tags in the text. */
  inline: {
    name: 'inline',
    extensions: ['.inline'],
    reads: 'sentences',
    writes: {},
    hasSpans: true,
    sniff: sniffInline,
    load: async () => (await import('./inline/index.ts')).inline,
  },
  /** A token per line in columns, a blank line between sentences, as in the CoNLL tasks of 2000 and 2003. */
  columns: {
    name: 'columns',
    extensions: [
      ...['.conll', '.conll03', '.conll2003', '.bio', '.bioes', '.bmes'],
      ...['.col', '.cols', '.iob', '.iob1', '.iob2', '.iobes'],
    ],
    reads: 'sentences',
    writes: { confidence: true, nBest: true },
    sniff: sniffColumns,
    load: () => columns,
  },
  /** Raw text. It is what a text with content is if it is in no other format. */
  text: {
    name: 'text',
    extensions: [],
    isRaw: true,
    reads: 'sentences',
    sniff: ({ content, isLast }) => (content.length > 0 ? 'yes' : isLast ? 'no' : 'maybe'),
    load: () => ({ createParser: createTextParser }),
  },
  /** Raw text, one a line. It is never recognised, since nothing distinguishes it from text. */
  lines: {
    name: 'lines',
    extensions: [],
    isRaw: true,
    reads: 'sentences',
    load: () => ({ createParser: createTextParser }),
  },
  /** A sentence per line, tokens separated by ASCII white space. */
  horizontal: {
    name: 'horizontal',
    extensions: [],
    isRaw: true,
    reads: 'sentences',
    writes: {},
    load: () => horizontal,
  },
  /** A page that marks what was tagged. */
  html: {
    name: 'html',
    extensions: ['.html', '.htm'],
    writes: { confidence: true },
    hasSpans: true,
    load: async () => (await import('./html.ts')).html,
  },
  /** What doccano imports for sequence labelling. */
  doccano: {
    name: 'doccano',
    extensions: [],
    writes: {},
    hasSpans: true,
    load: async () => (await import('./offsets/records.ts')).doccano,
  },
  /** Tasks of Prodigy. */
  prodigy: {
    name: 'prodigy',
    extensions: [],
    writes: {},
    hasSpans: true,
    load: async () => (await import('./offsets/records.ts')).prodigy,
  },
  /** Tasks of Label Studio with predictions. */
  'label-studio': {
    name: 'label-studio',
    extensions: [],
    writes: { confidence: true },
    hasSpans: true,
    load: async () => (await import('./offsets/records.ts')).labelStudio,
  },
};

/** Whether a format is written from the spans of tags, and so needs tags in the usual notation. */
export const writesSpans = (format: Format | undefined): boolean =>
  format !== undefined && formats[format].hasSpans === true;

/** Whether a format has annotations only, whose text is in another file. */
export const isStandoff = (format: Format | undefined): boolean =>
  format !== undefined && formats[format].reads === 'annotations';

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
