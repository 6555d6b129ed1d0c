import { describe, expect, test } from 'vitest';
import { applyScript, inCase, parseScript, scriptText } from '../../../src/corpus/lemmas/script.ts';

const lemma = (script: string, form: string): string | undefined =>
  applyScript(parseScript(script)!, form);

describe('a script', () => {
  test.each([
    ['lower *', 'The', 'the'],
    ['keep *', 'NASA', 'NASA'],
    ['title *', 'IRAQ', 'Iraq'],
    ['upper *', 'nasa', 'NASA'],
    ['lower *-3+y', 'Studies', 'study'],
    ['keep *-1', 'Iraqis', 'Iraqi'],
    ['lower -2*', 'gegangen', 'gangen'],
    ['lower -2+x*-2+y', 'abcdef', 'xcdy'],
    ['lower +zu*', 'gehen', 'zugehen'],
    ['=be', 'was', 'be'],
    ['=%25%2A%7C', 'x', '%*|'],
    ['lower *+%7C', 'A', 'a|'],
  ])('%s makes %s to %s', (script, form, expected) => {
    expect(lemma(script, form)).toBe(expected);
    expect(scriptText(parseScript(script)!)).toBe(script);
  });

  test.each([
    ['lower *-3', 'ab'],
    ['lower *-2', 'ab'],
    ['lower -1*-1', 'a'],
    ['lower -1*-1', 'ab'],
  ])('%s does not fit %s', (script, form) => {
    expect(lemma(script, form)).toBeUndefined();
  });

  test('may replace all letters, but no more', () => {
    expect(lemma('lower *-2+x', 'ab')).toBe('x');
    expect(lemma('lower *-2+x', 'a')).toBeUndefined();
  });

  test('counts code points', () => {
    expect(lemma('lower *-1', '𝒜𝒷😀')).toBe('𝒜𝒷');
    expect(lemma('lower *-3', '𝒜𝒷')).toBeUndefined();
  });
});

test.each([
  '',
  'lower',
  'NN',
  '*',
  'lower *-0',
  'lower *-',
  'lower *+',
  'Lower *',
  'lower **',
  'title -1',
])('%j is no script', (text) => {
  expect(parseScript(text)).toBeUndefined();
});

describe('case', () => {
  test('is mapped letter by letter, so that no letter is added', () => {
    expect(inCase('İstanbul', 'lower').join('')).toBe('istanbul');
    expect(inCase('STRASSE', 'lower').join('')).toBe('strasse');
    expect(inCase('straße', 'upper').join('')).toBe('STRAßE');
    expect(inCase('ılık', 'title').join('')).toBe('Ilık');
    for (const casing of ['lower', 'title', 'upper', 'keep'] as const)
      expect(inCase('İıIißŉǰ', casing)).toHaveLength(7);
  });
});
