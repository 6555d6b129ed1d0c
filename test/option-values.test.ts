import { expect, test } from 'vitest';
import {
  closestName,
  flagOf,
  integer,
  numberFrom,
  rangeText,
  real,
  valueText,
} from '../src/option-values.ts';

test('a number comes from a number or a string, within its range', () => {
  const count = integer(5, [1, 10], 'count');
  expect([1, 10, '7', ' 7 ', '1e1'].map((value) => numberFrom(value, count))).toEqual([
    1, 10, 7, 7, 10,
  ]);
  const none = [0, 11, 1.5, '1.5', '', ' ', 'x', Number.NaN, Number.POSITIVE_INFINITY, 'Infinity'];
  for (const value of [...none, true, null, undefined, [5], {}, 5n, new Date(5)])
    expect(numberFrom(value, count)).toBeUndefined();
  expect(numberFrom('0.25', real(0, [0, 1], 'fraction'))).toBe(0.25);
  expect(rangeText(count)).toBe('a whole number from 1 to 10');
});

test('a value is shown on one line, cut where it is long', () => {
  const circular: unknown[] = [];
  circular.push(circular);
  const values = ['a\nb', Number.NaN, null, undefined, [1, 'x'], { a: 1 }, circular, Symbol('s')];
  expect(values.map(valueText)).toEqual([
    'a b',
    'NaN',
    'null',
    'undefined',
    '[1,"x"]',
    '{"a":1}',
    'an array',
    'Symbol(s)',
  ]);
  expect(valueText('x'.repeat(99))).toHaveLength(60);
});

test('flags have dashes', () => {
  expect(flagOf('learningRate')).toBe('learning-rate');
});

test.each([
  ['hiden', 'hidden'],
  ['learning_rate', 'learning-rate'],
  ['leraningRate', 'learning-rate'],
  ['Dropuot', 'dropout'],
  ['see', 'seed'],
  ['x', undefined],
  ['batch', undefined],
  ['h'.repeat(1000), undefined],
])('%s probably means %s', (typed, name) => {
  const names = ['hidden', 'learning-rate', 'dropout', 'output-dropout', 'seed', 'batch-size'];
  expect(closestName(typed, names)).toBe(name);
});
