import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { expectGradient, finiteDifference } from './gradient.ts';

// f(x, y) = Σ x³ + x y
const x = Float64Array.of(1, -2, 0.5);
const y = Float64Array.of(3, 0.25, -1);
const loss = () => x.reduce((sum, value, i) => sum + value ** 3 + value * y[i]!, 0);
const dx = x.map((value, i) => 3 * value ** 2 + y[i]!);
const dy = Float64Array.from(x);

describe('finiteDifference', () => {
  it('approximates the gradient and restores its argument', () => {
    const before = [...x];
    expectClose(finiteDifference(loss, x), dx, { abs: 1e-9, rel: 1e-9 });
    expect([...x]).toEqual(before);
    expectClose(
      finiteDifference((v) => Math.sin(v[0]!), Float64Array.of(0.3)),
      [Math.cos(0.3)],
      { abs: 1e-10, rel: 0 },
    );
  });
});

describe('expectGradient', () => {
  it('accepts the right gradients', () => {
    expectGradient({ loss, variables: { x, y }, gradients: { x: dx, y: dy } });
  });

  it('rejects one wrong value, by name and index', () => {
    const wrong = Float64Array.from(dx);
    wrong[1]! += 1e-4;
    expect(() =>
      expectGradient({ loss, variables: { x, y }, gradients: { x: wrong, y: dy } }),
    ).toThrow(/^gradient of x: 1 of 3 not close; worst at \[1\]/);
  });

  it('rejects a wrong sign, a missing factor and NaN', () => {
    for (const wrong of [
      dx.map((g) => -g),
      dx.map((g) => 2 * g),
      dx.map(() => Number.NaN),
      dx.map(() => 0),
    ]) {
      expect(() =>
        expectGradient({ loss, variables: { x, y }, gradients: { x: wrong, y: dy } }),
      ).toThrow('gradient of x');
    }
  });

  it('rejects a missing variable, a missing gradient, and empty input', () => {
    expect(() => expectGradient({ loss, variables: { x, y }, gradients: { x: dx } })).toThrow();
    expect(() => expectGradient({ loss, variables: { x }, gradients: { x: dx, y: dy } })).toThrow();
    expect(() => expectGradient({ loss, variables: {}, gradients: {} })).toThrow('nothing');
  });

  it('rejects a gradient that is zero everywhere unless it is declared, and the contrary', () => {
    const unused = new Float64Array(2);
    const variables = { x, unused };
    const gradients = { x: dx, unused: new Float64Array(2) };
    expect(() => expectGradient({ loss, variables, gradients })).toThrow('zero everywhere');
    expectGradient({ loss, variables, gradients, zero: ['unused'] });
    expect(() => expectGradient({ loss, variables, gradients, zero: ['unused', 'x'] })).toThrow(
      'not zero',
    );
    expect(() => expectGradient({ loss, variables, gradients, zero: ['other'] })).toThrow(
      'no such variable',
    );
  });
});
