import type { FormatDefinition } from '../definition.ts';
import { createJsonParser } from './array.ts';
import { createJsonlParser } from './lines.ts';
import { createJsonlWriter, createJsonWriter } from './writer.ts';

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

/** JSON: an array of records, or records one after another, in any layout. */
export const json: FormatDefinition = {
  name: 'json',
  extensions: ['.json'],
  writes: { confidence: true, nBest: true },
  createParser: createJsonParser,
  createWriter: createJsonWriter,
  // an array of objects or of texts with annotations, or an object over several lines
  sniff({ content, isLast }) {
    const start = content.slice(0, 3).join('\n');
    if (/^\s*(?:\[\s*\{\s*["}]|\[\s*\[\s*"|\{\s*\n\s*")/.test(start)) return 'yes';
    const mayBegin = /^\s*(?:\[\s*){0,2}\{?\s*$/.test(start) && content.length < 3;
    return mayBegin && !isLast ? 'maybe' : 'no';
  },
};
