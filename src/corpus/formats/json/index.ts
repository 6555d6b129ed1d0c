import type { FormatCode } from '../definition.ts';
import { createJsonParser } from './array.ts';
import { createJsonlParser } from './lines.ts';
import { createJsonlWriter, createJsonWriter } from './writer.ts';

export const jsonl: FormatCode = {
  createParser: createJsonlParser,
  createWriter: createJsonlWriter,
};

export const json: FormatCode = {
  createParser: createJsonParser,
  createWriter: createJsonWriter,
};
