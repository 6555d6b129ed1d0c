import type { FormatDefinition } from '../definition.ts';
import { createJsonlParser } from './reader.ts';
import { createJsonlWriter } from './writer.ts';

/** JSON Lines, an object per line. */
export const jsonl: FormatDefinition = {
  name: 'jsonl',
  extensions: ['.jsonl', '.ndjson'],
  writes: { confidence: true, nBest: true },
  createParser: createJsonlParser,
  createWriter: createJsonlWriter,
  sniff({ content: [first], isLast }) {
    if (first === undefined) return isLast ? 'no' : 'maybe';
    return /^\s*\{\s*"[^"]*"\s*:/.test(first) ? 'yes' : 'no';
  },
};
