import { describe, expect, it } from 'vitest';
import { Arena } from '../../src/backend/arena.ts';
import { transitions as schemeTransitions } from '../../src/corpus/tags/scheme.ts';
import { nBest } from '../../src/network/crf/n-best.ts';
import { crfScores } from '../../src/network/crf/scores.ts';
import { allowedTransitions } from '../../src/network/crf/transitions.ts';
import {
  type Crf,
  crfDecode,
  crfLoss,
  crfScratchSize,
  crfTablesSize,
  packCrf,
} from '../../src/network/layers/decoders/crf.ts';
import { roundToFloat32 } from '../oracle/arrays.ts';
import { expectClose } from '../oracle/close.ts';
import * as oracle from '../oracle/crf.ts';
import { packingOfLengths, sentenceRows } from '../oracle/packing.ts';
import { type Rng, rng } from '../oracle/rng.ts';
import { levelNames, openLevel } from './levels.ts';
import { Sheet } from './sheet.ts';

// Float32 kernels against the float64 oracle. For scores near 0, the errors are those of exp: 3e-7 per factor.
const TOLERANCE = { abs: 2e-6, rel: 2e-6 };
const NEVER = Number.NEGATIVE_INFINITY;

const arena = new Arena(131_072);
arena.reserve(2 ** 26);
const levels = levelNames.map((name) => openLevel(name, arena.memory));
const sheet = new Sheet(arena, 131_072);

/** The parameters of a CRF and a batch, as plain arrays. */
interface Sample {
  w: oracle.CrfWeights; // -Infinity where forbidden
  lengths: number[];
  emissions: Float64Array; // (N, K)
  gold: number[]; // (N)
  sets: number[]; // (S, K)
}

const random32 = (random: Rng, size: number, scale: number): Float64Array =>
  roundToFloat32(random.array(size, scale));

/** Random scores in (-spread, spread). A fraction `forbidden` of transitions is forbidden, but none to or from tag 0. */
function sample(options: {
  seed: number;
  K: number;
  lengths: number[];
  spread?: number;
  forbidden?: number;
  partial?: boolean;
}): Sample {
  const { seed, K, lengths, spread = 1, forbidden = 0, partial = false } = options;
  const random = rng(seed);
  const { N } = packingOfLengths(lengths);
  const scores = (size: number, open: (i: number) => boolean) =>
    random32(random, size, spread).map((x, i) =>
      !open(i) && random.uniform() < forbidden ? NEVER : x,
    );
  const setsOf = () => {
    const one = random.integer(K);
    return Array.from({ length: K }, (_, k) => (k === one || random.uniform() < 0.3 ? 1 : 0));
  };
  return {
    w: {
      K,
      transitions: scores(K * K, (i) => i % K === 0 || i < K),
      start: scores(K, (k) => k === 0),
      end: scores(K, (k) => k === 0),
    },
    lengths,
    emissions: random32(random, N * K, spread),
    gold: Array.from(random.integers(N, K), (tag) =>
      partial ? [tag, -1, -2 - random.integer(3)][random.integer(3)]! : tag,
    ),
    sets: [setsOf(), setsOf(), setsOf()].flat(),
  };
}

/** The sentences of a sample: their rows in the batch, and the oracle's inputs. */
function sentencesOf({ w: { K }, lengths, emissions, gold, sets }: Sample) {
  const packing = packingOfLengths(lengths);
  return lengths.map((_, b) => {
    const rows = sentenceRows(packing, b);
    const tag = (row: number, k: number): number => {
      const known = gold[row]!;
      return known >= 0 ? Number(k === known) : known === -1 ? 1 : sets[(-2 - known) * K + k]!;
    };
    return {
      rows,
      emissions: Float64Array.from(rows.flatMap((r) => [...emissions.slice(r * K, r * K + K)])),
      sets: rows.flatMap((r) => Array.from({ length: K }, (_, k) => tag(r, k))),
    };
  });
}

/** Computes the oracle's result for a sample once, for all levels. */
function once<T>(compute: (s: Sample) => T): (s: Sample) => T {
  const known = new WeakMap<Sample, T>();
  return (s) => {
    if (!known.has(s)) known.set(s, compute(s));
    return known.get(s)!;
  };
}
const lossesOf = once((s) =>
  sentencesOf(s).map(({ rows, emissions, sets }) => ({
    rows,
    ...oracle.crfLoss(s.w, emissions, sets),
  })),
);
const expectationsOf = once((s) =>
  sentencesOf(s).map(({ rows, emissions }) => ({
    rows,
    free: oracle.expectation(s.w, emissions),
  })),
);

const pathsOf = once((s) =>
  sentencesOf(s).map(({ emissions, sets }) => ({
    free: oracle.viterbi(s.w, emissions),
    constrained: oracle.viterbi(s.w, emissions, sets),
  })),
);

/** Samples by name, the same for all levels. */
const shared = new Map<string, Sample>();
function share(name: string, create: () => Sample): Sample {
  if (!shared.has(name)) shared.set(name, create());
  return shared.get(name)!;
}

const sizes = [1, 2, 15, 16, 17, 40, 100];
/** One token and many, ragged batches and others, with and without forbidden transitions and unknown tags. */
const samples = new Map(
  sizes.map((K) => [
    K,
    (K < 100 ? [[1], [7], [9, 6, 6, 3, 1, 1], Array(9).fill(4)] : [[5, 3, 1]]).flatMap(
      (lengths, i) =>
        [0, 0.4].flatMap((forbidden) =>
          [false, true].map((partial) =>
            sample({ seed: K * 100 + i, K, lengths, forbidden, partial, spread: 1.5 }),
          ),
        ),
    ),
  ]),
);

const allowedOf = ({ transitions, start, end }: oracle.CrfWeights): number[] =>
  [transitions, start, end].flatMap((scores) => Array.from(scores, (x) => Number(x !== NEVER)));
/** The scores in the arena; those of forbidden transitions are arbitrary. */
const stored = (scores: Float64Array): Float64Array => scores.map((x) => (x === NEVER ? 3 : x));

describe.each(levels)('$name', ({ kernels, panelWidth }) => {
  /** Puts the CRF and the batch into the arena. */
  function place({ w, lengths, emissions, gold, sets }: Sample, known: boolean) {
    const { K } = w;
    const { rows, T, N, B } = packingOfLengths(lengths);
    sheet.clear();
    const crf: Crf = {
      K,
      transitions: sheet.input(stored(w.transitions)).at,
      start: sheet.input(stored(w.start)).at,
      end: sheet.input(stored(w.end)).at,
      allowed: sheet.integers(allowedOf(w)).at,
      tables: sheet.output(crfTablesSize(panelWidth, K)).at,
    };
    packCrf(kernels, crf);
    const batch = {
      rows: sheet.integers(rows).at,
      T,
      emissions: sheet.input(emissions).at,
      gold: known ? sheet.integers(gold).at : 0,
      sets: sheet.input(sets).at,
      scratch: sheet.output(crfScratchSize(panelWidth, { N, B, K }) + 1).at,
    };
    // Scratch holds doubles, so it must be aligned to 8 bytes, as Layout.take does.
    const aligned = { ...batch, scratch: Math.ceil(batch.scratch / 8) * 8 };
    return { crf, batch: aligned, K, N, B };
  }

  function loss(s: Sample, { scale = 1, before = 0 } = {}) {
    const { crf, batch, K, N } = place(s, true);
    const total = sheet.changed([before]);
    const demissions = sheet.changed(Array(N * K).fill(before));
    const d = [K * K, K, K].map((size) => sheet.changed(Array(size).fill(before)));
    const gradients = new Map([crf.transitions, crf.start, crf.end].map((at, i) => [at, d[i]!.at]));
    const gradient = (at: number) => gradients.get(at)!;
    crfLoss(kernels, gradient, total.at, demissions.at, crf, { ...batch, scale });
    sheet.verify();
    const [dtransitions, dstart, dend] = d.map((piece) => piece.values());
    return {
      loss: total.values()[0]!,
      demissions: demissions.values(),
      dtransitions: dtransitions!,
      dstart: dstart!,
      dend: dend!,
    };
  }

  function decode(s: Sample, known = false) {
    const { crf, batch, N, B } = place(s, known);
    const [best, score] = [sheet.integerOutput(N), sheet.output(B)];
    crfDecode(kernels, best.at, score.at, crf, batch);
    sheet.verify();
    return { best: best.values(), score: score.values() };
  }

  function expectLoss(s: Sample, tolerance = TOLERANCE): void {
    const [scale, before] = [0.25, 0.5];
    const actual = loss(s, { scale, before });
    const { K } = s.w;
    const expected = {
      loss: before,
      demissions: new Float64Array(s.emissions.length).fill(before),
      dtransitions: new Float64Array(K * K).fill(before),
      dstart: new Float64Array(K).fill(before),
      dend: new Float64Array(K).fill(before),
    };
    for (const { rows, ...one } of lossesOf(s)) {
      expected.loss += scale * one.loss;
      rows.forEach((row, t) => {
        for (let k = 0; k < K; k++)
          expected.demissions[row * K + k]! += scale * one.demissions[t * K + k]!;
      });
      for (const name of ['dtransitions', 'dstart', 'dend'] as const)
        one[name].forEach((d, i) => {
          expected[name][i]! += scale * d;
        });
    }
    for (const name of ['loss', 'demissions', 'dtransitions', 'dstart', 'dend'] as const)
      expectClose(actual[name], expected[name], { ...tolerance, name });
    // A tag of probability 0 has gradient 0, exactly.
    for (const { rows, free } of expectationsOf(s))
      free.marginals.forEach((p, i) => {
        const [t, k] = [Math.floor(i / K), i % K];
        if (p === 0) expect(actual.demissions[rows[t]! * K + k]).toBe(before);
      });
    const touched = (scores: Float64Array, d: number[]) =>
      d.filter((x, i) => scores[i] === NEVER && x !== before);
    expect(touched(s.w.transitions, actual.dtransitions)).toEqual([]);
    expect(touched(s.w.start, actual.dstart)).toEqual([]);
    expect(touched(s.w.end, actual.dend)).toEqual([]);
  }

  describe.each(sizes)('%i tags', (K) => {
    it('has the loss and the gradients of the oracle', () => {
      for (const s of samples.get(K)!) expectLoss(s);
    });

    it('finds the best path, free and constrained', () => {
      for (const s of samples.get(K)!)
        for (const known of [false, true]) {
          const { best, score } = decode(s, known);
          sentencesOf(s).forEach(({ rows, emissions, sets }, b) => {
            const { free, constrained } = pathsOf(s)[b]!;
            const path = known ? constrained : free;
            const actual = rows.map((row) => best[row]!);
            const expected = oracle.pathScore(s.w, emissions, path);
            if (expected === NEVER || path.some((tag, t) => known && !sets[t * K + tag])) {
              for (const [t, tag] of actual.entries()) if (known) expect(sets[t * K + tag]).toBe(1); // sets are obeyed even if transitions cannot be
              expect(Number.isFinite(score[b])).toBe(true);
              return;
            }
            expect(actual).toEqual(path);
            expectClose(score[b]!, expected, TOLERANCE);
          });
        }
    });
  });

  describe('extremes', () => {
    const wide = (seed: number, K: number, spread: number, forbidden = 0): Sample => {
      const s = sample({ seed, K, lengths: [12, 9, 9, 2, 1], forbidden });
      const random = rng(seed + 1);
      const stretch = (x: number) =>
        x === NEVER ? x : Math.fround((random.uniform() * 2 - 1) * spread);
      return {
        ...s,
        w: {
          K,
          transitions: s.w.transitions.map(stretch),
          start: s.w.start.map(stretch),
          end: s.w.end.map(stretch),
        },
        emissions: s.emissions.map(stretch),
      };
    };

    it.each([10, 25, 50])('is right with scores up to %i', (spread) => {
      for (const K of [1, 2, 5, 17])
        for (const forbidden of [0, 0.5])
          for (let seed = 1; seed < 6; seed++) {
            const name = `wide ${[seed, K, spread, forbidden]}`;
            expectLoss(
              share(name, () => wide(seed, K, spread, forbidden)),
              { abs: 2e-5, rel: 1e-5 },
            );
          }
    });

    /** Tags in two halves, with no transitions between the halves. */
    function worlds(K: number, lengths: number[]): Sample & { isSecond(k: number): boolean } {
      const s = sample({ seed: K, K, lengths });
      const isSecond = (k: number) => k >= K / 2;
      s.w.transitions = s.w.transitions.map((x, i) =>
        isSecond(Math.floor(i / K)) === isSecond(i % K) ? x : NEVER,
      );
      return { ...s, isSecond };
    }
    const shift = (scores: Float64Array, at: number, by: number): void => {
      scores[at] = Math.fround(scores[at]! + by);
    };

    // The second half scores `first` per token less than the other, which then turns out to be impossible.
    it.each([
      { first: -1, from: 'start' },
      { first: -12, from: 'start' },
      { first: -40, from: 'start' },
      { first: -1, from: 'end' },
      { first: -12, from: 'end' },
      { first: -40, from: 'end' },
    ] as const)('is right if the best tags become impossible at the end, %o', ({ first, from }) => {
      for (const K of [2, 20]) {
        const { isSecond, ...s } = worlds(K, [20, 18, 5, 1]);
        for (let i = 0; i < s.emissions.length; i++)
          if (isSecond(i % K)) shift(s.emissions, i, first);
        const scores = from === 'start' ? s.w.end : s.w.start;
        for (let k = 0; k < K; k++) if (!isSecond(k)) scores[k] = NEVER;
        s.gold = s.gold.map((tag) => (tag % (K / 2)) + K / 2);
        expectLoss(s, { abs: 1e-4, rel: 1e-5 });
      }
    });

    it('is right if the middle of a sentence outweighs both sides', () => {
      for (const K of [2, 20])
        for (const last of [-3, 0, 3]) {
          const { isSecond, ...s } = worlds(K, [20, 18, 5]);
          for (const { rows } of sentencesOf(s)) {
            const L = rows.length;
            const side = (t: number) => (t < L / 4 ? -40 : t < Math.floor(L / 2) ? 40 : 0);
            rows.forEach((row, t) => {
              const by = side(t) + side(L - 1 - t) + (t === L - 1 ? last : 0);
              for (let k = 0; k < K; k++) if (isSecond(k)) shift(s.emissions, row * K + k, by);
            });
          }
          s.gold = s.gold.map((tag) => tag % (K / 2));
          expectLoss(s, { abs: 1e-4, rel: 1e-5 });
        }
    });

    it.each(['transitions', 'start', 'end'] as const)('is right with %s far apart', (name) => {
      // Two paths, 100 apart in one parameter, 100 the other way in two emissions.
      const s = sample({ seed: 1, K: 2, lengths: [2, 2], spread: 0.1 });
      s.w.transitions = Float64Array.of(0, NEVER, NEVER, 0);
      const scores = s.w[name];
      scores[0] = 50;
      scores[scores.length - 1] = -50;
      for (let row = 0; row < 4; row++) shift(s.emissions, row * 2, -50);
      s.gold.fill(1);
      expectLoss(s, { abs: 2e-5, rel: 1e-6 });
    });

    it('is right over 5000 tokens', () => {
      for (const spread of [1, 12]) {
        const s = share(`long ${spread}`, () => {
          const long = sample({ seed: 5, K: 3, lengths: [5000, 40], spread, forbidden: 0.3 });
          long.gold.fill(0);
          return long;
        });
        expectLoss(s, { abs: 2e-4, rel: 2e-5 });
        const { best } = decode(s);
        sentencesOf(s).forEach(({ rows, emissions }, b) => {
          const path = rows.map((row) => best[row]!);
          const expected = oracle.pathScore(s.w, emissions, pathsOf(s)[b]!.free);
          expectClose(oracle.pathScore(s.w, emissions, path), expected, { abs: 1e-3, rel: 0 });
        });
      }
    });

    it('does not hide NaN', () => {
      for (const where of ['emissions', 'transitions', 'start', 'end'] as const) {
        const s = sample({ seed: 3, K: 5, lengths: [3, 3] });
        const values = where === 'emissions' ? s.emissions : s.w[where];
        values[2] = Number.NaN;
        const { loss: total, demissions } = loss(s);
        expect(total).toBeNaN();
        expect(demissions.some(Number.isNaN)).toBe(true);
        const { best } = decode(s);
        expect(best.every((tag) => tag >= 0 && tag < 5)).toBe(true);
      }
    });
  });

  describe('impossible sentences', () => {
    const impossible = (): Sample => {
      const s = sample({ seed: 11, K: 4, lengths: [3, 2, 2] });
      s.w.transitions[2 * 4 + 3] = NEVER;
      s.w.end[1] = NEVER;
      s.gold = [2, 0, 0, 3, 1, 2, 0]; // sentences 2 3 0, 0 1 and 0 2
      return s;
    };

    it('have no loss and no gradient, for single tags and for sets', () => {
      for (const partial of [false, true]) {
        const s = impossible();
        if (partial) {
          s.sets = [0, 0, 0, 1];
          s.gold[3] = -2;
          s.gold[6] = -1;
        }
        expectLoss(s);
        const { demissions } = loss(s);
        const touched = [0, 1, 2, 3, 4, 5, 6].filter((row) =>
          demissions.slice(row * 4, row * 4 + 4).some((d) => d !== 0),
        );
        expect(touched).toEqual([2, 5]);
      }
    });

    it('still get tags', () => {
      const s = impossible();
      const { best, score } = decode(s, true);
      expect(best).toEqual(s.gold);
      const e = (row: number) => s.emissions[row * 4 + s.gold[row]!]!;
      const { start, end, transitions: a } = s.w;
      const scores = [
        start[2]! + e(0) + e(3) + a[12]! + e(6) + end[0]!,
        start[0]! + e(1) + a[1]! + e(4),
        start[0]! + e(2) + a[2]! + e(5) + end[2]!,
      ];
      expectClose(score, scores, TOLERANCE);
    });

    it('are finite if all transitions are forbidden', () => {
      const s = sample({ seed: 1, K: 3, lengths: [4, 1] });
      for (const scores of [s.w.transitions, s.w.start, s.w.end]) scores.fill(NEVER);
      const { best, score } = decode(s);
      const argmax = (row: number) => {
        const e = s.emissions.slice(row * 3, row * 3 + 3);
        return e.indexOf(Math.max(...e));
      };
      expect(best).toEqual(s.gold.map((_, row) => argmax(row)));
      expect(score.every(Number.isFinite)).toBe(true);
      expect(loss(s).demissions.every((d) => d === 0)).toBe(true);
    });
  });

  it('treats missing parameters as zeros, and a missing mask as everything allowed', () => {
    const K = 5;
    const s = sample({ seed: 9, K, lengths: [4, 2] });
    for (const scores of [s.w.transitions, s.w.start, s.w.end]) scores.fill(0);
    const { crf, batch, N, B } = place(s, true);
    const bare: Crf = { ...crf, transitions: 0, start: 0, end: 0, allowed: 0 };
    packCrf(kernels, bare);
    const [score, best, total] = [sheet.output(B), sheet.integerOutput(N), sheet.changed([0])];
    const [d, unused] = [sheet.changed(Array(N * K).fill(0)), sheet.changed(Array(K * K).fill(0))];
    crfLoss(kernels, () => unused.at, total.at, d.at, bare, { ...batch, scale: 1 });
    crfDecode(kernels, best.at, score.at, bare, { ...batch, gold: 0 });
    for (let row = 0; row < N; row++) {
      const e = [...s.emissions.slice(row * K, row * K + K)];
      const sum = e.reduce((total, x) => total + Math.exp(x), 0);
      const expected = e.map((x, k) => Math.exp(x) / sum - Number(k === s.gold[row]));
      expectClose(d.values().slice(row * K, row * K + K), expected, TOLERANCE);
      expect(best.values()[row]).toBe(e.indexOf(Math.max(...e)));
    }
  });

  it('finds the first of equal paths', () => {
    for (const K of [2, 17, 70]) {
      const s = sample({ seed: 2, K, lengths: [6, 5, 1], forbidden: 0.3 });
      const whole = (x: number) => (x === NEVER ? x : Math.round(x));
      for (const scores of [s.w.transitions, s.w.start, s.w.end, s.emissions])
        scores.set(scores.map(whole));
      const { best } = decode(s);
      for (const { rows, emissions } of sentencesOf(s))
        expect(rows.map((row) => best[row]!)).toEqual(oracle.viterbi(s.w, emissions));
    }
  });

  it('does nothing to an empty batch', () => {
    const { crf, batch } = place(sample({ seed: 1, K: 3, lengths: [1] }), true);
    const total = sheet.changed([0.5]);
    const d = sheet.changed(Array(9).fill(1));
    crfLoss(kernels, () => d.at, total.at, d.at, crf, { ...batch, T: 0, scale: 1 });
    expect([...total.values(), ...d.values()]).toEqual([0.5, ...Array(9).fill(1)]);
  });
});

describe('all levels', () => {
  it('the best paths and their scores are the same bits', () => {
    const s = sample({ seed: 4, K: 33, lengths: [40, 20, 3], spread: 3, forbidden: 0.2 });
    const { rows, T, N, B } = packingOfLengths(s.lengths);
    const results = levels.map(({ kernels, panelWidth }) => {
      sheet.clear();
      const [best, score] = [sheet.integerOutput(N), sheet.output(B)];
      const crf: Crf = {
        K: 33,
        transitions: sheet.input(stored(s.w.transitions)).at,
        start: 0,
        end: 0,
        allowed: sheet.integers(allowedOf(s.w)).at,
        tables: sheet.output(crfTablesSize(panelWidth, 33)).at,
      };
      const scratch = sheet.output(crfScratchSize(panelWidth, { N, B, K: 33 }) + 1).at;
      packCrf(kernels, crf);
      crfDecode(kernels, best.at, score.at, crf, {
        rows: sheet.integers(rows).at,
        T,
        emissions: sheet.input(s.emissions).at,
        gold: 0,
        scratch: Math.ceil(scratch / 8) * 8,
      });
      return [...best.values(), ...score.values()];
    });
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

describe('nBest', () => {
  /** Every allowed path with its score, best first; equal ones by their last tags. */
  function ranked(w: oracle.CrfWeights, emissions: Float64Array, sets?: oracle.Sets) {
    const { K } = w;
    const L = emissions.length / K;
    return Array.from({ length: K ** L }, (_, n) => {
      const tags = Array.from({ length: L }, (_, t) => Math.floor(n / K ** t) % K);
      return { tags, score: oracle.pathScore(w, emissions, tags) };
    })
      .filter(({ tags, score }) => score > NEVER && tags.every((k, t) => !sets || sets[t * K + k]))
      .sort((a, b) => b.score - a.score); // stable
  }
  const plain = (paths: ReturnType<typeof nBest>) => paths.map(({ tags }) => [...tags]);

  it.each([
    { K: 1, L: 3 },
    { K: 2, L: 1 },
    { K: 2, L: 5 },
    { K: 3, L: 4 },
    { K: 4, L: 4 },
  ])('is the list of all paths by score, $K tags, $L tokens', ({ K, L }) => {
    for (const forbidden of [0, 0.4])
      for (const partial of [false, true])
        for (const n of [1, 2, 7, 300]) {
          const s = sample({ seed: K * 10 + L, K, lengths: [L], forbidden, partial });
          const [{ emissions, sets } = { emissions: s.emissions, sets: [] }] = sentencesOf(s);
          const scores = crfScores(
            {
              transitions: stored(s.w.transitions),
              start: stored(s.w.start),
              end: stored(s.w.end),
            },
            allowedOf(s.w),
          );
          const options = partial ? { n, gold: s.gold, sets: s.sets } : { n };
          const actual = nBest(scores, emissions, options);
          const expected = ranked(s.w, emissions, partial ? sets : undefined).slice(0, n);
          expect(plain(actual)).toEqual(expected.map(({ tags }) => tags));
          if (expected.length > 0)
            expectClose(
              actual.map(({ score }) => score),
              expected.map(({ score }) => score),
              { abs: 1e-12, rel: 1e-12 },
            );
        }
  });

  it('orders equal paths by the last tag, then the tag before it, and so on', () => {
    const w = {
      K: 3,
      transitions: Float64Array.from(rng(3).integers(9, 2)),
      start: Float64Array.from(rng(4).integers(3, 2)),
      end: Float64Array.of(0, 0, 0),
    };
    const emissions = Float64Array.from(rng(5).integers(12, 2));
    const expected = ranked(w, emissions);
    expect(new Set(expected.map(({ score }) => score)).size).toBeLessThan(12);
    expect(plain(nBest(w, emissions, { n: 81 }))).toEqual(expected.map(({ tags }) => tags));
    expect(plain(nBest(w, emissions, { n: 1 }))).toEqual([oracle.viterbi(w, emissions)]);
  });

  it('is empty for no tokens and for no path', () => {
    const w = { K: 2, transitions: new Float64Array(4), start: new Float64Array(2).fill(NEVER) };
    expect(nBest({ ...w, end: new Float64Array(2) }, [], { n: 3 })).toEqual([]);
    expect(nBest({ ...w, end: new Float64Array(2) }, [1, 2, 3, 4], { n: 3 })).toEqual([]);
  });
});

describe('allowedTransitions', () => {
  const tags = ['O', 'B-X', 'I-X'];
  const rules = schemeTransitions(tags, 'BIO');

  it('follows the rules of the scheme: transitions, starts, ends', () => {
    expect([...allowedTransitions(rules)]).toEqual([1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1]);
  });

  it('allows transitions that occur in the data, except around unknown tags', () => {
    const allowed = allowedTransitions(rules, [[0, 2, 1], [2], []]);
    expect(allowed[0 * 3 + 2]).toBe(1);
    expect(allowed[9 + 2]).toBe(1);
    expect([...allowedTransitions(rules, [[-1, 2, -5, 0]])]).toEqual([
      ...allowedTransitions(rules),
    ]);
  });
});
