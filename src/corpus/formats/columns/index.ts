import type { FormatCode } from '../definition.ts';
import { createColumnsParser } from './reader.ts';
import { createColumnsWriter } from './writer.ts';

export const columns: FormatCode = {
  createParser: createColumnsParser,
  createWriter: createColumnsWriter,
};
