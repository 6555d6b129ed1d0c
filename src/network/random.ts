/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** The state of `createRandom`: four 32-bit words, which can be saved to resume training. */
export type RandomState = [number, number, number, number];

/** Makes a state from a seed (splitmix32). */
export function seedState(seed: number): RandomState {
  let x = seed >>> 0;
  const next = (): number => {
    x = (x + 0x9e3779b9) >>> 0;
    let y = x;
    y = Math.imul(y ^ (y >>> 16), 0x21f0aaad);
    y = Math.imul(y ^ (y >>> 15), 0x735a2d97);
    return (y ^ (y >>> 15)) >>> 0;
  };
  return [next(), next(), next(), next()];
}

/** The generator xoshiro128** (Blackman & Vigna 2018). It changes `state` in place. */
export function createRandom(state: RandomState): Random {
  return () => {
    const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9) >>> 0;
    const t = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotate(state[3], 11);
    return result / 2 ** 32;
  };
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** Shuffles in place (Fisher & Yates). */
export function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
