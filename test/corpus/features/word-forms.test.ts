import { expect, test } from 'vitest';
import { wordForms } from '../../../src/corpus/features/word-forms.ts';

test.each([
  ['the', ['the', 'The', 'THE']],
  ['mcGee', ['mcGee', 'mcgee', 'Mcgee', 'MCGEE']],
  ['LONDON', ['LONDON', 'london', 'London']],
  ['’s', ['’s', '’S', "'s", "'S"]],
  ['-LRB-', ['-LRB-', '-lrb-', '(']],
  ['``', ['``', '"']],
  ['cafe\u0301', ['cafe\u0301', 'Cafe\u0301', 'CAFE\u0301', 'café', 'Café', 'CAFÉ']],
  [
    'Boeing-747',
    [
      'Boeing-747',
      'boeing-747',
      'BOEING-747',
      'Boeing-000',
      'boeing-000',
      'BOEING-000',
      'Boeing-###',
      'boeing-###',
      'BOEING-###',
    ],
  ],
  ['1998', ['1998', '0000', '####']],
  ['x', ['x', 'X']],
  ['', ['']],
])('%j', (word, forms) => {
  expect([...wordForms(word)]).toEqual(forms);
});
