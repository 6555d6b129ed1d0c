import { expect, it } from 'vitest';
import {
  anyOf,
  bool,
  type Check,
  choice,
  dictionary,
  fields,
  float,
  int,
  list,
  nothing,
  optional,
  problemText,
  string,
} from '../../src/model/schema.ts';

const found = (check: Check, value: unknown): string | undefined => {
  const problem = check(value);
  return problem && problemText('it', problem);
};

it.each<[Check, unknown[], unknown[], string]>([
  [string, ['', 'a'], [1, null, undefined, []], 'a string'],
  [bool, [true, false], [0, 'true', null], 'true or false'],
  [float, [0, -1.5], ['1', Number.NaN, null], 'a number'],
  [int(1, 3), [1, 3], [0, 4, 1.5, '1', null], 'a whole number from 1 to 3'],
  [choice(['a', 'b']), ['a'], ['c', null, 0], 'one of a, b'],
  [anyOf(string, nothing), ['a', null], [1, undefined], 'a string or null'],
  [optional(string), ['a', undefined], [null, 1], 'a string'],
  [list(string), [[], ['a']], [{}, 'a', null, undefined], 'a list'],
  [list(string, { least: 1 }), [['a']], [[]], 'a list of at least 1'],
  [list(string, { least: 1, most: 2 }), [['a', 'b']], [[], ['a', 'b', 'c']], 'a list of 1 to 2'],
  [list(string, { least: 2, most: 2 }), [['a', 'b']], [['a']], 'a list of 2'],
  [fields({ a: string }), [{ a: '' }, { a: '', b: 1 }], [[], null, 'a'], 'an object'],
  [dictionary(string), [{}, { a: 'b' }], [[], null], 'an object'],
])('check %#', (check, good, bad, expected) => {
  for (const value of good) expect([value, found(check, value)]).toEqual([value, undefined]);
  for (const value of bad) expect(check(value)).toEqual({ path: '', value, expected });
});

it('reports the path of the first problem', () => {
  const check = fields({ a: list(fields({ b: optional(int(0, 1)) })), c: dictionary(bool) });
  expect(found(check, { a: [{}, { b: 1 }, { b: 2 }], c: {} })).toBe(
    'it.a[2].b is 2, expected a whole number from 0 to 1',
  );
  expect(found(check, { a: [], c: { x: true, y: 'yes' } })).toBe(
    'it.c.y is "yes", expected true or false',
  );
  expect(found(check, { a: [], c: { 'x\ny': 1 } })).toBe(
    'it.c["x\\ny"] is 1, expected true or false',
  );
  expect(found(check, { a: [] })).toBe('it.c is missing, expected an object');
  expect(found(string, Array(50).fill('long'))).toMatch(
    /^it is \["long".{53}…, expected a string$/,
  );
});
