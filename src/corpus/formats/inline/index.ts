import type { FormatCode } from '../definition.ts';
import { createTaggedParser } from './reader.ts';
import { createInlineWriter } from './writer.ts';

export const inline: FormatCode = {
  createParser: createTaggedParser,
  createWriter: createInlineWriter,
};
