import type { FormatCode } from '../definition.ts';
import { createTableParser } from './reader.ts';
import { createTableWriter } from './writer.ts';

const tableCode = (format: 'csv' | 'tsv'): FormatCode => ({
  createParser: (options) => createTableParser(options, format),
  createWriter: (options) => createTableWriter(options, format),
});

export const csv = tableCode('csv');
export const tsv = tableCode('tsv');
