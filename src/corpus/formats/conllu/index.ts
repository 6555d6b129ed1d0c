import type { FormatDefinition } from '../definition.ts';
import { globalColumns } from './fields.ts';
import { createConlluParser } from './reader.ts';
import { createConlluWriter } from './writer.ts';

/** The first column of ten, as in CoNLL-U and CoNLL-X, or of fourteen and more, as in CoNLL-2009. */
const WORD_LINE = /^\d+(?:[-.]\d+)?\t/;

/** CoNLL-U, the format of Universal Dependencies. */
export const conllu: FormatDefinition = {
  name: 'conllu',
  extensions: ['.conllu', '.conllup', '.conllx', '.conll09', '.cupt'],
  writes: { confidence: true },
  createParser: createConlluParser,
  createWriter: createConlluWriter,
  sniff({ content: [first], comments, isLast }) {
    if (comments.some((comment) => globalColumns(comment) !== undefined)) return 'yes';
    if (first === undefined) return isLast ? 'no' : 'maybe';
    const columns = first.split('\t').length;
    return WORD_LINE.test(first) && (columns === 10 || columns >= 14) ? 'yes' : 'no';
  },
};
