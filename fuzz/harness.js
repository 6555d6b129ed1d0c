// What all campaigns of attempts share: seeds, progress, and the counts of results.
import { parseArgs } from 'node:util';
import { createRandom } from './random.js';

/**
 * Runs attempts `from` to `from + count - 1`. The seed of each is its own, so that any of them can be repeated, and an
 * interrupted campaign goes on with `--from`.
 * @param {object} options
 * @param {(random: () => number, index: number) => string | Promise<string>} options.attempt returns its result; throws if it fails
 * @param {number} options.count
 * @param {number} options.seed
 * @param {number} [options.from]
 * @param {(index: number, error: unknown) => void} options.onFailure
 * @param {(index: number) => void} [options.onProgress] called about every ten seconds
 * @returns {Promise<Map<string, number>>} how often each result was
 */
export async function runAttempts({ attempt, count, seed, from = 0, onFailure, onProgress }) {
  /** @type {Map<string, number>} */
  const results = new Map();
  let told = performance.now();
  for (let index = from; index < from + count; index++) {
    let result = 'failed';
    try {
      result = await attempt(
        createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index, 0x85ebca6b)),
        index,
      );
    } catch (error) {
      onFailure(index, error);
    }
    results.set(result, (results.get(result) ?? 0) + 1);
    if (performance.now() - told > 10_000) {
      told = performance.now();
      onProgress?.(index + 1);
    }
  }
  return results;
}

/**
 * The command of a campaign: `--count N --seed S --from I`. Its last line is `N passed, N failed`.
 * @param {(random: () => number, index: number) => string | Promise<string>} attempt
 * @param {{ count: number }} defaults
 */
export async function campaignCommand(attempt, { count }) {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: `${count}` },
      seed: { type: 'string', default: '1' },
      from: { type: 'string', default: '0' },
    },
  });
  const seed = Number(values.seed);
  const began = performance.now();
  const results = await runAttempts({
    ...{ attempt, seed, count: Number(values.count), from: Number(values.from) },
    onFailure(index, error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      console.log(`--seed ${seed} --from ${index} --count 1: ${text}`);
    },
    onProgress: (index) => console.error(`go on with --seed ${seed} --from ${index}`),
  });
  const seconds = (performance.now() - began) / 1000;
  for (const [name, times] of [...results].sort()) console.log(`${name.padEnd(30)}${times}`);
  const failed = results.get('failed') ?? 0;
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.log(
    `seed ${seed}, ${seconds.toFixed(0)} s, ${Math.round(Number(values.count) / seconds)} a second, at most ${megabytes.toFixed(0)} MB`,
  );
  console.log(`${Number(values.count) - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
