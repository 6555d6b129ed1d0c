import { expect, it } from 'vitest';
import {
  bracketSeconds,
  bracketSize,
  checkBudget,
  finalsSeconds,
  planFinals,
  rungsOf,
} from '../../../src/training/tune/plan.ts';

it.each([
  [1, [1, 2]],
  [6, [1, 2]],
  [12, [2, 4]],
  [30, [4, 12]],
  [60, [8, 24]],
  [1000, [96, 128]],
])('compares recipes at about a sixth and two fifths of %d epochs', (epochs, rungs) => {
  expect(rungsOf(epochs)).toEqual(rungs);
});

it('takes as many recipes into a bracket as the time allows, from two to nine', () => {
  const cost = { rungs: [4, 12] as const, secondsPerEpoch: 2 };
  // all for 4 epochs, a third of them for 8 more
  expect(bracketSeconds(9, cost)).toBe(2 * (9 * 4 + 3 * 8));
  expect(bracketSize(1000, cost)).toBe(9);
  expect(bracketSize(bracketSeconds(5, cost), cost)).toBe(5);
  expect(bracketSize(bracketSeconds(2, cost), cost)).toBe(2);
  expect(bracketSize(bracketSeconds(2, cost) - 1, cost)).toBe(0);
});

it('plans the most thorough finals that the time allows', () => {
  const cost = { full: 10, finalist: 12, rest: 6 };
  expect(finalsSeconds({ finalists: 2, seeds: 3 }, cost)).toBe(2 * 6 + 2 * (10 + 2 * 12));
  expect(planFinals(1000, cost)).toEqual({ finalists: 3, seeds: 3 });
  expect(planFinals(80, cost)).toEqual({ finalists: 2, seeds: 3 });
  expect(planFinals(12, cost)).toEqual({ finalists: 2, seeds: 1 });
  expect(planFinals(0, cost)).toEqual({ finalists: 1, seeds: 1 });
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, '30m'])('refuses a budget of %s', (given) => {
  expect(() => checkBudget(given)).toThrow(`tune: ${given} seconds: expected a number above 0.`);
});
