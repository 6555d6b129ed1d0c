import { describe, expect, it } from 'vitest';
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from '../../src/model/half.ts';

/** All 65,536 patterns of 16 bits. */
const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);

/** IEEE 754 binary16 by its definition, in double precision. */
function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const bitsOf = (floats: Float32Array) => new Uint32Array(floats.buffer);
const half = (...values: number[]) => [...floatToHalf(Float32Array.from(values))];

/** The F32 next to a positive one, upward for +1 and downward for -1. */
const beside = (value: number, step: number) => {
  const floats = Float32Array.of(value);
  bitsOf(floats)[0]! += step;
  return floats[0]!;
};

describe('binary16', () => {
  it('widens every half exactly, zeros with their sign', () => {
    const floats = halfToFloat(all);
    const wrong = [...all].filter((h) => !Object.is(floats[h], numberOf(h)));
    expect(wrong).toEqual([]);
  });

  it('comes back from every half, NaNs with sign and payload', () => {
    const back = floatToHalf(halfToFloat(all));
    expect([...all].filter((h) => back[h] !== h)).toEqual([]);
  });

  it('rounds to nearest, ties to even, between all neighbours', () => {
    const wrong: number[] = [];
    for (let low = 0; low < 0x7bff; low++) {
      const middle = (numberOf(low) + numberOf(low + 1)) / 2; // exact in F32
      const even = low % 2 === 0 ? low : low + 1;
      const [tie, below, above, minus] = half(
        middle,
        beside(middle, -1),
        beside(middle, 1),
        -middle,
      );
      if (tie !== even || below !== low || above !== low + 1 || minus !== even + 0x8000) {
        wrong.push(low);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('overflows to infinity from half a step beyond the largest', () => {
    expect(half(65_504, beside(65_520, -1), 65_520, 1e38, Infinity, -Infinity, -65_520)).toEqual([
      0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x7c00, 0xfc00, 0xfc00,
    ]);
  });

  it('underflows to zero with its sign', () => {
    expect(half(0, -0, 2 ** -149, -(2 ** -149), 2 ** -25, beside(2 ** -25, 1), 2 ** -24)).toEqual([
      0, 0x8000, 0, 0x8000, 0, 1, 1,
    ]);
  });

  it('keeps NaNs NaNs, also those whose payload lies too low', () => {
    const floats = new Float32Array(3);
    bitsOf(floats).set([0x7f800001, 0xff800001, 0x7fc00000]);
    expect([...floatToHalf(floats)]).toEqual([0x7e00, 0xfe00, 0x7e00]);
  });

  it('writes into part of a shared array', () => {
    const shared = new Float32Array(new SharedArrayBuffer(16)).subarray(1, 3);
    expect([...halfToFloat(Uint16Array.of(0x3c00, 0xc000), shared)]).toEqual([1, -2]);
    expect([...floatToHalf(shared)]).toEqual([0x3c00, 0xc000]);
  });
});

describe('bfloat16', () => {
  it('comes back from every pattern; NaNs stay NaNs', () => {
    const floats = bfloatToFloat(all);
    const back = floatToBfloat(floats);
    const wrong = [...all].filter((b) =>
      Number.isNaN(floats[b]) ? (back[b]! & 0x7fff) <= 0x7f80 : back[b] !== b,
    );
    expect(wrong).toEqual([]);
  });

  it('rounds to nearest, ties to even', () => {
    const floats = new Float32Array(6);
    bitsOf(floats).set([0x3f808000, 0x3f818000, 0x3f807fff, 0x3f808001, 0x7f7fffff, 0xff800000]);
    expect([...floatToBfloat(floats)]).toEqual([0x3f80, 0x3f82, 0x3f80, 0x3f81, 0x7f80, 0xff80]);
  });
});
