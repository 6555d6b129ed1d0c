import { describe, expect, it } from 'vitest';
import { roundToFloat32, toFloat32, toFloat64 } from './arrays.ts';
import { expectAllClose, expectClose } from './close.ts';

const tight = { abs: 1e-9, rel: 1e-9 };

describe('expectClose', () => {
  it('accepts equal values, and errors within the tolerance', () => {
    expectClose([1, -2, 0], [1, -2, 0], { abs: 0, rel: 0 });
    expectClose(3, 3 + 1e-9, tight);
    expectClose(Float32Array.of(0.1), Float64Array.of(0.1), { abs: 0, rel: 1e-7 });
    expectClose([100.5], [100], { abs: 0, rel: 0.005 });
    expectClose([0.5], [0], { abs: 0.5, rel: 0 });
  });

  it('rejects an error just beyond the tolerance', () => {
    expect(() => expectClose([0.5 + 1e-9], [0], { abs: 0.5, rel: 0 })).toThrow('not close');
    expect(() => expectClose([100.6], [100], { abs: 0, rel: 0.005 })).toThrow('not close');
    // relative to the expected value, not to the actual one
    expect(() => expectClose([2], [1], { abs: 0, rel: 0.9 })).toThrow('not close');
    expectClose([1], [2], { abs: 0, rel: 0.5 });
  });

  it.each([
    ['NaN', Number.NaN],
    ['0/0', 0 / 0],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
  ])('rejects %s on either side, and on both', (_, value) => {
    expect(() => expectClose([1, value], [1, 1], tight)).toThrow('actual[1]');
    expect(() => expectClose([1, 1], [1, value], tight)).toThrow('expected[1]');
    expect(() => expectClose([1, value], [1, value], tight)).toThrow('not finite');
    expect(() => expectClose(value, value, tight)).toThrow('not finite');
    expect(() => expectClose(Float64Array.of(value), [0], { abs: 1e300, rel: 0 })).toThrow(
      'not finite',
    );
  });

  it('rejects holes and values that are no numbers', () => {
    expect(() => expectClose(new Array<number>(1), [0], tight)).toThrow('not finite');
    expect(() => expectClose({ length: 2, 0: 1 }, [1, 1], tight)).toThrow('actual[1]');
  });

  it('rejects other lengths, an empty comparison, and a number compared with an array', () => {
    expect(() => expectClose([1, 2], [1], tight)).toThrow('length 2, expected 1');
    expect(() => expectClose([], [1], tight)).toThrow('length 0, expected 1');
    expect(() => expectClose([], [], tight)).toThrow('nothing to compare');
    expect(() => expectClose(1, [1], tight)).toThrow('cannot compare');
  });

  it('rejects tolerances that would let anything pass', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      expect(() => expectClose([1], [1], { abs: bad, rel: 0 })).toThrow('tolerance');
      expect(() => expectClose([1], [1], { abs: 0, rel: bad })).toThrow('tolerance');
    }
  });

  it('names the comparison, the number of bad values and the worst index', () => {
    expect(() => expectClose([1, 2.5, 7, 4], [1, 2, 3, 4], { ...tight, name: 'dW' })).toThrow(
      /^dW: 2 of 4 not close; worst at \[2\]: 7, expected 3, error 4\.000e\+0 > tolerance/,
    );
  });

  it('survives differences that overflow', () => {
    expect(() => expectClose([1e308], [-1e308], { abs: 1e300, rel: 0 })).toThrow('worst at [0]');
    expect(() => expectClose([1e308], [-1e308], { abs: 0, rel: 1 })).toThrow('worst at [0]');
    expect(() => expectClose([1e308], [-1e308], { abs: 0, rel: 1e300 })).toThrow('worst at [0]');
  });
});

describe('expectAllClose', () => {
  it('compares arrays by name, in any order of the names', () => {
    expectAllClose({ a: [1], b: [2] }, { b: [2], a: [1] }, tight);
    expect(() => expectAllClose({ a: [1], b: [2] }, { a: [1], b: [3] }, tight)).toThrow(
      /^b: 1 of 1/,
    );
  });

  it('rejects missing arrays, arrays too many, and none', () => {
    expect(() => expectAllClose({ a: [1] }, { a: [1], b: [2] }, tight)).toThrow('expected [a,b]');
    expect(() => expectAllClose({ a: [1], b: [2] }, { a: [1] }, tight)).toThrow('arrays [a,b]');
    expect(() => expectAllClose({}, {}, tight)).toThrow('nothing to compare');
  });
});

describe('conversions', () => {
  it('copy, and round to float32', () => {
    const arena = Float32Array.of(0, 0.1, 0.2, 0);
    const copy = toFloat64(arena.subarray(1, 3));
    arena[1] = 9;
    expect([...copy]).toEqual([Math.fround(0.1), Math.fround(0.2)]);
    expect([...toFloat64(roundToFloat32([0.1]))]).toEqual([Math.fround(0.1)]);
    expect([...toFloat32([0.1])]).toEqual([Math.fround(0.1)]);
  });
});
