import { describe, expect, it } from 'vitest';
import { rng } from './rng.ts';

describe('rng', () => {
  it('gives the same values for the same seed and others for another', () => {
    const first = [...rng(1).array(20)];
    expect([...rng(1).array(20)]).toEqual(first);
    expect([...rng(2).array(20)]).not.toEqual(first);
    expect([...rng(1).integers(5, 100)]).toEqual([62, 0, 52, 98, 96]);
  });

  it('has the promised ranges and moments', () => {
    const random = rng(7);
    const uniform = Array.from({ length: 20_000 }, () => random.uniform());
    expect(uniform.every((u) => u >= 0 && u < 1)).toBe(true);
    const normal = random.array(20_000, 2);
    const mean = normal.reduce((sum, v) => sum + v, 0) / normal.length;
    const variance = normal.reduce((sum, v) => sum + (v - mean) ** 2, 0) / normal.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 4)).toBeLessThan(0.2);
    expect(new Set(random.integers(1000, 5))).toEqual(new Set([0, 1, 2, 3, 4]));
    const mask = random.mask(10_000, 0.25);
    expect(new Set(mask)).toEqual(new Set([0, 1 / 0.75]));
    expect(Math.abs(mask.filter((m) => m === 0).length / 10_000 - 0.25)).toBeLessThan(0.02);
  });
});
