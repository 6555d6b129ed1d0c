const ONE = 2 ** 32;
/** A probability p as kernels read it: the 32-bit integer t with p = (t + 1) / 2^32, where t is taken as unsigned. */
const threshold = (p: number): number => (Math.min(ONE, Math.max(1, Math.round(p * ONE))) - 1) | 0;

/**
 * The probability (words) that subsampling keeps an occurrence of a word: sqrt(t / f) + t / f, at most 1, for relative
 * frequency f. This is the formula of the word2vec program. (Mikolov et al. 2013, section 2.3, use a drop probability
 * of 1 - sqrt(t / f).)
 * @param t threshold of relative frequency; 0 keeps all occurrences
 */
export function keepProbabilities(counts: Int32Array, t: number): Float64Array {
  const total = counts.reduce((sum, n) => sum + n, 0);
  return Float64Array.from(counts, (n) => {
    const ratio = (t * total) / n;
    return t === 0 ? 1 : Math.min(1, Math.sqrt(ratio) + ratio);
  });
}

export const keepThresholds = (probabilities: Float64Array): Int32Array =>
  Int32Array.from(probabilities, threshold);

/** The distribution (words) of noise words, proportional to counts^0.75 (Mikolov et al. 2013, section 2.2). */
export function noiseProbabilities(counts: Int32Array): Float64Array {
  const powers = Float64Array.from(counts, (n) => n ** 0.75);
  const total = powers.reduce((sum, p) => sum + p, 0);
  return powers.map((p) => p / total);
}

/**
 * The alias table (n, 2) of a distribution (Walker 1977, built by the method of Vose 1991). To sample, draw an entry i
 * uniformly. The result is i with the probability of threshold [i][0], else [i][1].
 */
export function aliasTable(probabilities: Float64Array): Int32Array {
  const n = probabilities.length;
  const table = new Int32Array(2 * n);
  const rest = probabilities.map((p) => p * n);
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
  // the remaining entries are 1, except for rounding errors
  for (const i of [...small, ...large]) {
    table[2 * i] = threshold(1);
    table[2 * i + 1] = i;
  }
  return table;
}
