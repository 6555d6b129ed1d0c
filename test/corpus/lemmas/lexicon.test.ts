import { expect, test } from 'vitest';
import {
  buildLexicon,
  lexiconSize,
  malformedKey,
  scriptsByWord,
} from '../../../src/corpus/lemmas/lexicon.ts';

const sentences = [
  { tokens: ['The', 'dogs', 'saw', 'Dogs'], tags: ['a', 'b', 'c', 'b'] },
  { tokens: ['dogs', 'saw', 'x', 'x', 'x'], tags: ['b', 'a', 'a|b', '?', 'z'] },
  { tokens: ['raw'], tags: [] },
];
const scripts = ['a', 'b', 'c'];

test('has the scripts of each word', () => {
  const lexicon = buildLexicon(sentences, { scripts, least: 1 });
  expect(lexicon).toEqual({ least: 1, words: { 0: ['The'], 1: ['Dogs', 'dogs'], '0 2': ['saw'] } });
  expect(lexiconSize(lexicon)).toBe(4);
  expect(scriptsByWord(lexicon).get('saw')).toEqual([0, 2]);
  expect(scriptsByWord(lexicon).has('x')).toBe(false);
});

test('has only words that occur often enough', () => {
  const { words } = buildLexicon(sentences, { scripts, least: 2 });
  expect(words).toEqual({ 1: ['dogs'], '0 2': ['saw'] });
});

test('has known words whatever their count, with those of their scripts that there are', () => {
  const known = new Map([
    ['old', ['c', 'gone']],
    ['saw', ['b']],
    ['lost', ['gone']],
  ]);
  const { words } = buildLexicon(sentences, { scripts, least: 2, known });
  expect(words).toEqual({ 1: ['dogs'], 2: ['old'], '0 1 2': ['saw'] });
});

test('the words may be names of properties', () => {
  const strange = [{ tokens: ['__proto__', 'constructor'], tags: ['a', 'a'] }];
  const lexicon = buildLexicon(strange, { scripts, least: 1 });
  const loaded = JSON.parse(JSON.stringify(lexicon)) as typeof lexicon;
  expect([...scriptsByWord(loaded).keys()]).toEqual(['__proto__', 'constructor']);
  expect(malformedKey(loaded, 3)).toBeUndefined();
  expect(malformedKey(loaded, 0)).toBe('0');
});
