import type { FormatDefinition } from '../definition.ts';
import { looksLikeHeader } from './header.ts';
import { createTableParser } from './reader.ts';
import { createTableWriter } from './writer.ts';

/** `word,TAG`: a first cell without spaces, quoted if it has a comma. */
const FIRST_CELL = /^(?:"[^"\s]*(?:""[^"\s]*)*"|[^",\s]*),/;
/** So many lines `word,TAG` are csv. */
const ENOUGH = 16;

/** Comma-separated values (RFC 4180), a token per row. */
export const csv: FormatDefinition = {
  name: 'csv',
  extensions: ['.csv'],
  writes: { confidence: true },
  createParser: (options) => createTableParser(options, 'csv'),
  createWriter: (options) => createTableWriter(options, 'csv'),
  sniff({ content, isLast }) {
    const [first] = content;
    if (first === undefined) return isLast ? 'no' : 'maybe';
    if (first.includes('\t')) return 'no';
    const cells = first.replaceAll('"', '').split(',');
    if (cells.length > 1 && looksLikeHeader(cells)) return 'yes';
    if (!content.every((line) => FIRST_CELL.test(line) && !/\S[ \t]+\S/.test(line))) return 'no';
    if (content.length >= ENOUGH) return 'yes';
    return !isLast ? 'maybe' : content.length > 1 ? 'yes' : 'no';
  },
};

/** Tab-separated values, a token per row. Without a header they are columns. */
export const tsv: FormatDefinition = {
  name: 'tsv',
  extensions: ['.tsv'],
  writes: { confidence: true },
  createParser: (options) => createTableParser(options, 'tsv'),
  createWriter: (options) => createTableWriter(options, 'tsv'),
  sniff({ content: [first], isLast }) {
    if (first === undefined) return isLast ? 'no' : 'maybe';
    return first.includes('\t') && looksLikeHeader(first.split('\t')) ? 'yes' : 'no';
  },
};
