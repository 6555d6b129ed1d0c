import { expect, it } from 'vitest';
import { meanAndDeviation } from '../../../src/training/sweep/ranking.ts';

it('gives the mean and the standard deviation of a sample', () => {
  expect(meanAndDeviation([])).toEqual({ mean: null, deviation: null });
  expect(meanAndDeviation([3])).toEqual({ mean: 3, deviation: null });
  expect(meanAndDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
    mean: 5,
    deviation: Math.sqrt(32 / 7),
  });
});
