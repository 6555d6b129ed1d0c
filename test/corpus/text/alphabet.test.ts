import { describe, expect, test } from 'vitest';
import { createAlphabet } from '../../../src/corpus/text/alphabet.ts';

describe('createAlphabet', () => {
  const alphabet = createAlphabet('ツ’');

  test('ASCII stays, and every other character becomes one of its kind', () => {
    expect(alphabet.shape('well-known')).toBe('well-known');
    expect(alphabet.shape('é')).toBe(alphabet.shape('ñ'));
    expect(alphabet.shape('𝐀')).toBe(alphabet.shape('É'));
    const distinct = ['é', 'É', '\u0301', '²', '€', '…', '猫', 'ツ', '’'].map(alphabet.shape);
    expect(new Set(distinct).size).toBe(distinct.length);
    expect(distinct.every((shape) => shape.length === 1)).toBe(true);
  });

  test.each([
    ['capital', 'AÉ𝐀', 'aé1’猫ツ'],
    ['letter', 'aéßªツ猫', 'AÉ1’…'],
    ['mark', '\u0301\ufe0f', 'a1’'],
    ['number', '1²٣Ⅷ', 'aé…'],
    ['currency', '$€', 'a1…'],
    ['other', '.…’😂\ue000', 'aé1$猫ツ'],
  ] as const)('%s has %s, not %s', (kind, members, others) => {
    const expression = new RegExp(`^[${alphabet.members(kind)}]$`);
    for (const char of members) expect(alphabet.shape(char)).toMatch(expression);
    for (const char of others) expect(alphabet.shape(char)).not.toMatch(expression);
  });

  test('scripts without spaces', () => {
    const expression = new RegExp(`^[${alphabet.unspaced}]+$`);
    expect(alphabet.shape('猫のカツー々ไทย๓')).toMatch(expression);
    for (const char of 'aé’€²') expect(alphabet.shape(char)).not.toMatch(expression);
  });

  test('an expression matches distinct characters only as themselves', () => {
    expect(alphabet.expression('o’c').test(alphabet.shape('o’c'))).toBe(true);
    expect(alphabet.expression('o’c').test(alphabet.shape('o‘c'))).toBe(false);
    expect(alphabet.expression('ツ').test(alphabet.shape('シ'))).toBe(false);
  });
});
