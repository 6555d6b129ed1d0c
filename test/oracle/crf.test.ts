import { describe, expect, it } from 'vitest';
import { expectClose } from './close.ts';
import { type CrfWeights, crfLoss, expectation, logSumExp, pathScore, viterbi } from './crf.ts';
import { expectGradient } from './gradient.ts';
import { type Rng, rng } from './rng.ts';

const EXACT = { abs: 1e-11, rel: 1e-11 };

/** All K^L paths, the last tag rising slowest, so that the first of the best is the one that Viterbi promises. */
function* allPaths(K: number, L: number): Generator<number[]> {
  for (let n = 0; n < K ** L; n++)
    yield Array.from({ length: L }, (_, t) => Math.floor(n / K ** t) % K);
}

function randomCrf(random: Rng, K: number, forbidden = 0): CrfWeights {
  const scores = (size: number) =>
    random.array(size).map((x) => (random.uniform() < forbidden ? Number.NEGATIVE_INFINITY : x));
  return { K, transitions: scores(K * K), start: scores(K), end: scores(K) };
}

/** About half of the tags of each token, at least the first that `random` draws. */
function randomSets(random: Rng, K: number, L: number): number[] {
  return Array.from({ length: L }, () => {
    const one = random.integer(K);
    return Array.from({ length: K }, (_, k) => (k === one || random.uniform() < 0.4 ? 1 : 0));
  }).flat();
}

const cases = [
  { K: 1, L: 1 },
  { K: 1, L: 4 },
  { K: 2, L: 1 },
  { K: 2, L: 5 },
  { K: 3, L: 2 },
  { K: 3, L: 5 },
  { K: 5, L: 4 },
].flatMap((size) => [0, 0.3].map((forbidden) => ({ ...size, forbidden })));

describe.each(cases)('$K tags, $L tokens, $forbidden of the links forbidden', (sizes) => {
  const { K, L, forbidden } = sizes;
  const random = rng(K * 100 + L + forbidden * 1000);
  const seeds = Array.from({ length: 5 }, () => ({
    w: randomCrf(random, K, forbidden),
    emissions: random.array(L * K),
    sets: randomSets(random, K, L),
  }));

  it('sums over all paths', () => {
    let possible = 0;
    for (const { w, emissions, sets } of seeds)
      for (const s of [undefined, sets]) {
        const paths = [...allPaths(K, L)].filter((path) =>
          path.every((k, t) => !s || s[t * K + k]),
        );
        const scores = paths.map((path) => pathScore(w, emissions, path));
        const logZ = logSumExp(scores);
        const actual = expectation(w, emissions, s);
        if (logZ === Number.NEGATIVE_INFINITY) {
          expect(actual.logZ).toBe(logZ);
          continue;
        }
        possible++;
        const marginals = new Float64Array(L * K);
        const links = new Float64Array(K * K);
        paths.forEach((path, n) => {
          const p = Math.exp(scores[n]! - logZ);
          path.forEach((k, t) => {
            marginals[t * K + k]! += p;
            if (t > 0) links[path[t - 1]! * K + k]! += p;
          });
        });
        expectClose(actual.logZ, logZ, EXACT);
        expectClose(actual.marginals, marginals, EXACT);
        expectClose(actual.links, links, EXACT);
        const best = paths[scores.indexOf(Math.max(...scores))]!;
        expect(viterbi(w, emissions, s)).toEqual(best);
      }
    expect(possible).toBeGreaterThan(0);
  });

  it('has the gradient of finite differences', () => {
    for (const { w, emissions, sets } of seeds.slice(0, 2)) {
      const { loss, ...d } = crfLoss(w, emissions, sets);
      if (loss === 0) continue; // impossible, or nothing to choose
      // Finite differences cannot move what is forbidden: its gradient must be 0.
      const free = (x: Float64Array) => Float64Array.from(x, (v) => (Number.isFinite(v) ? v : 0));
      const variables = {
        emissions,
        transitions: free(w.transitions),
        start: free(w.start),
        end: free(w.end),
      };
      const masked = (name: 'transitions' | 'start' | 'end') =>
        variables[name].map((v, i) => (Number.isFinite(w[name][i]) ? v : Number.NEGATIVE_INFINITY));
      const gradients = {
        emissions: d.demissions,
        transitions: d.dtransitions,
        start: d.dstart,
        end: d.dend,
      };
      expectGradient({
        loss: () => {
          const now = {
            K,
            transitions: masked('transitions'),
            start: masked('start'),
            end: masked('end'),
          };
          return crfLoss(now, emissions, sets).loss;
        },
        variables,
        gradients,
        zero: Object.keys(gradients).filter((name) =>
          gradients[name as keyof typeof gradients].every((x) => x === 0),
        ),
      });
    }
  });
});

describe('viterbi', () => {
  it('takes the first of equals, the last tag first', () => {
    const zero = { K: 3, transitions: new Float64Array(9), start: new Float64Array(3) };
    const w = { ...zero, end: new Float64Array(3) };
    expect(viterbi(w, new Float64Array(12))).toEqual([0, 0, 0, 0]);
    // [1, 0] and [0, 1] are equally good.
    const emissions = Float64Array.of(0, 0, 0, 0, 0, 0);
    const transitions = Float64Array.of(0, 1, 0, 1, 0, 0, 0, 0, 0);
    expect(viterbi({ ...w, transitions }, emissions)).toEqual([1, 0]);
  });
});

describe('crfLoss', () => {
  it('is the softmax of all paths for known tags, and 0 for unknown ones', () => {
    const random = rng(7);
    const w = randomCrf(random, 3);
    const emissions = random.array(4 * 3);
    const path = [2, 0, 0, 1];
    const sets = path.flatMap((tag) => [0, 1, 2].map((k) => (k === tag ? 1 : 0)));
    const scores = [...allPaths(3, 4)].map((p) => pathScore(w, emissions, p));
    const expected = logSumExp(scores) - pathScore(w, emissions, path);
    expectClose(crfLoss(w, emissions, sets).loss, expected, EXACT);
    expect(crfLoss(w, emissions, Array(12).fill(1)).loss).toBe(0);
  });

  it('skips a sentence that its sets make impossible', () => {
    const w = { ...randomCrf(rng(8), 2), start: Float64Array.of(0, Number.NEGATIVE_INFINITY) };
    const { loss, ...gradients } = crfLoss(w, Float64Array.of(1, 2, 3, 4), [0, 1, 1, 1]);
    expect(loss).toBe(0);
    for (const values of Object.values(gradients)) expect(values.every((x) => x === 0)).toBe(true);
  });
});
