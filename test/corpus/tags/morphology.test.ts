import { expect, test } from 'vitest';
import { areFeatures } from '../../../src/corpus/tags/morphology.ts';

test.each([
  [['_', 'Number=Sing', 'Case=Nom|Number=Sing'], true],
  [['Number[psor]=Plur', 'PronType=Int,Rel'], true],
  [['_'], false],
  [[], false],
  [['Number=Sing', 'NN'], false],
  [['=', 'Number='], false],
  [['a=b=c'], false],
])('%j: %s', (tags, expected) => {
  expect(areFeatures(tags)).toBe(expected);
});
