import { describe, expect, it } from 'vitest';
import { createRandom, type RandomState, seedState, shuffle } from '../../src/network/random.ts';

describe('createRandom', () => {
  it('is xoshiro128**', () => {
    // from the authors' C program with the state 1, 2, 3, 4
    const expected = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ];
    const random = createRandom([1, 2, 3, 4]);
    expect(expected.map(() => random() * 2 ** 32)).toEqual(expected);
  });

  it('goes on from a copied state', () => {
    const state = seedState(9);
    const random = createRandom(state);
    for (let i = 0; i < 10; i++) random();
    const again = createRandom([...state] as RandomState);
    for (let i = 0; i < 10; i++) expect(again()).toBe(random());
  });

  it('is uniform in [0, 1), and neighbours are independent', () => {
    const random = createRandom(seedState(1));
    const n = 64_000;
    const [ones, pairs] = [new Array(64).fill(0), new Array(64).fill(0)];
    let outside = 0;
    for (let i = 0; i < n; i++) {
      const x = random();
      outside += x >= 0 && x < 1 ? 0 : 1;
      ones[Math.floor(x * 64)]++;
      pairs[Math.floor(random() * 8) * 8 + Math.floor(random() * 8)]++;
    }
    expect(outside).toBe(0);
    for (const counts of [ones, pairs]) {
      const expected = n / 64;
      const chiSquare = counts.reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeGreaterThan(63 - 4 * Math.sqrt(126)); // 63 degrees of freedom, 4 deviations
      expect(chiSquare).toBeLessThan(63 + 4 * Math.sqrt(126));
    }
  });
});

describe('seedState', () => {
  it('is fixed for a seed: models are reproduced from it', () => {
    expect(seedState(1)).toEqual([1580013426, 350525680, 3524174333, 3011703609]);
    const first = (seed: number) => createRandom(seedState(seed))() * 2 ** 32;
    expect([0, 1, 42, 2 ** 31 - 1].map(first)).toEqual([
      1789933344, 393288148, 660444221, 230072531,
    ]);
  });

  it('gives unlike states for unlike seeds, none of them zero', () => {
    const states = Array.from({ length: 1000 }, (_, seed) => seedState(seed));
    expect(new Set(states.flat()).size).toBeGreaterThan(3990);
    for (const state of states) expect(state.some((word) => word !== 0)).toBe(true);
  });
});

describe('shuffle', () => {
  it('permutes in place, the same for a seed', () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    const shuffled = shuffle([...items], createRandom(seedState(3)));
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
    expect(shuffle([...items], createRandom(seedState(3)))).toEqual(shuffled);
    expect(shuffle([...items], createRandom(seedState(4)))).not.toEqual(shuffled);
    const same = [...items];
    expect(shuffle(same, createRandom(seedState(3)))).toBe(same);
    expect(shuffle([], createRandom(seedState(3)))).toEqual([]);
  });

  it('all orders are equally likely', () => {
    const random = createRandom(seedState(5));
    const seen = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = shuffle(['a', 'b', 'c', 'd'], random).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(24);
    for (const count of seen.values()) {
      expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(1000));
    }
  });
});
