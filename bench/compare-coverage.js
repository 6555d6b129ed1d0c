// @ts-check
// How often 95 % intervals of `seqtag compare` contain the true difference, and whether p-values of equal systems are
// uniform. node bench/compare-coverage.js [TRIALS] [SENTENCES] [SAMPLES]
import { compareSystems } from '../dist/evaluation/compare.js';
import { createRandom, seedState } from '../dist/network/random.js';
import { simulate } from './compare-simulation.js';

const [trials = 1000, sentences = 300, samples = 1000] = process.argv.slice(2).map(Number);
const sizes = { trials, sentences, samples };
console.log(`${trials} trials of ${sentences} sentences, ${samples} samples each`);
for (const gain of [0, 0.01, 0.03, 0.05]) {
  const { coverage } = simulate(compareSystems, {
    ...sizes,
    gain,
    random: createRandom(seedState(1)),
  });
  console.log(`gain ${gain.toFixed(2)}: ${(100 * coverage).toFixed(1)} % of intervals cover it`);
}
const { distance } = simulate(compareSystems, {
  ...sizes,
  gain: 0,
  random: createRandom(seedState(2)),
});
// the limits of Kolmogorov's distribution for large samples
const limit = 1.358 / Math.sqrt(trials);
console.log(
  `p-values without a difference: Kolmogorov-Smirnov distance ${distance.toFixed(4)}; 5 % of uniform samples exceed ${limit.toFixed(4)}`,
);
