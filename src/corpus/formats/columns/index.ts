import type { FormatDefinition } from '../definition.ts';
import { createColumnsParser } from './reader.ts';
import { sniffColumns } from './sniff.ts';
import { createColumnsWriter } from './writer.ts';

/** A token per line in columns, a blank line between sentences, as in the CoNLL tasks of 2000 and 2003. */
export const columns: FormatDefinition = {
  name: 'columns',
  extensions: [
    '.conll',
    '.conll03',
    '.conll2003',
    '.bio',
    '.bioes',
    '.bmes',
    '.col',
    '.cols',
    '.iob',
    '.iob1',
    '.iob2',
    '.iobes',
  ],
  writes: { confidence: true, nBest: true },
  createParser: createColumnsParser,
  createWriter: createColumnsWriter,
  sniff: sniffColumns,
};
