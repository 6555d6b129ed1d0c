import { describe, expect, test } from 'vitest';
import { breaksIn, Trait, traitsOf } from '../../../src/corpus/text/traits.ts';

/** The names of a chunk's traits. */
const traits = (text: string): string[] => {
  const bits = traitsOf(text, new Set(['abbr']));
  return Object.entries(Trait).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]));
};

describe('traitsOf', () => {
  test.each([
    ['dog', ['lowerLetter', 'beginsLower']],
    ['Dog', ['otherLetter']],
    ['The', ['otherLetter', 'starter']],
    ['über', ['lowerLetter', 'beginsLower']],
    ['the.', ['stop', 'lowerLetter', 'beginsLower', 'starter']],
    ['“What?”', ['mark', 'closed', 'otherLetter', 'starter']],
    ['Dr.', ['stop', 'title', 'otherLetter']],
    ['No.', ['stop', 'counter', 'otherLetter', 'starter']],
    ['abbr.', ['stop', 'abbreviation', 'lowerLetter', 'beginsLower']],
    ['U.S.', ['stop', 'abbreviation', 'otherLetter']],
    ['(b)', ['closed', 'listMark', 'lowerLetter']],
    ['#5', ['beginsWithNumber']],
    ['...dogs', ['beginsWithMark']],
    ['-Dog', ['otherLetter']],
    ['猫。', ['mark', 'otherLetter']],
  ])('%s', (text, names) => {
    expect(traits(text).sort()).toEqual([...names].sort());
  });
});

test('breaksIn', () => {
  expect(breaksIn(`${'!'.repeat(50_000)}A`)).toEqual([50_000]);
  expect(breaksIn('Go!Now')).toEqual([3]);
  expect(breaksIn('end...Next')).toEqual([6]);
  expect(breaksIn('猫である。名前。')).toEqual([5]);
  expect(breaksIn('http://a.b/c?D=e')).toEqual([]);
  expect(breaksIn('it.She')).toEqual([]);
});
