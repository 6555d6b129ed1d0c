import type { FormatCode } from '../definition.ts';
import { createConlluParser } from './reader.ts';
import { createConlluWriter } from './writer.ts';

export const conllu: FormatCode = {
  createParser: createConlluParser,
  createWriter: createConlluWriter,
};
