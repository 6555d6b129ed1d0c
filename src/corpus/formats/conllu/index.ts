import type { FormatDefinition } from '../definition.ts';
import { createConlluParser } from './reader.ts';
import { createConlluWriter } from './writer.ts';

/** The first columns of ten. */
const WORD_LINE = /^\d+(?:[-.]\d+)?\t/;

/** CoNLL-U, the format of Universal Dependencies. */
export const conllu: FormatDefinition = {
  name: 'conllu',
  extensions: ['.conllu'],
  writes: { confidence: true },
  createParser: createConlluParser,
  createWriter: createConlluWriter,
  sniff({ content: [first], isLast }) {
    if (first === undefined) return isLast ? 'no' : 'maybe';
    return WORD_LINE.test(first) && first.split('\t').length === 10 ? 'yes' : 'no';
  },
};
