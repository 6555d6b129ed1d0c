import { createTextParser } from '../text/text.ts';
import type { FormatDefinition } from './definition.ts';

/** Raw text. It is what a text with content is if it is in no other format. */
export const text: FormatDefinition = {
  name: 'text',
  extensions: [],
  isRaw: true,
  createParser: createTextParser,
  sniff: ({ content, isLast }) => (content.length > 0 ? 'yes' : isLast ? 'no' : 'maybe'),
};

/** Raw text, one a line. It is never recognised, since nothing distinguishes it from text. */
export const lines: FormatDefinition = {
  name: 'lines',
  extensions: [],
  isRaw: true,
  createParser: createTextParser,
};
