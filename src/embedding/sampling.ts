const ONE = 2 ** 32;
/** A probability as the kernels take it: p = (threshold + 1) / 2^32, as a signed 32-bit integer. */
const threshold = (p: number): number => (Math.min(ONE, Math.max(1, Math.round(p * ONE))) - 1) | 0;

/**
 * With which probability each word stays: sqrt(t / f) + t / f for its share f of the text, at most 1, as word2vec's
 * program has it (Mikolov et al. 2013, section 2.3, has 1 - sqrt(t / f) for leaving it out). `t` 0 keeps all.
 */
export function keepShares(counts: Int32Array, t: number): Float64Array {
  const total = counts.reduce((sum, n) => sum + n, 0);
  return Float64Array.from(counts, (n) => {
    const ratio = (t * total) / n;
    return t === 0 ? 1 : Math.min(1, Math.sqrt(ratio) + ratio);
  });
}

export const keepThresholds = (shares: Float64Array): Int32Array =>
  Int32Array.from(shares, threshold);

/** The distribution of noise words: counts to the power of 0.75 (Mikolov et al. 2013, section 2.2). */
export function noiseShares(counts: Int32Array): Float64Array {
  const powers = Float64Array.from(counts, (n) => n ** 0.75);
  const total = powers.reduce((sum, p) => sum + p, 0);
  return powers.map((p) => p / total);
}

/**
 * The alias table (n, 2) of a distribution (Walker 1977, built as Vose 1991 has it): draw an entry i, all equally
 * likely; it is i with the probability of its threshold [i][0], else [i][1].
 */
export function aliasTable(shares: Float64Array): Int32Array {
  const n = shares.length;
  const table = new Int32Array(2 * n);
  const rest = shares.map((p) => p * n);
  const small: number[] = [];
  const large: number[] = [];
  rest.forEach((p, i) => {
    (p < 1 ? small : large).push(i);
  });
  while (small.length > 0 && large.length > 0) {
    const low = small.pop()!;
    const high = large.at(-1)!;
    table[2 * low] = threshold(rest[low]!);
    table[2 * low + 1] = high;
    rest[high]! -= 1 - rest[low]!;
    if (rest[high]! < 1) small.push(large.pop()!);
  }
  // what is left is 1 but for rounding
  for (const i of [...small, ...large]) {
    table[2 * i] = threshold(1);
    table[2 * i + 1] = i;
  }
  return table;
}
