import { expect, test } from 'vitest';
import { contractions } from '../../../src/corpus/text/contractions.ts';

/** Words between spaces; a hyphen is where a tokenizer cut one. */
const found = (text: string): string[] => {
  const tokens = text.split(/[ ~]/);
  const isJoined = [...text.matchAll(/[ ~]/g)].map(([mark]) => mark === '~');
  return contractions(tokens, isJoined).map(({ from, to }) => tokens.slice(from, to).join('+'));
};

test.each([
  ["do~n't", "do+n't"],
  ["should~n't~'ve gone", "should+n't+'ve"],
  ['can~not go', 'can+not'],
  ['du~n~no', 'du+n+no'],
  ["Anna~'s dog~'s", "Anna+'s dog+'s"],
  ["do n't", ''],
  ['can not', ''],
  ['well~-~known', ''],
  ["(~'s", ''],
])('%s: %s', (text, expected) => {
  expect(found(text).join(' ')).toBe(expected);
});
