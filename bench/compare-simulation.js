// @ts-check
// Comparisons of simulated systems whose true difference is known.

/** @typedef {import('../dist/evaluation/sentence-scores.js').SentenceScores} SentenceScores */
/** @typedef {typeof import('../dist/evaluation/compare.js').compareSystems} CompareSystems */

/** How often both systems find a span of an easy, a usual and a hard sentence. */
const FOUND = [0.9, 0.8, 0.5];
/** Wrong predictions for each gold span. */
const WRONG = 0.15;

/**
 * Simulates comparisons of two systems on corpora of random sentences. A sentence has 0 to 6 spans, and is equally hard
 * for both systems. `gain` is what the second system finds more often, as a probability.
 * @param {CompareSystems} compareSystems
 * @param {{trials: number, sentences: number, samples: number, gain: number, random: () => number}} options
 * @returns {{coverage: number, distance: number}} the fraction of intervals that contain the true difference, and the
 * largest distance of the distribution of the p-values from the uniform one (Kolmogorov-Smirnov)
 */
export function simulate(compareSystems, { trials, sentences, samples, gain, random }) {
  const truth = trueScore(gain) - trueScore(0);
  let covered = 0;
  const ps = [];
  for (let seed = 1; seed <= trials; seed++) {
    const runs = outputs({ sentences, gain, random });
    const systems = runs.map((run, i) => ({ name: `${i}`, runs: [run] }));
    const [pair] = compareSystems(systems, { samples, seed }).pairs;
    if (!pair) throw new Error('two systems are one pair');
    const { interval, p } = pair;
    if (interval[0] <= truth && truth <= interval[1]) covered++;
    ps.push(p);
  }
  return { coverage: covered / trials, distance: distanceFromUniform(ps) };
}

/**
 * @param {{sentences: number, gain: number, random: () => number}} options
 * @returns {SentenceScores[]}
 */
function outputs({ sentences, gain, random }) {
  const corpus = Array.from({ length: sentences }, () => ({
    gold: Math.floor(random() * 7),
    found: FOUND[Math.floor(random() * FOUND.length)] ?? 0,
  }));
  return [0, gain].map((more) => {
    const counts = corpus.map(({ gold, found }) => {
      let correct = 0;
      let wrong = 0;
      for (let span = 0; span < gold; span++) {
        if (random() < found + more) correct++;
        if (random() < WRONG) wrong++;
      }
      return { correct: 2 * correct, total: gold + correct + wrong };
    });
    return {
      correct: Float64Array.from(counts, ({ correct }) => correct),
      total: Float64Array.from(counts, ({ total }) => total),
      isRight: Uint8Array.from(counts, ({ correct, total }) => (correct === total ? 1 : 0)),
    };
  });
}

/** F1 on a corpus without end. @param {number} gain */
function trueScore(gain) {
  const found = FOUND.reduce((sum, p) => sum + p + gain, 0) / FOUND.length;
  return (2 * found) / (1 + found + WRONG);
}

/** @param {readonly number[]} ps */
function distanceFromUniform(ps) {
  const sorted = [...ps].sort((a, b) => a - b);
  const n = sorted.length;
  return Math.max(...sorted.map((p, i) => Math.max((i + 1) / n - p, p - i / n)));
}
