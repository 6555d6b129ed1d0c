import { describe, expect, it } from 'vitest';
import { compareSystems, holm } from '../../src/evaluation/compare.ts';
import { countPairs } from '../../src/evaluation/counts.ts';
import { type SentenceScores, sentenceScores } from '../../src/evaluation/sentence-scores.ts';
import { createRandom, type Random, seedState } from '../../src/network/random.ts';

const randomOf = (seed: number): Random => createRandom(seedState(seed));

/** Well-formed BIO tags of sentences of up to 8 tokens. */
const tagsOf = (random: Random, lengths: readonly number[]): string[][] =>
  lengths.map((length) => {
    let type: string | undefined;
    return Array.from({ length }, () => {
      const isInside = type !== undefined && random() < 0.4;
      if (!isInside) type = random() < 0.5 ? undefined : random() < 0.5 ? 'X' : 'Y';
      return type === undefined ? 'O' : `${isInside ? 'I' : 'B'}-${type}`;
    });
  });

const noisy = (random: Random, gold: readonly string[][], rate: number): string[][] => {
  const other = tagsOf(
    random,
    gold.map(({ length }) => length),
  );
  return gold.map((tags, s) => (random() < rate ? other[s]! : tags));
};

/** The spans of BIO tags as strings, found one by one. */
function spansOf(tags: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const [start, tag] of tags.entries()) {
    if (!tag.startsWith('B-')) continue;
    let end = start + 1;
    while (tags[end] === `I-${tag.slice(2)}`) end++;
    found.add(`${start} ${end} ${tag.slice(2)}`);
  }
  return found;
}

function naiveF1(gold: readonly string[][], predicted: readonly string[][]): number {
  const of = (all: readonly string[][]): Set<string> =>
    new Set(all.flatMap((tags, s) => [...spansOf(tags)].map((span) => `${s} ${span}`)));
  const [a, b] = [of(gold), of(predicted)];
  const correct = [...b].filter((span) => a.has(span)).length;
  return a.size + b.size === 0 ? 0 : (2 * correct) / (a.size + b.size);
}

const naiveAccuracy = (gold: readonly string[][], predicted: readonly string[][]): number => {
  const pairs = gold.flatMap((tags, s) => tags.map((tag, t) => tag === predicted[s]![t]));
  return pairs.filter(Boolean).length / pairs.length;
};

const scoresOf = (
  gold: readonly string[][],
  predicted: readonly string[][],
  scheme: 'BIO' | 'none',
): SentenceScores =>
  sentenceScores(
    gold.map((tags, s) =>
      countPairs([{ tokens: tags, gold: tags, predicted: predicted[s]! }], { scheme }),
    ),
  );

const percentiles = (values: readonly number[]): [number, number] => {
  const sorted = [...values].sort((x, y) => x - y);
  const cut = Math.floor(0.025 * sorted.length);
  return [sorted[cut]!, sorted.at(-1 - cut)!];
};

describe.each([
  ['BIO', naiveF1],
  ['none', naiveAccuracy],
] as const)('tags in %s', (scheme, naive) => {
  const random = randomOf(3);
  const gold = tagsOf(
    random,
    Array.from({ length: 10 }, () => 1 + Math.floor(random() * 8)),
  );
  const [a, b] = [noisy(random, gold, 0.7), noisy(random, gold, 0.3)];
  const samples = 200;
  const { systems, pairs } = compareSystems(
    [
      { name: 'a', runs: [scoresOf(gold, a, scheme)] },
      { name: 'b', runs: [scoresOf(gold, b, scheme)] },
    ],
    { samples, seed: 5 },
  );
  const [pair] = pairs as [(typeof pairs)[number]];

  it('have the scores and intervals of samples that are scored as a whole', () => {
    const draws = randomOf(5);
    const naiveScores = Array.from({ length: samples }, () => {
      const drawn = gold.map(() => Math.floor(draws() * gold.length));
      const pick = (all: readonly string[][]): string[][] => drawn.map((s) => all[s]!);
      return [naive(pick(gold), pick(a)), naive(pick(gold), pick(b))] as const;
    });
    const expected = [
      { score: naive(gold, a), interval: percentiles(naiveScores.map(([x]) => x)) },
      { score: naive(gold, b), interval: percentiles(naiveScores.map(([, y]) => y)) },
    ];
    for (const [i, { score, interval }] of expected.entries()) {
      expect(systems[i]!.score).toBeCloseTo(score, 12);
      expect(systems[i]!.interval[0]).toBeCloseTo(interval[0], 12);
      expect(systems[i]!.interval[1]).toBeCloseTo(interval[1], 12);
    }
    const [low, high] = percentiles(naiveScores.map(([x, y]) => y - x));
    expect(pair.difference).toBeCloseTo(naive(gold, b) - naive(gold, a), 12);
    expect(pair.interval[0]).toBeCloseTo(low, 12);
    expect(pair.interval[1]).toBeCloseTo(high, 12);
  });

  it('have the p-value of all ways to swap outputs', () => {
    const observed = Math.abs(naive(gold, b) - naive(gold, a)) - 1e-9;
    const ways = 2 ** gold.length;
    let atLeast = 0;
    for (let way = 0; way < ways; way++) {
      const isSwapped = (s: number): boolean => (way & (1 << s)) !== 0;
      const first = a.map((tags, s) => (isSwapped(s) ? b[s]! : tags));
      const second = b.map((tags, s) => (isSwapped(s) ? a[s]! : tags));
      if (Math.abs(naive(gold, second) - naive(gold, first)) >= observed) atLeast++;
    }
    const exact = compareSystems(
      [
        { name: 'a', runs: [scoresOf(gold, a, scheme)] },
        { name: 'b', runs: [scoresOf(gold, b, scheme)] },
      ],
      { samples: 10_000 },
    ).pairs[0]!.p;
    // four standard errors of 10,000 samples
    expect(Math.abs(exact - atLeast / ways)).toBeLessThan(4 * Math.sqrt(0.25 / 10_000));
  });

  it('name the sentences that only one system has entirely right', () => {
    const isRight = (all: readonly string[][], s: number): boolean =>
      all[s]!.join() === gold[s]!.join();
    const only = (x: readonly string[][], y: readonly string[][]): number[] =>
      [...gold.keys()].filter((s) => isRight(x, s) && !isRight(y, s));
    expect(pair.onlyA).toEqual(only(a, b));
    expect(pair.onlyB).toEqual(only(b, a));
    expect(pair.onlyA.length + pair.onlyB.length).toBeGreaterThan(0);
  });
});

const run = (correct: readonly number[], total = 2): SentenceScores => ({
  correct: Float64Array.from(correct),
  total: new Float64Array(correct.length).fill(total),
  isRight: Uint8Array.from(correct, (n) => (n === total ? 1 : 0)),
});

describe('several runs of a system', () => {
  it('have the score of all together, and the score of each', () => {
    const { systems } = compareSystems([{ name: 'a', runs: [run([2, 0, 2]), run([2, 2, 2])] }], {
      samples: 10,
    });
    expect(systems[0]).toMatchObject({ runs: [2 / 3, 1] });
    expect(systems[0]!.score).toBeCloseTo(5 / 6, 12);
  });

  it('count a sentence as right if more than half of them have it right', () => {
    const a = { name: 'a', runs: [run([2, 2, 2]), run([2, 2, 0]), run([2, 0, 0])] };
    const { pairs } = compareSystems([a, { name: 'b', runs: [run([0, 0, 2])] }], { samples: 10 });
    expect(pairs[0]).toMatchObject({ onlyA: [0, 1], onlyB: [2] });
  });

  it('widen the interval, and raise the p-value, if they differ much', () => {
    const part = (correct: number): SentenceScores =>
      run(Array.from({ length: 200 }, (_, s) => ((s * 37) % 200 < correct ? 2 : 0)));
    const compare = (runs: readonly number[]) =>
      compareSystems(
        [
          { name: 'a', runs: runs.map(part) },
          { name: 'b', runs: runs.map((correct) => part(correct + 20)) },
        ],
        { samples: 1000 },
      ).pairs[0]!;
    const alike = compare([100, 100, 100]);
    const unlike = compare([60, 100, 140]);
    const width = ({ interval: [low, high] }: typeof alike): number => high - low;
    expect(width(unlike)).toBeGreaterThan(2 * width(alike));
    expect(alike.p).toBeLessThan(0.01);
    expect(unlike.p).toBeGreaterThan(0.1);
  });
});

it('finds no difference between a system and itself', () => {
  const systems = ['a', 'b'].map((name) => ({ name, runs: [run([2, 0, 2, 2])] }));
  expect(compareSystems(systems, { samples: 100 }).pairs).toEqual([
    { a: 'a', b: 'b', difference: 0, interval: [0, 0], p: 1, adjustedP: 1, onlyA: [], onlyB: [] },
  ]);
});

it('gives the same numbers for the same seed, and others for another', () => {
  const systems = [run([2, 0, 2, 2, 0, 0, 2]), run([2, 2, 2, 0, 2, 2, 2])].map((one, i) => ({
    name: `${i}`,
    runs: [one],
  }));
  const p = (seed: number): number => compareSystems(systems, { samples: 500, seed }).pairs[0]!.p;
  expect(p(1)).toBe(p(1));
  expect(new Set([1, 2, 3, 4].map(p)).size).toBeGreaterThan(1);
});

it('scores a sample without spans as 0', () => {
  const { systems } = compareSystems([{ name: 'a', runs: [run([0, 0], 0)] }], { samples: 10 });
  expect(systems[0]).toMatchObject({ score: 0, interval: [0, 0] });
});

it('refuses systems without runs, or of unlike length', () => {
  expect(() => compareSystems([])).toThrow(RangeError);
  expect(() => compareSystems([{ name: 'a', runs: [] }])).toThrow('without runs');
  expect(() => compareSystems([{ name: 'a', runs: [run([]), run([])] }])).toThrow(RangeError);
  expect(() => compareSystems([{ name: 'a', runs: [run([1]), run([1, 2])] }])).toThrow(
    'runs of 1 and of 2 sentences',
  );
});

it('corrects p-values as Holm does', () => {
  // worked by hand: 3 × 0.01, 2 × 0.04, and no less than that; at most 1
  expect(holm([0.04, 0.01, 0.06])).toEqual([0.08, 0.03, 0.08]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

interface Simulation {
  simulate(
    compare: typeof compareSystems,
    options: {
      trials: number;
      sentences: number;
      samples: number;
      gain: number;
      random: Random;
    },
  ): { coverage: number; distance: number };
}

it('covers the true difference, and has uniform p-values without one', async () => {
  const script = new URL('../../bench/compare-simulation.js', import.meta.url).href;
  const { simulate } = (await import(script)) as Simulation;
  const sizes = { trials: 100, sentences: 80, samples: 200 };
  const simulated = (gain: number) =>
    simulate(compareSystems, { ...sizes, gain, random: randomOf(1) });
  expect(simulated(0.05).coverage).toBeGreaterThanOrEqual(0.89);
  // uniform samples exceed it with probability 0.01
  expect(simulated(0).distance).toBeLessThan(1.63 / Math.sqrt(sizes.trials));
});
